//! Prints the tables of `docs/spec/pay.md`: what the pay rule releases on real crowd data, and to farmers put among them.

#[path = "../tests/it/real.rs"]
mod real;

use quality::pay::{Decision, Judgement};
use quality::{Rule, Variant, dawid_skene, judge};
use real::Real;

fn main() {
    let percent = std::env::args()
        .nth(1)
        .map_or(10, |arg| arg.parse().expect("a percentage"));
    for name in real::SETS {
        let Some(set) = real::load(name) else {
            continue;
        };
        honest(name, &set, percent);
    }
}

fn honest(name: &str, set: &Real, percent: usize) {
    let classes = set.answers.classes();
    let hidden = real::hide(&set.gold, classes, percent, 1);
    let rule = Rule::default();
    let clock = std::time::Instant::now();
    let judged = judge(&set.answers, &hidden, &rule, &[]).expect("valid");
    let took = clock.elapsed();
    let truth = true_accuracy(set);
    let good = paid(&judged, |w| truth[w as usize].is_some_and(|a| a >= 0.8));
    let chance = 1.0 / f64::from(classes);
    let bad = paid(&judged, |w| {
        truth[w as usize].is_some_and(|a| a <= chance + 0.1)
    });
    let all = paid(&judged, |_| true);
    let proven = judged.standings.iter().filter(|s| s.proven).count();
    let kept = set.answers.retain(&judged.accepted).expect("same length");
    let before = dawid_skene(&set.answers, &hidden, Variant::Map)
        .expect("valid")
        .consensus;
    let after = dawid_skene(&kept, &hidden, Variant::Map)
        .expect("valid")
        .consensus;
    let empty = (0..kept.units())
        .filter(|unit| kept.of_unit(*unit).is_empty())
        .count();
    let share = |(right, all): (u32, u32)| f64::from(right) / f64::from(all.max(1));
    println!(
        "{name:14} good: n {:6} rel {:.3} pay {:.3} | chance: n {:5} rel {:.3} pay {:.3} | all rel {:.3} pay {:.3} | proven {proven}/{} acc all {:.4} kept {:.4} empty {empty}/{} {took:?}",
        good.answers,
        good.released(),
        good.pay(),
        bad.answers,
        bad.released(),
        bad.pay(),
        all.released(),
        all.pay(),
        judged.standings.len(),
        share(real::accuracy(&before, &set.gold, &hidden)),
        share(real::accuracy(&after, &set.gold, &hidden)),
        kept.units(),
    );
}

#[derive(Default)]
struct Paid {
    answers: f64,
    released: f64,
    pay: f64,
}

impl Paid {
    fn released(&self) -> f64 {
        self.released / self.answers.max(1.0)
    }
    fn pay(&self) -> f64 {
        self.pay / self.answers.max(1.0)
    }
}

/// Answers, released answers and pay in prices of one answer, of the workers that `of` picks.
fn paid(judged: &Judgement, of: impl Fn(u32) -> bool) -> Paid {
    let mut paid = Paid::default();
    for block in judged.blocks.iter().filter(|block| of(block.worker)) {
        let answers = f64::from(block.answers);
        paid.answers += answers;
        if let Decision::Released { factor_ppm } = block.decision {
            paid.released += answers;
            paid.pay += answers * f64::from(factor_ppm) / 1e6;
        }
    }
    paid
}

/// Share of right answers on all gold, of workers with any.
fn true_accuracy(set: &Real) -> Vec<Option<f64>> {
    let mut counts = vec![(0.0, 0.0); set.answers.workers() as usize];
    for answer in set.answers.rows() {
        if let Some(truth) = set.gold[answer.unit as usize] {
            let (right, all) = &mut counts[answer.worker as usize];
            *all += 1.0;
            *right += f64::from(u8::from(truth == answer.label));
        }
    }
    counts
        .into_iter()
        .map(|(right, all)| (all > 0.0).then(|| right / all))
        .collect()
}
