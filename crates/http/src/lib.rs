//! The one HTTP client: what is asked of a server, how long, how often, and how much of an answer.

pub mod answer;
pub mod client;
mod direct;
pub mod error;
pub mod pool;
pub mod reach;
pub mod settings;
pub mod site;
mod tls;

pub use answer::Answer;
pub use client::{Client, Request};
pub use error::{Error, Kind, Result};
pub use pool::{Address, Coming, Pool};
pub use reach::Reach;
pub use settings::Settings;
pub use site::Site;
