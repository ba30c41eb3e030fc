//! The rules: a signed command is verified, decided and applied; entries make the state.
//!
//! `decide` checks everything and changes nothing, `apply` changes and cannot fail. Nothing here
//! reads a clock, a disk, a socket or a random number, and no float passes through.
#![no_std]
extern crate alloc;

pub mod accounts;
pub mod apply;
pub mod book;
pub mod chain;
pub mod claims;
pub mod commitment;
pub mod composition;
pub mod conduct;
pub mod credit;
pub mod debit;
pub mod decide;
pub mod draft;
pub mod fee;
pub mod keys;
pub mod line;
pub mod lineage;
pub mod live;
pub mod market;
pub mod offer;
pub mod operation;
pub mod payout;
pub mod reason;
pub mod reward;
pub mod ring;
pub mod role;
pub mod royalty;
pub mod score;
pub mod section;
pub mod service;
pub mod snapshot;
pub mod stake;
pub mod state;
pub mod told;
mod touched;
pub mod verify;
pub mod vote;
pub mod work;

pub use book::Book;
pub use decide::{Documents, decide};
pub use offer::{Offer, Verified, refused};
pub use score::score;
pub use state::State;
pub use verify::verify;
