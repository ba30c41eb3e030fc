//! Real servers on free ports over real directories, asked as any client would ask them.
#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod access;
mod api;
mod brought;
mod conduct;
mod contract;
mod credit;
mod described;
mod device;
mod document;
mod door;
mod fuzzed;
mod guest;
mod keys;
mod live;
mod login;
mod market;
mod metrics;
mod once;
mod page;
mod pages;
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
mod trust;
mod waived;
mod webhook;
mod witness;
