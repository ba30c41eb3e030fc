//! The same table in all three formats, and every way in which one is refused.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod formats;
mod refused;
mod stream;
