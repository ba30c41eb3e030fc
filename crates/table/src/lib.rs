//! Tables of other people: CSV, JSON and Parquet in and out, column by column or row by row.
//!
//! What is read is text, whatever the format says of types: a label `1` is the same label in all
//! three. Each column keeps every different value once and a number per row, so a million rows of
//! few labels are small. What is written has types.

pub mod error;

pub mod sheet;

pub mod read;

pub mod rows;

mod csv_rows;

mod json_rows;

mod json_array;

mod json_object;

mod parquet_rows;

pub mod column;

pub mod parquet;

pub mod write;

pub mod schema;

pub mod writer;

mod parquet_groups;

pub use column::{Column, Values};
pub use error::{Error, Kind};
pub use read::{Format, Request, Want, read};
pub use rows::{Fault, Row, Rows};
pub use schema::Schema;
pub use sheet::{Coded, Sheet};
pub use writer::Writer;
