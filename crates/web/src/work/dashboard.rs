//! How a campaign goes, in numbers and sentences: pace, cost, quality, forecast, and what to do.
//!
//! All of it comes from counters of the view and of the durable state; what takes a look at every
//! answer is [`super::insight`]'s, and is there a moment after each judgement.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use node::level::bound_ppm;
use protocol::event::PurseOwner;
use protocol::{AccountId, CampaignId};
use serde::Serialize;
use serde_json::{Value, json};
use view::question::{Contributor, Dashboard};

use super::insight::Insight;
use super::{Work, unknown_campaign};
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

/// What a requester should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Alarm {
    /// Its name for programs.
    pub(crate) code: &'static str,
    /// Whether work or money is lost while nobody acts.
    pub(crate) grave: bool,
    /// What is so.
    pub(crate) words: String,
    /// What to do.
    pub(crate) advice: &'static str,
    /// Where that is done, below the campaign's page; empty where the page itself is meant.
    pub(crate) place: &'static str,
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
    let (classes, wanted, left_units, open) = found.ok_or_else(|| unknown_campaign(id))?;
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
        let (count, sum) = newest.fold((0_u64, 0_u64), |sum, hour| (sum.0 + 1, sum.1 + hour.1));
        (sum * 1_000).checked_div(count).unwrap_or(0)
    }

    /// Answers of an hour at the present pace, rounded.
    pub(crate) fn pace(&self) -> u64 {
        (self.milli_pace() + 500) / 1_000
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
        let judged = u128::from(row.judged.0 + row.judged.1);
        let all = u128::from(self.wanted.max(row.answers.0));
        row.spent.units().checked_mul(all)?.checked_div(judged)
    }

    /// Gold answers that were right, parts per million; `None` before the first.
    pub(crate) fn gold_ppm(&self) -> Option<u64> {
        let (seen, right) = self.view.gold;
        (right * 1_000_000).checked_div(seen)
    }

    /// What to look at, the gravest first.
    pub(crate) fn alarms(&self, insight: Option<&Insight>) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        alarms.extend(self.budget_alarm());
        alarms.extend(self.silence_alarm());
        alarms.extend(self.quality_alarms(insight));
        alarms.extend(self.people_alarms());
        if self.behind > 10_000 {
            alarms.push(Alarm {
                code: "view_behind",
                grave: false,
                words: format!("{} entries are not in these numbers yet", self.behind),
                advice: "Wait; the node is catching up.",
                place: "",
            });
        }
        alarms.sort_by_key(|alarm| !alarm.grave);
        alarms
    }

    fn budget_alarm(&self) -> Option<Alarm> {
        let price = self.view.campaign.price.units();
        let affordable = self.left_units.checked_div(price)?;
        let missing = u128::from(self.missing());
        (self.runs && affordable < missing).then(|| Alarm {
            code: "budget_short",
            grave: true,
            words: format!(
                "The budget pays for {affordable} more answers, and {missing} are wanted"
            ),
            advice: "Close the campaign with what it has, or draw up another for the rest.",
            place: "",
        })
    }

    fn silence_alarm(&self) -> Option<Alarm> {
        let newest = self.hours.iter().rev().take(6);
        let silent = self.hours.len() >= 6 && newest.map(|hour| hour.1).sum::<u64>() == 0;
        (self.runs && silent && self.missing() > 0).then_some(Alarm {
            code: "nobody_works",
            grave: true,
            words: "Nobody has answered for six hours".to_owned(),
            advice: "Lower the least level, shorten the instructions, or pay more in the next one.",
            place: "/people",
        })
    }

    fn quality_alarms(&self, insight: Option<&Insight>) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        if let (Some(ppm), true) = (self.gold_ppm(), self.view.gold.0 >= 20)
            && ppm < 700_000
        {
            alarms.push(Alarm {
                code: "gold_low",
                grave: false,
                words: format!("Only {} % of hidden checks are right", ppm / 10_000),
                advice: "Look at the confusion: known answers or instructions may be wrong.",
                place: "/disagreement",
            });
        }
        let beyond = insight.and_then(Insight::beyond_chance_ppm);
        let enough = insight.is_some_and(|insight| insight.pairs.0 >= 50);
        if let (Some(ppm), true) = (beyond, enough)
            && ppm < 400_000
        {
            alarms.push(Alarm {
                code: "agreement_low",
                grave: false,
                words: "People agree little more than by chance".to_owned(),
                advice: "Read the most disputed tasks; say in the instructions what they are.",
                place: "/disagreement",
            });
        }
        alarms
    }

    fn people_alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        let (accepted, rejected) = self.view.campaign.judged;
        if rejected >= 20 && rejected * 3 > accepted + rejected {
            alarms.push(Alarm {
                code: "many_rejected",
                grave: false,
                words: format!(
                    "{rejected} of {} judged answers were rejected",
                    accepted + rejected
                ),
                advice: "See who works, and let your rules stop guessing earlier.",
                place: "/people",
            });
        }
        let (waiting, due_ms) = self.appeals;
        if waiting > 0 {
            let soon = due_ms.is_some_and(|due| due < self.now_ms.saturating_add(24 * HOUR_MS));
            alarms.push(Alarm {
                code: "appeals_wait",
                grave: soon,
                words: format!("{waiting} appeals wait for the panel"),
                advice: "Remind the panel: what it leaves undecided stays rejected.",
                place: "/review",
            });
        }
        alarms
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
