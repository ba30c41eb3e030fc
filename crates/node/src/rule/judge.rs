//! Rules applied to what happens in a round, one event after the other.
//!
//! What fires follows from the events and their order alone, so that a node that starts again and
//! reads them back is where it was.

use super::{Collector, Rule};
use protocol::AccountId;
use quality::reputation::Reputation;
use std::collections::{BTreeMap, VecDeque};
use view::desk::{Outcome, Visit};

/// Steps in which times are counted for the median of everybody, in milliseconds.
const STEP_MS: u64 = 50;
/// Longest time that is told apart.
const MOST_MS: u64 = 600_000;
/// Times of everybody without which nobody is compared with them.
const LEAST_TIMES: u32 = 20;
/// Observations between two firings of a rule on the same person, at least.
const LEAST_GAP: u32 = 10;

/// A lease that has ended, with what the operator knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whose, when, how.
    pub visit: Visit,
    /// The labels of an answer, one for each unit of the task; empty for none.
    pub labels: Vec<u16>,
    /// The known label of each unit that is a hidden check.
    pub known: Vec<Option<u16>>,
    /// Whether earlier work in the skill shows the account skilled.
    pub proven: bool,
}

/// What a rule has found against somebody, with the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Position of the rule in the list.
    pub rule: usize,
    /// On whom.
    pub account: AccountId,
    /// After which visit.
    pub visit: u64,
    /// What was measured.
    pub value: u64,
    /// On so many observations.
    pub count: u32,
}

/// The rules of a campaign over a round.
#[derive(Clone, Debug)]
pub struct Judge {
    rules: Vec<Rule>,
    block_length: u32,
    people: BTreeMap<AccountId, Person>,
    times: Times,
    /// What proven people have said of each task.
    proven: BTreeMap<u32, Vec<(AccountId, Vec<u16>)>>,
}

#[derive(Clone, Debug, Default)]
struct Person {
    /// Answers to units.
    answers: u32,
    visits: u32,
    gold: (u32, u32),
    /// Of the newest tasks, in milliseconds.
    times: VecDeque<u64>,
    timed: u32,
    last_ms: u64,
    last: Vec<u16>,
    same: u32,
    skipped: u32,
    abandoned: u32,
    given: BTreeMap<u32, Vec<u16>>,
    /// By rule: the observations at its last firing.
    fired: BTreeMap<usize, u32>,
}

impl Judge {
    /// Nothing has happened yet.
    pub fn new(rules: Vec<Rule>, block_length: u32) -> Self {
        Self {
            rules,
            block_length: block_length.max(1),
            people: BTreeMap::new(),
            times: Times::default(),
            proven: BTreeMap::new(),
        }
    }

    /// Takes in what has happened; what fires by it, in the order of the rules.
    pub fn take(&mut self, seen: &Seen) -> Vec<Fired> {
        let visit = &seen.visit;
        let keep = self.rules.iter().map(|rule| rule.after as usize).max();
        let (block_length, person) = (self.block_length, self.people.entry(visit.account));
        let person = person.or_default();
        let block = person.answers / block_length;
        person.visits += 1;
        match visit.outcome {
            Outcome::Answered => {
                if let Some(time_ms) = person.answer(seen, keep.unwrap_or(1)) {
                    self.times.add(time_ms);
                }
                if seen.proven {
                    let said = self.proven.entry(visit.task).or_default();
                    said.push((visit.account, seen.labels.clone()));
                }
            }
            Outcome::Skipped => person.skipped += 1,
            Outcome::Abandoned => person.abandoned += 1,
            Outcome::Returned => {}
        }
        let is_full = person.answers / block_length > block;
        self.fire(visit, is_full)
    }

    fn fire(&mut self, visit: &Visit, is_full: bool) -> Vec<Fired> {
        let mut all = Vec::new();
        for (place, rule) in self.rules.iter().enumerate() {
            if rule.collector.is_hidden() && !is_full {
                continue;
            }
            let Some((value, count)) = self.measure(rule, visit.account) else {
                continue;
            };
            let person = self
                .people
                .get_mut(&visit.account)
                .expect("it came just now");
            let before = person.fired.get(&place).copied();
            let gap = rule.after.max(LEAST_GAP);
            let is_due = before.is_none_or(|before| count >= before.saturating_add(gap));
            if count >= rule.after && is_due && rule.holds(value) {
                person.fired.insert(place, count);
                all.push(Fired {
                    rule: place,
                    account: visit.account,
                    visit: visit.id,
                    value,
                    count,
                });
            }
        }
        all
    }

