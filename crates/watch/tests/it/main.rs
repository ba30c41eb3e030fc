//! The watcher from outside: an operator that posts false roots, and what becomes of them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot build its world has failed"
)]

mod altered;
mod anvil;
mod caution;
mod credit;
mod debits;
mod directory;
mod far;
mod hostile;
mod looks;
mod memory;
mod operator;
mod people;
mod watch;
