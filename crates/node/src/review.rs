//! How reviewers agree: with the consensus, with themselves before they saw it, with each other.

use protocol::AccountId;
use serde::Serialize;
use std::collections::BTreeMap;
use view::desk::Opinion;

/// Reviews of a campaign in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Who has reviewed anything.
    pub reviewers: Vec<u32>,
    /// Reviews that are done.
    pub done: u32,
    /// Of these, with another last word than the consensus.
    pub corrected: u32,
    /// Of these, with another last word than before the consensus was shown.
    pub changed: u32,
    /// Reviewers who have looked at the same tasks.
    pub pairs: Vec<Pair>,
}

/// Two reviewers, by their blind answers: what they said before they saw anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The one with the smaller number.
    pub one: u32,
    /// The one with the larger number.
    pub other: u32,
    /// Tasks that both have answered blind.
    pub both: u32,
    /// Of these, alike.
    pub alike: u32,
}

/// Counts reviews, which come by task and reviewer.
pub fn agreement(opinions: &[Opinion]) -> Agreement {
    let mut found = Agreement::default();
    let mut pairs: BTreeMap<(AccountId, AccountId), (u32, u32)> = BTreeMap::new();
    for (at, own) in opinions.iter().enumerate() {
        if !own.last.is_empty() {
            found.done += 1;
            found.corrected += u32::from(own.last != own.consensus);
            found.changed += u32::from(own.last != own.blind);
        }
        let same = opinions[at + 1..]
            .iter()
            .take_while(|it| it.task == own.task);
        for other in same {
            let pair = (own.reviewer, other.reviewer);
            let (both, alike) = pairs.entry(pair).or_default();
            *both += 1;
            *alike += u32::from(own.blind == other.blind);
        }
        found.reviewers.push(own.reviewer.0);
    }
    found.reviewers.sort_unstable();
    found.reviewers.dedup();
    let pair = |((one, other), (both, alike)): ((AccountId, AccountId), (u32, u32))| Pair {
        one: one.0,
        other: other.0,
        both,
        alike,
    };
    found.pairs = pairs.into_iter().map(pair).collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::CampaignId;

    #[test]
    fn reviews_are_counted_by_first_and_last_word() {
        let opinion = |task, reviewer, blind: &str, last: &str| Opinion {
            campaign: CampaignId(0),
            task,
            reviewer: AccountId(reviewer),
            blind: blind.to_owned(),
            last: last.to_owned(),
            consensus: "[0]".to_owned(),
            comment: String::new(),
            at_ms: 0,
        };
        let found = agreement(&[
            opinion(0, 1, "[0]", "[0]"),
            opinion(0, 2, "[1]", "[0]"),
            opinion(1, 1, "[1]", "[1]"),
            opinion(1, 2, "[1]", ""),
            opinion(2, 2, "[0]", "[0]"),
        ]);
        assert_eq!((found.done, found.corrected, found.changed), (4, 1, 1));
        assert_eq!(found.reviewers, [1, 2]);
        let pair = found.pairs[0];
        assert_eq!((pair.one, pair.other, pair.both, pair.alike), (1, 2, 2, 1));
        assert_eq!(agreement(&[]), Agreement::default());
    }
}