    /// The value of a collector and the observations behind it; `None` where there are none.
    fn measure(&self, rule: &Rule, account: AccountId) -> Option<(u64, u32)> {
        let person = self.people.get(&account)?;
        match rule.collector {
            Collector::GoldPass => share(person.gold),
            Collector::GoldBound => {
                let (right, seen) = person.gold;
                (seen > 0).then(|| (bound_ppm(right, seen), seen))
            }
            Collector::TaskTime => person.time(rule.after).map(|time| (time, person.timed)),
            Collector::TaskTimeShare => {
                let all = self.times.median()?;
                let own = person.time(rule.after)?;
                Some((own.saturating_mul(1_000_000) / all, person.timed))
            }
            Collector::SameInRow => Some((u64::from(person.same), person.visits)),
            Collector::SkippedInRow => Some((u64::from(person.skipped), person.visits)),
            Collector::Abandoned => Some((u64::from(person.abandoned), person.visits)),
            Collector::Agreement => share(self.agreement(account, person)),
        }
    }

    /// Tasks that somebody has answered as most proven others, of those that two or more of them
    /// have answered with a majority.
    fn agreement(&self, account: AccountId, person: &Person) -> (u32, u32) {
        let (mut right, mut all) = (0, 0);
        for (task, own) in &person.given {
            let said = self.proven.get(task).map_or(&[][..], Vec::as_slice);
            let others: Vec<_> = said.iter().filter(|(who, _)| *who != account).collect();
            let most = others.iter().map(|(_, labels)| {
                let same = others.iter().filter(|(_, other)| other == labels);
                (same.count(), labels)
            });
            let Some((count, labels)) = most.max_by_key(|(count, _)| *count) else {
                continue;
            };
            if others.len() >= 2 && 2 * count > others.len() {
                all += 1;
                right += u32::from(labels == own);
            }
        }
        (right, all)
    }
}

impl Person {
    /// Takes an answer in; how long it took, where that is known.
    fn answer(&mut self, seen: &Seen, keep: usize) -> Option<u64> {
        let visit = &seen.visit;
        self.answers += u32::try_from(seen.labels.len()).unwrap_or(u32::MAX);
        self.skipped = 0;
        self.same = if self.last == seen.labels {
            self.same + 1
        } else {
            1
        };
        self.last.clone_from(&seen.labels);
        self.given.insert(visit.task, seen.labels.clone());
        for (label, known) in seen.labels.iter().zip(&seen.known) {
            if let Some(known) = known {
                self.gold.1 += 1;
                self.gold.0 += u32::from(known == label);
            }
        }
        let began_ms = visit.given_ms.max(self.last_ms);
        self.last_ms = self.last_ms.max(visit.ended_ms);
        let is_known = visit.given_ms > 0 && visit.ended_ms > 0;
        let time_ms = visit.ended_ms.checked_sub(began_ms).filter(|_| is_known)?;
        self.timed += 1;
        self.times.push_back(time_ms);
        while self.times.len() > keep.max(1) {
            self.times.pop_front();
        }
        Some(time_ms)
    }

    /// Median of the newest `many` times, the smaller of two in the middle.
    fn time(&self, many: u32) -> Option<u64> {
        let newest = self.times.iter().rev().take(many.max(1) as usize);
        let mut newest: Vec<u64> = newest.copied().collect();
        newest.sort_unstable();
        newest.get(newest.len().checked_sub(1)? / 2).copied()
    }
}

/// Times of everybody, counted in steps.
#[derive(Clone, Debug, Default)]
struct Times {
    counts: BTreeMap<u64, u32>,
    all: u32,
}

impl Times {
    fn add(&mut self, time_ms: u64) {
        *self
            .counts
            .entry(time_ms.min(MOST_MS) / STEP_MS)
            .or_default() += 1;
        self.all += 1;
    }

    /// The upper end of the step in which the median lies.
    fn median(&self) -> Option<u64> {
        let mut left = self.all / 2;
        let mut counts = self.counts.iter().filter(|_| self.all >= LEAST_TIMES);
        let step = counts.find(|(_, count)| match left.checked_sub(**count) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
        step.map(|(step, _)| (step + 1) * STEP_MS)
    }
}

fn share((right, all): (u32, u32)) -> Option<(u64, u32)> {
    let ppm = (u64::from(right) * 1_000_000).checked_div(u64::from(all))?;
    Some((ppm, all))
}

/// 5 % quantile of Beta(2 + right, 2 + wrong), in ppm (`docs/spec/assignment.md`).
fn bound_ppm(right: u32, seen: u32) -> u64 {
    let micro = |count: u32| u64::from(count) * 1_000_000;
    let own = Reputation {
        right_micro: micro(right),
        wrong_micro: micro(seen.saturating_sub(right)),
    };
    own.lower_ppm().into()
}
