//! Second rewards: what campaigns pay in another token beside the price, and where it is held.

use crate::State;
use crate::section::Part;
use alloc::collections::BTreeMap;
use protocol::campaign::Bonus;
use protocol::event::HoldId;
use protocol::{AccountId, CampaignId, TokenId};
use serde::{Deserialize, Serialize};

/// Second rewards of all campaigns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewards {
    /// What each campaign promises; stays when it is settled.
    promised: BTreeMap<CampaignId, Bonus>,
    /// What is set aside for each block until its campaign is settled.
    holds: BTreeMap<(CampaignId, AccountId, u32), HoldId>,
}

impl Part for Rewards {
    fn is_empty(&self) -> bool {
        self.promised.is_empty()
    }
}

impl Rewards {
    pub(crate) fn promise(&mut self, campaign: CampaignId, bonus: Bonus) {
        self.promised.insert(campaign, bonus);
    }

    pub(crate) fn hold(&mut self, place: (CampaignId, AccountId, u32), hold: HoldId) {
        self.holds.insert(place, hold);
    }

    /// Settled campaigns hold nothing.
    pub(crate) fn settle(&mut self, campaign: CampaignId) {
        self.holds.retain(|place, _| place.0 != campaign);
    }
}

impl State {
    /// Puts what a snapshot has kept apart back into the campaigns; `None` if one is missing.
    pub(crate) fn take_bonuses(&mut self) -> Option<()> {
        for (id, bonus) in &self.sections.rewards.promised {
            let campaign = self.campaigns.get_mut(id.index())?;
            campaign.spec.bonus = Some(*bonus);
        }
        Some(())
    }

    /// The second reward of a campaign and its token; `None` where it has none.
    pub fn bonus(&self, campaign: CampaignId) -> Option<(Bonus, TokenId)> {
        let bonus = self.campaign(campaign)?.spec.bonus?;
        Some((bonus, self.fund(bonus.fund)?.token))
    }

    /// True if what is worked on now can still be debited, after `more_ms` of appeals, from every
    /// deposit that stands behind the campaign. False where there is no such campaign.
    pub fn backed(&self, id: CampaignId, now_ms: u64, more_ms: u64) -> bool {
        self.campaign(id).is_some_and(|campaign| {
            let price = campaign.spec.backing().into_iter();
            let mut funds = price.chain(campaign.spec.bonus.map(|bonus| bonus.fund));
            funds.all(|fund| self.lasts(fund, now_ms, more_ms))
        })
    }

    /// Where the second reward of a block is held; `None` without one, and once all is settled.
    pub fn bonus_hold(&self, campaign: CampaignId, block: (AccountId, u32)) -> Option<HoldId> {
        let place = (campaign, block.0, block.1);
        self.sections.rewards.holds.get(&place).copied()
    }
}
