//! The copy test: pairs of workers who give identical answers more often than the truth explains.

use crate::dawid_skene::DawidSkene;
use crate::table::{Answers, span};

/// Pairs with fewer units in common are not tested.
pub const LEAST_COMMON: u32 = 8;
/// The share of identical answers to a unit is taken between this and 1 minus this.
const FLOOR: f64 = 1e-3;

/// The partner with whom a worker agrees most beyond expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The other worker; the smallest on a tie.
    pub partner: u32,
    /// Units that both have answered.
    pub common: u32,
    /// Identical answers to them.
    pub same: u32,
    /// (identical - expected) / standard deviation, in thousandths.
    pub z_milli: i32,
}

/// For each worker the pair with the largest z-score, `None` without a peer with at least
/// [`LEAST_COMMON`] units in common.
///
/// Given the truth, two workers who do not copy answer independently: P(same) is the sum over
/// classes of the posterior times the scalar product of the two confusion rows (Dong, Berti-Equille
/// and Srivastava 2009 use the same idea for web sources). An alarm that raises the share of gold,
/// never evidence for slashing: where a ring owns the consensus, its answers are expected to agree,
/// and honest people agree beyond expectation on units that are hard for all alike.
pub fn copies(answers: &Answers, fit: &DawidSkene) -> Vec<Option<Copy>> {
    let (starts, order) = answers.by_worker();
    let mut found: Vec<Option<Copy>> = vec![None; answers.workers() as usize];
    let mut tallies = vec![Tally::default(); answers.workers() as usize];
    for worker in 0..answers.workers() {
        let mut met = Vec::new();
        for at in &order[span(&starts, worker as usize)] {
            let own = answers.rows()[*at as usize];
            for other in answers.of_unit(own.unit) {
                let other = answers.rows()[*other as usize];
                if other.worker <= worker {
                    continue;
                }
                let tally = &mut tallies[other.worker as usize];
                if tally.common == 0 {
                    met.push(other.worker);
                }
                tally.add(
                    same(fit, own.unit, worker, other.worker),
                    own.label == other.label,
                );
            }
        }
        met.sort_unstable();
        for partner in met {
            let tally = std::mem::take(&mut tallies[partner as usize]);
            if tally.common >= LEAST_COMMON {
                let mut note = |of: u32, partner: u32| {
                    let best = &mut found[of as usize];
                    let z_milli = tally.z_milli();
                    if best.is_none_or(|best| z_milli > best.z_milli) {
                        *best = Some(Copy {
                            partner,
                            common: tally.common,
                            same: tally.same,
                            z_milli,
                        });
                    }
                };
                note(worker, partner);
                note(partner, worker);
            }
        }
    }
    found
}

/// P(two workers give the same answer to `unit`), by the model.
fn same(fit: &DawidSkene, unit: u32, a: u32, b: u32) -> f64 {
    let posterior = fit.consensus.posterior(unit);
    let mut same = 0.0;
    for (truth, q) in posterior.iter().enumerate() {
        if *q > 1e-9 {
            let both = |answer| {
                fit.confusion(a, truth as u32, answer) * fit.confusion(b, truth as u32, answer)
            };
            same += q * fit.used(a).map(both).sum::<f64>();
        }
    }
    same.clamp(FLOOR, 1.0 - FLOOR)
}

/// What one pair has in common.
#[derive(Clone, Copy, Default)]
struct Tally {
    common: u32,
    same: u32,
    expected: f64,
    variance: f64,
}

impl Tally {
    fn add(&mut self, probability: f64, same: bool) {
        self.common += 1;
        self.same += u32::from(same);
        self.expected += probability;
        self.variance += probability * (1.0 - probability);
    }

    fn z_milli(&self) -> i32 {
        let excess = f64::from(self.same) - self.expected;
        libm::round(excess / libm::sqrt(self.variance) * 1e3) as i32
    }
}
