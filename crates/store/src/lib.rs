//! Bytes that survive: journal, tiles, attachments, openings, claim files, snapshots, tables.
//!
//! A batch of records is durable in the private journal before anybody hears of it; the public log
//! is derived from the journal behind it, and can be derived again.

pub mod bucket;
pub mod disk;
pub mod error;
pub mod files;
mod journal;
pub mod lease;
mod object;
mod object_journal;
pub mod probe;
pub mod reader;
pub mod store;

pub mod attachment;
pub mod claims;
pub mod opening;
pub mod public;
pub mod snapshot;
pub mod table;

mod crc;
mod directory;
mod file;
mod frame;
mod recovery;
mod seal;
mod segment;
mod tiles;
mod tree;

pub use bucket::Bucket;
pub use disk::Disk;
pub use error::{Error, Kind};
pub use files::Files;
pub use public::PublicLog;
pub use reader::{Reader, Stored};
pub use store::{Record, Recovered, Store};
