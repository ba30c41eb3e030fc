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
    /// The model that will be trained on the labels.
    pub model: ModelPlan,
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
        let length = units.div_ceil(u32::from(self.rounds.max(1))).max(1);
        (0..units)
            .step_by(length as usize)
            .map(|first| first..(first + length).min(units))
            .collect()
    }
}
