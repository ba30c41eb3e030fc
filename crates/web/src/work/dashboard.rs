//! How a campaign goes, in numbers and sentences: pace, cost, quality, forecast, and what to do.
//!
//! All of it comes from counters of the view and of the durable state; what takes a look at every
//! answer is [`super::insight`]'s, and is there a moment after each judgement.

mod alarm;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use node::level::bound_ppm;
use protocol::event::PurseOwner;
use protocol::{AccountId, CampaignId};
use serde_json::{Value, json};
use view::question::{Contributor, Dashboard};

pub(crate) use alarm::Alarm;

use super::insight::Insight;
use super::{Work, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::chart::Bin;
use crate::extract::Path;
use crate::problem::Problem;

const HOUR_MS: u64 = 3_600_000;
/// Hours over which the pace is taken.
const PACE_HOURS: u64 = 24;
/// Hours that are shown at most.
pub(crate) const HOURS: u64 = 168;
/// Contributors that are looked at.
const PEOPLE: usize = 1_000;
/// Bins of the reliability diagram.
const BINS: usize = 10;

pub(super) fn routes() -> Router<Work> {
    Router::new().route("/api/v1/campaigns/{id}/dashboard", get(one))
}

/// What everybody may see of how a campaign goes.
pub(crate) struct Outlook {
    /// The view's counters.
    pub(crate) view: Dashboard,
    /// Contributors as the view has them, by account.
    pub(crate) people: Vec<Contributor>,
    /// Names of the classes.
    pub(crate) classes: Vec<String>,
    /// Answers that are wanted in all, where no unit is closed early.
    pub(crate) wanted: u64,
    /// Still in the budget, base units.
    pub(crate) left_units: u128,
    /// Answers sealed for each hour of the newest [`HOURS`], those without any too.
    pub(crate) hours: Vec<(u64, u64)>,
    /// Milliseconds since 1970 by the node's clock.
    pub(crate) now_ms: u64,
    /// Whether a round runs, and nobody has paused it.
    pub(crate) runs: bool,
    /// Appeals before the panel, and when the first is due.
    pub(crate) appeals: (u64, Option<u64>),
    /// Entries that the view has not taken in yet.
    pub(crate) behind: u64,
}

/// `GET /api/v1/campaigns/{id}/dashboard`: how it goes, for whoever steers it.
async fn one(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let id = work.steers(&caller, id)?;
    let value = blocking(move || {
        let outlook = outlook(&work, id)?;
        let insight = work.insight(id)?;
        let bins = reviewed(&work, id)?;
        Ok::<_, Problem>(written(&outlook, insight.as_deref(), &bins))
    });
    Ok(Json(value.await??))
}

/// Gathers what everybody may see.
pub(crate) fn outlook(work: &Work, id: CampaignId) -> Result<Outlook, Problem> {
    let questions = work.market().questions()?;
    let view = questions.dashboard(id.0)?.ok_or_else(|| {
        // The state may know a campaign a moment before the view does.
        Problem::busy("unavailable", "the view has no such campaign yet", 1)
    })?;
    let people = questions.contributors(id.0, None, PEOPLE)?.rows;
    let appeals = questions.waiting_appeals(id.0)?;
    let paused = work
        .plans()
        .of_campaign(id)?
        .is_some_and(|plan| plan.paused);
    let found = work.host().read(|state| {
        let campaign = state.campaign(id)?;
        let token = campaign.spec.terms.token;
        let left = state.book.balance(PurseOwner::Budget(id), token).units();
        let wanted = u64::from(campaign.spec.unit_count) * u64::from(campaign.spec.overlap);
        let classes = campaign.spec.classes.clone();
        Some((classes, wanted, left, campaign.open_round().is_some()))
    });
    let (classes, wanted, left_units, open) = found.ok_or_else(|| no_campaign(id))?;
    let host = work.host();
    let now_ms = host.now_ms();
    Ok(Outlook {
        hours: filled(&view.hours, now_ms),
        people,
        classes,
        wanted,
        left_units,
        now_ms,
        runs: open && !paused,
        appeals,
        behind: host.durable().saturating_sub(host.viewed_through()),
        view,
    })
}

/// The newest hours with a number for each, from the first with an answer on.
fn filled(known: &[(u64, u64)], now_ms: u64) -> Vec<(u64, u64)> {
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return Vec::new();
    };
    // A log that is ahead of the clock ends with its own last hour.
    let end = (now_ms / HOUR_MS * HOUR_MS).max(last.0);
    let begin = first.0.max(end.saturating_sub((HOURS - 1) * HOUR_MS));
    let hours = (0..HOURS).map(|hour| begin + hour * HOUR_MS);
    let sealed = |hour: u64| {
        let place = known.binary_search_by_key(&hour, |own| own.0);
        place.map_or(0, |place| known[place].1)
    };
    hours
        .take_while(|hour| *hour <= end)
        .map(|hour| (hour, sealed(hour)))
        .collect()
}

impl Outlook {
    /// Answers that are still wanted.
    pub(crate) fn missing(&self) -> u64 {
        self.wanted.saturating_sub(self.view.campaign.answers.0)
    }

    /// Answers in a thousand hours, over the last day or since the first answer.
    fn milli_pace(&self) -> u64 {
        let newest = self.hours.iter().rev().take(PACE_HOURS as usize);
        let add = |sum: (u64, u64), hour: &(u64, u64)| (sum.0 + 1, sum.1.saturating_add(hour.1));
        let (count, sum) = newest.fold((0, 0), add);
        sum.saturating_mul(1_000).checked_div(count).unwrap_or(0)
    }

