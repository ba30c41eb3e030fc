//! The EVM side: the contracts that hold the money, and the chain they run on in process.

pub mod authorized;
mod contract;
mod contract_wallet;
pub mod deployment;
pub mod devnet;
pub mod error;
pub mod escrow;
mod execution;
pub mod reader;
pub mod rpc;
pub mod settlement;
pub mod statement;
mod stranger;
pub mod token;
pub mod transactions;
pub mod wallet;

pub use deployment::{Chain, Deployment};
pub use devnet::Devnet;
pub use error::Error;
pub use reader::Reader;
pub use statement::Statement;
pub use wallet::Wallet;
