//! Adaptive stopping replayed over recorded answers.

use crate::real::{Real, Seeded};
use quality::assign::{Queue, Stop, belief};
use quality::{Answer, Answers};

/// What a policy spent and what it knew in the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replay {
    /// Answers per unit.
    pub answers: f64,
    /// Share of right labels among units with gold.
    pub accuracy: f64,
}

/// The recorded answers of each unit in a seeded order, at most `most`.
fn shuffled(set: &Real, most: usize, seed: u64) -> Vec<Vec<Answer>> {
    let mut seeded = Seeded(seed);
    let of_unit = |unit| {
        let rows = set.answers.of_unit(unit).iter();
        let mut rows: Vec<Answer> = rows.map(|row| set.answers.rows()[*row as usize]).collect();
        seeded.shuffle(&mut rows);
        rows.truncate(most);
        rows
    };
    (0..set.answers.units()).map(of_unit).collect()
}

fn table(set: &Real, rows: Vec<Answer>) -> Answers {
    let all = &set.answers;
    Answers::new(all.units(), all.workers(), all.classes(), rows).expect("in bounds")
}

fn measure(set: &Real, rows: Vec<Answer>) -> Replay {
    let answers = table(set, rows);
    let none = vec![None; set.gold.len()];
    let found = belief(&answers, &none).expect("valid");
    let (right, all) = crate::real::accuracy(&found, &set.gold, &none);
    Replay {
        answers: answers.rows().len() as f64 / f64::from(answers.units()),
        accuracy: f64::from(right) / f64::from(all.max(1)),
    }
}

/// `answers` to every unit.
pub fn fixed(set: &Real, answers: usize, seed: u64) -> Replay {
    measure(set, shuffled(set, answers, seed).concat())
}

/// As many answers as [`Queue`] asks for; beliefs are renewed after every wave, in which each open
/// unit gets at most one more.
pub fn adaptive(set: &Real, stop: Stop, seed: u64) -> Replay {
    let recorded = shuffled(set, stop.most as usize, seed);
    let none = vec![None; set.gold.len()];
    let mut queue = Queue::new(set.answers.units(), stop, seed).expect("in range");
    let mut used = vec![0; recorded.len()];
    let mut rows = Vec::new();
    loop {
        let mut wave = Vec::new();
        let mut asked = vec![false; recorded.len()];
        while let Some(unit) = queue.next(|unit| {
            !asked[unit as usize] && used[unit as usize] < recorded[unit as usize].len()
        }) {
            asked[unit as usize] = true;
            wave.push(unit);
        }
        if wave.is_empty() {
            return measure(set, rows);
        }
        for unit in wave {
            rows.push(recorded[unit as usize][used[unit as usize]]);
            used[unit as usize] += 1;
            queue.answered(unit);
        }
        let found = belief(&table(set, rows.clone()), &none).expect("valid");
        for unit in 0..set.answers.units() {
            queue.believe(unit, found.posterior(unit));
        }
    }
}
