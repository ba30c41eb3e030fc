//! A crowd data set: who gave which label to which unit, and the units whose label is known.

use super::error::listed;
use std::fmt;

/// All names are kept once and referred to by their place in `units`, `workers` and `classes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The folder of a file that is called `answers`, else the file's name without its ending;
    /// `stdin` for standard input.
    pub name: String,
    /// Sorted by their bytes; at least two.
    pub classes: Vec<String>,
    /// Task names, in order of their first appearance in the answers.
    pub units: Vec<String>,
    /// Worker names, in order of their first appearance in the answers.
    pub workers: Vec<String>,
    /// In the order of the rows.
    pub answers: Vec<Answer>,
    /// The class that is known to be right, for each unit; all absent without a gold table.
    pub gold: Vec<Option<u16>>,
    /// What a person should know about the tables though they can be used.
    pub warnings: Vec<Warning>,
}

impl Dataset {
    /// The units that have a gold label, ascending.
    pub fn gold_units(&self) -> impl Iterator<Item = u32> + '_ {
        (0..)
            .zip(&self.gold)
            .filter_map(|(unit, gold)| gold.is_some().then_some(unit))
    }
}

/// One row of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Place in [`Dataset::units`].
    pub unit: u32,
    /// Place in [`Dataset::workers`].
    pub worker: u32,
    /// Place in [`Dataset::classes`].
    pub label: u16,
}

/// Something odd that does not keep the tables from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Rows whose task and worker an earlier row has.
    RepeatedAnswers {
        /// Rows after the first of their task and worker.
        rows: u64,
        /// Whether they are answers too, or replace the first.
        kept: bool,
    },
    /// Gold rows for tasks that nobody answered; they are ignored.
    UnmatchedGold {
        /// How many such rows.
        unmatched: u64,
        /// Rows of the gold table.
        rows: u64,
    },
    /// Gold rows that say what an earlier one has said.
    RepeatedGold {
        /// Rows after the first of their task.
        repeated: u64,
        /// Rows of the gold table.
        rows: u64,
    },
    /// Classes that only the gold table uses.
    GoldOnlyClasses {
        /// Their names, sorted.
        classes: Vec<String>,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::RepeatedAnswers { rows, kept } => {
                let fate = if *kept {
                    "all are kept"
                } else {
                    "the last of each is kept"
                };
                let rows = grouped(*rows);
                write!(
                    f,
                    "{rows} answers repeat the task and worker of an earlier one: {fate}"
                )
            }
            Warning::UnmatchedGold { unmatched, rows } => {
                let (unmatched, rows) = (grouped(*unmatched), grouped(*rows));
                write!(
                    f,
                    "{unmatched} of {rows} gold rows name tasks that have no answers"
                )
            }
            Warning::RepeatedGold { repeated, rows } => {
                let (repeated, rows) = (grouped(*repeated), grouped(*rows));
                write!(
                    f,
                    "{repeated} of {rows} gold rows say again what an earlier one says"
                )
            }
            Warning::GoldOnlyClasses { classes } => {
                let classes = listed(classes.iter().map(String::as_str));
                write!(
                    f,
                    "no answer uses the classes {classes}, known from gold only"
                )
            }
        }
    }
}

/// A count with commas between the thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
