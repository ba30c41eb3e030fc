//! Seeded worlds: workers, cheats and buyers for the demo; disks, buckets and crashes for the log.

pub mod world;

pub mod run;

pub mod fault;

pub mod disk;

pub mod bucket;

pub mod planted;

pub mod truth;

mod books;

mod life;

mod machine;

mod writer;

mod witness;

mod outside;

mod client;

mod random;

pub use bucket::SimBucket;
pub use disk::SimDisk;
pub use fault::Faults;
pub use run::{Backend, Failure, Outcome, Settings, run};
