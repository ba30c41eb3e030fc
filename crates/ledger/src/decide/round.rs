//! A round: gold committed, answers sealed, seals opened.

use super::Context;
use super::block::Blocks;
use crate::State;
use crate::commitment::{self, AnswerPlace};
use crate::draft::Draft;
use crate::live;
use crate::work::{Campaign, Round, Stage};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::command::{CloseRound, OpenRound, SealAnswers};
use protocol::document::{AnswerOpening, Openings};
use protocol::event::OpenedAnswer;
use protocol::undo::ReplaceAnswer;
use protocol::{CampaignId, Event, Rejection};

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
        let appeals_ms = campaign.spec.appeals_ms();
        if !self
            .state
            .backed(answers.campaign, self.entry.time_ms, appeals_ms)
        {
            // The contract gives a closed deposit back to its funder: nothing would back new work.
            return Err(Rejection::FundClosed);
        }
        if !(1..=BATCH_ANSWERS).contains(&answers.commitments.len()) {
            return Err(Rejection::BadList);
        }
        if !scorable(campaign, answers.commitments.len()) {
            return Err(Rejection::OutOfRange);
        }
        self.check_worker(campaign)?;
        let mut blocks = Blocks::new(self, draft, campaign, answers.campaign)?;
        blocks.fill(self.state, draft, answers.commitments.len())?;
        draft.note(Event::AnswersSealed {
            campaign: answers.campaign,
            account: self.asker,
            nonce: self.entry.signed.submission.nonce,
            commitments: answers.commitments.clone(),
        });
        Ok(())
    }

    /// What a fact of the round rests on stays as it was when the fact was found.
    pub(super) fn replace_answer(
        &self,
        draft: &mut Draft<'_>,
        replace: &ReplaceAnswer,
    ) -> Result<(), Rejection> {
        let campaign = self.open_campaign_by_id(replace.campaign)?;
        let round = campaign.open_round().ok_or(Rejection::RoundState)?;
        let batch = round.batch(replace.entry);
        let own = batch.filter(|batch| batch.account == self.asker);
        let known = own.is_some_and(|own| usize::from(replace.field) < own.commitments.len());
        if !known {
            return Err(Rejection::UnknownAnswer);
        }
        let conduct = &campaign.conduct;
        let mut facts = conduct.closed.values().chain(conduct.paused.values());
        if facts.any(|fact| fact.seq > replace.entry) {
            return Err(Rejection::AnswerUsed);
        }
        draft.note(Event::AnswerReplaced {
            campaign: replace.campaign,
            entry: replace.entry,
            field: replace.field,
            commitment: replace.commitment,
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
        check_gold(self.state, campaign, &gold)?;
        draft.note(Event::RoundClosed {
            campaign: close.campaign,
            openings: close.openings,
            answers,
            gold,
        });
        Ok(())
    }

    /// Whoever decides appeals does not work, and who is paused works no more in this round.
    fn check_worker(&self, campaign: &Campaign) -> Result<(), Rejection> {
        let method = campaign.spec.method.as_ref();
        if method.is_some_and(|method| method.panel.contains(&self.asker)) {
            return Err(Rejection::PanelMember);
        }
        if campaign.conduct.paused.contains_key(&self.asker) {
            return Err(Rejection::AccountPaused);
        }
        Ok(())
    }

    pub(super) fn open_campaign_by_id(&self, id: CampaignId) -> Result<&Campaign, Rejection> {
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
        let sealed = live::sealed(round, openings).ok_or(Rejection::OpeningMismatch)?;
        let places = round.sealed.iter().flat_map(|batch| {
            let fields = (0u16..).zip(&batch.commitments);
            fields.map(move |(field, commitment)| (batch, field, commitment))
        });
        for ((batch, field, commitment), opening) in places.zip(openings) {
            let place = AnswerPlace {
                space: self.state.space,
                account: batch.account,
                nonce: batch.nonce,
                field,
            };
            let fits = |opening: &AnswerOpening| commitment::answer(place, opening) == *commitment;
            if !opening.as_ref().is_none_or(fits) {
                return Err(Rejection::OpeningMismatch);
            }
        }
        Ok(live::counted(campaign, round, &sealed))
    }
}

/// Under a method, the gold that a round opens shows the classes that it has equally often, at
/// least two of them, and no unit that was gold in an earlier round of its requester. The root of
/// the gold was logged before the first answer, so this holds of what was committed to.
fn check_gold(state: &State, campaign: &Campaign, gold: &[(u32, u16)]) -> Result<(), Rejection> {
    if campaign.spec.method.is_none() {
        return Ok(());
    }
    if !balanced(gold.iter().map(|(_, label)| *label)) {
        return Err(Rejection::GoldUnbalanced);
    }
    let digests = &campaign.conduct.digests;
    let retired = |unit: u32| {
        let digest = digests.get(unit as usize);
        digest.is_some_and(|digest| state.practice.retired.contains(&(campaign.owner, *digest)))
    };
    if gold.iter().any(|(unit, _)| retired(*unit)) {
        return Err(Rejection::GoldRetired);
    }
    Ok(())
}

/// True if the classes among the labels differ by at most one in number, and two labels or more are
/// not all of one class.
pub fn balanced(labels: impl Iterator<Item = u16>) -> bool {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    let least = counts.values().min().copied().unwrap_or(0);
    let most = counts.values().max().copied().unwrap_or(0);
    most <= least + 1 && (most < 2 || counts.len() > 1)
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
        retired: Vec::new(),
    });
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
