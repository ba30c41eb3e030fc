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

pub mod infer;

pub mod calibrate;

pub mod one_coin;

pub mod mace;

pub mod glad;

pub mod kos;

pub mod beta;

mod wide;

mod elementary;

mod special;

pub mod reputation;

pub mod detect;

pub mod assign;

pub mod pay;

pub mod pairs;

pub mod agree;

mod cholesky;

mod resample;

pub mod span;

pub mod region;

pub mod number;

pub mod text;

pub mod value;

pub mod near;

pub mod forecast;

pub use consensus::Consensus;
pub use dawid_skene::{DawidSkene, Fit, Stream, Variant, dawid_skene};
pub use glad::{Glad, glad};
pub use infer::{Inferred, infer};
pub use kos::kos;
pub use mace::{Mace, mace};
pub use one_coin::{OneCoin, one_coin};
pub use pay::{Rule, judge};
pub use table::{Answer, Answers, Error};
pub use vote::{Vote, majority, wawa, weighted, zero_based_skill};
