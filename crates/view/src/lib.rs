//! Answers to questions: what the log says as SQLite tables, and what is no fact of the log.
//!
//! `view.sqlite` follows from the log and may be thrown away; `desk.sqlite` (sessions, API keys,
//! leases, drafts) is kept, and no entry rests on it.

pub mod console;
pub mod database;
pub mod error;
pub mod projection;

pub use console::Console;
pub use database::Database;
pub use error::Error;
pub use projection::{Applied, Projection};
