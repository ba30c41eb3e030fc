//! The EVM side: contracts that hold the money, the chain they run on in process, and what is asked of them.

mod contract;
pub mod deployment;
pub mod devnet;
pub mod error;
pub mod escrow;
mod execution;
pub mod settlement;
pub mod token;
pub mod transactions;
pub mod wallet;

pub use deployment::{Chain, Deployment};
pub use devnet::Devnet;
pub use error::Error;
pub use wallet::Wallet;
