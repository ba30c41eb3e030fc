//! Why a contributor was paid or not, in words that name the evidence and the rule.

use crate::State;
use crate::conduct::Appeal;
use crate::phrases;
use crate::told::Gap::{Count, Name, Place};
use crate::told::{Gap, Phrase, Statement, Told};
use crate::work::{Campaign, Stage};
use alloc::vec;
use alloc::vec::Vec;
use protocol::document::{ContributorScore, Outcome};
use protocol::judging::Suspension;
use protocol::{AccountId, CampaignId};

phrases! {
    ACCEPTED = Semicolon "accepted", "{answers} answers accepted in {released} of {blocks} blocks";
    REJECTED = Comma "rejected", "{rejected} rejected for want of evidence above chance";
    HELD = Comma "held", "{held} not judged yet";
    CHECKS_LATER = Semicolon "checks-later", "hidden checks are told from {least} on";
    CHECKS = Semicolon "checks", "{right} of {seen} hidden checks right";
    PEERS = Comma "peers", "{answers} answers compared with proven peers";
    CONFUSED = Semicolon "confused",
        "you answer `{given}` for `{truth}` {percent} % of the time";
    PRIOR = Semicolon "prior",
        "earlier work in `{skill}` counts: {right} of {seen} answers right";
    VOID = Semicolon "void",
        "{void} of {checks} checks were wrong themselves and count for nothing";
    NO_STAKE_LOST = Semicolon "no-stake-lost", "so nobody loses a stake";
    FEW_ACCEPTED = Semicolon "few-accepted",
        "so much work is rejected that nobody loses a stake";
    SLASHED = Semicolon "slashed",
        "hidden checks show an accuracy below {percent} %: the stake is lost";
    PAUSED = Semicolon "paused",
        "paused for the rest of the round, as hidden checks speak against it";
    APPEALED = Semicolon "appealed", "block {block} appealed, {for} of {spoken} verdicts for it";
    CALLED = Semicolon "called",
        "block {block} before the panel, {for} of {spoken} verdicts for it";
    SILENT_PAID = Colon "silent-paid",
        "the panel of {panel} was silent, so it is paid in full";
    SILENT_REJECTED = Colon "silent-rejected",
        "the panel of {panel} was silent, so it stays rejected";
    UPHELD = Colon "upheld", "paid in full";
    DENIED = Colon "denied", "it stays rejected";
    TIME_OVER = Colon "time-over", "the time is over and it will be paid in full";
    TO_COME = Comma "to-come", "{more} to come";
}

/// One or two sentences for the contributor; `None` where the account did no work in the campaign.
pub fn reason(state: &State, id: CampaignId, account: AccountId) -> Option<Told> {
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
    let blocks = count(work.blocks.len());
    let mut told = vec![Statement::new(
        ACCEPTED,
        [
            ("answers", Count(answers.into())),
            ("released", Count(released.into())),
            ("blocks", blocks),
        ],
    )];
    if rejected > 0 {
        told.push(one(REJECTED, ("rejected", Count(rejected.into()))));
    }
    if held > 0 {
        told.push(one(HELD, ("held", Count(held.into()))));
    }
    let mut rows = campaign.contributors.iter();
    if let Some(row) = rows.find(|row| row.account == account) {
        told.extend(evidence(campaign, row));
    }
    told.extend(judging(state, campaign, account));
    Some(Told(told))
}

