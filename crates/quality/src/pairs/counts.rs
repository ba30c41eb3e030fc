//! Wins and ties of each pair: kept as comparisons arrive, and ready for a fit.

use std::collections::BTreeMap;

use super::Error;
use super::table::{Comparisons, Outcome, check_items};

/// Up to so many items every pair has its cell (12 bytes each, 25 MB at most); above, only pairs
/// that met have one.
const DENSE_ITEMS: u32 = 2_048;

/// Running counters of each pair, 32 bits each: adding a comparison costs one increment.
#[derive(Clone, Debug)]
pub struct Counts {
    items: u32,
    total: u32,
    cells: Cells,
}

#[derive(Clone, Debug)]
enum Cells {
    /// Pair (low, high) at high (high - 1) / 2 + low: wins of low, wins of high, ties.
    Dense(Vec<[u32; 3]>),
    Sparse(BTreeMap<(u32, u32), [u32; 3]>),
}

impl Counts {
    /// No comparisons yet among `items` items.
    ///
    /// # Errors
    /// [`Error::TooLarge`] above [`super::ITEM_LIMIT`].
    pub fn new(items: u32) -> Result<Self, Error> {
        check_items(items)?;
        let cells = if items <= DENSE_ITEMS {
            let items = items as usize;
            Cells::Dense(vec![[0; 3]; items * items.saturating_sub(1) / 2])
        } else {
            Cells::Sparse(BTreeMap::new())
        };
        Ok(Self {
            items,
            total: 0,
            cells,
        })
    }

    /// Counts of all rows of `table`, whatever they weigh.
    ///
    /// # Errors
    /// None but those of [`Counts::new`], which the table has passed.
    pub fn of(table: &Comparisons) -> Result<Self, Error> {
        let mut counts = Self::new(table.items())?;
        for row in table.rows() {
            counts.count(row.left, row.right, row.outcome);
        }
        // A table has fewer than 2^32 rows.
        counts.total = table.rows().len() as u32;
        Ok(counts)
    }

    /// One more comparison.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] and [`Error::SelfComparison`], their row being the number of
    /// comparisons so far; [`Error::TooLarge`] at 2^32 comparisons.
    pub fn add(&mut self, left: u32, right: u32, outcome: Outcome) -> Result<(), Error> {
        let row = self.total as usize;
        match () {
            () if left >= self.items => Err(Error::OutOfBounds {
                row,
                column: "left",
            }),
            () if right >= self.items => Err(Error::OutOfBounds {
                row,
                column: "right",
            }),
            () if left == right => Err(Error::SelfComparison { row }),
            () if self.total == u32::MAX => Err(Error::TooLarge {
                what: "comparisons",
                limit: u32::MAX.into(),
            }),
            () => {
                self.total += 1;
                self.count(left, right, outcome);
                Ok(())
            }
        }
    }

    /// Comparisons so far.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// No counter can pass `total`, which is below 2^32.
    fn count(&mut self, left: u32, right: u32, outcome: Outcome) {
        let (low, high, place) = placed(left, right, outcome);
        match &mut self.cells {
            Cells::Dense(cells) => {
                let at = high as usize * (high as usize - 1) / 2 + low as usize;
                cells[at][place] += 1;
            }
            Cells::Sparse(cells) => cells.entry((low, high)).or_default()[place] += 1,
        }
    }

    /// The pairs that met, ready for a fit.
    pub fn tally(&self) -> Tally {
        let edge = |first, second, found: &[u32; 3]| Edge {
            first,
            second,
            weight: found.map(f64::from),
        };
        let edges = match &self.cells {
            Cells::Dense(cells) => {
                let mut edges = Vec::with_capacity(cells.len().min(self.total as usize));
                let mut rest = &cells[..];
                for second in 1..self.items {
                    let (row, below) = rest.split_at(second as usize);
                    rest = below;
                    for (first, found) in (0..).zip(row) {
                        if *found != [0; 3] {
                            edges.push(edge(first, second, found));
                        }
                    }
                }
                edges
            }
            Cells::Sparse(cells) => {
                let mut edges: Vec<_> = cells
                    .iter()
                    .map(|((low, high), found)| edge(*low, *high, found))
                    .collect();
                edges.sort_by_key(|edge| (edge.second, edge.first));
                edges
            }
        };
        Tally {
            items: self.items,
            edges,
            weighted: None,
        }
    }
}

