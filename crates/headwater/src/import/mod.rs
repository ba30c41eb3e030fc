//! Reads a crowd data set (answers and gold, CSV or JSON Lines) into one plain value.
//!
//! A table has the columns `task`, `worker` (answers only) and `label` in any order; other columns
//! are ignored. Surrounding blanks belong to a value only if it is quoted (a JSON string is), and
//! a value of nothing but blanks counts as empty. A table is read once, line by line, and what is
//! kept of it is the [`Dataset`] and its indices.

mod accuracy;
mod csv_rows;
mod dataset;
mod error;
mod gold;
mod json_rows;
mod lines;
mod load;
mod names;
mod options;
mod rows;
mod source;

#[cfg(test)]
mod tests;

pub use accuracy::Accuracy;
pub use dataset::{Answer, Dataset, Warning};
pub use error::{Error, Table};
pub use gold::{hidden_gold, measured_gold};
pub use load::{Request, read};
pub use options::{Repeats, parse_classes, parse_share};
