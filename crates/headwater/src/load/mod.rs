//! A node under load over HTTP: a process, people who log in, campaigns they open, work they do.
//!
//! The benches and the tests that kill a node play with these. Everything goes over the wire with
//! real logins and real signatures, and each client sends its next request when the last one is
//! answered (a closed loop).

mod connection;
pub mod machine;
mod member;
pub mod once;
mod play;
mod process;
mod requester;

pub use connection::{Connection, Reply};
pub use member::{Given, Lease, Member, submit};
pub use play::{Acknowledged, Play, Played, Told};
pub use process::Process;
pub use requester::Requester;
