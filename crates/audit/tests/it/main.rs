//! The audit from outside: an honest space verifies, and every lie about it is named.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot build its world has failed"
)]

mod asked;
mod beside;
mod chain;
mod credit;
mod facts;
mod files;
mod further;
mod growth;
mod keeping;
mod lies;
mod money;
mod script;
mod twin;
mod undo;
mod witnesses;
mod words;
mod world;
