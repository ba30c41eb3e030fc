//! What is due in a campaign: the next thing that nobody has to ask for.

use super::Steward;
use crate::door::Door as _;
use crate::draft::Draft;
use ledger::State;
use ledger::claims;
use ledger::section::Part as _;
use ledger::work::{Campaign, Stage};
use protocol::event::PurseOwner;
use protocol::{CampaignId, EpochId, Hash};
use view::plan::Plan;

/// What is due in a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    OpenRound,
    Look { sealed: u32 },
    CloseRound,
    Score { closing: bool },
    CloseCampaign,
    ReturnHeld,
}

impl Steward {
    pub(super) fn due(&self, id: CampaignId, plan: Option<&Plan>, draft: &Draft) -> Due {
        let now_ms = self.office.door().now_ms();
        let state = self.office.door().state();
        let Some(campaign) = state.campaign(id) else {
            return Due::Nothing;
        };
        let ending = plan.is_some_and(|plan| plan.closing)
            || draft.deadline_ms > 0 && now_ms >= draft.deadline_ms
            || !state.backed(id, now_ms, campaign.spec.appeals_ms());
        match campaign.stage {
            Stage::Open => match campaign.open_round() {
                Some(round) => {
                    let done = self.workplace.left(id).0;
                    if done || ending || exhausted(&state, id, campaign) {
                        return Due::CloseRound;
                    }
                    let method = campaign.spec.method.as_ref();
                    let live = method.is_some_and(|method| {
                        method.target.ppm() > 0 || method.slash_below.ppm() > 0
                    });
                    if !live {
                        return Due::Nothing;
                    }
                    let sealed = round.sealed.iter().map(|batch| batch.commitments.len());
                    let sealed = u32::try_from(sealed.sum::<usize>()).unwrap_or(u32::MAX);
                    let before = self.looked.get(&id).copied().unwrap_or(0);
                    // Looks are few in the long run, as each keeps answers waiting for its time.
                    let enough = self.pace.look_every.max(sealed / 20);
                    if sealed.saturating_sub(before) >= enough {
                        Due::Look { sealed }
                    } else {
                        Due::Nothing
                    }
                }
                None => {
                    let out = campaign.units_out();
                    let last = out == campaign.spec.unit_count || ending && out > 0;
                    let scored = usize::from(campaign.judgements) >= campaign.rounds.len();
                    match () {
                        () if last => Due::Score { closing: true },
                        () if !scored => Due::Score { closing: false },
                        () if plan.is_none_or(|plan| plan.paused) => Due::Nothing,
                        () => Due::OpenRound,
                    }
                }
            },
            Stage::Scored => Due::CloseCampaign,
            Stage::Closed if appeals_over(&state, id, now_ms) => Due::ReturnHeld,
            Stage::Closed | Stage::Settled => Due::Nothing,
        }
    }
}

/// True where the budget pays no further answer.
fn exhausted(state: &State, id: CampaignId, campaign: &Campaign) -> bool {
    let first = (campaign.spec.price_units, campaign.spec.terms.token);
    let bonus = state.bonus(id);
    let second = bonus.map(|(bonus, token)| (bonus.price_units, token));
    let mut rewards = [first].into_iter().chain(second);
    rewards.any(|(price, token)| state.book.balance(PurseOwner::Budget(id), token) < price)
}

fn appeals_over(state: &State, id: CampaignId, now_ms: u64) -> bool {
    let Some(campaign) = state.campaign(id) else {
        return false;
    };
    let due = |hold| state.book.hold(hold).due_ms;
    let blocks = campaign.work.iter().flat_map(|(account, work)| {
        let numbered = (0_u32..).zip(&work.blocks);
        numbered.map(move |(number, block)| ((*account, number), block))
    });
    let ends = blocks.flat_map(|(place, block)| {
        let bonus = state.bonus_hold(id, place).and_then(due);
        [due(block.pay), due(block.deposit), bonus]
    });
    let panel = campaign.conduct.appeals.values();
    let waiting = panel.filter(|appeal| appeal.upheld.is_none());
    let last = ends
        .flatten()
        .chain(waiting.map(|appeal| appeal.due_ms))
        .max();
    last.is_none_or(|last| last < now_ms)
}

/// After so long without an epoch one is closed for stakes alone, in milliseconds: sixty days after
/// the last that became final, the contract lets every stake go.
const SILENCE_MS: u64 = 30 * 24 * 3_600_000;

/// Whether campaigns count on stakes, or slashes are still to come, that a longer silence would
/// free.
pub(super) fn is_silent(state: &State, now_ms: u64) -> bool {
    let last_ms = state.epochs.last().map_or(0, |epoch| epoch.time_ms);
    let stakes = &state.sections.lines.stakes;
    let counted_on = !stakes.locks.is_empty() || !stakes.owed.is_empty();
    counted_on && now_ms.saturating_sub(last_ms) >= SILENCE_MS
}

/// Whether an epoch would change anything: money that deposits owe, that wallets may claim beside
/// what the last one let them, or that may go back to those who paid it in. The log's own entries
/// about epochs are no news.
pub(super) fn has_news(state: &State) -> bool {
    if !state.book.debits().is_empty() {
        return true;
    }
    // What prepaid credit was charged debits no deposit.
    let charged = |purse: &ledger::book::Purse| {
        matches!(purse.owner, PurseOwner::Gross(_)) && !purse.balance.is_zero()
    };
    if state.book.purses().iter().any(charged) {
        return true;
    }
    // What is left of a deposit goes back once an epoch covers its close.
    let last_ms = state.epochs.last().map_or(0, |epoch| epoch.time_ms);
    let closed = |ms: u64| last_ms < ms && ms <= state.time_ms;
    if state.funds.iter().any(|fund| closed(fund.closes_ms)) {
        return true;
    }
    // An address whose notice is over counts from the next epoch on.
    let over = |payout: &ledger::payout::Payout| {
        let announced = payout.announced;
        announced.is_some_and(|announced| announced.from_ms <= state.time_ms)
    };
    if state.sections.payouts.iter().any(|(_, it)| over(it)) {
        return true;
    }
    if !state.sections.lines.is_empty() {
        let root = claims::closing(state, EpochId(0)).map(|closing| closing.root);
        let last = state
            .epochs
            .last()
            .map_or(Hash([0; 32]), |epoch| epoch.root);
        return root.is_ok_and(|root| root != last);
    }
    let Ok(due) = claims::due(state, |purse| purse.payable) else {
        return false;
    };
    let tokens = state.token_count().max(1);
    let mut sums = vec![0_u128; tokens];
    for (id, _) in state.accounts.wallets() {
        for (sum, units) in sums.iter_mut().zip(&due[id.index() * tokens..]) {
            *sum += units.units();
        }
    }
    let last = state.epochs.last().map_or(&[][..], |epoch| &epoch.totals);
    let posted = |token: usize| {
        let total = last.iter().find(|total| total.token.index() == token);
        total.map_or(0, |total| total.amount_units.units())
    };
    (0..tokens).any(|token| sums[token] != posted(token))
}
