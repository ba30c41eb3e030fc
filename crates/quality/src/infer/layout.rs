//! The answers as an inference walks over them: classes in use, units, and (worker, label) pairs.

use crate::table::Answers;

/// Pseudo-answers on gold that every worker is credited with, at the crowd's mean accuracy there.
const GOLD_PRIOR: f64 = 4.0;

/// All answers of one worker with one label to one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// Position of (worker, label) among the pairs.
    pub pair: u32,
    /// Share of the worker's answers to the unit that had this label: 1 unless there are repeats.
    pub weight: f64,
}

/// A table over the classes in use only, in both directions: by unit and by pair.
pub(super) struct Layout {
    /// Number of units, answered or not.
    pub units: usize,
    /// Number of workers, active or not.
    pub workers: usize,
    /// Number of classes that the table declares.
    pub declared: usize,
    /// Classes named by an answer or a known label, ascending.
    pub classes: Vec<u32>,
    /// How many they are: the width of every row.
    pub width: usize,
    /// (worker, position of the label in `classes`), sorted.
    pub pairs: Vec<(u32, u32)>,
    /// First pair of each worker, and the end.
    pub worker_starts: Vec<usize>,
    /// Number of answers per worker, repeats included.
    pub answers: Vec<u32>,
    /// Known class per unit, as a position in `classes`.
    pub known: Vec<Option<u32>>,
    entries: Vec<Entry>,
    unit_starts: Vec<usize>,
    by_pair: Vec<(u32, f64)>,
    pair_starts: Vec<usize>,
}

impl Layout {
    /// Indexes a table; `known` has been checked against it.
    pub fn new(answers: &Answers, known: &[Option<u32>]) -> Self {
        let mut named: Vec<u32> = answers.pairs().iter().map(|pair| pair.1).collect();
        named.extend(known.iter().flatten());
        named.sort_unstable();
        named.dedup();
        let place = |class: &u32| named.binary_search(class).expect("collected above") as u32;
        let pairs: Vec<_> = answers
            .pairs()
            .iter()
            .map(|(worker, label)| (*worker, place(label)))
            .collect();
        let known = known
            .iter()
            .map(|label| label.as_ref().map(place))
            .collect();
        let mut worker_starts = vec![0; answers.workers() as usize + 1];
        for (worker, _) in &pairs {
            worker_starts[*worker as usize + 1] += 1;
        }
        accumulate(&mut worker_starts);
        let mut count = vec![0; answers.workers() as usize];
        for answer in answers.rows() {
            count[answer.worker as usize] += 1;
        }
        let (entries, unit_starts) = by_unit(answers);
        let (by_pair, pair_starts) = transposed(&entries, &unit_starts, pairs.len());
        Self {
            units: answers.units() as usize,
            workers: answers.workers() as usize,
            declared: answers.classes() as usize,
            width: named.len(),
            classes: named,
            pairs,
            worker_starts,
            answers: count,
            known,
            entries,
            unit_starts,
            by_pair,
            pair_starts,
        }
    }

    /// The answers to one unit.
    pub fn entries(&self, unit: usize) -> &[Entry] {
        &self.entries[stretch(&self.unit_starts, unit)]
    }

    /// Units that got the answer of this pair, with the answer's weight, ascending.
    pub fn of_pair(&self, pair: usize) -> &[(u32, f64)] {
        &self.by_pair[stretch(&self.pair_starts, pair)]
    }

    /// Shares of votes per unit, known units as point masses, zeros where there is neither.
    ///
    /// Where labels are known, a vote has the weight of its worker's accuracy on them, less
    /// chance: a crowd whose majority is wrong must not be the start of its own judgement.
    pub fn votes(&self) -> Vec<f64> {
        let trust = self.trust();
        let mut votes = vec![0.0; self.units * self.width];
        for unit in 0..self.units {
            let row = &mut votes[unit * self.width..(unit + 1) * self.width];
            if let Some(class) = self.known[unit] {
                row[class as usize] = 1.0;
                continue;
            }
            let trusted = |entry: &Entry| trust[self.pairs[entry.pair as usize].0 as usize];
            let entries = self.entries(unit);
            let blind = entries.iter().all(|entry| trusted(entry) <= 0.0);
            let mut total = 0.0;
            for entry in entries {
                let vote = entry.weight * if blind { 1.0 } else { trusted(entry) };
                row[self.pairs[entry.pair as usize].1 as usize] += vote;
                total += vote;
            }
            if total > 0.0 {
                row.iter_mut().for_each(|share| *share /= total);
            }
        }
        votes
    }

