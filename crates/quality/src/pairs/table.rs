//! Comparisons as a checked table: who preferred which of two items.

use super::Error;

/// The most items that a table may have.
pub const ITEM_LIMIT: u32 = 1 << 24;

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The left item was preferred.
    Left,
    /// The right item was preferred.
    Right,
    /// Neither was.
    Tie,
}

/// One comparison: `voter` looked at two items. Indices are dense, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The item shown on the left (or first).
    pub left: u32,
    /// The other item.
    pub right: u32,
    /// Which of them was preferred.
    pub outcome: Outcome,
    /// Who compared; 0 where nobody is known.
    pub voter: u32,
}

/// A checked table of comparisons in the order of submission, with optional weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparisons {
    items: u32,
    voters: u32,
    rows: Vec<Comparison>,
    weights: Option<Vec<f64>>,
}

impl Comparisons {
    /// Checks the bounds of `rows` and that no item meets itself.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`], [`Error::SelfComparison`]; [`Error::TooLarge`] from 2^32 rows or
    /// above [`ITEM_LIMIT`] items.
    pub fn new(items: u32, voters: u32, rows: Vec<Comparison>) -> Result<Self, Error> {
        check_items(items)?;
        if u32::try_from(rows.len()).is_err() {
            return Err(Error::TooLarge {
                what: "comparisons",
                limit: u32::MAX.into(),
            });
        }
        for (row, found) in rows.iter().enumerate() {
            let out = |column| Err(Error::OutOfBounds { row, column });
            match () {
                () if found.left >= items => return out("left"),
                () if found.right >= items => return out("right"),
                () if found.voter >= voters => return out("voter"),
                () if found.left == found.right => return Err(Error::SelfComparison { row }),
                () => {}
            }
        }
        Ok(Self {
            items,
            voters,
            rows,
            weights: None,
        })
    }

    /// The same table, each row counting as often as its entry in `weights` says; 0 is not at all.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Weight`].
    pub fn with_weights(mut self, weights: Vec<f64>) -> Result<Self, Error> {
        if weights.len() != self.rows.len() {
            return Err(Error::Length {
                list: "weights",
                found: weights.len(),
                needed: self.rows.len(),
            });
        }
        // Squares of the weights are summed: 1e100 leaves room for 2^32 of them.
        let bad = |weight: &f64| !(0.0..=1e100).contains(weight);
        if let Some(row) = weights.iter().position(bad) {
            return Err(Error::Weight { row });
        }
        self.weights = Some(weights);
        Ok(self)
    }

    /// Number of items, compared or not.
    pub fn items(&self) -> u32 {
        self.items
    }

    /// Number of voters, with comparisons or without.
    pub fn voters(&self) -> u32 {
        self.voters
    }

    /// The comparisons in their order.
    pub fn rows(&self) -> &[Comparison] {
        &self.rows
    }

    /// Weight of each row, where rows have other weights than 1.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// What `row` counts.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

pub(crate) fn check_items(items: u32) -> Result<(), Error> {
    if items > ITEM_LIMIT {
        return Err(Error::TooLarge {
            what: "items",
            limit: ITEM_LIMIT.into(),
        });
    }
    Ok(())
}
