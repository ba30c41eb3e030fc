//! Levels: what a contributor may be trusted with in a skill, by a lower bound of accuracy.
//!
//! Never by a percentage: 95 % of 20 answers is noise.

use ledger::State;
use protocol::{AccountId, CampaignId};
use quality::reputation::{self, Reputation};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Most answers that count, as the ledger forgets what is older.
const MOST_SEEN: u64 = 200;

/// See [`reputation::Level`]; by its name in settings and answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not yet shown to be better than guessing.
    #[default]
    Novice,
    /// Better than guessing.
    Contributor,
    /// Knows at least half of what guessing leaves open.
    Skilled,
    /// Knows at least three quarters of it.
    Expert,
}

impl From<reputation::Level> for Level {
    fn from(level: reputation::Level) -> Self {
        match level {
            reputation::Level::Novice => Self::Novice,
            reputation::Level::Contributor => Self::Contributor,
            reputation::Level::Skilled => Self::Skilled,
            reputation::Level::Expert => Self::Expert,
        }
    }
}

impl Level {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Novice => "novice",
            Self::Contributor => "contributor",
            Self::Skilled => "skilled",
            Self::Expert => "expert",
        }
    }
}

/// Where somebody stands in a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What the answers were about, as campaigns name it.
    pub skill: String,
    /// What the evidence so far allows.
    pub level: Level,
    /// Lower 5 % bound of the accuracy, in ppm.
    pub bound_ppm: u32,
    /// Right answers that count, in thousandths.
    pub right_milli: u64,
    /// Answers that count, in thousandths.
    pub seen_milli: u64,
    /// The level above; none for the highest.
    pub next: Option<Level>,
    /// Right answers in a row that would reach it, where 400 can.
    pub answers_to_next: Option<u32>,
}

/// Every skill in which an account has shown something, by all requesters' evidence together.
pub fn standings(state: &State, account: AccountId) -> Vec<Standing> {
    let from = (account, String::new(), AccountId(0));
    let own = state.practice.evidence.range(from..);
    let own = own.take_while(|((who, ..), _)| *who == account);
    let mut skills: Vec<(&str, u64, u64)> = Vec::new();
    for ((_, skill, _), known) in own {
        let right = u64::from(known.evidence.right_milli);
        let seen = u64::from(known.evidence.seen_milli);
        match skills.last_mut().filter(|last| last.0 == skill) {
            Some(last) => (last.1, last.2) = (last.1 + right, last.2 + seen),
            None => skills.push((skill, right, seen)),
        }
    }
    let standing = |(skill, right, seen)| standing(skill, (right, seen), 2);
    skills.into_iter().map(standing).collect()
}

/// Where an account stands for a campaign: by the evidence of the requesters whom it trusts, and
/// for its number of classes. `None` where there is no such campaign.
pub fn in_campaign(state: &State, id: CampaignId, account: AccountId) -> Option<Standing> {
    let campaign = state.campaign(id)?;
    let spec = &campaign.spec;
    let trusts = spec.method.iter().flat_map(|method| &method.trusts);
    let (mut right, mut seen) = (0, 0);
    for requester in trusts {
        let key = (account, spec.skill.clone(), *requester);
        if let Some(known) = state.practice.evidence.get(&key) {
            right += u64::from(known.evidence.right_milli);
            seen += u64::from(known.evidence.seen_milli);
        }
    }
    let classes = u32::try_from(spec.classes.len()).unwrap_or(u32::MAX);
    Some(standing(&spec.skill, (right, seen), classes))
}

/// The level that so many right answers of so many show, in thousandths.
pub fn of((right_milli, seen_milli): (u64, u64), classes: u32) -> Level {
    counted(right_milli, seen_milli).level(classes).into()
}

/// Lower 5 % bound of the accuracy that so many right answers of so many show, in ppm.
pub fn bound_ppm(right: u32, seen: u32) -> u32 {
    counted(u64::from(right) * 1_000, u64::from(seen) * 1_000).lower_ppm()
}

fn standing(skill: &str, (right_milli, seen_milli): (u64, u64), classes: u32) -> Standing {
    let own = counted(right_milli, seen_milli);
    let level = Level::from(own.level(classes));
    let next = match level {
        Level::Novice => Some(Level::Contributor),
        Level::Contributor => Some(Level::Skilled),
        Level::Skilled => Some(Level::Expert),
        Level::Expert => None,
    };
    let reaches = |more: u32| {
        let more = u64::from(more) * 1_000;
        let with = counted(right_milli + more, seen_milli + more);
        Level::from(with.level(classes)) > level
    };
    Standing {
        skill: skill.to_owned(),
        level,
        bound_ppm: own.lower_ppm(),
        right_milli,
        seen_milli,
        next,
        answers_to_next: next.and_then(|_| first(1..=2 * MOST_SEEN as u32, reaches)),
    }
}

/// The first of these numbers for which something holds that holds for all above it, too; one
/// question costs a quantile, so few are asked.
fn first(range: RangeInclusive<u32>, holds: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut from, last) = range.into_inner();
    let mut to = last + 1;
    while from < to {
        let middle = u32::midpoint(from, to);
        if holds(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    (from <= last).then_some(from)
}

/// Counts as the ledger bounds them: above the limit both shrink in proportion.
fn counted(right_milli: u64, seen_milli: u64) -> Reputation {
    let kept = seen_milli.min(MOST_SEEN * 1_000);
    let right = right_milli.min(seen_milli) * kept / seen_milli.max(1);
    Reputation {
        right_micro: right * 1_000,
        wrong_micro: (kept - right) * 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_decides_and_what_is_missing_is_told() {
        let new = standing("any", (0, 0), 2);
        assert_eq!((new.level, new.bound_ppm), (Level::Novice, 135_350));
        assert_eq!(new.next, Some(Level::Contributor));
        let steps = new.answers_to_next.unwrap();
        let there = standing(
            "any",
            (u64::from(steps) * 1_000, u64::from(steps) * 1_000),
            2,
        );
        let short = u64::from(steps - 1) * 1_000;
        assert_eq!(there.level, Level::Contributor);
        assert_eq!(standing("any", (short, short), 2).level, Level::Novice);
        // All right, but few: no more than that is shown.
        assert_eq!(standing("any", (5_000, 5_000), 2).level, Level::Contributor);
        let expert = standing("any", (200_000, 200_000), 2);
        assert_eq!((expert.level, expert.next), (Level::Expert, None));
        assert_eq!(expert.answers_to_next, None);
    }

    #[test]
    fn the_first_that_holds_is_found_as_if_all_were_asked() {
        for start in 0..12 {
            let all = (3..=9).find(|number| *number >= start);
            assert_eq!(first(3..=9, |number| number >= start), all, "{start}");
        }
        for (right, seen) in [(0, 0), (3, 9), (40, 90), (150, 200), (190, 230), (1, 400)] {
            let own = (right * 1_000, seen * 1_000);
            let level = of(own, 3);
            let reaches = |more: &u32| {
                let more = u64::from(*more) * 1_000;
                of((own.0 + more, own.1 + more), 3) > level
            };
            let found = standing("any", own, 3);
            let all = found
                .next
                .and_then(|_| (1..=2 * MOST_SEEN as u32).find(reaches));
            assert_eq!(found.answers_to_next, all, "{right} of {seen}");
        }
    }

    #[test]
    fn counts_above_the_limit_shrink() {
        assert_eq!(counted(2_000_000, 4_000_000), counted(100_000, 200_000));
        assert_eq!(counted(7_000, 5_000), counted(5_000, 5_000));
    }
}
