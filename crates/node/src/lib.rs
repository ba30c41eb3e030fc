//! Assembly: one data directory, one sequencer, one chain, and the operator's part of the flow.
//!
//! The node owns what the pure crates must not touch: keys, the disk, the chain and the clock,
//! which its caller moves.

pub mod deposit;
pub mod documents;
pub mod epoch;
pub mod error;
pub mod keyring;
pub mod log;
pub mod meter;
pub mod node;
pub mod resume;
pub mod round;
mod segment;

pub use error::Error;
pub use keyring::Keyring;
pub use log::Log;
pub use node::{Node, Opened};
