//! Other people's formats for units, answers and labels, in and out, streaming.
//!
//! In: tables and Label Studio tasks become [`Row`]s, one at a time, and what cannot be used is set
//! aside as a fault with its place. Out: [`Labelled`] units become tables, Label Studio JSON, the
//! record shapes of preference and instruction tuning, and a folder that says where it came from.
//! Nothing here knows how a campaign keeps its units or where a file's hash comes from. Which
//! format is for what is told in `docs/guide/data.md`.
//!
//! ```
//! use exchange::{Mapping, Reader, Source};
//! use table::{Format, Rows};
//!
//! let csv = "key,body,topic\nk1,where is it?,lost\nk1,again,\nk2,too late,\n";
//! let rows = Rows::read("upload", Box::new(csv.as_bytes()), Some(Format::Csv(b',')), 1 << 20)?;
//! let mapping = Mapping::text("body").id("key").gold("topic");
//! let mut reader = Reader::over(rows, Source::Table(mapping))?;
//! let names: Vec<String> = reader.by_ref().flatten().map(|row| row.unit.name).collect();
//! assert_eq!(names, ["k1", "k2"]);
//! let outcome = reader.finish()?;
//! let fault = &outcome.faults[0];
//! assert_eq!((fault.place, fault.what.as_str()), (3, "the id `k1` is there twice"));
//! # Ok::<(), table::Error>(())
//! ```

pub mod value;

pub mod unit;

pub mod label;

pub mod mapping;

pub mod reader;

mod cells;

mod seen;

pub mod studio;

pub mod layout;

pub mod export;

pub mod folder;

pub use export::{Exporter, Format, Tally};
pub use label::{Answer, Decision, Estimate, Label, Labelled, Prediction, Preferred, Review};
pub use layout::{Layout, Stamp};
pub use mapping::Mapping;
pub use reader::{Outcome, Reader, Row, Source};
pub use studio::{Annotations, Question, Studio};
pub use table::rows::Fault;
pub use unit::Unit;
pub use value::Value;
