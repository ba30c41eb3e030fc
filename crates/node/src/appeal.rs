//! Appeals as people see them: rejected blocks with all evidence, and the panel's queue.

use ledger::State;
use ledger::conduct::Appeal;
use ledger::told::{Gap, Statement};
use ledger::work::{Campaign, Stage};
use protocol::document::{Outcome, Units};
use protocol::judging::Suspension;
use protocol::{AccountId, Amount, CampaignId};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::draft::decimal;

ledger::phrases! {
    BY_CHECKS = Semicolon "by-checks",
        "A block is accepted once its evidence is so far above chance that guessing gets there in \
         at most {beta} % of the work. Here {right} of {checks} hidden checks were right, and \
         {alike} of {compared} other answers agree with the accepted ones";
    WITHOUT_CHECKS = Semicolon "without-checks",
        "A block is accepted once its evidence is so far above chance that guessing gets there in \
         at most {beta} % of the work. Here no hidden checks count yet, and {alike} of {compared} \
         other answers agree with the accepted ones";
}

/// A rejected block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Where.
    pub campaign: u32,
    /// Its name.
    pub title: String,
    /// Whose work.
    pub account: u32,
    /// The account's n-th block there, from 0.
    pub block: u32,
    /// `rejected`, `appealed`, `upheld` or `denied`.
    pub status: &'static str,
    /// The price that is held until it is decided, or was paid.
    #[serde(with = "decimal")]
    pub units: Amount,
    /// The contributor's own deposit that goes with it.
    #[serde(with = "decimal")]
    pub deposit_units: Amount,
    /// Until when it may be appealed, or a verdict given; milliseconds since 1970, 0 for never.
    pub until_ms: u64,
    /// Why there can be no appeal; none where there can.
    pub no_appeal: Option<&'static str>,
    /// Why the panel looks at it, where no contributor has asked.
    pub called: Option<&'static str>,
    /// Who decides.
    pub panel: Vec<u32>,
    /// Verdicts so far: member, and whether the work deserves its pay.
    pub verdicts: Vec<(u32, bool)>,
    /// The rule it was rejected by, with the numbers; in JSON the English of it.
    pub rule: Statement,
    /// Its answers.
    pub items: Vec<Item>,
    /// What was said about it, as the desk has it: account and words.
    pub said: Vec<(u32, String)>,
}

/// An answer of a rejected block, with what speaks for and against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Position of the unit in the campaign.
    pub unit: u32,
    /// The requester's name for it.
    pub name: String,
    /// What was shown.
    pub text: Option<String>,
    /// What was answered.
    pub answer: String,
    /// What the requester knows, where it was a hidden check.
    pub known: Option<String>,
    /// Whether that check was found to be wrong itself, and counts for nothing.
    pub void: bool,
    /// The label of everybody's accepted answers.
    pub consensus: Option<String>,
    /// How sure that label is, in ppm.
    pub probability_ppm: u32,
    /// What others have answered, with how many did.
    pub others: Vec<(String, u32)>,
}

/// Where a judged block is: in which campaign, whose, and the account's n-th there, from 0.
pub type Place = (CampaignId, AccountId, u32);

/// The rejected blocks of an account: newest campaign first, and in it the newest block.
pub fn own(state: &State, account: AccountId) -> Vec<Place> {
    let mut places = Vec::new();
    for (id, campaign) in state.numbered_campaigns() {
        let blocks = campaign.work.get(&account).map(|work| &work.blocks);
        let blocks = (0_u32..).zip(blocks.into_iter().flatten());
        let rejected = blocks.filter(|(_, block)| block.outcome == Outcome::Rejected);
        places.extend(rejected.map(|(number, _)| (id, account, number)));
    }
    places.reverse();
    places
}

/// The appeals that an account decides as a member of the panel: open ones first, those that are
/// due soonest before others; then those that are decided, of the newest campaign first.
pub fn docket(state: &State, member: AccountId) -> Vec<Place> {
    let mut places = Vec::new();
    for (id, campaign) in state.numbered_campaigns() {
        let panel = campaign.spec.method.as_ref().map(|method| &method.panel);
        if panel.is_none_or(|panel| !panel.contains(&member)) {
            continue;
        }
        let appeals = campaign.conduct.appeals.iter();
        places.extend(appeals.map(|((account, block), appeal)| {
            let due_ms = appeal.upheld.is_none().then_some(appeal.due_ms);
            let order = (due_ms.is_none(), due_ms, Reverse(id));
            (order, (id, *account, *block))
        }));
    }
    places.sort_by_key(|(order, _)| *order);
    places.into_iter().map(|(_, place)| place).collect()
}

