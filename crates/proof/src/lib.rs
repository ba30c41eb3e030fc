//! All that can be checked from bytes alone: log trees, notes, cosignatures, receipts, claims.
//!
//! Nothing here reads a clock, a disk, a socket or a random number. Every check returns a [`Fault`]
//! that names the form that was read and the rule it breaks.
#![no_std]
extern crate alloc;

pub mod authorization;
pub mod checkpoint;
pub mod claim;
pub mod cosignature;
pub mod eip712;
pub mod fault;
pub mod hash;
mod keccak;
pub mod merkle;
pub mod note;
pub mod passkey;
pub mod promise;
pub mod receipt;
pub mod rotation;
pub mod signature;
pub mod siwe;
pub mod tile;
pub mod voucher;
pub mod witness;

pub use checkpoint::Checkpoint;
pub use fault::Fault;
pub use hash::Hash;
