//! Assembly: one data directory, one sequencer, one chain, and the operator's part of the flow.
//!
//! The node owns what the pure crates must not touch: keys, the disk, the chain and the clock,
//! which its caller moves.

pub mod door;
pub mod floor;
pub mod hosted;
pub mod intake;
pub mod log;
pub mod node;
pub mod office;

pub mod answer;
mod belonging;
pub mod beside;
pub mod bulletin;
mod charged;
pub mod clock;
mod committer;
mod follower;
pub mod health;
pub mod host;
mod lead;
mod progress;
pub mod projection;
mod publisher;
mod queue;
pub mod rebuild;
mod rollback;
pub mod settings;
mod shared;
pub mod signing;
pub mod staked;
mod standby;
pub mod steward;
pub mod ticket;
pub mod timing;
mod turn;
mod upkeep;
mod viewer;
pub mod webhook;
pub mod witness;
pub mod workplace;
mod writer;

pub mod appeal;
pub mod content;
pub mod deposit;
pub mod disagreement;
pub mod documents;
pub mod draft;
pub mod earnings;
pub mod epoch;
pub mod error;
pub mod estimate;
pub mod export;
pub mod fee;
pub mod feedback;
pub mod keyring;
pub mod level;
pub mod market;
pub mod meter;
pub mod participant;
pub mod posting;
pub mod resume;
pub mod review;
pub mod round;
pub mod rule;
mod segment;
pub mod service;
pub mod settling;
mod showing;
pub mod words;

pub use answer::{Answer, Unanswered};
pub use bulletin::Bulletin;
pub use clock::Clock;
pub use error::Error;
pub use health::Health;
pub use host::{Host, Running};
pub use intake::Intake;
pub use keyring::Keyring;
pub use ledger::State;
pub use ledger::accounts::Account;
pub use ledger::commitment::Binding;
pub use ledger::work::Campaign;
pub use ledger::{phrases, reason, told};
pub use log::Log;
pub use node::{Node, Opened};
pub use settings::Settings;
pub use ticket::Ticket;
pub use witness::Witness;

/// Where a campaign stands, as pages and programs are told.
pub fn stage_word(stage: ledger::work::Stage) -> &'static str {
    match stage {
        ledger::work::Stage::Open => "open",
        ledger::work::Stage::Scored => "scored",
        ledger::work::Stage::Closed => "closed",
        ledger::work::Stage::Settled => "settled",
    }
}
