//! Who does what: plain values from which a run follows.

use protocol::campaign::{Consensus, Rule};
use protocol::{Amount, Ppm};
use std::collections::BTreeMap;

/// Everything that people will do.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// All keys of people follow from it.
    pub seed: String,
    /// Display names of those who pay for labels.
    pub requesters: Vec<String>,
    /// Display names of those who answer.
    pub contributors: Vec<String>,
    /// Display name of who trains and serves.
    pub developer: String,
    /// Display names of those who pay for calls.
    pub users: Vec<String>,
    /// Work on offer.
    pub campaigns: Vec<CampaignPlan>,
    /// Model calls, in order of time.
    pub calls: Vec<CallPlan>,
    /// How log time passes.
    pub pace: Pace,
}

/// Durations of log time.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From the start of a campaign's round to its end.
    pub round_ms: u64,
    /// From the first call to the last.
    pub calls_ms: u64,
    /// Time for appeals after a rejection.
    pub appeal_ms: u64,
    /// When deposits close, counted from the start; what is unspent then goes back.
    pub closes_after_ms: u64,
}

/// A campaign and the answers it will receive.
#[derive(Clone, Debug)]
pub struct CampaignPlan {
    /// Who pays, by place in [`Scenario::requesters`].
    pub requester: usize,
    /// Name for people.
    pub title: String,
    /// The skill whose reputation it builds.
    pub skill: String,
    /// Labels to choose from.
    pub classes: Vec<String>,
    /// What is worked on.
    pub units: Vec<Unit>,
    /// (unit, contributor, label) in order of arrival.
    pub answers: Vec<(u32, u32, u16)>,
    /// Hidden gold: known labels by unit.
    pub gold: BTreeMap<u32, u16>,
    /// Price of an accepted answer.
    pub price: Amount,
    /// Answers wanted per unit.
    pub overlap: u16,
    /// Whether a contributor may answer a unit twice.
    pub repeats: bool,
    /// Rounds of work.
    pub rounds: u16,
    /// How answers become labels and pay.
    pub rule: Rule,
    /// What `headwater-pay@2` asks for; `None` for `headwater-pay@1`.
    pub judging: Option<Judging>,
    /// The model that will be trained on the labels.
    pub model: ModelPlan,
}

/// What a campaign under `headwater-pay@2` states, where it is not the usual.
#[derive(Clone, Copy, Debug)]
pub struct Judging {
    /// Probability of a label at which a unit takes no more answers; 0 never.
    pub target: Ppm,
    /// Accuracy on gold below which a contributor loses the stake; 0 slashes nobody.
    pub slash_below: Ppm,
    /// The stake of each contributor, in base units.
    pub stake: Amount,
}

impl Judging {
    /// No early end of a unit and no slashing: what a recorded crowd can be replayed by.
    pub const PLAIN: Self = Self {
        target: Ppm::ZERO,
        slash_below: Ppm::ZERO,
        stake: Amount::ZERO,
    };
}

/// The gold of each stretch cut down so that the classes that stay differ by at most one: as many
/// units as possible, those of the most frequent classes; the first ones of each class stay.
pub fn balance(
    gold: &BTreeMap<u32, u16>,
    stretches: &[std::ops::Range<u32>],
) -> BTreeMap<u32, u16> {
    let mut kept = BTreeMap::new();
    for stretch in stretches {
        let mut classes: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
        for (unit, label) in gold.range(stretch.clone()) {
            classes.entry(*label).or_default().push(*unit);
        }
        let mut counts: Vec<usize> = classes.values().map(Vec::len).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let total = |least: usize| -> usize {
            let stay = counts.iter().filter(|count| **count >= least);
            stay.map(|count| (*count).min(least + 1)).sum()
        };
        // One class alone shows nothing.
        let candidates = counts.iter().skip(1).copied();
        let Some(least) = candidates.max_by_key(|least| (total(*least), *least)) else {
            continue;
        };
        for (label, units) in classes
            .into_iter()
            .filter(|(_, units)| units.len() >= least)
        {
            kept.extend(units.into_iter().take(least + 1).map(|unit| (unit, label)));
        }
    }
    kept
}

/// One thing to work on.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The requester's id.
    pub name: String,
    /// The text, where there is one.
    pub text: Option<String>,
}

/// A model on a campaign's label set.
#[derive(Clone, Debug)]
pub struct ModelPlan {
    /// Name for people.
    pub title: String,
    /// What the label set demands of the model's gross.
    pub demand: Ppm,
    /// Price of a call.
    pub price: Amount,
    /// What it may be used for, ascending.
    pub purposes: Vec<String>,
    /// Known labels that are not hidden gold, to measure on; may be empty.
    pub truth: BTreeMap<u32, u16>,
}

/// One use of a model.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// Who pays, by place in [`Scenario::users`].
    pub user: usize,
    /// Which model, by the place of its campaign.
    pub campaign: usize,
    /// What for.
    pub purpose: String,
    /// What is asked.
    pub input: Input,
}

/// What a model is asked about.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something written, of the kind the model was trained on.
    Text(String),
    /// The answers to a unit of the campaign, where units have no text.
    Unit(u32),
}

impl CampaignPlan {
    /// The rule by its usual numbers: released with chance 1 % at most if content-free, full price
    /// at accuracy .85.
    pub fn rule(consensus: Consensus, gold_share: Ppm, rounds: u16) -> Rule {
        Rule {
            consensus,
            gold_share,
            block_length: 20,
            beta: Ppm::new(10_000).expect("below a million"),
            reference_accuracy: Ppm::new(850_000).expect("below a million"),
            judgements: rounds,
        }
    }

    /// The part of the units that is gold: what a campaign may promise, rounded down.
    pub fn gold_share(gold: usize, units: usize) -> Ppm {
        let share = (gold as u64 * 1_000_000).checked_div(units as u64);
        let share = u32::try_from(share.unwrap_or(0)).unwrap_or(u32::MAX);
        Ppm::new(share.max(u32::from(gold > 0))).unwrap_or(Ppm::ONE)
    }

    /// Units of each round: equal stretches, the last one shorter.
    pub fn stretches(&self) -> Vec<std::ops::Range<u32>> {
        let units = u32::try_from(self.units.len()).expect("fewer than 2^32 units");
        stretches(units, self.rounds)
    }
}

/// So many units in so many rounds: equal stretches, the last one shorter.
pub fn stretches(units: u32, rounds: u16) -> Vec<std::ops::Range<u32>> {
    let length = units.div_ceil(u32::from(rounds.max(1))).max(1);
    (0..units)
        .step_by(length as usize)
        .map(|first| first..(first + length).min(units))
        .collect()
}
