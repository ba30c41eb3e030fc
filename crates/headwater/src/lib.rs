//! The parts of the `headwater` command that are tested on their own.

pub mod import;
pub mod export;
pub mod flow;
