//! The encoding: one value has one form, and every other form of it is refused.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod cbor;
mod codec;
mod money;
