//! A round: gold committed, answers sealed, seals opened.

use super::Context;
use crate::commitment::{self, AnswerPlace};
use crate::draft::Draft;
use crate::work::{Campaign, Round, Stage};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use protocol::campaign::Spec;
use protocol::command::{CloseRound, OpenRound, SealAnswers};
use protocol::document::{AnswerOpening, Openings};
use protocol::event::{HoldId, OpenedAnswer, PurseId, PurseOwner};
use protocol::{AccountId, Amount, CampaignId, Event, FundId, Rejection};

/// Most answers in one entry.
const BATCH_ANSWERS: usize = 1_000;

impl Context<'_> {
    pub(super) fn open_round(
        &self,
        draft: &mut Draft<'_>,
        round: &OpenRound,
    ) -> Result<(), Rejection> {
        let campaign = self.open_campaign_by_id(round.campaign)?;
        if campaign.open_round().is_some() {
            return Err(Rejection::RoundState);
        }
        let end = round.first_unit.checked_add(round.unit_count);
        let fits = end.is_some_and(|end| end <= campaign.spec.unit_count);
        if round.first_unit != campaign.units_out() || round.unit_count == 0 || !fits {
            return Err(Rejection::OutOfRange);
        }
        draft.note(Event::RoundOpened {
            campaign: round.campaign,
            first_unit: round.first_unit,
            unit_count: round.unit_count,
            gold_root: round.gold_root,
        });
        Ok(())
    }

    pub(super) fn seal_answers(
        &self,
        draft: &mut Draft<'_>,
        answers: &SealAnswers,
    ) -> Result<(), Rejection> {
        let campaign = self.open_campaign_by_id(answers.campaign)?;
        if campaign.open_round().is_none() {
            return Err(Rejection::RoundState);
        }
        if !self.state.lasts(campaign.spec.fund, self.entry.time_ms, 0) {
            // The contract gives a closed deposit back to its funder: nothing would back new work.
            return Err(Rejection::FundClosed);
        }
        if !(1..=BATCH_ANSWERS).contains(&answers.commitments.len()) {
            return Err(Rejection::BadList);
        }
        if !scorable(campaign, answers.commitments.len()) {
            return Err(Rejection::OutOfRange);
        }
        let blocks = Blocks::new(self, draft, campaign, answers.campaign)?;
        blocks.fill(draft, answers.commitments.len())?;
        draft.note(Event::AnswersSealed {
            campaign: answers.campaign,
            account: self.asker,
            nonce: self.entry.signed.submission.nonce,
            commitments: answers.commitments.clone(),
        });
        Ok(())
    }

    pub(super) fn close_round(
        &self,
        draft: &mut Draft<'_>,
        close: &CloseRound,
    ) -> Result<(), Rejection> {
        let campaign = self.open_campaign_by_id(close.campaign)?;
        let round = campaign.open_round().ok_or(Rejection::RoundState)?;
        let openings: Openings = match self.read(&close.openings) {
            Err(Rejection::MissingDocument) if self.documents.erased(&close.openings) => {
                close_unread(draft, campaign, round, close);
                return Ok(());
            }
            read => read?,
        };
        let answers = self.open_answers(campaign, round, &openings.answers)?;
        let units = openings.gold.len();
        let space = self.state.space;
        let root = commitment::gold_root(space, close.campaign, round.first_unit, &openings.gold);
        if units != round.unit_count as usize || root != round.gold_root {
            return Err(Rejection::OpeningMismatch);
        }
        let classes = campaign.spec.classes.len();
        let mut gold = Vec::new();
        for (unit, opening) in (round.first_unit..).zip(&openings.gold) {
            match opening.label {
                Some(label) if usize::from(label) < classes => gold.push((unit, label)),
                Some(_) => return Err(Rejection::OutOfRange),
                None => {}
            }
        }
        draft.note(Event::RoundClosed {
            campaign: close.campaign,
            openings: close.openings,
            answers,
            gold,
        });
        Ok(())
    }

    fn open_campaign_by_id(&self, id: CampaignId) -> Result<&Campaign, Rejection> {
        let campaign = self.state.campaign(id).ok_or(Rejection::UnknownCampaign)?;
        if campaign.stage == Stage::Open {
            Ok(campaign)
        } else {
            Err(Rejection::CampaignState)
        }
    }

    /// Holds every opening against its commitment. What does not count (unopened, out of range,
    /// repeated where that is forbidden) keeps its place with nothing in it.
    fn open_answers(
        &self,
        campaign: &Campaign,
        round: &Round,
        openings: &[Option<AnswerOpening>],
    ) -> Result<Vec<OpenedAnswer>, Rejection> {
        let count: usize = round
            .sealed
            .iter()
            .map(|batch| batch.commitments.len())
            .sum();
        if openings.len() != count {
            return Err(Rejection::OpeningMismatch);
        }
        let mut openings = openings.iter();
        let mut tally = Tally::default();
        let mut opened = Vec::with_capacity(count);
        let units = round.first_unit..round.first_unit + round.unit_count;
        for batch in &round.sealed {
            for (field, commitment) in (0u16..).zip(&batch.commitments) {
                let opening = openings.next().expect("the lengths have been compared");
                let place = AnswerPlace {
                    space: self.state.space,
                    account: batch.account,
                    nonce: batch.nonce,
                    field,
                };
                let given = match opening {
                    Some(opening) if commitment::answer(place, opening) != *commitment => {
                        return Err(Rejection::OpeningMismatch);
                    }
                    Some(opening) => {
                        let wanted = units.contains(&opening.unit)
                            && tally.take(&campaign.spec, batch.account, opening);
                        wanted.then_some((opening.unit, opening.label))
                    }
                    None => None,
                };
                opened.push(OpenedAnswer {
                    account: batch.account,
                    given,
                });
            }
        }
        Ok(opened)
    }
}

