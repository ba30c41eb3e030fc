//! Matrices in, scores out: truth inference from answers, and the judgement of blocks of work.
//!
//! Everything is deterministic to the last bit on every machine, whatever the number of threads:
//! sums in a fixed order over fixed portions, `exp` and `ln` from the pinned `libm`, draws from a
//! seed. Floats are for people; what leaves for the log is an integer (parts per million,
//! micro-nats).

pub mod random;

pub mod parallel;

pub mod table;

pub mod consensus;

pub mod vote;

pub mod dawid_skene;

pub mod beta;

pub mod pay;

pub mod pairs;

pub mod agree;

mod cholesky;

mod resample;

pub use consensus::Consensus;
pub use dawid_skene::{DawidSkene, Variant, dawid_skene};
pub use pay::{Rule, judge};
pub use table::{Answer, Answers, Error};
pub use vote::majority;
