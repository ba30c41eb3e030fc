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
mod chains;
mod claim;
mod closing;
mod composed;
mod credit;
mod debit;
mod erasure;
mod facts;
mod fee;
mod golden;
mod held;
mod judging;
mod keys;
mod later;
mod line;
mod lineage;
mod listed;
mod log_key;
mod market;
mod money;
mod nonce;
mod parentage;
mod payout;
mod payout_refused;
mod refused;
mod refused_judging;
mod refused_keeping;
mod refused_market;
mod role;
mod root;
mod rounds;
mod scenario;
mod service;
mod sold;
mod staking;
mod stuck;
mod undo;
mod vectors;
mod witness;