/// A replay goes on past openings that a later tombstone says are gone.
fn close_unread(draft: &mut Draft<'_>, campaign: &Campaign, round: &Round, close: &CloseRound) {
    let sealed = round.sealed.iter().flat_map(|batch| {
        let unread = OpenedAnswer {
            account: batch.account,
            given: None,
        };
        core::iter::repeat_n(unread, batch.commitments.len())
    });
    draft.note(Event::RoundClosed {
        campaign: close.campaign,
        openings: close.openings,
        answers: sealed.collect(),
        gold: Vec::new(),
    });
    draft.note(Event::RoundForgotten {
        campaign: close.campaign,
        round: u32::try_from(campaign.rounds.len() - 1).expect("fewer than 2^32"),
    });
}

/// Answers of a round that count so far.
#[derive(Default)]
struct Tally {
    seen: BTreeSet<(AccountId, u32)>,
    per_unit: BTreeMap<u32, u16>,
}

impl Tally {
    /// Whether an answer on a unit of the round counts: a label of the campaign, no forbidden
    /// repetition, and not more per unit than were wanted, so that nobody sells one answer from
    /// many accounts until the budget is gone.
    fn take(&mut self, spec: &Spec, account: AccountId, opening: &AnswerOpening) -> bool {
        let known = usize::from(opening.label) < spec.classes.len();
        let fresh = self.seen.insert((account, opening.unit));
        let given = self.per_unit.entry(opening.unit).or_default();
        let counts = known && (fresh || spec.repeats) && *given < spec.overlap;
        *given += u16::from(counts);
        counts
    }
}

/// Whether scoring can hold the table with `more` answers, whatever they say: a campaign that
/// outgrows it could never be scored, and its money would stay held.
fn scorable(campaign: &Campaign, more: usize) -> bool {
    let classes = campaign.spec.classes.len() as u64;
    let workers = campaign.work.len() as u64 + 1;
    let fits = |pairs: u64| {
        let lines = u64::from(campaign.spec.unit_count) + workers;
        let cells = pairs.saturating_mul(2).saturating_add(lines);
        cells.saturating_mul(classes) <= quality::table::CELL_LIMIT
    };
    // Answers are counted only where every contributor with every label would be too much.
    fits(workers.saturating_mul(classes)) || {
        let rounds = campaign.rounds.iter().flat_map(|round| &round.sealed);
        let sealed: usize = rounds.map(|batch| batch.commitments.len()).sum();
        fits((campaign.answers.len() + sealed + more) as u64)
    }
}

/// Reserves the price of new answers block by block, and the deposit of each block that begins.
struct Blocks<'a> {
    campaign: &'a Campaign,
    id: CampaignId,
    account: AccountId,
    budget: PurseId,
    earned: PurseId,
    forfeit: PurseId,
    deposit_from: Option<PurseId>,
    deposit: Amount,
}

impl<'a> Blocks<'a> {
    fn new(
        context: &Context<'_>,
        draft: &mut Draft<'_>,
        campaign: &'a Campaign,
        id: CampaignId,
    ) -> Result<Self, Rejection> {
        let token = campaign.spec.terms.token;
        let account = context.asker;
        let deposit = campaign.block_deposit().ok_or(Rejection::AmountTooLarge)?;
        let deposit_from = context
            .deposit_fund(campaign, deposit)
            .map(|fund| draft.purse(PurseOwner::Fund(fund), token, Some(fund)));
        if deposit_from.is_none() && !deposit.is_zero() {
            return Err(Rejection::DepositShort);
        }
        let fund = campaign.spec.fund;
        let budget = draft.purse(PurseOwner::Budget(id), token, Some(fund));
        let earned = draft.purse(PurseOwner::Earned(account), token, None);
        let forfeit = draft.purse(PurseOwner::Forfeit(id), token, None);
        Ok(Self {
            campaign,
            id,
            account,
            budget,
            earned,
            forfeit,
            deposit_from,
            deposit,
        })
    }

    fn fill(&self, draft: &mut Draft<'_>, mut answers: usize) -> Result<(), Rejection> {
        let length = usize::from(self.campaign.spec.rule.block_length);
        let work = self.campaign.work.get(&self.account);
        let sealed = work.map_or(0, |work| work.sealed as usize);
        let last = work.and_then(|work| work.blocks.last());
        if let (Some(block), true) = (last, !sealed.is_multiple_of(length)) {
            let space = (length - sealed % length).min(answers);
            self.reserve(draft, block.pay, space)?;
            answers -= space;
        }
        while answers > 0 {
            let space = length.min(answers);
            let pay = self.open(draft)?;
            self.reserve(draft, pay, space)?;
            answers -= space;
        }
        Ok(())
    }

    fn open(&self, draft: &mut Draft<'_>) -> Result<HoldId, Rejection> {
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
        Ok(pay)
    }

    fn reserve(&self, draft: &mut Draft<'_>, pay: HoldId, answers: usize) -> Result<(), Rejection> {
        let count = u64::try_from(answers).expect("a batch is short");
        let price = self.campaign.spec.price_units;
        let amount = price.checked_mul(count).ok_or(Rejection::AmountTooLarge)?;
        draft
            .raise(pay, amount)
            .map_err(|_| Rejection::BudgetExhausted)
    }
}

impl Context<'_> {
    /// The asker's oldest deposit in the token that covers a block's deposit until appeals are
    /// over. A small deposit that somebody else makes out to the account does not stand in the way
    /// of a larger one.
    fn deposit_fund(&self, campaign: &Campaign, needed: Amount) -> Option<FundId> {
        let token = campaign.spec.terms.token;
        let appeal_ms = campaign.spec.appeal_ms;
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
