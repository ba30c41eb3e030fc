//! The rules: a signed command is verified, decided and applied; entries make the state.
//!
//! `decide` checks everything and changes nothing, `apply` changes and cannot fail. Nothing here
//! reads a clock, a disk, a socket or a random number, and no float passes through.
#![no_std]
extern crate alloc;

pub mod verify;
pub mod commitment;
pub mod state;
pub mod work;
pub mod book;
pub mod draft;
pub mod decide;
pub mod apply;
pub mod score;
pub mod royalty;
pub mod claims;
pub mod reason;

pub use book::Book;
pub use decide::{Documents, decide};
pub use score::score;
pub use state::State;
pub use verify::{Verified, verify};
