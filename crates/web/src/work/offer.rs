//! A campaign as somebody sees it who looks for work: what it pays, at which pace, to whom.

use std::collections::BTreeMap;

use node::State;
use protocol::document::Outcome;
use protocol::{AccountId, CampaignId};
use serde_json::{Value, json};
use view::desk::Visit;

use super::{Work, campaign};
use crate::problem::Problem;

/// Newest answers by which the pace is told.
const ANSWERS: u32 = 400;
/// Answers without which nothing is said of the pace.
const LEAST: usize = 20;
/// Time below which nobody reads a task: programs have answered, and their hour is no person's.
const LEAST_MS: u64 = 1_000;
const HOUR_MS: u128 = 3_600_000;

/// A campaign in a line with `terms`, the `level` and `reputation_ppm` it asks for, the `kind`,
/// `tasks_wanted`, and what was observed: `pace` (median time of a task in milliseconds, of so many
/// tasks, and what an hour earns at it if all is accepted) and `judged` (blocks, and those paid).
/// `None` where there is no such campaign.
pub(crate) fn offer(work: &Work, id: CampaignId) -> Result<Option<Value>, Problem> {
    let draft = work.draft(id)?;
    let visits = work
        .0
        .workplace
        .ask(|desk| desk.newest_answers(id, ANSWERS))?;
    let wanted = work.0.workplace.left(id).1;
    let found = work.0.host.read(|state| {
        let mut row = campaign::summary(state, id)?;
        row["terms"] = campaign::detail(state, id)?;
        row["judged"] = judged(state, id)?;
        Some((row, state.campaign(id)?.spec.price_units.units()))
    });
    let Some((mut row, price_units)) = found else {
        return Ok(None);
    };
    let per_task = match draft.kind {
        protocol::brief::Kind::Choices => draft.classes.len().max(1),
        _ => 1,
    };
    row["kind"] = json!(draft.kind);
    row["level"] = json!(draft.conduct.least_level.word());
    row["reputation_ppm"] = json!(draft.least_reputation_ppm);
    row["training"] = json!(draft.conduct.training);
    row["tasks_wanted"] = json!(wanted);
    row["pace"] = pace(&visits).map_or(Value::Null, |(median_ms, tasks)| {
        let earned = price_units.saturating_mul(per_task as u128);
        let hour = earned.saturating_mul(HOUR_MS) / u128::from(median_ms.max(1));
        json!({"median_ms": median_ms, "tasks": tasks, "hour_units": hour.to_string()})
    });
    Ok(Some(row))
}

/// Blocks that are judged for good, and how many of them were paid.
fn judged(state: &State, id: CampaignId) -> Option<Value> {
    let work = state.campaign(id)?.work.values();
    let (mut all, mut paid) = (0_u32, 0_u32);
    for block in work.flat_map(|own| &own.blocks) {
        match block.outcome {
            Outcome::Held => {}
            Outcome::Released(_) => (all, paid) = (all + 1, paid + 1),
            Outcome::Rejected => all += 1,
        }
    }
    Some(json!({"blocks": all, "paid": paid}))
}

/// Median time of a task, and of how many; none of too few, nor of what programs have answered.
/// Somebody who holds several tasks works on one after the other, so a task begins where their last
/// one ended.
fn pace(visits: &[Visit]) -> Option<(u64, usize)> {
    let mut last: BTreeMap<AccountId, u64> = BTreeMap::new();
    let mut times: Vec<u64> = Vec::new();
    for visit in visits
        .iter()
        .filter(|own| own.given_ms > 0 && own.ended_ms > 0)
    {
        let last_ms = last.entry(visit.account).or_default();
        let began_ms = visit.given_ms.max(*last_ms);
        *last_ms = (*last_ms).max(visit.ended_ms);
        times.extend(visit.ended_ms.checked_sub(began_ms));
    }
    times.sort_unstable();
    let middle = times.len().checked_sub(1)? / 2;
    let enough = times.len() >= LEAST && times[middle] >= LEAST_MS;
    enough.then(|| (times[middle], times.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use view::desk::Outcome as End;

    fn visit(account: u32, given_ms: u64, ended_ms: u64) -> Visit {
        Visit {
            id: 0,
            campaign: CampaignId(0),
            first_unit: 0,
            task: 0,
            account: AccountId(account),
            given_ms,
            ended_ms,
            outcome: End::Answered,
        }
    }

    #[test]
    fn a_task_begins_where_the_last_one_ended() {
        // Five are taken at once and answered every two seconds.
        let rows: Vec<Visit> = (1..=20)
            .map(|at| visit(1, 1_000, 1_000 + at * 2_000))
            .collect();
        assert_eq!(pace(&rows), Some((2_000, 20)));
        // Somebody else's last answer does not shorten one's own.
        let mixed: Vec<Visit> = rows
            .iter()
            .copied()
            .chain([visit(2, 1_000, 9_000)])
            .collect();
        assert_eq!(pace(&mixed), Some((2_000, 21)));
    }

    #[test]
    fn little_says_nothing() {
        let few: Vec<Visit> = (1..20).map(|at| visit(1, 1, at * 1_000)).collect();
        assert_eq!(pace(&few), None);
        let untimed = vec![visit(1, 0, 5_000); 40];
        assert_eq!(pace(&untimed), None);
        let programs = (0..40).map(|at| visit(at, 1_000, 1_999));
        assert_eq!(pace(&programs.collect::<Vec<_>>()), None);
        assert_eq!(pace(&[]), None);
    }
}
