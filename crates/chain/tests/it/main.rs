//! The contracts, run on the embedded chain, and the chain's own file.

mod flow;
mod world;
