//! Blocks of work: the money set aside with each, and the evidence that comes with the first.

use super::Context;
use crate::State;
use crate::draft::Draft;
use crate::work::Campaign;
use protocol::event::{HoldId, PurseId, PurseOwner};
use protocol::judging::Evidence;
use protocol::line::LineEvent;
use protocol::{AccountId, Address, Amount, CampaignId, Event, FundId, Rejection};

/// Reserves the price of new answers block by block, and the deposit of each block that begins.
pub(super) struct Blocks<'a> {
    campaign: &'a Campaign,
    id: CampaignId,
    account: AccountId,
    budget: PurseId,
    earned: PurseId,
    forfeit: PurseId,
    deposit_from: Option<PurseId>,
    deposit: Amount,
    /// What the contributor sets aside with the first block; nothing later.
    stake: Amount,
    /// The address whose stake in the contract stands for it, in place of a deposit.
    staker: Option<Address>,
    /// What the panel would earn by verdicts on a block.
    fees: Amount,
    bonus: Option<Reward>,
    /// The contributor's blocks so far.
    opened: u32,
    prior: Evidence,
}

/// A second reward: from where, to where, and how much for each answer.
struct Reward {
    budget: PurseId,
    earned: PurseId,
    price: Amount,
}

impl<'a> Blocks<'a> {
    pub fn new(
        context: &Context<'_>,
        draft: &mut Draft<'_>,
        campaign: &'a Campaign,
        id: CampaignId,
    ) -> Result<Self, Rejection> {
        let token = campaign.spec.terms.token;
        let account = context.asker;
        let deposit = campaign.block_deposit().ok_or(Rejection::AmountTooLarge)?;
        let opened = campaign
            .work
            .get(&account)
            .map_or(0, |work| work.blocks.len());
        let (stake, staker) = context.stake(campaign, id, opened)?;
        let of_deposit = if staker.is_none() {
            stake
        } else {
            Amount::ZERO
        };
        let needed = deposit
            .checked_add(of_deposit)
            .ok_or(Rejection::AmountTooLarge)?;
        let deposit_from = context
            .deposit_fund(campaign, needed)
            .map(|fund| draft.purse(PurseOwner::Fund(fund), token, Some(fund)));
        if deposit_from.is_none() && !needed.is_zero() {
            return Err(Rejection::DepositShort);
        }
        let budget = draft.purse(PurseOwner::Budget(id), token, campaign.spec.backing());
        let earned = draft.purse(PurseOwner::Earned(account), token, None);
        let forfeit = draft.purse(PurseOwner::Forfeit(id), token, None);
        let bonus = context.state.bonus(id).map(|(bonus, token)| Reward {
            budget: draft.purse(PurseOwner::Budget(id), token, Some(bonus.fund)),
            earned: draft.purse(PurseOwner::Earned(account), token, None),
            price: bonus.price_units,
        });
        Ok(Self {
            campaign,
            id,
            account,
            budget,
            earned,
            forfeit,
            deposit_from,
            deposit,
            stake,
            staker,
            fees: campaign.panel_fees().ok_or(Rejection::AmountTooLarge)?,
            bonus,
            opened: u32::try_from(opened).map_err(|_| Rejection::OutOfRange)?,
            prior: context.state.practice.prior(account, &campaign.spec),
        })
    }

    /// Sets the price of so many more answers aside; `state` says where that of earlier ones is.
    pub fn fill(
        &mut self,
        state: &State,
        draft: &mut Draft<'_>,
        mut answers: usize,
    ) -> Result<(), Rejection> {
        let length = usize::from(self.campaign.spec.rule.block_length);
        let work = self.campaign.work.get(&self.account);
        let sealed = work.map_or(0, |work| work.sealed as usize);
        let last = work.and_then(|work| work.blocks.last());
        if let (Some(block), true) = (last, !sealed.is_multiple_of(length)) {
            let space = (length - sealed % length).min(answers);
            let number = self.opened.saturating_sub(1);
            let bonus = state.bonus_hold(self.id, (self.account, number));
            self.reserve(draft, (block.pay, bonus), space)?;
            answers -= space;
        }
        while answers > 0 {
            let space = length.min(answers);
            let holds = self.open(draft)?;
            self.reserve(draft, holds, space)?;
            answers -= space;
        }
        Ok(())
    }

