//! The demo's economy: who asks, who answers, who cheats and who pays, all from one seed.
//!
//! Plain data that knows nothing of ledger or log. Truths and personas are known to the world
//! alone; whoever judges the work sees texts, answers and gold, as an operator would.

mod call;
mod genre;
mod name;
mod people;
mod river;
mod support;
#[cfg(test)]
mod tests;
mod work;
mod write;

use crate::random::Random;

/// One seeded economy, complete from the first unit of work to the last model call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// What everything else follows from.
    pub seed: u64,
    /// Those who pay for labels; a campaign names its requester by index.
    pub requesters: Vec<Requester>,
    /// One for each requester, in the same order.
    pub campaigns: Vec<Campaign>,
    /// Those who answer, honestly or not; an answer names its contributor by index.
    pub contributors: Vec<Contributor>,
    /// Who trains and serves a model on each label set.
    pub developer: Developer,
    /// Those who pay for model calls; a call names its user by index.
    pub users: Vec<User>,
    answers: Vec<Vec<Answer>>,
    calls: Vec<Call>,
}

/// A team that needs data labelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// As people would say it.
    pub name: &'static str,
    /// One line on who they are and why they ask.
    pub story: &'static str,
}

/// Units to label, at a price, with hidden gold among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Short, in lower case with hyphens.
    pub name: &'static str,
    /// The question every contributor reads, one sentence.
    pub instructions: &'static str,
    /// The labels to choose from; labels elsewhere are indices into this.
    pub classes: &'static [&'static str],
    /// What is to be labelled.
    pub units: Vec<Unit>,
    /// Price of one accepted answer, in millionths of a token (six decimals).
    pub price_units: u128,
    /// Answers wanted for each unit, by as many different contributors.
    pub overlap: u32,
    /// Share of units that are gold, in parts per million.
    pub gold_share_ppm: u32,
    /// Accuracy that earns the full price, in parts per million.
    pub reference_ppm: u32,
    /// The gold units, ascending: equally many of each class, as close below the share as that
    /// allows.
    pub gold: Vec<u32>,
}

/// One text to judge, with what the world knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Natural English, one to four sentences, distinct within its campaign.
    pub text: String,
    /// The right label.
    pub truth: u32,
    /// The label that people who err mostly choose; never the truth.
    pub lure: u32,
    /// How hard the text is on a reader.
    pub difficulty: Difficulty,
}

/// How hard a text is, for people and models alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difficulty {
    /// Says what it is about, about 62 % of units.
    Plain,
    /// Speaks of another class beside its own, about 26 %.
    Mixed,
    /// Barely says what it is about, or says something two classes could say, about 12 %.
    Vague,
}

/// Someone with a wallet who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributor {
    /// A pseudonym such as `amber-heron-17`, distinct in the world.
    pub name: String,
    /// What they really do.
    pub persona: Persona,
    /// Probability of a right answer to a unit of mean difficulty, in parts per million; for those
    /// who do not read, one half, since it is never asked for.
    pub accuracy_ppm: u32,
    /// First moment at work, in seconds from the world's start.
    pub joins_s: u64,
    /// When they stop for good, in seconds from the world's start, if they do.
    pub leaves_s: Option<u64>,
}

/// How a contributor arrives at answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Persona {
    /// Reads, and is right 80 to 96 % of the time.
    Honest,
    /// Skims, and is right 60 to 75 % of the time.
    Careless,
    /// Clicks anywhere.
    Random,
    /// Clicks the same label, always.
    Constant,
    /// Guesses, but with the frequencies that the classes have.
    Prior,
    /// Labels by a script that looks at the length of the text, and hands the list to a ring.
    Leader,
    /// Copies the leader's list, with few slips.
    Follower,
}

/// One label for one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Index into the campaign's units.
    pub unit: u32,
    /// Index into the world's contributors.
    pub contributor: u32,
    /// Index into the campaign's classes.
    pub label: u32,
    /// When it arrived, in seconds from the world's start.
    pub at_s: u64,
}

/// Who builds models from label sets and serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Developer {
    /// As people would say it.
    pub name: &'static str,
    /// One for each campaign, in the same order; a call names its model by index.
    pub models: Vec<Model>,
}

/// A model to be trained on one campaign's labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Short, in lower case with hyphens.
    pub name: &'static str,
    /// Index of the campaign whose label set is its parent.
    pub campaign: u32,
    /// What the label set demands of the model's gross revenue, in parts per million.
    pub demand_ppm: u32,
    /// Price of one call, in millionths of a token (six decimals).
    pub price_units: u128,
}

/// Someone who pays for model calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// As people would say it.
    pub name: &'static str,
    /// Index of the model called.
    pub model: u32,
    /// What the calls are for.
    pub purpose: &'static str,
}

/// One use of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Index into the world's users.
    pub user: u32,
    /// Index into the developer's models.
    pub model: u32,
    /// What the user says it is for.
    pub purpose: &'static str,
    /// A fresh text of the kind that the model was trained on.
    pub text: String,
    /// The right label, as an index into the classes of the model's campaign.
    pub truth: u32,
    /// When it is made, in seconds from the world's start; after the last answer.
    pub at_s: u64,
}

impl World {
    /// Everything that will ever happen in the world of this seed.
    pub fn new(seed: u64) -> World {
        let mut random = Random::new(seed);
        let campaigns = vec![
            support::campaign(&mut random.fork()),
            river::campaign(&mut random.fork()),
        ];
        let contributors = people::contributors(&mut random.fork());
        let answers = work::answers(&mut random.fork(), &campaigns, &contributors);
        let users = call::users();
        let done_s = answers
            .iter()
            .flatten()
            .map(|answer| answer.at_s)
            .max()
            .unwrap_or(0);
        let calls = call::calls(&mut random.fork(), &users, done_s);
        World {
            seed,
            requesters: vec![support::requester(), river::requester()],
            campaigns,
            contributors,
            developer: call::developer(),
            users,
            answers,
            calls,
        }
    }

    /// A campaign's answers in order of arrival: contributors interleave, each works in runs and
    /// answers a unit at most once, and each unit gets exactly its overlap.
    ///
    /// # Panics
    /// If there is no such campaign.
    pub fn answers(&self, campaign: usize) -> &[Answer] {
        &self.answers[campaign]
    }

    /// Every model call, in order of time.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }
}
