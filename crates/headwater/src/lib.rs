//! The parts of the `headwater` command that are tested on their own.

pub mod cli;
pub mod client;
pub mod commands;
pub mod export;
pub mod flow;
pub mod import;
pub mod load;
pub mod progress;
pub mod trader;
pub mod words;
