//! Appeals: a rejected block goes before the campaign's panel, whose majority decides.

use super::Context;
use crate::conduct;
use crate::draft::Draft;
use crate::work::{Block, Campaign, Stage};
use protocol::document::{BlockScore, Outcome};
use protocol::event::{HoldId, PurseOwner};
use protocol::judging::{Appeal, Suspension, Verdict};
use protocol::{AccountId, Amount, CampaignId, Event, Rejection};

/// Most blocks that the panel is called for where too little work is accepted.
const SAMPLE: usize = 20;

impl Context<'_> {
    pub(super) fn appeal(&self, draft: &mut Draft<'_>, appeal: &Appeal) -> Result<(), Rejection> {
        let campaign = self.judged(appeal.campaign)?;
        let place = (self.asker, appeal.block);
        let block = rejected(campaign, place).ok_or(Rejection::NotRejected)?;
        if panel(campaign) == 0 {
            return Err(Rejection::NoPanel);
        }
        let before = campaign.conduct.appeals.get(&place);
        if before.is_some_and(|appeal| appeal.by_silence() || appeal.upheld.is_some()) {
            return Err(Rejection::AlreadyAppealed);
        }
        let due = self.state.book.hold(block.deposit).due_ms;
        if due.is_none_or(|due| due <= self.entry.time_ms) {
            return Err(Rejection::AppealsOver);
        }
        let panel_ms = campaign
            .spec
            .method
            .as_ref()
            .map_or(0, |method| method.panel_ms);
        if !self
            .state
            .backed(appeal.campaign, self.entry.time_ms, panel_ms)
        {
            // What is upheld then could not be debited any more.
            return Err(Rejection::FundClosed);
        }
        self.open_appeal(draft, (appeal.campaign, campaign), place, None)
    }

    /// Puts blocks that closing scores reject before the panel, where there is one: all of them
    /// where the gold is at fault, else a sample, so that nobody can make a requester pay for
    /// verdicts on any amount of junk.
    pub(super) fn call_panel(
        &self,
        draft: &mut Draft<'_>,
        (id, campaign): (CampaignId, &Campaign),
        rows: &[BlockScore],
        why: Suspension,
    ) -> Result<(), Rejection> {
        if panel(campaign) == 0 {
            return Ok(());
        }
        let rejected = || rows.iter().filter(|row| row.outcome == Outcome::Rejected);
        let stride = match why {
            Suspension::VoidGold => 1,
            Suspension::FewAccepted => rejected().count().div_ceil(SAMPLE).max(1),
        };
        for row in rejected().step_by(stride) {
            self.open_appeal(draft, (id, campaign), (row.account, row.block), Some(why))?;
        }
        Ok(())
    }

    fn open_appeal(
        &self,
        draft: &mut Draft<'_>,
        (id, campaign): (CampaignId, &Campaign),
        (account, number): (AccountId, u32),
        called: Option<Suspension>,
    ) -> Result<(), Rejection> {
        let panel_ms = campaign
            .spec
            .method
            .as_ref()
            .map_or(0, |method| method.panel_ms);
        let now = self.entry.time_ms;
        let due_ms = now.checked_add(panel_ms).ok_or(Rejection::OutOfRange)?;
        let block = &campaign.work[&account].blocks[number as usize];
        let bonus = self.state.bonus_hold(id, (account, number));
        for hold in [block.pay, block.deposit].into_iter().chain(bonus) {
            if !draft.hold(hold).rest.is_zero() {
                let before = draft.hold(hold).due_ms.unwrap_or(0);
                draft.date(hold, due_ms.max(before));
            }
        }
        draft.note(Event::AppealOpened {
            campaign: id,
            account,
            block: number,
            due_ms,
            called,
        });
        Ok(())
    }

    pub(super) fn give_verdict(
        &self,
        draft: &mut Draft<'_>,
        verdict: &Verdict,
    ) -> Result<(), Rejection> {
        let campaign = self.judged(verdict.campaign)?;
        let method = campaign.spec.method.as_ref().ok_or(Rejection::NoPanel)?;
        if method.panel.binary_search(&self.asker).is_err() {
            return Err(Rejection::NotOnPanel);
        }
        let place = (verdict.account, verdict.block);
        let open = |appeal: &&conduct::Appeal| appeal.upheld.is_none();
        let appeal = campaign.conduct.appeals.get(&place).filter(open);
        let mut appeal = appeal.ok_or(Rejection::UnknownAppeal)?.clone();
        if appeal.due_ms <= self.entry.time_ms {
            return Err(Rejection::AppealsOver);
        }
        if appeal.verdicts.insert(self.asker, verdict.upheld).is_some() {
            return Err(Rejection::AlreadyJudged);
        }
        draft.note(Event::VerdictGiven {
            campaign: verdict.campaign,
            account: verdict.account,
            block: verdict.block,
            by: self.asker,
            upheld: verdict.upheld,
        });
        if let Some(fees) = campaign.conduct.fees.get(&place) {
            let token = campaign.spec.terms.token;
            draft.post(*fees, method.verdict_units)?;
            let panel = draft.purse(PurseOwner::Panel(verdict.campaign), token, None);
            let earned = draft.purse(PurseOwner::Earned(self.asker), token, None);
            draft.transfer(panel, earned, method.verdict_units)?;
        }
        match appeal.majority(method.panel.len()) {
            Some(upheld) => self.decided(draft, (verdict.campaign, campaign), place, upheld),
            None => Ok(()),
        }
    }

    /// A campaign whose last scores are posted and whose money is not yet settled.
    fn judged(&self, id: CampaignId) -> Result<&Campaign, Rejection> {
        let campaign = self.state.campaign(id).ok_or(Rejection::UnknownCampaign)?;
        match campaign.stage {
            Stage::Scored | Stage::Closed => Ok(campaign),
            Stage::Open | Stage::Settled => Err(Rejection::CampaignState),
        }
    }

    /// Pays a block whose appeal is upheld at the full price of its valid answers, and gives the
    /// deposit back. What is denied waits for `ReturnHeld`, as everything that is rejected does.
    pub(super) fn decided(
        &self,
        draft: &mut Draft<'_>,
        (id, campaign): (CampaignId, &Campaign),
        (account, number): (AccountId, u32),
        upheld: bool,
    ) -> Result<(), Rejection> {
        let block = &campaign.work[&account].blocks[number as usize];
        draft.note(Event::AppealDecided {
            campaign: id,
            account,
            block: number,
            upheld,
        });
        if upheld {
            let pay = super::scores::block_pay(campaign, block.valid);
            draft.post(block.pay, pay.ok_or(Rejection::AmountTooLarge)?)?;
            draft.void(block.pay)?;
            draft.void(block.deposit)?;
            if let Some((hold, bonus)) = self.block_bonus(id, (account, number), block.valid)? {
                draft.post(hold, bonus)?;
                draft.void(hold)?;
            }
        }
        Ok(())
    }

    /// Where the second reward of a block is held, and the whole of it for so many valid answers.
    pub(super) fn block_bonus(
        &self,
        id: CampaignId,
        place: (AccountId, u32),
        valid: u16,
    ) -> Result<Option<(HoldId, Amount)>, Rejection> {
        let hold = self.state.bonus_hold(id, place);
        let (Some(hold), Some((bonus, _))) = (hold, self.state.bonus(id)) else {
            return Ok(None);
        };
        let whole = bonus.price_units.checked_mul(u64::from(valid));
        Ok(Some((hold, whole.ok_or(Rejection::AmountTooLarge)?)))
    }
}

fn panel(campaign: &Campaign) -> usize {
    let method = campaign.spec.method.as_ref();
    method.map_or(0, |method| method.panel.len())
}

fn rejected(campaign: &Campaign, (account, number): (AccountId, u32)) -> Option<&Block> {
    let block = campaign.work.get(&account)?.blocks.get(number as usize)?;
    (block.outcome == Outcome::Rejected).then_some(block)
}
