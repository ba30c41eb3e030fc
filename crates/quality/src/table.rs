//! Answers as a sparse table: who labelled which unit with what, in the order of submission.

use core::fmt;
use core::ops::Range;

/// The largest number of `f64` cells that an inference may hold: posteriors and confusion rows
/// together (1 GiB).
pub const CELL_LIMIT: u64 = 1 << 27;

/// One answer: `worker` says that `unit` belongs to class `label`. All three are dense indices from
/// 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// Row of the units' list.
    pub unit: u32,
    /// Row of the contributors' list.
    pub worker: u32,
    /// Class, below the table's number of classes.
    pub label: u32,
}

/// Why a table or an inference is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// An answer names a unit, worker or label outside the declared bounds.
    OutOfBounds {
        /// Position of the offending answer in the rows.
        row: usize,
        /// Which of the three indices it is.
        column: &'static str,
    },
    /// Answers exist, but the number of classes is 0.
    NoClasses,
    /// Posteriors and confusion rows would need more than [`CELL_LIMIT`] cells.
    TooLarge {
        /// Number of `f64` cells the inference would hold.
        cells: u64,
    },
    /// A list that goes with the table has another length than the table asks for.
    Length {
        /// What the list holds.
        list: &'static str,
        /// Entries found.
        found: usize,
        /// Entries needed.
        needed: usize,
    },
    /// A known label lies outside the classes.
    UnknownClass {
        /// The unit whose known label it is.
        unit: u32,
    },
    /// A given row of probabilities has a negative one, a NaN, or another sum than 1.
    NotADistribution {
        /// The unit whose row it is.
        unit: u32,
    },
    /// A worker's weight is negative, infinite or no number.
    Weight {
        /// Row of the contributors' list.
        worker: u32,
    },
    /// A method for two classes was given a table with another number of them.
    NotBinary {
        /// The table's number of classes.
        classes: u32,
    },
    /// A number of the pay rule lies outside its range, which stands with the field.
    Rule {
        /// Name of the field.
        field: &'static str,
    },
    /// An entry of a structured list (numbers, spans, boxes, points...) breaks a rule of its kind.
    Entry {
        /// Position of the offending entry in the list.
        row: usize,
        /// The rule, as the end of a sentence that begins with the entry.
        rule: &'static str,
    },
    /// A setting of a method lies outside its range, which stands with the setting.
    Setting {
        /// Name of the setting.
        field: &'static str,
    },
    /// A block that was released before does not fit the answers of its worker, or overlaps
    /// another.
    Past {
        /// Position of the offending block in the list.
        row: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::OutOfBounds { row, column } => {
                write!(
                    f,
                    "answer `{row}` is refused: its `{column}` is outside the table, declare more"
                )
            }
            Error::NoClasses => write!(f, "a table with answers needs at least one class"),
            Error::TooLarge { cells } => write!(
                f,
                "inference needs `{cells}` cells of `{CELL_LIMIT}`: use fewer classes or units"
            ),
            Error::Length {
                list,
                found,
                needed,
            } => {
                write!(f, "`{list}` has `{found}` entries, `{needed}` are needed")
            }
            Error::UnknownClass { unit } => {
                write!(f, "the known label of unit `{unit}` is outside the classes")
            }
            Error::NotADistribution { unit } => {
                write!(
                    f,
                    "the probabilities given for unit `{unit}` do not sum to 1"
                )
            }
            Error::Weight { worker } => {
                write!(
                    f,
                    "the weight of worker `{worker}` is not a number of 0 or more"
                )
            }
            Error::NotBinary { classes } => {
                write!(f, "the method needs two classes, the table has `{classes}`")
            }
            Error::Entry { row, rule } => write!(f, "entry `{row}` is refused: it {rule}"),
            Error::Setting { field } => write!(f, "setting `{field}` is outside its range"),
            Error::Rule { field } => write!(f, "`{field}` of the pay rule is outside its range"),
            Error::Past { row } => write!(
                f,
                "past block `{row}` does not fit the answers: pass the blocks as they were judged"
            ),
        }
    }
}

impl std::error::Error for Error {}

/// A checked table of answers with a compressed index by unit.
///
/// Repeated (unit, worker) pairs are kept: they are answers like others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    workers: u32,
    classes: u32,
    rows: Vec<Answer>,
    unit_starts: Vec<u32>,
    by_unit: Vec<u32>,
    pairs: Vec<(u32, u32)>,
    /// Positions in `pairs` in the order of `by_unit`.
    pairs_by_unit: Vec<u32>,
}

impl Answers {
    /// Checks bounds and memory, and indexes `rows`, whose order is the order of submission.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::NoClasses`], [`Error::TooLarge`].
    pub fn new(units: u32, workers: u32, classes: u32, rows: Vec<Answer>) -> Result<Self, Error> {
        if classes == 0 && !rows.is_empty() {
            return Err(Error::NoClasses);
        }
        for (row, answer) in rows.iter().enumerate() {
            let out = |column| Err(Error::OutOfBounds { row, column });
            match () {
                () if answer.unit >= units => return out("unit"),
                () if answer.worker >= workers => return out("worker"),
                () if answer.label >= classes => return out("label"),
                () => {}
            }
        }
        if u32::try_from(rows.len()).is_err() {
            return Err(Error::TooLarge {
                cells: rows.len() as u64,
            });
        }
        let (pairs, place) = pairs(workers, classes, &rows);
        let lines = u64::from(units) + u64::from(workers) + 2 * pairs.len() as u64;
        let cells = lines.saturating_mul(classes.max(1).into());
        if cells > CELL_LIMIT {
            return Err(Error::TooLarge { cells });
        }
        let unit_starts = starts(units, rows.iter().map(|answer| answer.unit));
        let mut next = unit_starts.clone();
        let (mut by_unit, mut pairs_by_unit) = (vec![0; rows.len()], vec![0; rows.len()]);
        for (row, answer) in (0..).zip(&rows) {
            let next = &mut next[answer.unit as usize];
            by_unit[*next as usize] = row;
            pairs_by_unit[*next as usize] = place.of(&pairs, answer);
            *next += 1;
        }
        Ok(Self {
            workers,
            classes,
            rows,
            unit_starts,
            by_unit,
            pairs,
            pairs_by_unit,
        })
    }

