//! Formats of others: what is written comes back, what is bad is set aside, nothing panics.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod folder;
mod hostile;
mod labelled;
mod layouts;
mod studio;
mod tables;
