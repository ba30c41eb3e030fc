//! An outsider's recomputation of log, scores and payouts, from public bytes through one port.
//!
//! [`audit`] says what was checked, or names the first thing that is wrong. It trusts the log's
//! key, the chain and nothing else. `docs/spec/audit.md` is normative.

pub mod source;

pub mod report;

pub mod trust;

pub mod run;

mod ahead;

mod bundle;

mod facts;
mod files;

mod log;

mod fork;

pub mod word;

mod refusal;

mod document;

mod replay;

mod outcome;

mod scores;

mod segment;

mod beside;
mod chain;
mod contracts;
mod paying;

pub mod epoch;

pub use report::{ChainCount, Fault, Options, Progress, Report, Stage, TokenSums};
pub use run::{Audit, audit};
pub use source::{ChainFacts, Named, ReadError, Source};
pub use trust::Trust;
pub use word::{Finding, Sent, Verdict, Word};
