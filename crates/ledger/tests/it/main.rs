//! The rules as a whole: scripts of signed commands in, outcomes, balances and claim lines out.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod keeping;
mod kit;
mod script;
mod world;

mod appeals;
mod bonus;
mod brief;
mod carried;
mod claim;
mod closing;
mod erasure;
mod facts;
mod golden;
mod judging;
mod keys;
mod lineage;
mod log_key;
mod money;
mod nonce;
mod refused;
mod refused_judging;
mod refused_keeping;
mod role;
mod root;
mod rounds;
mod scenario;
mod service;
mod stuck;
mod undo;
mod vectors;
mod witness;
