//! Made-up tables of any size: uneven workers, some who click at random, some who always say 0.

use std::fs;
use std::path::{Path, PathBuf};

use quality::random::Random;
use quality::{Answer, Answers};

/// Answers of each unit.
const OVERLAP: u32 = 5;
const CLASSES: u32 = 4;

/// Rows in an order without meaning: `count` answers, five to a unit, 500 to a worker on average.
///
/// Truth has shares .4, .3, .2 and .1. Workers are right with .6 to .95, but 15 % choose at random
/// and 5 % always say class 0; a few do most of the work (Pareto, shape 1.5).
pub fn rows(count: u32, seed: u64) -> Vec<Answer> {
    let mut random = Random::new(seed, 0);
    let workers = (count / 500).max(50);
    let share = |random: &mut Random| {
        let low = (1.0 - random.unit()).max(1e-9);
        libm::pow(low, -1.0 / 1.5)
    };
    let mut ends = Vec::new();
    let mut end = 0.0;
    for _ in 0..workers {
        end += share(&mut random).min(f64::from(workers) / 20.0);
        ends.push(end);
    }
    let kinds: Vec<[f64; 2]> = (0..workers)
        .map(|_| [random.unit(), 0.6 + 0.35 * random.unit()])
        .collect();
    let mut rows = Vec::with_capacity(count as usize);
    for unit in 0..count / OVERLAP {
        let draw = random.unit();
        let truth = [0.4, 0.7, 0.9].iter().filter(|end| draw >= **end).count() as u32;
        let start = rows.len();
        while rows.len() < start + OVERLAP as usize {
            let at = random.unit() * end;
            let worker = ends.partition_point(|end| *end <= at).min(ends.len() - 1) as u32;
            if rows[start..]
                .iter()
                .any(|row: &Answer| row.worker == worker)
            {
                continue;
            }
            let [kind, accuracy] = kinds[worker as usize];
            let label = match kind {
                k if k < 0.15 => random.below(CLASSES),
                k if k > 0.95 => 0,
                _ if random.unit() < accuracy => truth,
                _ => (truth + 1 + random.below(CLASSES - 1)) % CLASSES,
            };
            rows.push(Answer {
                unit,
                worker,
                label,
            });
        }
    }
    random.shuffle(&mut rows);
    rows
}

/// The table of [`rows`].
pub fn table(rows: Vec<Answer>) -> Answers {
    let units = rows.iter().map(|row| row.unit + 1).max().unwrap_or(0);
    let workers = rows.iter().map(|row| row.worker + 1).max().unwrap_or(0);
    Answers::new(units, workers, CLASSES, rows).expect("in bounds by construction")
}

/// Writes three columns of little-endian 32-bit numbers for the peers: task, worker, label.
pub fn write(rows: &[Answer], place: &Path) -> std::io::Result<PathBuf> {
    let column = |name: &str, of: fn(&Answer) -> u32| {
        let bytes: Vec<u8> = rows.iter().flat_map(|row| of(row).to_le_bytes()).collect();
        fs::write(place.join(name), bytes)
    };
    column("task.u32", |row| row.unit)?;
    column("worker.u32", |row| row.worker)?;
    column("label.u32", |row| row.label)?;
    Ok(place.to_owned())
}
