//! Spans in sequences (entities in text, events in time): one set per unit from several workers.
//!
//! Model and decoding: `docs/spec/structured.md`, "Spans".

mod chain;
mod crowd;
mod decode;
#[cfg(test)]
mod tests;

pub use decode::{Found, Marker, Spans};

use crate::table::{self, CELL_LIMIT, Error};
use crowd::Crowd;

/// Half-open range of tokens with its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First token.
    pub start: u32,
    /// One past the last token.
    pub end: u32,
    /// Kind, below the table's number of kinds.
    pub kind: u32,
}

/// All that one worker marked in one unit; no spans say that there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marking {
    /// Row of the units' list.
    pub unit: u32,
    /// Row of the contributors' list.
    pub worker: u32,
    /// Marked spans in any order.
    pub spans: Vec<Span>,
}

/// Tag of a token outside all spans; kind k begins with `2k + 1` and goes on with `2k + 2`.
const OUTSIDE: u16 = 0;

fn begin(kind: u32) -> u16 {
    2 * kind as u16 + 1
}

/// Kind of a tag that is not [`OUTSIDE`].
fn kind(tag: u16) -> u32 {
    u32::from(tag - 1) / 2
}

/// A checked table of markings as one tag per token (IOB2, Ramshaw and Marcus 1995).
///
/// Where spans of one marking overlap, the one that begins later (then ends later, then has the
/// higher kind) takes the tokens: nesting cannot be said in tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markings {
    lengths: Vec<u32>,
    workers: u32,
    kinds: u32,
    /// Unit, worker and tags of each marking.
    rows: Vec<(u32, u32, Vec<u16>)>,
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl Markings {
    /// Checks `rows` against the `lengths` of the units in tokens, and paints their tags.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] (unit, worker, kind); [`Error::Entry`] for a span that is empty or
    /// ends beyond its unit, and for a second marking of one unit by one worker;
    /// [`Error::TooLarge`] where tags, posteriors or the workers' tables would not fit in memory;
    /// [`Error::Setting`] for more than 1,000 kinds.
    pub fn new(
        lengths: Vec<u32>,
        workers: u32,
        kinds: u32,
        rows: Vec<Marking>,
    ) -> Result<Self, Error> {
        if kinds > 1_000 {
            return Err(Error::Setting { field: "kinds" });
        }
        let mut pairs = Vec::new();
        for (row, marking) in rows.iter().enumerate() {
            let out = |column| Error::OutOfBounds { row, column };
            let length = lengths.get(marking.unit as usize).ok_or(out("unit"))?;
            if marking.worker >= workers {
                return Err(out("worker"));
            }
            for span in &marking.spans {
                if span.kind >= kinds {
                    return Err(out("kind"));
                }
                if span.start >= span.end || span.end > *length {
                    let rule = "has a span that is empty or ends beyond its unit";
                    return Err(Error::Entry { row, rule });
                }
            }
            pairs.push((marking.unit, marking.worker, row));
        }
        pairs.sort_unstable();
        if let Some(twice) = pairs
            .windows(2)
            .find(|two| (two[0].0, two[0].1) == (two[1].0, two[1].1))
        {
            let rule = "is a second marking of the same unit by the same worker";
            return Err(Error::Entry {
                row: twice[1].2,
                rule,
            });
        }
        let cells = size(&lengths, workers, kinds, &rows);
        if cells > CELL_LIMIT {
            return Err(Error::TooLarge { cells });
        }
        let (starts, order) = table::index(lengths.len() as u32, rows.iter().map(|row| row.unit));
        let rows = rows.into_iter().map(|row| {
            let tags = paint(lengths[row.unit as usize], row.spans);
            (row.unit, row.worker, tags)
        });
        let rows = rows.collect();
        Ok(Self {
            lengths,
            workers,
            kinds,
            rows,
            starts,
            order,
        })
    }

    /// How many units the table declares, marked or not.
    pub fn units(&self) -> u32 {
        self.lengths.len() as u32
    }

    /// How many contributors the table declares, active or not.
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// Tags per token: outside, and two per kind.
    fn tags(&self) -> usize {
        2 * self.kinds as usize + 1
    }

    /// Worker and tags of the markings of `unit`, in the order of submission.
    fn of_unit(&self, unit: u32) -> impl ExactSizeIterator<Item = (u32, &[u16])> {
        let rows = &self.order[table::span(&self.starts, unit as usize)];
        rows.iter().map(|row| {
            let (_, worker, tags) = &self.rows[*row as usize];
            (*worker, tags.as_slice())
        })
    }
}

/// Cells of the largest lists that an inference holds.
fn size(lengths: &[u32], workers: u32, kinds: u32, rows: &[Marking]) -> u64 {
    let tags = 2 * u64::from(kinds) + 1;
    let tokens: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    let answers: u64 = rows
        .iter()
        .map(|row| u64::from(lengths[row.unit as usize]))
        .sum();
    let tables = (u64::from(workers) + 2) * (u64::from(kinds) + 1) * tags * tags;
    (4 * tokens)
        .saturating_mul(tags)
        .saturating_add(2 * tables)
        .saturating_add(answers / 4)
}

/// Tags of one marking.
fn paint(length: u32, mut spans: Vec<Span>) -> Vec<u16> {
    spans.sort_unstable();
    let mut tags = vec![OUTSIDE; length as usize];
    for span in spans {
        let inside = begin(span.kind) + 1;
        tags[span.start as usize..span.end as usize].fill(inside);
        tags[span.start as usize] = begin(span.kind);
        // What is left of an earlier span beyond this one would be an inside without its begin.
        for tag in &mut tags[span.end as usize..] {
            if *tag == OUTSIDE || *tag % 2 == 1 {
                break;
            }
            *tag = OUTSIDE;
        }
    }
    tags
}

/// Token-wise majority vote, ties to the smallest tag, then the spans that the tags spell.
pub fn majority(markings: &Markings) -> Spans {
    let width = markings.tags();
    decode::spelled(markings, &crowd::shares(markings), width)
}

/// The default: workers who miss, invent and misplace spans in their own way each, over a chain of
/// true tags; spans of probability one half and more.
///
/// Bayesian sequence combination after Simpson and Gurevych 2019 ("seq" annotators), by variational
/// Bayes: what a worker tags depends on the true tag and on the kind the same worker tagged one
/// token before, so that missing a long span counts once. Rows of a worker's table are shrunk to
/// those of all workers.
pub fn infer(markings: &Markings) -> Spans {
    let mut crowd = Crowd::new(markings);
    let iterations = crowd.fit();
    decode::probable(markings, &crowd, iterations)
}
