//! The view as a file: its page, what opens it again, and what its console lets through.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod asked;
mod opened;
mod page;
