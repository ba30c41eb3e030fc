//! The gate between answers and looks behind their seals: one side waits for the other.

use super::Workplace;
use protocol::CampaignId;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

/// Answers of a campaign on their way to the log.
pub struct Pass {
    pub(super) workplace: Workplace,
    pub(super) campaign: CampaignId,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.workplace.inner.gate.leave(self.campaign);
    }
}

/// By campaign: answers on their way, and whether new ones must wait.
#[derive(Default)]
pub(super) struct Gate {
    passing: Mutex<BTreeMap<CampaignId, (usize, bool)>>,
    changed: Condvar,
}

impl Gate {
    fn wait(
        &self,
        campaign: CampaignId,
        until: impl Fn((usize, bool)) -> bool,
        then: (isize, bool),
    ) {
        let passing = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        let not_yet = |passing: &mut BTreeMap<CampaignId, (usize, bool)>| {
            !until(*passing.entry(campaign).or_default())
        };
        let waited = self.changed.wait_while(passing, not_yet);
        let mut passing = waited.unwrap_or_else(PoisonError::into_inner);
        let place = passing.entry(campaign).or_default();
        *place = (place.0.saturating_add_signed(then.0), then.1);
        drop(passing);
        self.changed.notify_all();
    }

    pub(super) fn enter(&self, campaign: CampaignId) {
        self.wait(campaign, |(_, shut)| !shut, (1, false));
    }

    fn leave(&self, campaign: CampaignId) {
        let mut passing = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        let place = passing.entry(campaign).or_default();
        place.0 = place.0.saturating_sub(1);
        drop(passing);
        self.changed.notify_all();
    }

    /// New answers wait from here on; returns when those on their way have arrived.
    pub(super) fn shut(&self, campaign: CampaignId) {
        self.wait(campaign, |(_, shut)| !shut, (0, true));
        self.wait(campaign, |(on_their_way, _)| on_their_way == 0, (0, true));
    }

    pub(super) fn open(&self, campaign: CampaignId) {
        self.wait(campaign, |_| true, (0, false));
    }
}
