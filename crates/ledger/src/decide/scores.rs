//! Scores enter as facts: complete, in bounds, of the input that the ledger holds.

use super::Context;
use crate::draft::Draft;
use crate::score::{self, Algorithm};
use crate::work::{Block, Campaign, Stage};
use alloc::boxed::Box;
use protocol::command::PostScores;
use protocol::document::{BlockScore, Outcome, Scores};
use protocol::judging::Evidence;
use protocol::{Amount, CampaignId, Event, Rejection};

impl Context<'_> {
    pub(super) fn post_scores(
        &self,
        draft: &mut Draft<'_>,
        post: &PostScores,
    ) -> Result<(), Rejection> {
        let campaign = self
            .state
            .campaign(post.campaign)
            .ok_or(Rejection::UnknownCampaign)?;
        if campaign.stage != Stage::Open {
            return Err(Rejection::CampaignState);
        }
        if campaign.open_round().is_some() || campaign.rounds.is_empty() {
            return Err(Rejection::RoundState);
        }
        if campaign.judgements >= campaign.spec.rule.judgements {
            // Each look at held blocks is another chance to pass; the bound counts them.
            return Err(Rejection::ScoreMismatch);
        }
        if campaign.judgements + 1 == campaign.spec.rule.judgements && !post.closing {
            // Nothing could be judged or closed after it, and what is held would stay held.
            return Err(Rejection::ScoreMismatch);
        }
        if Algorithm::of(&campaign.spec).map(Algorithm::name) != Some(&post.algorithm) {
            return Err(Rejection::UnknownAlgorithm);
        }
        let input = score::input_root(self.state.space, post.campaign, campaign);
        if post.input != input && !campaign.forgotten() {
            return Err(Rejection::ScoreMismatch);
        }
        let scores: Scores = self.read(&post.scores)?;
        check_rows(campaign, &scores)?;
        check_review(campaign, &scores)?;
        self.judge_blocks(draft, campaign, post, &scores)?;
        draft.note(Event::ScoresPosted {
            campaign: post.campaign,
            scores: post.scores,
            units: scores.units,
            contributors: scores.contributors,
            closing: post.closing,
        });
        if let Some(review) = scores.review {
            if let (true, Some(why)) = (post.closing, review.suspended) {
                self.call_panel(draft, (post.campaign, campaign), &scores.blocks, why)?;
            }
            draft.note(Event::Reviewed {
                campaign: post.campaign,
                review: Box::new(review),
            });
        }
        Ok(())
    }

    fn judge_blocks(
        &self,
        draft: &mut Draft<'_>,
        campaign: &Campaign,
        post: &PostScores,
        scores: &Scores,
    ) -> Result<(), Rejection> {
        let valid = score::valid_answers(campaign);
        let mut rows = scores.blocks.iter();
        for (account, work) in &campaign.work {
            for (number, block) in (0u32..).zip(&work.blocks) {
                let row = rows.next().ok_or(Rejection::ScoreMismatch)?;
                let known = valid.get(&(*account, number)).copied().unwrap_or(0);
                // Nobody can count answers that are erased; the hold bounds what they earn.
                let expected = if campaign.forgotten() {
                    row.valid
                } else {
                    known
                };
                if (row.account, row.block, row.valid) != (*account, number, expected) {
                    return Err(Rejection::ScoreMismatch);
                }
                if !may_follow(block.outcome, row.outcome, post.closing) {
                    return Err(Rejection::ScoreMismatch);
                }
                if row.outcome != block.outcome {
                    self.settle_block(draft, (post.campaign, campaign), block, row)?;
                    let fees = campaign.conduct.fees.get(&(*account, number));
                    if let (Outcome::Released(_), Some(fees)) = (row.outcome, fees) {
                        draft.void(*fees)?;
                    }
                    draft.note(Event::BlockJudged {
                        campaign: post.campaign,
                        account: *account,
                        block: number,
                        outcome: row.outcome,
                        valid: row.valid,
                    });
                }
            }
        }
        if rows.next().is_some() {
            Err(Rejection::ScoreMismatch)
        } else {
            Ok(())
        }
    }

    /// Pays a released block; whatever is not paid waits until appeals are over.
    fn settle_block(
        &self,
        draft: &mut Draft<'_>,
        (id, campaign): (CampaignId, &Campaign),
        block: &Block,
        row: &BlockScore,
    ) -> Result<(), Rejection> {
        let due_ms = self
            .entry
            .time_ms
            .checked_add(campaign.spec.appeal_ms)
            .ok_or(Rejection::OutOfRange)?;
        if let Outcome::Released(factor) = row.outcome {
            let pay = block_pay(campaign, row.valid).ok_or(Rejection::AmountTooLarge)?;
            draft.post(block.pay, pay.share(factor))?;
            draft.void(block.deposit)?;
        } else {
            draft.date(block.deposit, due_ms);
        }
        let bonus = self.block_bonus(id, (row.account, row.block), row.valid)?;
        if let (Outcome::Released(factor), Some((hold, whole))) = (row.outcome, bonus) {
            draft.post(hold, whole.share(factor))?;
        }
        for hold in [block.pay].into_iter().chain(bonus.map(|(hold, _)| hold)) {
            if !draft.hold(hold).rest.is_zero() {
                draft.date(hold, due_ms);
            }
        }
        Ok(())
    }
}