    /// How many units the table declares, answered or not.
    pub fn units(&self) -> u32 {
        (self.unit_starts.len() - 1) as u32
    }

    /// How many contributors the table declares, active or not.
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// K, the number of classes.
    pub fn classes(&self) -> u32 {
        self.classes
    }

    /// All answers in the order of submission.
    pub fn rows(&self) -> &[Answer] {
        &self.rows
    }

    /// Row positions of the answers to `unit`, in the order of submission.
    pub fn of_unit(&self, unit: u32) -> &[u32] {
        &self.by_unit[span(&self.unit_starts, unit as usize)]
    }

    /// The same table with only those rows for which `keep` holds, e.g. accepted answers before a
    /// second inference.
    ///
    /// # Errors
    /// [`Error::Length`] unless `keep` has one entry per row.
    pub fn retain(&self, keep: &[bool]) -> Result<Self, Error> {
        if keep.len() != self.rows.len() {
            let (found, needed) = (keep.len(), self.rows.len());
            return Err(Error::Length {
                list: "keep",
                found,
                needed,
            });
        }
        let kept = self.rows.iter().zip(keep).filter(|(_, keep)| **keep);
        let rows = kept.map(|(answer, _)| *answer).collect();
        Self::new(self.units(), self.workers, self.classes, rows)
    }

    /// Distinct (worker, label) pairs that occur, sorted; their positions are the rows of the
    /// confusion matrices.
    pub(crate) fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// Positions in [`Self::pairs`] of the answers to `unit`, in the order of submission.
    pub(crate) fn pairs_of_unit(&self, unit: u32) -> &[u32] {
        &self.pairs_by_unit[span(&self.unit_starts, unit as usize)]
    }

    /// Row positions by worker, compressed: worker `w` owns `order[starts[w]..starts[w + 1]]`, in
    /// order of submission.
    pub(crate) fn by_worker(&self) -> (Vec<u32>, Vec<u32>) {
        index(self.workers, self.rows.iter().map(|a| a.worker))
    }

    /// Checks a list of known labels: one entry per unit, each within the classes.
    pub(crate) fn check_known(&self, known: &[Option<u32>]) -> Result<(), Error> {
        if known.len() != self.units() as usize {
            let (found, needed) = (known.len(), self.units() as usize);
            return Err(Error::Length {
                list: "known",
                found,
                needed,
            });
        }
        match known
            .iter()
            .position(|label| label.is_some_and(|label| label >= self.classes))
        {
            Some(unit) => Err(Error::UnknownClass { unit: unit as u32 }),
            None => Ok(()),
        }
    }
}

/// How the position of a pair is found.
enum Place {
    /// A cell per worker and label holds it; the number is that of labels.
    Table(Vec<u32>, usize),
    /// By search, where such a table would be far larger than the list of answers.
    Search,
}

impl Place {
    fn of(&self, pairs: &[(u32, u32)], answer: &Answer) -> u32 {
        match self {
            Self::Table(table, classes) => {
                table[answer.worker as usize * classes + answer.label as usize]
            }
            Self::Search => {
                let found = pairs.binary_search(&(answer.worker, answer.label));
                found.expect("collected from the same rows") as u32
            }
        }
    }
}

/// Distinct (worker, label) pairs in order, and how to find them.
fn pairs(workers: u32, classes: u32, rows: &[Answer]) -> (Vec<(u32, u32)>, Place) {
    let cells = u64::from(workers) * u64::from(classes);
    if cells > 4 * rows.len() as u64 {
        let mut pairs: Vec<_> = rows.iter().map(|a| (a.worker, a.label)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        return (pairs, Place::Search);
    }
    let width = classes as usize;
    let mut table = vec![0; cells as usize];
    for answer in rows {
        table[answer.worker as usize * width + answer.label as usize] = 1;
    }
    let mut pairs = Vec::new();
    for (cell, place) in table.iter_mut().enumerate().filter(|(_, seen)| **seen > 0) {
        *place = pairs.len() as u32;
        pairs.push(((cell / width) as u32, (cell % width) as u32));
    }
    (pairs, Place::Table(table, width))
}

/// Counting sort of positions by key: starts per key, then positions in their old order. There are
/// fewer than 2^32 of them.
pub(crate) fn index(keys: u32, of_row: impl Iterator<Item = u32> + Clone) -> (Vec<u32>, Vec<u32>) {
    let starts = starts(keys, of_row.clone());
    let mut next = starts.clone();
    let mut order = vec![0; starts[keys as usize] as usize];
    for (row, key) in of_row.enumerate() {
        order[next[key as usize] as usize] = row as u32;
        next[key as usize] += 1;
    }
    (starts, order)
}

/// Where the rows of each key begin when they are sorted by key, and where the last end.
fn starts(keys: u32, of_row: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0; keys as usize + 1];
    for key in of_row {
        starts[key as usize + 1] += 1;
    }
    for key in 0..keys as usize {
        starts[key + 1] += starts[key];
    }
    starts
}

/// The part of a compressed index that belongs to `key`.
pub(crate) fn span(starts: &[u32], key: usize) -> Range<usize> {
    starts[key] as usize..starts[key + 1] as usize
}
