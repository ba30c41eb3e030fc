//! The `headwater` binary as a user runs it: words, exit codes, files, kills and tampering.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

#[path = "../../../node/tests/it/agreement.rs"]
mod agreement;
mod audits;
mod bad_input;
mod beginning;
mod clients;
mod composed;
mod crash;
mod exports;
mod failing_disk;
mod failover;
mod given;
mod infer;
mod kill;
mod once;
mod pairwise;
mod process;
mod real_sets;
mod refusals;
mod replayed;
mod run;
mod serve;
mod served;
mod small_disk;
mod sql;
mod structured;
mod tamper;
mod upkeep;
mod usual;
mod verified;
mod watched;
mod webhooks;
mod words;