/// The smaller index, the larger one, and the place of the outcome: low won, high won, tie.
fn placed(left: u32, right: u32, outcome: Outcome) -> (u32, u32, usize) {
    // A look-up instead of branches, which single votes make unpredictable.
    const PLACES: [[usize; 2]; 3] = [[0, 1], [1, 0], [2, 2]];
    let place = PLACES[outcome as usize][usize::from(left > right)];
    (left.min(right), left.max(right), place)
}

/// All comparisons of one pair; `first` is the smaller index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The item of the smaller index.
    pub first: u32,
    /// The other item.
    pub second: u32,
    /// Weights of: first preferred, second preferred, ties. Without weights of rows, their counts.
    pub weight: [f64; 3],
}

impl Edge {
    /// Points of the first item, a tie being half a win for each.
    pub fn points(&self) -> f64 {
        self.weight[0] + 0.5 * self.weight[2]
    }

    /// All comparisons of the pair.
    pub fn total(&self) -> f64 {
        self.weight[0] + self.weight[1] + self.weight[2]
    }
}

/// The pairs that met, ordered by their second, then their first item.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pub(crate) items: u32,
    pub(crate) edges: Vec<Edge>,
    pub(crate) weighted: Option<Vec<Weighted>>,
}

/// What a pair's weights are made of: rows and sums of squared weights by outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weighted {
    pub(crate) counts: [u32; 3],
    pub(crate) squares: [f64; 3],
}

impl Tally {
    /// Sums of the rows of `table` by pair and outcome, with their weights; pairs whose weights are
    /// all 0 did not meet.
    ///
    /// # Errors
    /// Those of [`Counts::new`].
    pub fn of(table: &Comparisons) -> Result<Self, Error> {
        let Some(weights) = table.weights() else {
            return Ok(Counts::of(table)?.tally());
        };
        let mut cells: BTreeMap<(u32, u32), ([f64; 3], Weighted)> = BTreeMap::new();
        let empty = Weighted {
            counts: [0; 3],
            squares: [0.0; 3],
        };
        for (row, weight) in table.rows().iter().zip(weights) {
            if *weight > 0.0 {
                let (low, high, place) = placed(row.left, row.right, row.outcome);
                let cell = cells.entry((high, low)).or_insert(([0.0; 3], empty));
                cell.0[place] += weight;
                cell.1.counts[place] += 1;
                cell.1.squares[place] += weight * weight;
            }
        }
        let edges = cells.iter().map(|((high, low), (weight, _))| Edge {
            first: *low,
            second: *high,
            weight: *weight,
        });
        Ok(Self {
            items: table.items(),
            edges: edges.collect(),
            weighted: Some(cells.values().map(|(_, weighted)| *weighted).collect()),
        })
    }

    /// Number of items, compared or not.
    pub fn items(&self) -> u32 {
        self.items
    }

    /// The pairs that met.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Rows behind the pair at `edge`, by outcome.
    pub(crate) fn counts(&self, edge: usize) -> [u32; 3] {
        match &self.weighted {
            Some(weighted) => weighted[edge].counts,
            None => self.edges[edge].weight.map(|weight| weight as u32),
        }
    }

    /// Sums of squared weights behind the pair at `edge`, by outcome.
    pub(crate) fn squares(&self, edge: usize) -> [f64; 3] {
        match &self.weighted {
            Some(weighted) => weighted[edge].squares,
            None => self.edges[edge].weight,
        }
    }
}
