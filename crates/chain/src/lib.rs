//! The EVM side: the contracts that hold the money, on a chain in process or on somebody else's.

pub mod authorized;
pub mod backend;
mod contract;
mod contract_wallet;
pub mod deployment;
pub mod devnet;
pub mod endpoint;
pub mod error;
pub mod escrow;
mod execution;
pub mod objection;
pub mod reader;
pub mod remote;
pub mod rpc;
pub mod sender;
pub mod settlement;
pub mod signer;
pub mod statement;
mod stranger;
pub mod suite;
pub mod token;
pub mod transactions;
pub mod wallet;
pub mod watched;
pub mod wire;

pub use backend::{Backend, Ground};
pub use deployment::{Chain, Deployment};
pub use devnet::Devnet;
pub use endpoint::Endpoint;
pub use error::Error;
pub use reader::Reader;
pub use remote::Remote;
pub use sender::Sender;
pub use signer::Signer;
pub use statement::Statement;
pub use wallet::Wallet;
