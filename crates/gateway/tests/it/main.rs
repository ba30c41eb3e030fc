//! The gateway against a small upstream that keeps, bends or breaks its word.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod calls;
mod house;
mod paid;
mod refused;
mod streams;
mod upstream;
