//! The contracts, run on the embedded chain, and the chain's own file.

mod artefacts;
mod budgets;
mod claims;
mod cost;
mod deploy;
mod digests;
mod epochs;
mod file;
mod flow;
mod hostile;
mod machine;
mod step;
mod vectors;
mod world;
