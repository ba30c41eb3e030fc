//! Paying users call models: each call is a row with payer, purpose and price, cut into segments.

use super::work::submit;
use super::{CallPlan, Input, Progress, Roster, Scenario, Trained};
use anyhow::{Context as _, Result};
use node::{Node, meter};
use proof::hash::sha256;
use protocol::command::GrantAllowance;
use protocol::usage::UsageRow;
use protocol::{AllowanceId, Amount, AssetId, Command};
use std::collections::BTreeMap;

/// Calls per segment.
const SEGMENT_ROWS: usize = 1_000;

/// One call, to be followed to the last unit.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Who paid, by place in the scenario.
    pub user: usize,
    /// Which campaign's model.
    pub campaign: usize,
    /// What for.
    pub purpose: String,
    /// What was asked.
    pub input: Input,
    /// The answer, by its place in the classes.
    pub label: u32,
    /// The receipt's id.
    pub receipt: [u8; 32],
    /// What it cost.
    pub price: Amount,
}

/// Users set allowances aside, models answer, the developer posts segments.
pub(super) fn serve(
    node: &mut Node,
    scenario: &Scenario,
    roster: &mut Roster,
    trained: &[Trained],
    progress: &mut Progress<'_>,
) -> Result<Option<Sample>> {
    let allowances = grant(node, scenario, roster, trained)?;
    let total = scenario.calls.len();
    let mut open: BTreeMap<usize, Vec<UsageRow>> = BTreeMap::new();
    let mut sample = None;
    let start_ms = node.now_ms();
    for (number, call) in scenario.calls.iter().enumerate() {
        let elapsed = scenario.pace.calls_ms * number as u64 / total as u64;
        let time_ms = start_ms + elapsed;
        let (row, answered) = answer(scenario, trained, call, &allowances, time_ms)?;
        sample = sample.or(Some(answered));
        let rows = open.entry(call.campaign).or_default();
        rows.push(row);
        if rows.len() == SEGMENT_ROWS {
            let rows = std::mem::take(rows);
            node.advance(time_ms.saturating_sub(node.now_ms()))?;
            post(node, roster, trained[call.campaign].asset, rows)?;
        }
        if number % 250 == 0 {
            progress("models are called", number as u64, total as u64);
        }
    }
    let end_ms = start_ms + scenario.pace.calls_ms;
    node.advance(end_ms.saturating_sub(node.now_ms()))?;
    for (campaign, rows) in open.into_iter().filter(|(_, rows)| !rows.is_empty()) {
        post(node, roster, trained[campaign].asset, rows)?;
    }
    progress("models are called", total as u64, total as u64);
    Ok(sample)
}

type Allowances = BTreeMap<(usize, usize), AllowanceId>;

/// Each user sets aside what its calls will cost, per model.
fn grant(
    node: &mut Node,
    scenario: &Scenario,
    roster: &mut Roster,
    trained: &[Trained],
) -> Result<Allowances> {
    let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for call in &scenario.calls {
        *counts.entry((call.user, call.campaign)).or_default() += 1;
    }
    let expires_ms = node.now_ms() + scenario.pace.calls_ms + 3_600_000;
    let first = u32::try_from(node.state().allowances.len())?;
    let mut allowances = Allowances::new();
    let mut offers = Vec::new();
    for (next, ((user, campaign), count)) in (first..).zip(counts) {
        let price = scenario.campaigns[campaign].model.price;
        let user_keys = &mut roster.users[user];
        let grant = GrantAllowance {
            asset: trained[campaign].asset,
            fund: user_keys.fund.context("a user has a deposit")?,
            cap_units: price
                .checked_mul(count)
                .context("an allowance exceeds the cap")?,
            expires_ms,
        };
        offers.push(user_keys.sign(Command::GrantAllowance(grant)));
        allowances.insert((user, campaign), AllowanceId(next));
    }
    submit(node, offers)?;
    Ok(allowances)
}

fn answer(
    scenario: &Scenario,
    trained: &[Trained],
    call: &CallPlan,
    allowances: &Allowances,
    time_ms: u64,
) -> Result<(UsageRow, Sample)> {
    let plan = &scenario.campaigns[call.campaign];
    let label = trained[call.campaign].label(&call.input);
    let purposes = &plan.model.purposes;
    let purpose = purposes.iter().position(|purpose| *purpose == call.purpose);
    let purpose = u16::try_from(purpose.context("the terms allow the purpose")?)?;
    let allowance = allowances
        .get(&(call.user, call.campaign))
        .context("an allowance")?
        .0;
    let asked = match &call.input {
        Input::Text(text) => sha256(&[text.as_bytes()]),
        Input::Unit(unit) => sha256(&[plan.units[*unit as usize].name.as_bytes()]),
    };
    let mut row = UsageRow {
        receipt: [0; 32],
        allowance,
        purpose,
        time_ms,
        amount_units: plan.model.price.units(),
        input: asked,
        output: sha256(&[plan.classes[label as usize].as_bytes()]),
        tokens: None,
    };
    row.receipt = sha256(&[b"headwater/receipt/v1\0", &row.bytes()]);
    let sample = Sample {
        user: call.user,
        campaign: call.campaign,
        purpose: call.purpose.clone(),
        input: call.input.clone(),
        label,
        receipt: row.receipt,
        price: plan.model.price,
    };
    Ok((row, sample))
}

fn post(node: &mut Node, roster: &mut Roster, asset: AssetId, rows: Vec<UsageRow>) -> Result<()> {
    let number = node.state().asset(asset).map_or(0, |asset| asset.segments);
    let segment = meter::segment(asset, number, rows)?.context("a segment's sums are too large")?;
    let mut offer = roster.developer.sign(Command::PostSegment(segment.command));
    offer.attachments = vec![segment.rows];
    submit(node, vec![offer])
}