    fn open(&mut self, draft: &mut Draft<'_>) -> Result<(HoldId, Option<HoldId>), Rejection> {
        let pay = draft.pend(self.budget, self.earned, Amount::ZERO)?;
        let from = self.deposit_from.unwrap_or(self.budget);
        let deposit = draft
            .pend(from, self.forfeit, self.deposit)
            .map_err(|_| Rejection::DepositShort)?;
        let (campaign, account) = (self.id, self.account);
        draft.note(Event::BlockOpened {
            campaign,
            account,
            pay,
            deposit,
        });
        self.open_beside(draft)?;
        let bonus = self.open_bonus(draft)?;
        self.opened += 1;
        Ok((pay, bonus))
    }

    fn open_bonus(&self, draft: &mut Draft<'_>) -> Result<Option<HoldId>, Rejection> {
        let Some(bonus) = &self.bonus else {
            return Ok(None);
        };
        let hold = draft.pend(bonus.budget, bonus.earned, Amount::ZERO)?;
        draft.note(Event::BonusHeld {
            campaign: self.id,
            account: self.account,
            block: self.opened,
            hold,
        });
        Ok(Some(hold))
    }

    /// What a method asks for beside pay and deposit: a stake and earlier evidence with the first
    /// block, the panel's fees with each.
    fn open_beside(&self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let (campaign, account, block) = (self.id, self.account, self.opened);
        if let (0, Some(wallet)) = (block, self.staker) {
            let amount = self.stake;
            draft.note(Event::Line(LineEvent::StakeLocked {
                campaign,
                account,
                wallet,
                amount,
            }));
        } else if block == 0 && !self.stake.is_zero() {
            let from = self.deposit_from.ok_or(Rejection::DepositShort)?;
            let hold = draft
                .pend(from, self.forfeit, self.stake)
                .map_err(|_| Rejection::DepositShort)?;
            draft.note(Event::StakeHeld {
                campaign,
                account,
                hold,
            });
        }
        if block == 0 && self.prior != Evidence::default() {
            draft.note(Event::EvidenceTaken {
                campaign,
                account,
                evidence: self.prior,
            });
        }
        if !self.fees.is_zero() {
            let token = self.campaign.spec.terms.token;
            let panel = draft.purse(PurseOwner::Panel(campaign), token, None);
            let hold = draft
                .pend(self.budget, panel, self.fees)
                .map_err(|_| Rejection::BudgetExhausted)?;
            draft.note(Event::FeesHeld {
                campaign,
                account,
                block,
                hold,
            });
        }
        Ok(())
    }

    fn reserve(
        &self,
        draft: &mut Draft<'_>,
        (pay, bonus): (HoldId, Option<HoldId>),
        answers: usize,
    ) -> Result<(), Rejection> {
        let count = u64::try_from(answers).expect("a batch is short");
        let mut raise = |hold, price: Amount| {
            let amount = price.checked_mul(count).ok_or(Rejection::AmountTooLarge)?;
            let raised = draft.raise(hold, amount);
            raised.map_err(|_| Rejection::BudgetExhausted)
        };
        raise(pay, self.campaign.spec.price_units)?;
        match (bonus, &self.bonus) {
            (Some(hold), Some(bonus)) => raise(hold, bonus.price),
            _ => Ok(()),
        }
    }
}

impl Context<'_> {
    /// The asker's oldest deposit in the token that covers a block's deposit until appeals are
    /// over. A small deposit that somebody else makes out to the account does not stand in the way
    /// of a larger one.
    fn deposit_fund(&self, campaign: &Campaign, needed: Amount) -> Option<FundId> {
        let token = campaign.spec.terms.token;
        let appeal_ms = campaign.spec.appeals_ms().max(campaign.spec.appeal_ms);
        let funds = self.state.deposits.get(&(self.asker, token))?;
        let covers = |id: &FundId| {
            let owner = PurseOwner::Fund(*id);
            let lasts = self.state.lasts(*id, self.entry.time_ms, appeal_ms);
            self.state.fund(*id).is_some_and(|fund| {
                let whole = fund.epoch_cap_units >= fund.amount_units;
                whole && lasts && self.state.book.balance(owner, token) >= needed
            })
        };
        funds.iter().copied().find(covers)
    }
}
