//! The plan: how many answers a target accuracy needs and what they cost, before a campaign opens.

use crate::random::Random;
use crate::table::Error;

/// Crowds drawn from the distribution of skills; the interval spans the middle nine tenths.
const WORLDS: u32 = 40;
/// Units simulated in each.
const UNITS: u32 = 1_000;
/// Workers in each.
const WORKERS: u32 = 50;
/// Stopping probabilities that an adaptive campaign may choose from.
const LINES: [f64; 9] = [0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

/// What is known of the crowd.
#[derive(Clone, Debug, PartialEq)]
pub enum Skills {
    /// Accuracies are draws from Beta(right, wrong), both positive and at most 10,000.
    Prior {
        /// First parameter.
        right: u32,
        /// Second parameter.
        wrong: u32,
    },
    /// Right answers and all answers of each worker of a pilot; shrunk to the pilot's mean with
    /// the weight of four answers.
    Pilot(Vec<(u32, u32)>),
}

/// What a campaign wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Number of classes, at least 2.
    pub classes: u32,
    /// Units to be labelled.
    pub units: u32,
    /// Share of labels that should be right, in ppm; above 1 / classes and below 1,000,000.
    pub target_ppm: u32,
    /// Answers that no unit exceeds, 1..=100.
    pub most: u32,
    /// Share of gold among all answers, in ppm, below 1,000,000. Gold answers are paid like others.
    pub gold_ppm: u32,
    /// Price of one answer, in any unit of money.
    pub price: u64,
}

/// What one way of asking needs: medians over crowds like the one described, with the 5 % and 95 %
/// quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Answers per unit in thousandths, gold not included: low, median, high.
    pub answers_milli: [u32; 3],
    /// All answers of the campaign, gold included.
    pub answers: [u64; 3],
    /// What they cost, in the unit of the price; saturates.
    pub cost: [u64; 3],
    /// Accuracy reached, in ppm.
    pub accuracy_ppm: [u32; 3],
    /// Share of the crowds that reach the target at all, in ppm; where it is missed, the most
    /// accurate choice counts.
    pub reached_ppm: u32,
}

/// The same target with as many answers for every unit, and with stopping when sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The smallest number of answers to every unit.
    pub fixed: Need,
    /// The cheapest of nine stopping probabilities, at least two answers.
    pub adaptive: Need,
}

/// Simulates campaigns of a crowd with `skills`.
///
/// A worker of accuracy p is right with probability p and else answers any wrong class; skills are
/// known to the one who decides. Real units differ in difficulty and skills must be estimated, so
/// the plan is a lower bound; a pilot's skills already hold part of the difficulty.
///
/// # Errors
/// [`Error::Rule`] with the field that is out of range.
pub fn plan(skills: &Skills, wish: &Wish, seed: u64) -> Result<Plan, Error> {
    check(skills, wish)?;
    let target = f64::from(wish.target_ppm) / 1e6;
    let (mut fixed, mut adaptive) = (Vec::new(), Vec::new());
    for world in 0..WORLDS {
        let mut random = Random::new(seed, u64::from(world));
        let crowd = crowd(skills, wish.classes, &mut random);
        let units: Vec<Vec<State>> = (0..UNITS)
            .map(|_| answer(&crowd, wish, &mut random))
            .collect();
        let choices = (1..=wish.most).map(|most| spend(&units, |nth, _| nth >= most));
        fixed.push(cheapest(choices, target));
        let choices = LINES.iter().map(|line| {
            let least = wish.most.min(2);
            spend(&units, |nth, sure| {
                nth >= wish.most || (nth >= least && sure >= *line)
            })
        });
        adaptive.push(cheapest(choices, target));
    }
    Ok(Plan {
        fixed: need(&mut fixed, wish, target),
        adaptive: need(&mut adaptive, wish, target),
    })
}

fn check(skills: &Skills, wish: &Wish) -> Result<(), Error> {
    let refused = |field| Err(Error::Rule { field });
    let right = match skills {
        Skills::Prior { right, wrong } => {
            (1..=10_000).contains(right) && (1..=10_000).contains(wrong)
        }
        Skills::Pilot(workers) => {
            !workers.is_empty() && workers.iter().all(|(right, all)| right <= all && *all > 0)
        }
    };
    match () {
        () if !right => refused("skills"),
        () if wish.classes < 2 => refused("classes"),
        () if wish.target_ppm >= 1_000_000 => refused("target_ppm"),
        () if wish.target_ppm <= 1_000_000 / wish.classes => refused("target_ppm"),
        () if wish.most == 0 || wish.most > 100 => refused("most"),
        () if wish.gold_ppm >= 1_000_000 => refused("gold_ppm"),
        () => Ok(()),
    }
}

