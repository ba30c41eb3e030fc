//! Free text: one text per unit from several workers, by edit distance between words.
//!
//! Model and alignment: `docs/spec/structured.md`, "Text".

mod align;
mod rover;
#[cfg(test)]
mod tests;

pub use rover::rover;

use crate::consensus::to_ppm;
use crate::table::{self, Error};
use align::distance;
use std::collections::BTreeMap;

/// Tokens of one text, and texts of one unit at most.
pub const TOKEN_LIMIT: usize = 2_000;
/// See [`TOKEN_LIMIT`].
pub const TEXT_LIMIT: usize = 200;
/// Texts of prior experience with each worker, at the distance of all workers.
const PRIOR: f64 = 2.0;
/// Rounds at most, and the movement of a weight that ends them.
const ROUNDS: u32 = 50;
const SETTLED: f64 = 1e-9;

/// One answer in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// Row of the units' list.
    pub unit: u32,
    /// Row of the contributors' list.
    pub worker: u32,
    /// The text as it was written.
    pub text: String,
}

/// Words in lower case and every other visible sign by itself: what texts are compared by.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for sign in text.chars() {
        if sign.is_alphanumeric() {
            word.extend(sign.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            tokens.push(core::mem::take(&mut word));
        }
        if !sign.is_whitespace() && !sign.is_control() {
            tokens.push(sign.to_string());
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

/// A checked table of texts with an index by unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Writings {
    workers: u32,
    rows: Vec<Writing>,
    /// Numbers of each text's tokens in the sorted list of all.
    words: Vec<Vec<u32>>,
    vocabulary: Vec<String>,
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl Writings {
    /// Checks bounds, cuts the texts into [`tokens`] and indexes `rows`; a worker may write several
    /// texts for a unit.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] (unit, worker); [`Error::Entry`] for a text beyond [`TOKEN_LIMIT`]
    /// and for a unit's text beyond [`TEXT_LIMIT`].
    pub fn new(units: u32, workers: u32, rows: Vec<Writing>) -> Result<Self, Error> {
        let mut counts = vec![0; units as usize];
        let mut cut = Vec::with_capacity(rows.len());
        for (row, writing) in rows.iter().enumerate() {
            let out = |column| Err(Error::OutOfBounds { row, column });
            let entry = |rule| Err(Error::Entry { row, rule });
            if writing.unit >= units {
                return out("unit");
            }
            if writing.worker >= workers {
                return out("worker");
            }
            counts[writing.unit as usize] += 1;
            if counts[writing.unit as usize] > TEXT_LIMIT {
                return entry("is one text too many for its unit, of 200");
            }
            let tokens = tokens(&writing.text);
            if tokens.len() > TOKEN_LIMIT {
                return entry("has more than 2,000 words and signs");
            }
            cut.push(tokens);
        }
        let mut numbers: BTreeMap<&str, u32> =
            cut.iter().flatten().map(|t| (t.as_str(), 0)).collect();
        let vocabulary: Vec<String> = numbers.keys().map(|token| (*token).to_owned()).collect();
        numbers
            .values_mut()
            .zip(0..)
            .for_each(|(number, next)| *number = next);
        let number = |tokens: &Vec<String>| tokens.iter().map(|t| numbers[t.as_str()]).collect();
        let words = cut.iter().map(number).collect();
        let (starts, order) = table::index(units, rows.iter().map(|row| row.unit));
        Ok(Self {
            workers,
            rows,
            words,
            vocabulary,
            starts,
            order,
        })
    }

    /// How many units the table declares, written or not.
    pub fn units(&self) -> u32 {
        (self.starts.len() - 1) as u32
    }

    /// Positions of the texts of `unit`, in the order of submission.
    fn of_unit(&self, unit: u32) -> &[u32] {
        &self.order[table::span(&self.starts, unit as usize)]
    }
}

/// How one worker writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Writer {
    /// Texts written.
    pub texts: u32,
    /// Mean distance to the other texts of the unit, 0..=1, shrunk to that of all workers.
    pub distance: f64,
}

/// One text per unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Texts {
    /// The text of each unit, `None` without a writing.
    pub texts: Vec<Option<String>>,
    /// Weighted mean similarity (1 less distance) of the unit's texts to the one chosen, in parts
    /// per million; 0 without a writing.
    pub support_ppm: Vec<u32>,
    /// One entry per worker.
    pub writers: Vec<Writer>,
}

/// Distances between all texts of each unit, and the weight of each worker's word.
struct Distances {
    /// Per unit a square of distances.
    units: Vec<Vec<f64>>,
    weights: Vec<f64>,
    writers: Vec<Writer>,
}