    /// Position of the first largest entry of each unit's row.
    pub fn labels(&self, rows: &[f64]) -> Vec<u32> {
        let row = |unit: usize| best(&rows[unit * self.width..(unit + 1) * self.width]);
        (0..self.units).map(row).collect()
    }

    /// Rows over the classes in use as rows over all declared classes.
    pub fn widen(&self, rows: &[f64]) -> Vec<f64> {
        let mut wide = vec![0.0; self.units * self.declared];
        for unit in 0..self.units {
            for (place, class) in self.classes.iter().enumerate() {
                wide[unit * self.declared + *class as usize] = rows[unit * self.width + place];
            }
        }
        wide
    }

    /// Per worker: accuracy on known units, shrunk to the crowd's, from 0 at chance to 1.
    pub fn trust(&self) -> Vec<f64> {
        let mut seen = vec![(0.0, 0.0); self.workers];
        for (unit, class) in self.known.iter().enumerate() {
            let Some(class) = class else { continue };
            for entry in self.entries(unit) {
                let (worker, label) = self.pairs[entry.pair as usize];
                let (right, all) = &mut seen[worker as usize];
                *right += if label == *class { entry.weight } else { 0.0 };
                *all += entry.weight;
            }
        }
        let (right, all) = seen
            .iter()
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if all <= 0.0 {
            return vec![1.0; self.workers];
        }
        let chance = 1.0 / self.width as f64;
        let shrunk = |(own, of): &(f64, f64)| {
            let accuracy = (own + GOLD_PRIOR * right / all) / (of + GOLD_PRIOR);
            (accuracy - chance).max(0.0)
        };
        seen.iter().map(shrunk).collect()
    }
}

/// Position of the largest value, the first of equals.
fn best(values: &[f64]) -> u32 {
    let first = |best: usize, next: usize| {
        if values[next] > values[best] {
            next
        } else {
            best
        }
    };
    (0..values.len()).fold(0, first) as u32
}

/// Entries of all units, repeats of a worker merged, in the order of first submission.
fn by_unit(answers: &Answers) -> (Vec<Entry>, Vec<usize>) {
    let mut entries: Vec<Entry> = Vec::with_capacity(answers.rows().len());
    let mut starts = vec![0];
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for unit in 0..answers.units() {
        pairs.clear();
        pairs.extend(answers.pairs_of_unit(unit).iter().copied().zip(0_u32..));
        pairs.sort_unstable();
        let worker = |pair: u32| answers.pairs()[pair as usize].0;
        let mut merged: Vec<(u32, u32, u32)> = Vec::with_capacity(pairs.len());
        for (pair, turn) in &pairs {
            match merged.last_mut() {
                Some((last, _, count)) if last == pair => *count += 1,
                _ => merged.push((*pair, *turn, 1)),
            }
        }
        // Pairs are sorted by worker, so that the answers of one worker stand side by side.
        let mut own: Vec<(u32, Entry)> = Vec::with_capacity(merged.len());
        for group in merged.chunk_by(|one, next| worker(one.0) == worker(next.0)) {
            let all: u32 = group.iter().map(|(_, _, count)| count).sum();
            own.extend(group.iter().map(|(pair, turn, count)| {
                let weight = f64::from(*count) / f64::from(all);
                (
                    *turn,
                    Entry {
                        pair: *pair,
                        weight,
                    },
                )
            }));
        }
        own.sort_unstable_by_key(|(turn, _)| *turn);
        entries.extend(own.into_iter().map(|(_, entry)| entry));
        starts.push(entries.len());
    }
    (entries, starts)
}

/// The same entries by pair.
fn transposed(
    entries: &[Entry],
    unit_starts: &[usize],
    pairs: usize,
) -> (Vec<(u32, f64)>, Vec<usize>) {
    let mut starts = vec![0; pairs + 1];
    for entry in entries {
        starts[entry.pair as usize + 1] += 1;
    }
    accumulate(&mut starts);
    let mut next = starts.clone();
    let mut by_pair = vec![(0, 0.0); entries.len()];
    for unit in 0..unit_starts.len() - 1 {
        for entry in &entries[stretch(unit_starts, unit)] {
            let place = &mut next[entry.pair as usize];
            by_pair[*place] = (unit as u32, entry.weight);
            *place += 1;
        }
    }
    (by_pair, starts)
}

/// Counts per key, shifted by one, as starts per key.
fn accumulate(starts: &mut [usize]) {
    for key in 1..starts.len() {
        starts[key] += starts[key - 1];
    }
}

/// The places of one key's entries.
fn stretch(starts: &[usize], key: usize) -> std::ops::Range<usize> {
    starts[key]..starts[key + 1]
}
