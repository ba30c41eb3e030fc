//! The gateway against a small upstream that keeps, bends or breaks its word.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod again;
mod calls;
mod composed;
mod credit;
mod declared;
mod gone;
mod house;
mod paid;
mod program;
mod refused;
mod rows;
mod shop;
mod streams;
mod upstream;
