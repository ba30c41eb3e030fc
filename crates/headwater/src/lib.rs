//! The parts of the `headwater` command that are tested on their own.

pub mod cli;
pub mod commands;
pub mod import;
pub mod export;
pub mod flow;
pub mod words;
pub mod progress;
