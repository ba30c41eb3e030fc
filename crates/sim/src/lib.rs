//! Seeded worlds: workers, cheats and buyers for the demo; disks, buckets and crashes for the log.

pub mod world;

pub mod fault;

pub mod disk;

pub mod bucket;

mod client;
mod random;

pub use bucket::SimBucket;
pub use disk::SimDisk;
pub use fault::Faults;