/// The full price of a block's valid answers.
pub(crate) fn block_pay(campaign: &Campaign, valid: u16) -> Option<Amount> {
    campaign.spec.price_units.checked_mul(u64::from(valid))
}

/// A released block stays as it is; nothing is rejected before the end, nothing held after it.
fn may_follow(before: Outcome, after: Outcome, closing: bool) -> bool {
    match (before, after) {
        (Outcome::Held, Outcome::Held) => !closing,
        (Outcome::Held, Outcome::Rejected) => closing,
        (Outcome::Held, Outcome::Released(_)) => true,
        (before, after) => before == after,
    }
}

/// A review is there under a method and only then; it names gold and people of the campaign, and no
/// more evidence than there are answers.
fn check_review(campaign: &Campaign, scores: &Scores) -> Result<(), Rejection> {
    let Some(review) = &scores.review else {
        return match campaign.spec.method {
            Some(_) => Err(Rejection::ScoreMismatch),
            None => Ok(()),
        };
    };
    let gold = review
        .void
        .iter()
        .all(|unit| campaign.gold.contains_key(unit));
    let people = review
        .slashed
        .iter()
        .all(|account| campaign.work.contains_key(account));
    let ascend =
        review.void.is_sorted_by(|a, b| a < b) && review.slashed.is_sorted_by(|a, b| a < b);
    let listed = campaign
        .work
        .keys()
        .eq(review.evidence.iter().map(|row| &row.account));
    let bounded = review.evidence.iter().all(|row| {
        let Evidence {
            right_milli,
            seen_milli,
            gold_micronats,
            ..
        } = row.evidence;
        let gold = gold_micronats.unsigned_abs() <= 100_000_000;
        right_milli <= seen_milli && seen_milli <= 200_000 && gold
    });
    let known = gold || campaign.forgotten();
    if campaign.spec.method.is_some() && known && people && ascend && listed && bounded {
        Ok(())
    } else {
        Err(Rejection::ScoreMismatch)
    }
}

fn check_rows(campaign: &Campaign, scores: &Scores) -> Result<(), Rejection> {
    let classes = campaign.spec.classes.len();
    let in_range = |label: Option<u16>| label.is_none_or(|label| usize::from(label) < classes);
    let labels = scores.units.iter().all(|unit| in_range(unit.label));
    let confusions = scores.contributors.iter().filter_map(|row| row.confusion);
    let confusions = confusions.fold(true, |good, c| {
        good && in_range(Some(c.truth)) && in_range(Some(c.given))
    });
    let people = campaign
        .work
        .keys()
        .eq(scores.contributors.iter().map(|row| &row.account));
    let counts = scores
        .contributors
        .iter()
        .all(|row| row.gold_right <= row.gold_seen);
    let complete = scores.units.len() == campaign.units_out() as usize;
    if labels && confusions && people && counts && complete {
        Ok(())
    } else {
        Err(Rejection::ScoreMismatch)
    }
}