/// Blocks as cases, in the order of their places; `units` reads a campaign's document. All answers
/// of each campaign among them are gone through.
pub fn cases(
    state: &State,
    places: &[Place],
    units: impl Fn(CampaignId) -> Option<Arc<Units>>,
) -> Vec<Case> {
    let mut wanted: BTreeMap<CampaignId, Vec<(AccountId, u32)>> = BTreeMap::new();
    for (id, account, block) in places {
        wanted.entry(*id).or_default().push((*account, *block));
    }
    let mut found = BTreeMap::new();
    for (id, blocks) in wanted {
        let Some(campaign) = state.campaign(id) else {
            continue;
        };
        let items = items(campaign, blocks, units(id).as_deref()).into_iter();
        found.extend(items.filter_map(|(place, items)| {
            let case = case(state, (id, campaign), place, items)?;
            Some(((id, place.0, place.1), case))
        }));
    }
    places.iter().filter_map(|it| found.remove(it)).collect()
}

/// One block of the log as a case; `None` where there is no such block.
fn case(
    state: &State,
    (id, campaign): (CampaignId, &Campaign),
    (account, number): (AccountId, u32),
    items: Vec<Item>,
) -> Option<Case> {
    let block = campaign.work.get(&account)?.blocks.get(number as usize)?;
    let appeal = campaign.conduct.appeals.get(&(account, number));
    let (pay, deposit) = (state.book.hold(block.pay), state.book.hold(block.deposit));
    let panel = campaign.spec.method.as_ref();
    let panel = panel.map_or(&[][..], |method| &method.panel);
    let full = campaign.spec.price_units.checked_mul(block.valid.into());
    let status = match appeal.map(|appeal| appeal.upheld) {
        Some(Some(true)) => "upheld",
        Some(Some(false)) => "denied",
        Some(None) => "appealed",
        None => "rejected",
    };
    let until_ms = match appeal {
        Some(appeal) if appeal.upheld.is_none() => appeal.due_ms,
        Some(_) => 0,
        None => deposit.due_ms.unwrap_or(0),
    };
    let units_paid = match status {
        "upheld" => full.unwrap_or_default(),
        _ => pay.rest,
    };
    Some(Case {
        campaign: id.0,
        title: campaign.spec.title.clone(),
        account: account.0,
        block: number,
        status,
        units: units_paid,
        deposit_units: deposit.rest,
        until_ms,
        no_appeal: obstacle(state, (id, campaign), appeal, deposit.due_ms),
        called: appeal
            .and_then(|appeal| appeal.called)
            .map(|why| match why {
                Suspension::VoidGold => "too many hidden checks were wrong themselves",
                Suspension::FewAccepted => "little of all the work was accepted",
            }),
        panel: panel.iter().map(|member| member.0).collect(),
        verdicts: appeal.map_or_else(Vec::new, |appeal| {
            let given = appeal.verdicts.iter();
            given.map(|(member, upheld)| (member.0, *upheld)).collect()
        }),
        rule: rule(campaign, &items),
        items,
        said: Vec::new(),
    })
}

/// Why a block cannot be appealed, as `decide::appeal` would find it.
fn obstacle(
    state: &State,
    (id, campaign): (CampaignId, &Campaign),
    appeal: Option<&Appeal>,
    due_ms: Option<u64>,
) -> Option<&'static str> {
    let method = campaign.spec.method.as_ref();
    let panel_ms = method.map_or(0, |method| method.panel_ms);
    match () {
        () if appeal.is_some_and(|it| {
            it.upheld.is_some() || it.called != Some(Suspension::FewAccepted)
        }) =>
        {
            Some("it was appealed before")
        }
        () if method.is_none_or(|method| method.panel.is_empty()) => {
            Some("this campaign has no panel that could look again")
        }
        () if !matches!(campaign.stage, Stage::Scored | Stage::Closed) => {
            Some("the campaign is settled")
        }
        () if due_ms.is_none_or(|due| due <= state.time_ms) => Some("the time for appeals is over"),
        () if !state.backed(id, state.time_ms, panel_ms) => {
            Some("the requester's deposit ends before a panel could decide")
        }
        () => None,
    }
}

