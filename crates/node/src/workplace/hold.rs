//! Tasks in somebody's hands: kept alive, given back, with what is typed into them.

use super::conduct::ended;
use super::{Refused, Workplace, begun, end};
use crate::floor::{Denied, Lease};
use protocol::{AccountId, CampaignId};
use view::desk::{Change, Outcome};

impl Workplace {
    /// A sign of life: the account's leases in a campaign run anew.
    pub async fn renew(
        &self,
        campaign: CampaignId,
        account: AccountId,
    ) -> Result<Vec<Lease>, Refused> {
        let now_ms = self.inner.host.now_ms();
        let until_ms = now_ms.saturating_add(self.inner.rules.lease_ms);
        let (renewed, changes) = {
            let mut floor = self.inner.floor();
            let mut changes = self.inner.expire(&mut floor, now_ms);
            let renewed = floor.renew((campaign, account), until_ms);
            changes.extend(renewed.iter().map(begun));
            (renewed, changes)
        };
        self.inner.kept(changes).await?;
        Ok(renewed)
    }

    /// Gives a task back; with a reason it is skipped, and not offered to the same person again.
    pub async fn give_back(
        &self,
        (campaign, account): (CampaignId, AccountId),
        task: u32,
        reason: Option<String>,
    ) -> Result<(), Refused> {
        let place = (campaign, account);
        let skipped = reason.is_some();
        let now_ms = self.inner.host.now_ms();
        let (given, first_unit) = {
            let mut floor = self.inner.floor();
            let first_unit = floor.round(campaign).map_or(0, |round| round.first_unit);
            (floor.give_back(place, task, skipped), first_unit)
        };
        let lease = given.ok_or(Refused::NotYours(Denied::NotLeased))?;
        let outcome = if skipped {
            Outcome::Skipped
        } else {
            Outcome::Returned
        };
        let over = ended(&lease, first_unit, (outcome, now_ms));
        let mut changes = vec![end(&lease), over];
        changes.extend(reason.map(|reason| Change::Skip {
            campaign,
            task,
            account,
            reason,
            at_ms: now_ms,
        }));
        self.inner.kept(changes).await
    }

    /// Keeps what an account has typed into a task that it holds.
    pub async fn draft(
        &self,
        lease: (CampaignId, AccountId),
        task: u32,
        content: String,
    ) -> Result<(), Refused> {
        let (campaign, account) = lease;
        let held = self.inner.floor().leases(campaign, account);
        if !held.iter().any(|lease| lease.task == task) {
            return Err(Refused::NotYours(Denied::NotLeased));
        }
        let saved_ms = self.inner.host.now_ms();
        let draft = Change::Draft {
            campaign,
            task,
            account,
            content,
            saved_ms,
        };
        self.inner.kept(vec![draft]).await
    }
}