    /// Answers of an hour at the present pace, rounded.
    pub(crate) fn pace(&self) -> u64 {
        self.milli_pace().saturating_add(500) / 1_000
    }

    /// When all wanted answers will be there at the present pace; `None` without a pace or a rest.
    pub(crate) fn done_ms(&self) -> Option<u64> {
        let missing = self.missing();
        let hours = missing
            .saturating_mul(1_000)
            .checked_div(self.milli_pace())?;
        let wait = hours.checked_mul(HOUR_MS)?;
        (missing > 0).then(|| self.now_ms.saturating_add(wait))
    }

    /// What it will have cost, by what judged answers have cost; `None` before any is judged.
    pub(crate) fn forecast_units(&self) -> Option<u128> {
        let row = &self.view.campaign;
        let judged = u128::from(row.judged.0.saturating_add(row.judged.1));
        let all = u128::from(self.wanted.max(row.answers.0));
        row.spent.units().checked_mul(all)?.checked_div(judged)
    }

    /// Gold answers that were right, parts per million; `None` before the first.
    pub(crate) fn gold_ppm(&self) -> Option<u64> {
        let (seen, right) = self.view.gold;
        right.saturating_mul(1_000_000).checked_div(seen)
    }
}

/// What reviewers have found of the consensus, by how probable it was said to be.
pub(crate) fn reviewed(work: &Work, id: CampaignId) -> Result<Vec<Bin>, Problem> {
    let opinions = work.workplace().ask(|desk| desk.opinions(id))?;
    let per_task = work.draft(id)?.units_per_task();
    let mut bins = vec![Bin::default(); BINS];
    work.host().read(|state| {
        let Some(campaign) = state.campaign(id) else {
            return;
        };
        for own in opinions.iter().filter(|own| !own.last.is_empty()) {
            let first = own.task.saturating_mul(per_task) as usize;
            let units = campaign.units.iter().skip(first).take(per_task as usize);
            let Some(ppm) = units.map(|unit| unit.probability.ppm()).min() else {
                continue;
            };
            let bin = &mut bins[(ppm as usize * BINS / 1_000_001).min(BINS - 1)];
            bin.cases += 1;
            bin.right += u64::from(own.last == own.consensus);
            bin.said_ppm += u64::from(ppm);
        }
    });
    Ok(bins)
}

/// The range in which somebody's accuracy on hidden checks is with 90 %, parts per million.
pub(crate) fn range_ppm((seen, right): (u32, u32)) -> (u32, u32) {
    let right = right.min(seen);
    let low = bound_ppm(right, seen);
    let high = 1_000_000 - bound_ppm(seen - right, seen);
    // Where all or nothing is right, both ends of the middle 90 % lie on one side of it.
    let was = (u64::from(right) * 1_000_000).checked_div(u64::from(seen));
    let was = was.and_then(|was| u32::try_from(was).ok());
    was.map_or((low, high), |was| (low.min(was), high.max(was)))
}

fn written(outlook: &Outlook, insight: Option<&Insight>, bins: &[Bin]) -> Value {
    let (view, row) = (&outlook.view, &outlook.view.campaign);
    let units = |own: Option<protocol::Amount>| own.map(|own| own.to_string());
    let person = |own: &Contributor| {
        json!({
            "account": AccountId(own.account).0,
            "answers": own.answers[0],
            "accepted": own.answers[2],
            "rejected": own.answers[3],
            "gold_seen": own.gold.map(|gold| gold.0),
            "gold_right": own.gold.map(|gold| gold.1),
            "reputation_ppm": own.reputation_ppm,
            "range_ppm": own.gold.map(range_ppm),
        })
    };
    let bin = |bin: &Bin| {
        json!({"cases": bin.cases, "right": bin.right,
            "said_ppm": bin.said_ppm.checked_div(bin.cases)})
    };
    let mistake = |own: &view::question::Mistake| json!([own.truth, own.given, own.answers]);
    json!({
        "campaign": row.campaign,
        "answers": {"wanted": outlook.wanted, "sealed": row.answers.0, "opened": row.answers.1,
            "accepted": row.judged.0, "rejected": row.judged.1},
        "units": {"all": row.units.0, "out": row.units.1, "labelled": row.labelled},
        "money": {"token": row.token, "budget_units": row.budget.to_string(),
            "spent_units": row.spent.to_string(), "left_units": outlook.left_units.to_string(),
            "per_label_units": units(view.cost_per_label),
            "per_accepted_units": units(view.cost_per_accepted),
            "forecast_units": outlook.forecast_units().map(|units| units.to_string())},
        "pace": {"per_hour": outlook.pace(), "done_ms": outlook.done_ms()},
        "hours": outlook.hours,
        "gold": {"seen": view.gold.0, "right": view.gold.1},
        "classes": outlook.classes,
        "mistakes": view.mistakes.iter().map(mistake).collect::<Vec<_>>(),
        "contributors": outlook.people.iter().map(person).collect::<Vec<_>>(),
        "agreement": insight.map(|own| json!({"pairs": own.pairs.0, "alike": own.pairs.1,
            "beyond_chance_ppm": own.beyond_chance_ppm()})),
        "confusion": insight.map(|own| own.found.confusion.clone()),
        "reviewed": bins.iter().map(bin).collect::<Vec<_>>(),
        "alarms": outlook.alarms(insight),
    })
}

/// What a page shows beside what everybody sees, for whoever steers.
pub(crate) fn steered(
    work: &Work,
    id: CampaignId,
) -> Result<(Option<Arc<Insight>>, Vec<Bin>), Problem> {
    Ok((work.insight(id)?, reviewed(work, id)?))
}

#[cfg(test)]
#[path = "dashboard/tests.rs"]
mod tests;
