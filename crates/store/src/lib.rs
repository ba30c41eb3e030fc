//! Bytes that survive: journal, tiles, attachments, openings, claim files, snapshots.
//!
//! A batch of records is durable in the private journal before anybody hears of it; the public log
//! is derived from the journal behind it, and can be derived again.

pub mod bucket;
pub mod disk;
pub mod files;
pub mod lease;
pub mod place;
pub mod probe;

pub mod publication;
pub mod reader;
pub mod store;
pub mod tail;

pub mod backup;
pub mod scrub;

pub mod attachment;
pub mod claims;
pub mod opening;
pub mod public;
pub mod snapshot;

pub mod directory;
pub mod error;
pub mod ids;
pub mod system;

mod crc;
mod file;
mod frame;
mod inventory;
mod journal;
mod layout;
mod mount;
mod object;
mod object_journal;
mod object_walk;
mod recovery;
mod seal;
mod segment;
mod segment_walk;
mod tree;
mod wal;

pub use bucket::Bucket;
pub use directory::Directory;
pub use disk::Disk;
pub use error::{Error, Kind};
pub use files::Files;
pub use ids::Ids;
pub use place::Place;
pub use public::PublicLog;
pub use publication::Publication;
pub use reader::{Reader, Stored};
pub use store::{Record, Recovered, Store};
pub use system::{SystemDisk, free_bytes};
pub use tail::Tail;
