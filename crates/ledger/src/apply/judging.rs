//! Campaigns with a method: evidence, stakes, appeals, and facts of a running round.

use crate::State;
use crate::conduct::{Conduct, Fact};
use crate::work::{Campaign, Stage};
use protocol::judging::Review;
use protocol::{CampaignId, Event};

pub(super) fn apply(state: &mut State, event: &Event) {
    match event {
        Event::EvidenceTaken {
            campaign: id,
            account,
            evidence,
        } => {
            let campaign = &mut state.campaigns[id.index()];
            campaign.conduct.prior.insert(*account, *evidence);
            state.practice.take(*account, &campaign.spec);
        }
        Event::StakeHeld {
            campaign,
            account,
            hold,
        } => {
            at(state, *campaign).stakes.insert(*account, *hold);
        }
        Event::FeesHeld {
            campaign,
            account,
            block,
            hold,
        } => {
            let fees = &mut at(state, *campaign).fees;
            fees.insert((*account, *block), *hold);
        }
        Event::BonusHeld {
            campaign,
            account,
            block,
            hold,
        } => {
            let place = (*campaign, *account, *block);
            state.sections.rewards.hold(place, *hold);
        }
        Event::Reviewed { campaign, review } => take_review(state, *campaign, review),
        Event::UnitsClosed {
            campaign,
            units,
            evidence,
        } => {
            let (seq, evidence) = (state.size, *evidence);
            let closed = &mut at(state, *campaign).closed;
            closed.extend(units.iter().map(|unit| (*unit, Fact { seq, evidence })));
        }
        Event::AccountPaused {
            campaign,
            account,
            evidence,
        } => {
            let (seq, evidence) = (state.size, *evidence);
            let paused = &mut at(state, *campaign).paused;
            paused.insert(*account, Fact { seq, evidence });
        }
        _ => apply_appeal(state, event),
    }
}

fn apply_appeal(state: &mut State, event: &Event) {
    match event {
        Event::AppealOpened {
            campaign,
            account,
            block,
            due_ms,
            called,
        } => {
            let appeals = &mut at(state, *campaign).appeals;
            let appeal = appeals.entry((*account, *block)).or_default();
            (appeal.due_ms, appeal.called) = (*due_ms, *called);
        }
        Event::VerdictGiven {
            campaign,
            account,
            block,
            by,
            upheld,
        } => {
            let appeal = at(state, *campaign).appeals.get_mut(&(*account, *block));
            let verdicts = &mut appeal.expect("an appeal that was decided upon").verdicts;
            verdicts.insert(*by, *upheld);
        }
        Event::AppealDecided {
            campaign,
            account,
            block,
            upheld,
        } => {
            let appeal = at(state, *campaign).appeals.get_mut(&(*account, *block));
            appeal.expect("an appeal that was decided upon").upheld = Some(*upheld);
        }
        _ => {}
    }
}

fn at(state: &mut State, id: CampaignId) -> &mut Conduct {
    &mut state.campaigns[id.index()].conduct
}

/// The last review of a campaign is remembered in its skill, and its gold retires.
fn take_review(state: &mut State, id: CampaignId, review: &Review) {
    let State {
        campaigns,
        practice,
        ..
    } = state;
    let campaign: &mut Campaign = &mut campaigns[id.index()];
    campaign.conduct.review = review.clone();
    if campaign.stage != Stage::Scored {
        return;
    }
    let owner = campaign.owner;
    for (row, shown) in campaign.contributors.iter().zip(&review.evidence) {
        let people = (row.account, owner);
        let before = campaign.conduct.prior.get(&row.account).copied();
        let shown = (before.unwrap_or_default(), shown.evidence);
        practice.learn(people, &campaign.spec, shown, row.reputation);
    }
}
