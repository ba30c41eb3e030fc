//! What a campaign's accepted answers say together, worked out once for each judgement.
//!
//! It takes a look at every answer, so no page waits for it: whoever asks first starts it, and is
//! told to come again where it is not there at once.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use node::disagreement::Disagreement;
use protocol::CampaignId;

use super::{Work, disagree, no_campaign};
use crate::problem::Problem;

/// Tasks that are kept of the most disputed ones.
pub(crate) const TASKS: usize = 100;
/// Pairs of people that are kept.
const PAIRS: usize = 5_000;
/// How long a page waits: a small campaign is there by then.
const PATIENCE: Duration = Duration::from_millis(12);
/// Campaigns that are remembered.
const MOST: usize = 256;

/// What is told of a campaign.
#[derive(Clone, Debug, Default)]
pub(crate) struct Insight {
    /// Its most disputed tasks, pairs of people, and answers by consensus.
    pub(crate) found: Disagreement,
    /// How many tasks there are in all.
    pub(crate) tasks: usize,
    /// Pairs of answers to one unit by different people, and how many of them are alike.
    pub(crate) pairs: (u64, u64),
}

/// Where the work on a campaign is.
enum Slot {
    /// Somebody works on this judgement.
    Coming(Version),
    /// It was worked out, or failed in words.
    Done(Version, Result<Arc<Insight>, String>),
}

/// How much of a campaign there is to look at: judgements and answers.
type Version = (u16, usize);

/// What has been worked out.
#[derive(Default)]
pub(crate) struct Insights {
    held: Mutex<BTreeMap<CampaignId, Slot>>,
    came: Condvar,
}

impl Insights {
    fn held(&self) -> MutexGuard<'_, BTreeMap<CampaignId, Slot>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    /// What a campaign's newest judgement says; `None` while it is being worked out.
    pub(crate) fn insight(&self, id: CampaignId) -> Result<Option<Arc<Insight>>, Problem> {
        let version = self.host().read(|state| {
            let campaign = state.campaign(id)?;
            Some((campaign.judgements, campaign.answers.len()))
        });
        let version = version.ok_or_else(|| no_campaign(id))?;
        let own = &self.0.insights;
        let mut held = own.held();
        // One at a time for each campaign: answers may come quicker than they are looked at.
        let begins = match held.get(&id) {
            Some(Slot::Coming(_)) => false,
            Some(Slot::Done(known, _)) => *known != version,
            None => true,
        };
        if begins {
            if held.len() >= MOST {
                held.retain(|_, slot| matches!(slot, Slot::Coming(_)));
            }
            held.insert(id, Slot::Coming(version));
            let work = self.clone();
            let begun = std::thread::Builder::new().spawn(move || work.look_into(id, version));
            if begun.is_err() {
                held.remove(&id);
            }
        }
        let coming = |held: &mut BTreeMap<CampaignId, Slot>| match held.get(&id) {
            Some(Slot::Coming(known)) => *known == version,
            _ => false,
        };
        let waited = own.came.wait_timeout_while(held, PATIENCE, coming);
        let held = waited.unwrap_or_else(PoisonError::into_inner).0;
        match held.get(&id) {
            Some(Slot::Done(known, found)) if *known == version => match found {
                Ok(found) => Ok(Some(Arc::clone(found))),
                Err(why) => Err(Problem::busy("unavailable", why.clone(), 5)),
            },
            _ => Ok(None),
        }
    }

    fn look_into(&self, id: CampaignId, version: Version) {
        // Whatever becomes of it, nobody is told for ever that it is coming.
        let found = catch_unwind(AssertUnwindSafe(|| disagree::found(self, id)));
        let found = found.unwrap_or_else(|_| Err(crate::api::broken()));
        let found = found.map(|found| Arc::new(Insight::of(found)));
        let found = found.map_err(|problem| problem.detail());
        let own = &self.0.insights;
        own.held().insert(id, Slot::Done(version, found));
        own.came.notify_all();
    }
}

impl Insight {
    fn of(mut found: Disagreement) -> Self {
        let tasks = found.tasks.len();
        let pairs = found.pairs.iter().fold((0, 0), |sum, pair| {
            (sum.0 + u64::from(pair.both), sum.1 + u64::from(pair.alike))
        });
        found.tasks.truncate(TASKS);
        found.pairs.sort_by_key(|pair| std::cmp::Reverse(pair.both));
        found.pairs.truncate(PAIRS);
        Self {
            found,
            tasks,
            pairs,
        }
    }

    /// Share of pairs of answers that are alike, in parts per million; `None` without a pair.
    pub(crate) fn agreement_ppm(&self) -> Option<u64> {
        let (both, alike) = self.pairs;
        alike.saturating_mul(1_000_000).checked_div(both)
    }

    /// The same beyond chance: 1,000,000 is full agreement, 0 that of answers drawn with the shares
    /// of all answers (Scott's pi over all pairs). `None` without a pair, or where all answers are
    /// of one class.
    pub(crate) fn beyond_chance_ppm(&self) -> Option<i64> {
        let classes = self.found.classes.len();
        let given = |class: usize| -> u128 {
            let counts = self.found.confusion.iter().map(|row| row.get(class));
            counts
                .map(|count| u128::from(count.copied().unwrap_or(0)))
                .sum()
        };
        let shares: Vec<u128> = (0..classes).map(given).collect();
        let all: u128 = shares.iter().sum();
        let million = 1_000_000_u128;
        let squares: u128 = shares.iter().map(|share| share * share).sum();
        let chance = (squares * million).checked_div(all * all)?;
        let observed = i64::try_from(self.agreement_ppm()?).ok()?;
        let chance = i64::try_from(chance).ok()?;
        let room = 1_000_000 - chance;
        (room > 0).then(|| (observed - chance) * 1_000_000 / room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_beyond_chance_is_that_of_the_formula() {
        let insight = |pairs, confusion: &[&[u32]]| Insight {
            found: Disagreement {
                classes: vec![String::new(); confusion.len()],
                confusion: confusion.iter().map(|row| row.to_vec()).collect(),
                ..Disagreement::default()
            },
            tasks: 0,
            pairs,
        };
        let even = insight((10, 9), &[&[45, 5], &[5, 45]]);
        assert_eq!(even.agreement_ppm(), Some(900_000));
        assert_eq!(even.beyond_chance_ppm(), Some(800_000));
        assert_eq!(
            insight((10, 4), &[&[5, 5], &[5, 5]]).beyond_chance_ppm(),
            Some(-200_000)
        );
        assert_eq!(
            insight((10, 10), &[&[9, 0], &[0, 0]]).beyond_chance_ppm(),
            None
        );
        assert_eq!(insight((0, 0), &[]).agreement_ppm(), None);
        assert_eq!(insight((3, 3), &[]).beyond_chance_ppm(), None);
    }
}
