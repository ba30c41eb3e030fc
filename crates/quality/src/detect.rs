//! Who answers without looking, and who copies: scores, tests and alarms about workers.

mod information;

pub use information::{information, spammer_score};
