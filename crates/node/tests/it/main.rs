//! The node over a real directory and a real devnet, stopped wherever a crash may stop it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod afar;
mod agreement;
mod beginning;
mod belonging;
mod beside;
mod brought;
mod business;
mod chains;
mod conduct;
mod durability;
mod failover;
mod fee;
mod gate;
mod host;
mod house;
mod licence;
mod objections;
mod payment;
mod refund;
mod resume;
mod rows;
mod segment;
mod service;
mod showing;
mod space;
mod twin;
mod two;
mod upkeep;
mod viewed;
mod viewing;
mod webhook;
mod witnesses;
mod world;
