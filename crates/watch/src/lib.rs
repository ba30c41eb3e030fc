//! The watcher: posted epochs against the public log, and what is done about those that differ.
//!
//! [`Watcher`] recomputes what the operator posts, proves faults that prove themselves, challenges
//! the others, and remembers in a directory of its own. `docs/operate/watch.md` says who should run
//! one, and what it cannot catch.

pub mod alert;

pub mod tree;

pub mod memory;

pub mod facts;

pub mod judge;

pub mod prove;

pub mod watcher;

mod log;

mod act;

pub use alert::{Alert, Level, Outcome};
pub use memory::Memory;
pub use watcher::{Settings, Watcher};
