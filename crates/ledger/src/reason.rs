//! Why a contributor was paid or not, in words that name the evidence and the rule.

use crate::State;
use crate::conduct::Appeal;
use crate::work::{Campaign, Stage};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use protocol::document::{ContributorScore, Outcome};
use protocol::judging::Suspension;
use protocol::{AccountId, CampaignId};

/// One or two sentences for the contributor; `None` where the account did no work in the campaign.
pub fn reason(state: &State, id: CampaignId, account: AccountId) -> Option<String> {
    let campaign = state.campaign(id)?;
    let work = campaign.work.get(&account)?;
    let (mut released, mut rejected, mut held, mut answers) = (0u32, 0u32, 0u32, 0u32);
    for block in &work.blocks {
        match block.outcome {
            Outcome::Released(_) => {
                released += 1;
                answers += u32::from(block.valid);
            }
            Outcome::Rejected => rejected += 1,
            Outcome::Held => held += 1,
        }
    }
    let mut text = format!("{answers} answers accepted in {released} of ");
    text.push_str(&format!("{} blocks", work.blocks.len()));
    if rejected > 0 {
        text.push_str(&format!(
            ", {rejected} rejected for want of evidence above chance"
        ));
    }
    if held > 0 {
        text.push_str(&format!(", {held} not judged yet"));
    }
    let row = campaign
        .contributors
        .iter()
        .find(|row| row.account == account);
    if let Some(row) = row {
        text.push_str("; ");
        text.push_str(&evidence(campaign, row));
    }
    for more in judging(state, campaign, account) {
        text.push_str("; ");
        text.push_str(&more);
    }
    Some(text)
}

/// Hidden checks from which on their outcome is told while a campaign with a method goes on: fewer
/// would tell which units are gold.
const CHECKS_TOLD: u32 = 20;

/// What a method adds: evidence brought along, gold that was wrong, stakes, appeals.
fn judging(state: &State, campaign: &Campaign, account: AccountId) -> Vec<String> {
    let mut told = Vec::new();
    let Some(method) = &campaign.spec.method else {
        return told;
    };
    let conduct = &campaign.conduct;
    if let Some(prior) = conduct.prior.get(&account) {
        let (right, seen) = (prior.right_milli / 1_000, prior.seen_milli / 1_000);
        let skill = &campaign.spec.skill;
        told.push(format!(
            "earlier work in `{skill}` counts: {right} of {seen} answers right"
        ));
    }
    let void = conduct.review.void.len();
    if void > 0 {
        let checks = campaign.gold.len();
        told.push(format!(
            "{void} of {checks} checks were wrong themselves and count for nothing"
        ));
    }
    match conduct.review.suspended {
        Some(Suspension::VoidGold) => told.push("so nobody loses a stake".into()),
        Some(Suspension::FewAccepted) => {
            told.push("so much work is rejected that nobody loses a stake".into());
        }
        None => {}
    }
    if conduct.review.slashed.contains(&account) {
        let percent = method.slash_below.ppm() / 10_000;
        told.push(format!(
            "hidden checks show an accuracy below {percent} %: the stake is lost"
        ));
    }
    if conduct.paused.contains_key(&account) {
        told.push("paused for the rest of the round, as hidden checks speak against it".into());
    }
    let appeals = conduct.appeals.range((account, 0)..=(account, u32::MAX));
    told.extend(appeals.map(|((_, block), appeal)| appealed(state, campaign, *block, appeal)));
    told
}

fn appealed(state: &State, campaign: &Campaign, block: u32, appeal: &Appeal) -> String {
    let spoken = appeal.verdicts.len();
    let for_it = appeal.verdicts.values().filter(|upheld| **upheld).count();
    let panel = campaign
        .spec
        .method
        .as_ref()
        .map_or(0, |method| method.panel.len());
    let how = if appeal.called.is_some() {
        "before the panel"
    } else {
        "appealed"
    };
    let votes = format!("block {block} {how}, {for_it} of {spoken} verdicts for it");
    match appeal.upheld {
        Some(true) if spoken * 2 <= panel && for_it * 2 <= panel => {
            format!("{votes}: the panel of {panel} was silent, so it is paid in full")
        }
        Some(false) if spoken * 2 <= panel => {
            format!("{votes}: the panel of {panel} was silent, so it stays rejected")
        }
        Some(true) => format!("{votes}: paid in full"),
        Some(false) => format!("{votes}: it stays rejected"),
        None if appeal.due_ms <= state.time_ms && appeal.by_silence() => {
            format!("{votes}: the time is over and it will be paid in full")
        }
        None => format!("{votes}, {} to come", panel - spoken),
    }
}

fn evidence(campaign: &Campaign, row: &ContributorScore) -> String {
    let early = campaign.stage == Stage::Open && row.gold_seen < CHECKS_TOLD;
    if campaign.spec.method.is_some() && early {
        return format!("hidden checks are told from {CHECKS_TOLD} on");
    }
    let mut text = format!(
        "{} of {} hidden checks right",
        row.gold_right, row.gold_seen
    );
    if row.peer_seen > 0 {
        text.push_str(&format!(
            ", {} answers compared with proven peers",
            row.peer_seen
        ));
    }
    let class = |label: u16| campaign.spec.classes.get(usize::from(label));
    if let Some(confusion) = row.confusion
        && let (Some(given), Some(truth)) = (class(confusion.given), class(confusion.truth))
    {
        let percent = confusion.rate.ppm() / 10_000;
        text.push_str(&format!(
            "; you answer `{given}` for `{truth}` {percent} % of the time"
        ));
    }
    text
}
