//! Facts of a running round: units that are sure enough, accounts that gold speaks against.

use super::Context;
use crate::draft::Draft;
use protocol::judging::{CloseUnits, PauseAccount};
use protocol::{Event, Rejection};

/// Most units in one entry.
const UNITS_AT_ONCE: usize = 1_000;

impl Context<'_> {
    pub(super) fn close_units(
        &self,
        draft: &mut Draft<'_>,
        close: &CloseUnits,
    ) -> Result<(), Rejection> {
        let campaign = self.open_campaign_by_id(close.campaign)?;
        let round = campaign.open_round().ok_or(Rejection::RoundState)?;
        let target = campaign
            .spec
            .method
            .as_ref()
            .map(|method| method.target.ppm());
        if target.unwrap_or(0) == 0 {
            // Nothing was promised at which a unit could be sure enough.
            return Err(Rejection::CampaignState);
        }
        let in_round = |unit: &u32| {
            let units = round.units();
            units.contains(unit) && !campaign.conduct.closed.contains_key(unit)
        };
        let listed = (1..=UNITS_AT_ONCE).contains(&close.units.len());
        if !listed || !close.units.is_sorted_by(|a, b| a < b) || !close.units.iter().all(in_round) {
            return Err(Rejection::BadList);
        }
        draft.note(Event::UnitsClosed {
            campaign: close.campaign,
            units: close.units.clone(),
            evidence: close.evidence,
        });
        Ok(())
    }

    pub(super) fn pause_account(
        &self,
        draft: &mut Draft<'_>,
        pause: &PauseAccount,
    ) -> Result<(), Rejection> {
        let campaign = self.open_campaign_by_id(pause.campaign)?;
        campaign.open_round().ok_or(Rejection::RoundState)?;
        let below = campaign
            .spec
            .method
            .as_ref()
            .map(|method| method.slash_below.ppm());
        if below.unwrap_or(0) == 0 {
            return Err(Rejection::CampaignState);
        }
        if !campaign.work.contains_key(&pause.account) {
            return Err(Rejection::UnknownAccount);
        }
        if campaign.conduct.paused.contains_key(&pause.account) {
            return Err(Rejection::AccountPaused);
        }
        draft.note(Event::AccountPaused {
            campaign: pause.campaign,
            account: pause.account,
            evidence: pause.evidence,
        });
        Ok(())
    }
}
