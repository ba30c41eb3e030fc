//! The contracts, run on the embedded chain, and the chain's own file.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop at once"
)]

mod afar;
mod artefacts;
mod authorized;
mod beside;
mod budgets;
mod claims;
mod contract_wallet;
mod cost;
mod deploy;
mod digests;
mod elsewhere;
mod endpoint;
mod epochs;
mod factory;
mod fake;
mod file;
mod flow;
mod hostile;
mod lying;
mod machine;
mod onlooker;
mod rpc;
mod sending;
mod step;
mod stranger;
mod vectors;
mod world;
