//! Order and batches without I/O: admission, group commit, idempotency and recovery.
//!
//! The sequencer decides and applies in memory, hands out a batch to be made durable, and counts an
//! entry as accepted only when it is told that the batch is. It never touches a disk or a clock.
#![no_std]
extern crate alloc;

pub mod batch;

pub use batch::{Admission, Batch, Record, Sequencer};
pub use ledger::{Offer, Verified};
