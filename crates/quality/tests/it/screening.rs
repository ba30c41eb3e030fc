//! Farmers put among real workers as in the published replay, and how well a score finds them.

use crate::real::{Real, Seeded};
use quality::{Answer, Answers};

/// How a farmer answers without looking: uniformly, drawn from the frequencies of all answers,
/// always the most frequent class, or from a uniform key that all farmers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farmer {
    Random,
    Prior,
    Constant,
    Ring,
}

impl Farmer {
    pub const ALL: [Self; 4] = [Self::Random, Self::Prior, Self::Constant, Self::Ring];
}

/// A table in which 30 % of the workers with at least 20 answers are farmers.
pub struct Infiltrated {
    pub answers: Answers,
    /// Known labels of `gold_percent` of the units, as far as the gold file goes.
    pub known: Vec<Option<u32>>,
    /// Workers with at least 20 answers, and whether each is a farmer.
    pub judged: Vec<(u32, bool)>,
}

/// Replaces the answers of the farmers, each on the units it has in the file.
pub fn infiltrate(set: &Real, farmer: Farmer, gold_percent: usize, seed: u64) -> Infiltrated {
    let mut seeded = Seeded(100 + seed);
    let (answers, classes) = (&set.answers, set.answers.classes());
    let mut counts = vec![0_u32; answers.workers() as usize];
    let mut frequency = vec![0_u32; classes as usize];
    for row in answers.rows() {
        counts[row.worker as usize] += 1;
        frequency[row.label as usize] += 1;
    }
    let mut busy: Vec<u32> = (0..answers.workers())
        .filter(|worker| counts[*worker as usize] >= 20)
        .collect();
    seeded.shuffle(&mut busy);
    let farmers = (busy.len() * 3 / 10).max(2).min(busy.len());
    let mut farms = vec![false; counts.len()];
    busy[..farmers]
        .iter()
        .for_each(|worker| farms[*worker as usize] = true);
    let key: Vec<u32> = (0..answers.units())
        .map(|_| seeded.below(classes))
        .collect();
    let most = (0..classes).max_by_key(|class| frequency[*class as usize]);
    let rows = answers.rows().iter().map(|row| {
        if !farms[row.worker as usize] {
            return *row;
        }
        let label = match farmer {
            Farmer::Random => seeded.below(classes),
            Farmer::Prior => {
                let like = seeded.below(answers.rows().len() as u32);
                answers.rows()[like as usize].label
            }
            Farmer::Constant => most.expect("a class"),
            Farmer::Ring => key[row.unit as usize],
        };
        Answer { label, ..*row }
    });
    let rows: Vec<Answer> = rows.collect();
    let mut gold: Vec<usize> = (0..set.gold.len())
        .filter(|unit| set.gold[*unit].is_some())
        .collect();
    seeded.shuffle(&mut gold);
    let mut known = vec![None; set.gold.len()];
    for unit in gold
        .iter()
        .take(answers.units() as usize * gold_percent / 100)
    {
        known[*unit] = set.gold[*unit];
    }
    busy.sort_unstable();
    let judged = busy
        .into_iter()
        .map(|worker| (worker, farms[worker as usize]));
    Infiltrated {
        answers: Answers::new(answers.units(), answers.workers(), classes, rows).expect("bounds"),
        known,
        judged: judged.collect(),
    }
}

/// P(a farmer scores below an honest worker), ties counting one half: the area under the ROC curve.
pub fn auroc(judged: &[(u32, bool)], score: impl Fn(u32) -> f64) -> f64 {
    let (mut below, mut pairs) = (0.0, 0.0);
    for (farmer, _) in judged.iter().filter(|(_, farms)| *farms) {
        for (honest, _) in judged.iter().filter(|(_, farms)| !*farms) {
            let (farmer, honest) = (score(*farmer), score(*honest));
            pairs += 1.0;
            below += match farmer.total_cmp(&honest) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 0.0,
            };
        }
    }
    below / f64::max(pairs, 1.0)
}
