//! Tables of other people: CSV, JSON Lines and Parquet in and out, column by column.
//!
//! What is read is text, whatever the format says of types: a label `1` is the same label in all
//! three. Each column keeps every different value once and a number per row, so a million rows of
//! few labels are small. What is written has types.

pub mod error;

pub mod sheet;

pub mod read;

mod csv_rows;

mod json_rows;

mod parquet_rows;

pub mod column;

pub mod parquet;

pub mod write;

pub use column::{Column, Values};
pub use error::{Error, Kind};
pub use read::{Request, Want, read};
pub use sheet::{Coded, Sheet};
