//! Answers to questions: what the log says as SQLite tables, and what is no fact of the log.
//!
//! `view.sqlite` follows from the log and may be thrown away; `login.sqlite` (people, sessions, API
//! keys) and `desk.sqlite` (leases, drafts) are kept, and no entry rests on them.

pub mod console;
pub mod database;
pub mod desk;
pub mod error;
pub mod login;
pub mod models;
pub mod plan;
pub mod projection;
pub mod question;
pub mod replies;
pub mod webhook;

pub use console::Console;
pub use database::Database;
pub use error::Error;
pub use login::Login;
pub use projection::{Applied, Projection};
pub use question::Questions;
pub use replies::Replies;
pub use webhook::Webhooks;
