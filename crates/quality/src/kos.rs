//! KOS: belief propagation between units and workers of a table with two classes.
//!
//! Karger, Oh and Shah 2011, "Iterative Learning for Reliable Crowdsourcing Systems". Made for
//! random regular assignment; on real, uneven tables it falls to chance (`docs/guide/peers.md`),
//! and is here for those who compare.

use crate::consensus::Consensus;
use crate::random::Random;
use crate::table::{Answers, Error};

/// Rounds of messages, as in crowd-kit.
const ROUNDS: usize = 100;

/// Labels after 100 rounds from messages that are normal with mean 1 and variance 1 and follow from
/// `seed`. The posterior is each class's share of the messages' weight: it ranks, and is no
/// probability. A unit whose messages cancel has the smallest label.
///
/// # Errors
/// [`Error::NotBinary`] for a table with answers and another number of classes than 2.
pub fn kos(answers: &Answers, seed: u64) -> Result<Consensus, Error> {
    let classes = answers.classes();
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    if answers.rows().is_empty() {
        let rows = vec![0.0; answers.units() as usize * classes as usize];
        return Ok(Consensus::new(classes, rows, decided, 0));
    }
    if classes != 2 {
        return Err(Error::NotBinary { classes });
    }
    let mut random = Random::new(seed, 0);
    let sign = |label: u32| if label == 0 { 1.0 } else { -1.0 };
    let rows = answers.rows();
    // Per answer: what its worker tells its unit.
    let mut trust: Vec<f64> = rows.iter().map(|_| 1.0 + normal(&mut random)).collect();
    let mut belief = vec![0.0; rows.len()];
    for _ in 0..ROUNDS {
        let mut sums = vec![0.0; answers.units() as usize];
        for (row, trust) in rows.iter().zip(&trust) {
            sums[row.unit as usize] += sign(row.label) * trust;
        }
        for (at, row) in rows.iter().enumerate() {
            belief[at] = sums[row.unit as usize] - sign(row.label) * trust[at];
        }
        let mut sums = vec![0.0; answers.workers() as usize];
        for (row, belief) in rows.iter().zip(&belief) {
            sums[row.worker as usize] += sign(row.label) * belief;
        }
        let mut largest = 0.0_f64;
        for (at, row) in rows.iter().enumerate() {
            trust[at] = sums[row.worker as usize] - sign(row.label) * belief[at];
            largest = largest.max(trust[at].abs());
        }
        // Only the direction of all messages together matters; this keeps them finite.
        if largest > 0.0 {
            trust.iter_mut().for_each(|trust| *trust /= largest);
        }
    }
    let mut shares = vec![0.0; answers.units() as usize * 2];
    for (row, trust) in rows.iter().zip(&trust) {
        let class = usize::from((row.label == 0) != (*trust >= 0.0));
        shares[row.unit as usize * 2 + class] += trust.abs();
    }
    for (unit, row) in (0..).zip(shares.chunks_exact_mut(2)) {
        let total = row[0] + row[1];
        if total > 0.0 {
            row.iter_mut().for_each(|share| *share /= total);
        } else if !answers.of_unit(unit).is_empty() {
            row.fill(0.5);
        }
    }
    Ok(Consensus::new(classes, shares, decided, ROUNDS as u32))
}

/// A normal draw of mean 0 and variance 1 (Box and Muller).
fn normal(random: &mut Random) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - random.unit()));
    radius * libm::cos(core::f64::consts::TAU * random.unit())
}
