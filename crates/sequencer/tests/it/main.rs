//! The one writer's state machine: what it admits, in which order, and when it says so.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod admission;
mod batches;
mod refusal;
mod time;
mod world;
