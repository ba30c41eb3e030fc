//! All that is hashed, signed or logged: ids, money, commands, events, terms, rejections, bytes.
//!
//! No type in this crate reads a clock, a disk or a random number, and none holds a float. The
//! bytes are normative: `docs/spec/entry.md`.
#![no_std]
extern crate alloc;

pub mod brief;
pub mod bytes;
pub mod campaign;
pub mod chain;
pub mod codec;
pub mod command;
pub mod credit;
pub mod document;
pub mod entry;
pub mod event;
pub mod fee;
pub mod id;
pub mod judging;
pub mod line;
pub mod market;
pub mod money;
pub mod operation;
pub mod passkey;
pub mod rejection;
pub mod role;
pub mod scope;
pub mod service;
pub mod terms;
pub mod undo;
pub mod usage;

pub use bytes::{Address, Hash, SessionKey, Signature, Space, WalletSignature};
pub use command::Command;
pub use entry::{Entry, Signed, Submission};
pub use event::Event;
pub use id::{
    AccountId, AllowanceId, AssetId, CampaignId, ChainIndex, EpochId, FundId, GrantId, TokenId,
    WaiverId,
};
pub use money::{Amount, Ppm};
pub use rejection::Rejection;
pub use role::{Role, Roles};
pub use scope::Scope;
pub use usage::UsageRow;
