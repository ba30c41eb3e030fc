//! A table in memory: per column each different text once, and per row which one it is.

use std::collections::HashMap;

use crate::error::{Error, quoted};

/// The columns that were asked for, all of one length.
#[derive(Debug, Clone)]
pub struct Sheet {
    file: String,
    /// What [`Sheet::fault`] calls a place: `line`, or `row` where the format has no lines.
    unit: &'static str,
    /// Per row its line in the file, from 1; empty where rows are numbered themselves.
    lines: Vec<u32>,
    rows: usize,
    wanted: Vec<Option<Coded>>,
    names: Vec<String>,
    others: Vec<Coded>,
}

/// One column: its different values in the order in which they come, and a value's number per row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// As the file calls it.
    pub name: String,
    /// Each different value once. A blank cell is the empty text.
    pub values: Vec<String>,
    /// Per row the place of its value in `values`.
    pub codes: Vec<u32>,
}

impl Sheet {
    pub(crate) fn new(file: String, names: Vec<String>, columns: Columns) -> Self {
        Self {
            file,
            unit: columns.unit,
            rows: columns.rows as usize,
            lines: columns.lines,
            wanted: columns
                .wanted
                .into_iter()
                .map(|coder| coder.map(Coder::finish))
                .collect(),
            names,
            others: columns.others.into_iter().map(Coder::finish).collect(),
        }
    }

    /// How many rows there are, the header not counted.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The file's name as it was given, or `stdin`.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The column of a role; none if it is not in the file.
    ///
    /// # Panics
    /// When the role was never asked for.
    pub fn find(&self, role: &str) -> Option<&Coded> {
        let place = self.names.iter().position(|name| name == role);
        let place = place.unwrap_or_else(|| panic!("the column `{role}` was not asked for"));
        self.wanted[place].as_ref()
    }

    /// The column of a role that was needed, which is there once a table has been read.
    ///
    /// # Panics
    /// When the role was not asked for as needed.
    pub fn column(&self, role: &str) -> &Coded {
        self.find(role)
            .unwrap_or_else(|| panic!("the column `{role}` was not needed"))
    }

    /// The columns that nobody asked for by name, in the order of the file; empty unless asked for.
    pub fn others(&self) -> &[Coded] {
        &self.others
    }

    /// A fault of one row (from 0), named as an editor counts lines.
    pub fn fault(&self, row: usize, what: &str, hint: &str) -> Error {
        let place = self
            .lines
            .get(row)
            .map_or(row as u64 + 1, |line| u64::from(*line));
        let doing = format!("use {} {} {place}", quoted(&self.file), self.unit);
        Error::invalid(doing, what, hint)
    }

    /// A fault of the table as a whole.
    pub fn refuse(&self, what: &str, hint: &str) -> Error {
        Error::invalid(format!("use {}", quoted(&self.file)), what, hint)
    }

    /// The values of a column as finite numbers.
    ///
    /// # Errors
    /// The first row whose value is blank, no number, infinite or NaN.
    pub fn numbers(&self, column: &Coded) -> Result<Vec<f64>, Error> {
        let parsed: Vec<Option<f64>> = column
            .values
            .iter()
            .map(|text| {
                text.trim()
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
            })
            .collect();
        let number = |(row, code): (usize, &u32)| {
            parsed[*code as usize].ok_or_else(|| {
                let text = &column.values[*code as usize];
                let what = format!(
                    "the {} {} is not a finite number",
                    column.name,
                    quoted(text)
                );
                self.fault(
                    row,
                    &what,
                    "write it as in `-3.5` or `1e-4`, or remove the row",
                )
            })
        };
        column.codes.iter().enumerate().map(number).collect()
    }
}

impl Coded {
    /// The value of a row.
    pub fn text(&self, row: usize) -> &str {
        &self.values[self.codes[row] as usize]
    }

    /// The values sorted by their bytes, and per row the place of its value among them.
    pub fn sorted(&self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.values.len() as u32).collect();
        order.sort_unstable_by_key(|code| &self.values[*code as usize]);
        let mut place = vec![0; order.len()];
        for (new, old) in (0..).zip(&order) {
            place[*old as usize] = new;
        }
        let names = order.iter().map(|code| self.values[*code as usize].clone());
        let codes = self.codes.iter().map(|code| place[*code as usize]);
        (names.collect(), codes.collect())
    }
}

/// Columns while they are read.
pub(crate) struct Columns {
    pub unit: &'static str,
    pub lines: Vec<u32>,
    pub rows: u32,
    pub wanted: Vec<Option<Coder>>,
    pub others: Vec<Coder>,
}

/// A column while it is read.
pub(crate) struct Coder {
    name: String,
    places: HashMap<Box<str>, u32>,
    codes: Vec<u32>,
}

impl Coder {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            places: HashMap::new(),
            codes: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, value: &str) {
        let next = self.places.len() as u32;
        let code = match self.places.get(value) {
            Some(code) => *code,
            None => {
                self.places.insert(value.into(), next);
                next
            }
        };
        self.codes.push(code);
    }

    fn finish(self) -> Coded {
        let mut values = vec![String::new(); self.places.len()];
        for (value, code) in self.places {
            values[code as usize] = value.into();
        }
        Coded {
            name: self.name,
            values,
            codes: self.codes,
        }
    }
}
