//! Which judged tasks go to review: those whose label is unsure, and a share that is drawn.

use super::Steward;
use crate::Error;
use crate::door::Door as _;
use crate::draft::Draft;
use protocol::CampaignId;
use view::desk::{Asked, Change};

impl Steward {
    /// Puts tasks of judged rounds into the queue for review; each once, for its first reason.
    pub(super) fn ask_reviews(&self, id: CampaignId, draft: &Draft) -> Result<(), Error> {
        let (share, below) = (
            draft.conduct.review_share_ppm,
            draft.conduct.review_below_ppm,
        );
        if share == 0 && below == 0 {
            return Ok(());
        }
        let per_task = draft.units_per_task();
        let probabilities: Vec<Option<u32>> = {
            let state = self.office.door().state();
            let Some(campaign) = state.campaign(id) else {
                return Ok(());
            };
            let units = campaign.units.chunks(per_task.max(1) as usize);
            let least = units.map(|units| {
                let labelled = units.iter().all(|unit| unit.label.is_some());
                let least = units.iter().map(|unit| unit.probability.ppm()).min();
                least.filter(|_| labelled)
            });
            least.collect()
        };
        // Nobody can tell beforehand which tasks are drawn.
        let secret = self.office.door().keys().secret(&format!("review {id}"));
        let at_ms = self.office.door().now_ms();
        let ask = |(task, probability): (u32, Option<u32>)| {
            let probability = probability?;
            let why = match () {
                () if probability < below => "unsure",
                () if drawn(&secret, task) < share => "sample",
                () => return None,
            };
            Some(Change::Asked(Asked {
                campaign: id,
                task,
                why: why.to_owned(),
                at_ms,
            }))
        };
        let changes: Vec<Change> = (0_u32..).zip(probabilities).filter_map(ask).collect();
        Ok(self.workplace.write(changes)?)
    }
}

/// A number below 1,000,000 that follows from a secret and a task.
fn drawn(secret: &[u8; 32], task: u32) -> u32 {
    let digest = proof::hash::sha256(&[b"headwater/review/v1\0", secret, &task.to_be_bytes()]);
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    u32::try_from(number % 1_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::drawn;

    #[test]
    fn a_share_is_drawn_evenly_and_the_same_again() {
        let secret = [7; 32];
        let share = |most: u32| {
            (0..10_000)
                .filter(|task| drawn(&secret, *task) < most)
                .count()
        };
        assert!((900..1_100).contains(&share(100_000)), "{}", share(100_000));
        assert_eq!((share(0), share(1_000_000)), (0, 10_000));
        assert_ne!(drawn(&secret, 3), drawn(&[8; 32], 3));
    }
}
