//! Real servers on free ports over real directories, asked as any client would ask them.
#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod access;
mod api;
mod contract;
mod device;
mod door;
mod guest;
mod keys;
mod login;
mod market;
mod page;
mod passkey;
mod person;
mod plan;
mod public;
mod raw;
mod served;
mod session;
mod signed;
mod submit;
mod traded;
mod witness;