fn one(phrase: Phrase, gap: (&'static str, Gap)) -> Statement {
    Statement::new(phrase, [gap])
}

fn count(number: usize) -> Gap {
    Count(u64::try_from(number).unwrap_or(u64::MAX))
}

/// Hidden checks from which on their outcome is told while a campaign with a method goes on: fewer
/// would tell which units are gold.
const CHECKS_TOLD: u32 = 20;

/// What a method adds: evidence brought along, gold that was wrong, stakes, appeals.
fn judging(state: &State, campaign: &Campaign, account: AccountId) -> Vec<Statement> {
    let mut told = Vec::new();
    let Some(method) = &campaign.spec.method else {
        return told;
    };
    let conduct = &campaign.conduct;
    if let Some(prior) = conduct.prior.get(&account) {
        let gaps = [
            ("skill", Name(campaign.spec.skill.clone())),
            ("right", Count((prior.right_milli / 1_000).into())),
            ("seen", Count((prior.seen_milli / 1_000).into())),
        ];
        told.push(Statement::new(PRIOR, gaps));
    }
    let void = conduct.review.void.len();
    if void > 0 {
        let gaps = [
            ("void", count(void)),
            ("checks", count(campaign.gold.len())),
        ];
        told.push(Statement::new(VOID, gaps));
    }
    match conduct.review.suspended {
        Some(Suspension::VoidGold) => told.push(Statement::plain(NO_STAKE_LOST)),
        Some(Suspension::FewAccepted) => told.push(Statement::plain(FEW_ACCEPTED)),
        None => {}
    }
    if conduct.review.slashed.contains(&account) {
        let percent = Count((method.slash_below.ppm() / 10_000).into());
        told.push(one(SLASHED, ("percent", percent)));
    }
    if conduct.paused.contains_key(&account) {
        told.push(Statement::plain(PAUSED));
    }
    let appeals = conduct.appeals.range((account, 0)..=(account, u32::MAX));
    told.extend(appeals.flat_map(|((_, block), appeal)| appealed(state, campaign, *block, appeal)));
    told
}

fn appealed(state: &State, campaign: &Campaign, block: u32, appeal: &Appeal) -> [Statement; 2] {
    let spoken = appeal.verdicts.len();
    let for_it = appeal.verdicts.values().filter(|upheld| **upheld).count();
    let method = campaign.spec.method.as_ref();
    let panel = method.map_or(0, |method| method.panel.len());
    let votes = [
        ("block", Place(block)),
        ("for", count(for_it)),
        ("spoken", count(spoken)),
    ];
    let how = match appeal.called {
        Some(_) => CALLED,
        None => APPEALED,
    };
    let silent = |phrase| one(phrase, ("panel", count(panel)));
    let end = match appeal.upheld {
        Some(true) if spoken * 2 <= panel && for_it * 2 <= panel => silent(SILENT_PAID),
        Some(false) if spoken * 2 <= panel => silent(SILENT_REJECTED),
        Some(true) => Statement::plain(UPHELD),
        Some(false) => Statement::plain(DENIED),
        None if appeal.due_ms <= state.time_ms && appeal.by_silence() => {
            Statement::plain(TIME_OVER)
        }
        None => one(TO_COME, ("more", count(panel - spoken))),
    };
    [Statement::new(how, votes), end]
}

fn evidence(campaign: &Campaign, row: &ContributorScore) -> Vec<Statement> {
    let early = campaign.stage == Stage::Open && row.gold_seen < CHECKS_TOLD;
    if campaign.spec.method.is_some() && early {
        return vec![one(CHECKS_LATER, ("least", Count(CHECKS_TOLD.into())))];
    }
    let checks = [
        ("right", Count(row.gold_right.into())),
        ("seen", Count(row.gold_seen.into())),
    ];
    let mut told = vec![Statement::new(CHECKS, checks)];
    if row.peer_seen > 0 {
        told.push(one(PEERS, ("answers", Count(row.peer_seen.into()))));
    }
    let class = |label: u16| campaign.spec.classes.get(usize::from(label));
    if let Some(confusion) = row.confusion
        && let (Some(given), Some(truth)) = (class(confusion.given), class(confusion.truth))
    {
        let percent = confusion.rate.ppm() / 10_000;
        let gaps = [
            ("given", Name(given.clone())),
            ("truth", Name(truth.clone())),
            ("percent", Count(percent.into())),
        ];
        told.push(Statement::new(CONFUSED, gaps));
    }
    told
}
