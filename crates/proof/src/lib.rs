//! Placeholder.
#![no_std]
extern crate alloc;

pub mod claim;