fn rule(campaign: &Campaign, items: &[Item]) -> Statement {
    let checks = items
        .iter()
        .filter(|item| item.known.is_some() && !item.void);
    let right = checks
        .clone()
        .filter(|item| item.known.as_ref() == Some(&item.answer));
    let (right, checks) = (right.count(), checks.count());
    let others = items.iter().filter(|item| item.known.is_none());
    let alike = others
        .clone()
        .filter(|item| item.consensus.as_ref() == Some(&item.answer));
    let compared = others.filter(|item| item.consensus.is_some()).count();
    let beta = campaign.spec.rule.beta.ppm();
    let beta = format!("{}.{}", beta / 10_000, beta % 10_000 / 1_000);
    let count = |number: usize| Gap::Count(number as u64);
    let mut gaps = vec![
        ("beta", Gap::Decimal(beta)),
        ("alike", count(alike.count())),
        ("compared", count(compared)),
    ];
    if checks == 0 {
        return Statement::new(WITHOUT_CHECKS, gaps);
    }
    gaps.extend([("right", count(right)), ("checks", count(checks))]);
    Statement::new(BY_CHECKS, gaps)
}

/// The answers of some blocks that counted, each block's in log order. All answers of the campaign
/// are gone through twice, however many blocks there are.
pub(crate) fn items(
    campaign: &Campaign,
    places: impl IntoIterator<Item = (AccountId, u32)>,
    units: Option<&Units>,
) -> BTreeMap<(AccountId, u32), Vec<Item>> {
    let places = places.into_iter().map(|place| (place, Vec::new()));
    let mut own: BTreeMap<(AccountId, u32), Vec<(u32, u16)>> = places.collect();
    let people: BTreeSet<AccountId> = own.keys().map(|(account, _)| *account).collect();
    // Most answers are of others and on other units: a look into a table tells, not into a tree.
    let mut asked = vec![false; campaign.spec.unit_count as usize];
    for answer in &campaign.answers {
        if people.contains(&answer.opened.account)
            && let Some(given) = answer.opened.given
            && let Some(block) = own.get_mut(&(answer.opened.account, answer.block))
        {
            block.push(given);
            if let Some(unit) = asked.get_mut(given.0 as usize) {
                *unit = true;
            }
        }
    }
    let mut said: BTreeMap<u32, Vec<(AccountId, u16)>> = BTreeMap::new();
    for answer in &campaign.answers {
        if let Some((unit, label)) = answer.opened.given
            && asked.get(unit as usize) == Some(&true)
        {
            said.entry(unit)
                .or_default()
                .push((answer.opened.account, label));
        }
    }
    let block = |(place, given): ((AccountId, u32), Vec<(u32, u16)>)| {
        let item = |(unit, label): (u32, u16)| {
            let mut others: BTreeMap<u16, u32> = BTreeMap::new();
            let all = said.get(&unit).into_iter().flatten();
            for (_, other) in all.filter(|(account, _)| *account != place.0) {
                *others.entry(*other).or_default() += 1;
            }
            item(campaign, units, (unit, label), &others)
        };
        (place, given.into_iter().map(item).collect())
    };
    own.into_iter().map(block).collect()
}

fn item(
    campaign: &Campaign,
    units: Option<&Units>,
    (unit, label): (u32, u16),
    others: &BTreeMap<u16, u32>,
) -> Item {
    let brief = units.and_then(|units| units.brief.as_ref());
    let per_task = brief.map_or(1, |brief| brief.units_per_task()).max(1);
    let class = |label: u16| {
        let known = campaign.spec.classes.get(usize::from(label));
        known.cloned().unwrap_or_default()
    };
    let row = |unit: u32| units.and_then(|units| units.rows.get(unit as usize));
    let score = campaign.units.get(unit as usize);
    let text = row(unit).and_then(|row| row.text.clone());
    Item {
        unit,
        name: row(unit).map_or_else(String::new, |row| row.name.clone()),
        // Units of one task share the text of the first.
        text: text.or_else(|| row(unit - unit % per_task)?.text.clone()),
        answer: class(label),
        known: campaign.gold.get(&unit).map(|label| class(*label)),
        void: campaign.conduct.review.void.binary_search(&unit).is_ok(),
        consensus: score.and_then(|score| score.label).map(class),
        probability_ppm: score.map_or(0, |score| score.probability.ppm()),
        others: others
            .iter()
            .map(|(label, count)| (class(*label), *count))
            .collect(),
    }
}
