//! Real crowd data from a folder beside the repository, where it exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use quality::{Answer, Answers, Consensus};

/// The single-choice sets, smallest first.
pub const SETS: [&str; 6] = ["duck_bluebird", "temp", "rte", "dog", "product", "adult2"];

/// A data set: tasks, workers and labels are numbered in lexical order, rows stand in file order.
pub struct Real {
    pub answers: Answers,
    /// Truth per unit, where the gold file knows it.
    pub gold: Vec<Option<u32>>,
}

/// Reads one set, or says that it is skipped.
pub fn load(name: &str) -> Option<Real> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    let Ok(text) = fs::read_to_string(root.join(name).join("answers.csv")) else {
        println!("skipped: no data set `{name}` beside the repository");
        return None;
    };
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.trim_end().split(',').collect())
        .collect();
    let column = |column: usize| {
        let mut values: Vec<_> = rows.iter().map(|row| row[row.len() - 3 + column]).collect();
        if column == 0 {
            values = rows.iter().map(|row| row[0]).collect();
        }
        values.sort_unstable();
        values.dedup();
        values.into_iter().zip(0_u32..).collect::<BTreeMap<_, _>>()
    };
    let (units, workers, labels) = (column(0), column(1), column(2));
    let answer = |row: &Vec<&str>| {
        assert_eq!(row.len(), 3, "a plain csv row");
        Answer {
            unit: units[row[0]],
            worker: workers[row[1]],
            label: labels[row[2]],
        }
    };
    let mut gold = vec![None; units.len()];
    let text = fs::read_to_string(root.join(name).join("gold.csv")).expect("gold beside answers");
    for line in text.lines().skip(1) {
        let (task, label) = line.trim_end().split_once(',').expect("two columns");
        if let (Some(unit), Some(label)) = (units.get(task), labels.get(label)) {
            gold[*unit as usize].get_or_insert(*label);
        }
    }
    let count = |map: &BTreeMap<&str, u32>| map.len() as u32;
    let rows = rows.iter().map(answer).collect();
    let answers = Answers::new(count(&units), count(&workers), count(&labels), rows);
    Some(Real {
        answers: answers.expect("in bounds by construction"),
        gold,
    })
}

/// Right labels and labelled units among those with gold, but without those in `except`.
pub fn accuracy(found: &Consensus, gold: &[Option<u32>], except: &[Option<u32>]) -> (u32, u32) {
    let (mut right, mut all) = (0, 0);
    for (unit, truth) in gold.iter().enumerate() {
        if let (Some(truth), None, Some(label)) = (truth, except[unit], found.label(unit as u32)) {
            right += u32::from(*truth == label);
            all += 1;
        }
    }
    (right, all)
}

/// A small deterministic generator (SplitMix64).
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        (self.next() % u64::from(bound.max(1))) as u32
    }

    /// Uniform over all orders (Fisher and Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at as u32 + 1) as usize);
        }
    }

    /// Uniform in 0..1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A class-balanced choice of `percent` of the gold: classes take turns, units within a class in a
/// seeded order.
pub fn hide(gold: &[Option<u32>], classes: u32, percent: usize, seed: u64) -> Vec<Option<u32>> {
    let mut seeded = Seeded(seed);
    let mut of_class = vec![Vec::new(); classes as usize];
    for (unit, label) in gold.iter().enumerate() {
        let key = seeded.next();
        if let Some(label) = label {
            of_class[*label as usize].push((key, unit));
        }
    }
    of_class.iter_mut().for_each(|units| units.sort_unstable());
    let wanted = (gold.iter().flatten().count() * percent).div_ceil(100);
    let (mut hidden, mut chosen) = (vec![None; gold.len()], 0);
    while chosen < wanted {
        for units in &mut of_class {
            if let (Some((_, unit)), true) = (units.pop(), chosen < wanted) {
                hidden[unit] = gold[unit];
                chosen += 1;
            }
        }
    }
    hidden
}