/// Accuracies of one crowd, each between guessing and certainty.
fn crowd(skills: &Skills, classes: u32, random: &mut Random) -> Vec<f64> {
    let chance = 1.0 / f64::from(classes);
    let draw = |_| match skills {
        Skills::Prior { right, wrong } => {
            crate::beta::quantile(f64::from(*right), f64::from(*wrong), random.unit())
        }
        Skills::Pilot(workers) => {
            let right: u64 = workers.iter().map(|(right, _)| u64::from(*right)).sum();
            let all: u64 = workers.iter().map(|(_, all)| u64::from(*all)).sum();
            let mean = right as f64 / all as f64;
            let count = u32::try_from(workers.len()).unwrap_or(u32::MAX);
            let (right, all) = workers[random.below(count) as usize];
            (f64::from(right) + 4.0 * mean) / (f64::from(all) + 4.0)
        }
    };
    let accuracies = (0..WORKERS).map(draw);
    accuracies
        .map(|p: f64| p.clamp(chance + 0.001, 0.999))
        .collect()
}

/// A unit after one more answer: probability of the best label, and whether it is right.
#[derive(Clone, Copy)]
struct State {
    sure: f64,
    right: bool,
}

/// One unit's course over `most` answers; class 0 is the truth.
fn answer(crowd: &[f64], wish: &Wish, random: &mut Random) -> Vec<State> {
    let mut seen: Vec<(u32, f64)> = Vec::new();
    let others = f64::from(wish.classes - 1);
    let states = (0..wish.most).map(|_| {
        let p = crowd[random.below(WORKERS) as usize];
        let label = match random.unit() < p {
            true => 0,
            false => 1 + random.below(wish.classes - 1),
        };
        let gain = libm::log(p * others / (1.0 - p));
        match seen.iter_mut().find(|(class, _)| *class == label) {
            Some((_, sum)) => *sum += gain,
            None => seen.push((label, gain)),
        }
        let best = seen
            .iter()
            .fold((u32::MAX, f64::NEG_INFINITY), |best, (class, sum)| {
                let better = *sum > best.1 || (*sum == best.1 && *class < best.0);
                if better { (*class, *sum) } else { best }
            });
        let unseen = f64::from(wish.classes) - seen.len() as f64;
        let total: f64 = seen.iter().map(|(_, sum)| libm::exp(sum - best.1)).sum();
        State {
            sure: 1.0 / (total + unseen * libm::exp(-best.1)),
            right: best.0 == 0,
        }
    });
    states.collect()
}

/// Answers per unit and accuracy.
type Spent = (f64, f64);

fn spend(units: &[Vec<State>], stop: impl Fn(u32, f64) -> bool) -> Spent {
    let (mut answers, mut right) = (0.0, 0.0);
    for unit in units {
        let last = unit
            .iter()
            .zip(1_u32..)
            .find(|(state, nth)| stop(*nth, state.sure));
        if let Some((state, nth)) = last {
            answers += f64::from(nth);
            right += f64::from(u8::from(state.right));
        }
    }
    (answers / units.len() as f64, right / units.len() as f64)
}

/// The choice with the fewest answers among those that reach the target; else the most accurate.
fn cheapest(choices: impl Iterator<Item = Spent>, target: f64) -> Spent {
    let better = |a: Spent, b: Spent| match (a.1 >= target, b.1 >= target) {
        (true, true) if b.0 < a.0 => b,
        (false, true) => b,
        (false, false) if b.1 > a.1 => b,
        _ => a,
    };
    choices.reduce(better).unwrap_or((0.0, 0.0))
}

fn need(worlds: &mut [Spent], wish: &Wish, target: f64) -> Need {
    let reached = worlds
        .iter()
        .filter(|(_, accuracy)| *accuracy >= target)
        .count();
    let quantiles = |of: &dyn Fn(&Spent) -> f64| {
        let mut values: Vec<f64> = worlds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        [last / 20, last / 2, last - last / 20].map(|at| values[at])
    };
    let milli = quantiles(&|spent| spent.0 * 1e3).map(|milli| libm::round(milli) as u32);
    let work = 1e6 - f64::from(wish.gold_ppm);
    let answers = milli.map(|milli| {
        let answers = f64::from(milli) * 1e-3 * f64::from(wish.units) * 1e6 / work;
        libm::ceil(answers) as u64
    });
    Need {
        answers_milli: milli,
        answers,
        cost: answers.map(|answers| answers.saturating_mul(wish.price)),
        accuracy_ppm: quantiles(&|spent| spent.1).map(crate::consensus::to_ppm),
        reached_ppm: crate::consensus::to_ppm(reached as f64 / worlds.len() as f64),
    }
}