impl Distances {
    /// A worker's texts lie about the truth like exp(-rate * distance); the rate, its weight, is
    /// one over the mean distance to the others, who weigh in likewise: a fixed point.
    fn new(writings: &Writings) -> Self {
        let square = |unit| {
            let rows = writings.of_unit(unit);
            let mut square = vec![0.0; rows.len() * rows.len()];
            for (one, row) in rows.iter().enumerate() {
                for (other, with) in rows[..one].iter().enumerate() {
                    let words = |row: &u32| &writings.words[*row as usize];
                    let apart = distance(words(row), words(with));
                    square[one * rows.len() + other] = apart;
                    square[other * rows.len() + one] = apart;
                }
            }
            square
        };
        let units = (0..writings.units()).map(square).collect();
        let writer = Writer {
            texts: 0,
            distance: 0.0,
        };
        let mut distances = Self {
            units,
            weights: vec![1.0; writings.workers as usize],
            writers: vec![writer; writings.workers as usize],
        };
        for row in &writings.rows {
            distances.writers[row.worker as usize].texts += 1;
        }
        for _ in 0..ROUNDS {
            if distances.weigh(writings) < SETTLED {
                break;
            }
        }
        distances
    }

    /// One round of the fixed point; returns the largest movement of a weight.
    fn weigh(&mut self, writings: &Writings) -> f64 {
        let mut sums = vec![(0.0, 0.0); self.weights.len()];
        for unit in 0..writings.units() {
            for (place, row) in writings.of_unit(unit).iter().enumerate() {
                let worker = writings.rows[*row as usize].worker as usize;
                if let Some(mean) = self.mean(writings, unit, place, Some(worker)) {
                    sums[worker].0 += mean;
                    sums[worker].1 += 1.0;
                }
            }
        }
        let (sum, count) = sums
            .iter()
            .fold((0.0, 0.0), |all, own| (all.0 + own.0, all.1 + own.1));
        let common = if count > 0.0 { sum / count } else { 0.0 };
        let mut moved = 0.0_f64;
        for (worker, (sum, count)) in sums.into_iter().enumerate() {
            let apart = (sum + PRIOR * common) / (count + PRIOR);
            self.writers[worker].distance = apart;
            // Relative to all, so that a table of equal texts has weights of 1; a worker who
            // copies everything cannot weigh more than a hundred.
            let weight = if common > 0.0 {
                common / apart.max(0.01 * common)
            } else {
                1.0
            };
            moved = moved.max((weight - self.weights[worker]).abs());
            self.weights[worker] = weight;
        }
        moved
    }

    /// Weighted mean distance from the text at `place` of `unit` to the others, without those of
    /// one worker; `None` if there are no others.
    fn mean(
        &self,
        writings: &Writings,
        unit: u32,
        place: usize,
        without: Option<usize>,
    ) -> Option<f64> {
        let rows = writings.of_unit(unit);
        let square = &self.units[unit as usize][place * rows.len()..(place + 1) * rows.len()];
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, apart) in rows.iter().zip(square) {
            let worker = writings.rows[*row as usize].worker as usize;
            if Some(worker) != without {
                sum += self.weights[worker] * apart;
                total += self.weights[worker];
            }
        }
        (total > 0.0).then(|| sum / total)
    }

    /// The text nearest to all of `unit` as its place, and its distance; ties to the first.
    fn nearest(&self, writings: &Writings, unit: u32) -> Option<(usize, f64)> {
        let places = 0..writings.of_unit(unit).len();
        let means =
            places.filter_map(|place| Some((place, self.mean(writings, unit, place, None)?)));
        means.fold(None, |best: Option<(usize, f64)>, next| match best {
            Some(best) if best.1 <= next.1 => Some(best),
            _ => Some(next),
        })
    }
}

/// The default: of each unit the text of least weighted distance to all, as it was written.
pub fn medoid(writings: &Writings) -> Texts {
    let distances = Distances::new(writings);
    let (mut texts, mut support_ppm) = (Vec::new(), Vec::new());
    for unit in 0..writings.units() {
        let nearest = distances.nearest(writings, unit);
        texts.push(nearest.map(|(place, _)| {
            let row = writings.of_unit(unit)[place];
            writings.rows[row as usize].text.clone()
        }));
        support_ppm.push(nearest.map_or(0, |(_, apart)| to_ppm(1.0 - apart)));
    }
    Texts {
        texts,
        support_ppm,
        writers: distances.writers,
    }
}
