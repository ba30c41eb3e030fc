//! What a campaign has come to, task by task: consensus and the accepted answers behind it.

use crate::{Error, Host};
use ledger::State;
use protocol::brief::Kind;
use protocol::campaign::Spec;
use protocol::document::{Openings, UnitScore, Units};
use protocol::{AccountId, AssetId, CampaignId, Hash, codec};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Files;

/// A campaign's outcome; what was rejected is not in it.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The kind of question.
    pub kind: Kind,
    /// The classes that labels count.
    pub classes: Vec<String>,
    /// What may be ticked, where several choices are right.
    pub options: Vec<String>,
    /// Reasons that were offered beside a comparison.
    pub reasons: Vec<String>,
    /// What has inferred the labels.
    pub algorithm: String,
    /// The label set, once the campaign is closed.
    pub asset: Option<AssetId>,
    /// Log time of the export, as ISO 8601.
    pub time_iso: String,
    units: Arc<Units>,
    /// Tasks that have been out, of those that were asked for.
    out: u32,
    /// Latest consensus, by unit.
    scores: Vec<UnitScore>,
    /// By unit: who has said what, as the places of accepted answers in log order.
    accepted: BTreeMap<u32, Vec<(AccountId, u16, Option<String>)>>,
    per_task: u32,
}

/// What was said of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// One label for each unit of the task.
    pub labels: Vec<u16>,
    /// What was written beside it.
    pub text: Option<String>,
}

/// One task with all that was said of it.
#[derive(Clone, Debug)]
pub struct Task {
    /// The requester's own id.
    pub name: String,
    /// What was shown.
    pub text: Option<String>,
    /// The consensus, with its probability in ppm.
    pub label: Option<(Said, u32)>,
    /// Accepted answers by account.
    pub answers: Vec<(AccountId, Said)>,
}

/// What the state is asked for, so that it is let go of soon.
struct Taken {
    spec: Spec,
    asset: Option<AssetId>,
    time_ms: u64,
    units_out: u32,
    scores: Vec<UnitScore>,
    /// Accepted answers: place among all in log order, who, unit, label.
    accepted: Vec<(usize, AccountId, u32, u16)>,
    /// Sidecars of the rounds that are over.
    openings: Vec<Hash>,
}

impl Taken {
    /// Of the units before `end`.
    fn of(state: &State, id: CampaignId, end: u32) -> Option<Self> {
        let campaign = state.campaign(id)?;
        let answers = campaign.answers.iter().enumerate();
        let accepted = answers.filter_map(|(place, answer)| {
            let given = answer.opened.given.filter(|(unit, _)| *unit < end);
            let (unit, label) = given.filter(|_| campaign.accepted(answer))?;
            Some((place, answer.opened.account, unit, label))
        });
        let rounds = campaign.rounds.iter();
        Some(Self {
            accepted: accepted.collect(),
            spec: campaign.spec.clone(),
            asset: campaign.asset,
            time_ms: state.time_ms,
            units_out: campaign.units_out(),
            scores: campaign.units.iter().take(end as usize).copied().collect(),
            openings: rounds.filter_map(|round| round.openings).collect(),
        })
    }
}

/// Gathers a campaign from the durable state and the public openings; `None` where there is none.
pub fn export(
    host: &Host,
    files: &Arc<dyn Files>,
    id: CampaignId,
    units: Arc<Units>,
) -> Result<Option<Exported>, Error> {
    head(host, files, (id, u32::MAX), units)
}

/// The same of the first tasks alone, at most so many.
pub fn head(
    host: &Host,
    files: &Arc<dyn Files>,
    (id, most): (CampaignId, u32),
    units: Arc<Units>,
) -> Result<Option<Exported>, Error> {
    let brief = units.brief.as_ref();
    let per_task = brief.map_or(1, |brief| brief.units_per_task());
    let end = most.saturating_mul(per_task);
    let Some(taken) = host.read(|state| Taken::of(state, id, end)) else {
        return Ok(None);
    };
    let texts = texts(files, &taken.openings, &units)?;
    let mut accepted: BTreeMap<u32, Vec<(AccountId, u16, Option<String>)>> = BTreeMap::new();
    for (place, account, unit, label) in taken.accepted {
        let text = texts.get(place).cloned().flatten();
        accepted
            .entry(unit)
            .or_default()
            .push((account, label, text));
    }
    let method = taken.spec.method.as_ref();
    Ok(Some(Exported {
        kind: brief.map_or(Kind::Choice, |brief| brief.kind),
        options: brief.map_or_else(Vec::new, |brief| brief.options.clone()),
        reasons: brief.map_or_else(Vec::new, |brief| brief.reasons.clone()),
        algorithm: method.map_or_else(String::new, |method| method.algorithm.clone()),
        classes: taken.spec.classes,
        asset: taken.asset,
        time_iso: iso(taken.time_ms),
        out: most.min(taken.units_out / per_task),
        scores: taken.scores,
        accepted,
        per_task,
        units,
    }))
}

/// What was written beside each answer, in log order; nothing where no kind of question asks.
fn texts(
    files: &Arc<dyn Files>,
    rounds: &[Hash],
    units: &Units,
) -> Result<Vec<Option<String>>, Error> {
    let kind = units.brief.as_ref().map(|brief| brief.kind);
    if !matches!(kind, Some(Kind::Text | Kind::Comparison)) {
        return Ok(Vec::new());
    }
    let sidecars = store::opening::Openings::new(Arc::clone(files));
    let mut texts = Vec::new();
    for hash in rounds {
        let bytes = sidecars.read(&hash.0)?.unwrap_or_default();
        let openings: Result<Openings, _> = codec::decode(&bytes);
        let answers = openings
            .map(|openings| openings.answers)
            .unwrap_or_default();
        texts.extend(
            answers
                .into_iter()
                .map(|answer| answer.and_then(|answer| answer.text)),
        );
    }
    Ok(texts)
}

impl Exported {
    /// The tasks that have been out so far, in their order, as many of them as were asked for.
    pub fn tasks(&self) -> impl Iterator<Item = Task> + '_ {
        (0..self.out).map(|task| self.task(task))
    }

    fn task(&self, task: u32) -> Task {
        let first = task * self.per_task;
        let units = first..first + self.per_task;
        let row = &self.units.rows[first as usize];
        let name = match self.options.first() {
            Some(option) => row
                .name
                .strip_suffix(&format!("#{option}"))
                .unwrap_or(&row.name),
            None => &row.name,
        };
        let scores: Option<Vec<(u16, u32)>> = units
            .clone()
            .map(|unit| {
                let score = self.scores.get(unit as usize)?;
                Some((score.label?, score.probability.ppm()))
            })
            .collect();
        let mut answers: BTreeMap<AccountId, Said> = BTreeMap::new();
        for unit in units {
            for (account, label, text) in self.accepted.get(&unit).into_iter().flatten() {
                let said = answers.entry(*account).or_default();
                said.labels.push(*label);
                said.text = text.clone().or(said.text.take());
            }
        }
        answers.retain(|_, said| said.labels.len() == self.per_task as usize);
        Task {
            name: name.to_owned(),
            text: row.text.clone(),
            label: scores.map(|scores| consensus(&scores, self.kind, &answers)),
            answers: answers.into_iter().collect(),
        }
    }
}

/// The labels together, as probable as the least probable of them. Of free texts the first that was
/// accepted stands for all: nothing has compared them.
fn consensus(
    scores: &[(u16, u32)],
    kind: Kind,
    answers: &BTreeMap<AccountId, Said>,
) -> (Said, u32) {
    let probability = scores.iter().map(|(_, probability)| *probability).min();
    let text = match kind {
        Kind::Text => answers.values().find_map(|said| said.text.clone()),
        _ => None,
    };
    let labels = scores.iter().map(|(label, _)| *label).collect();
    (Said { labels, text }, probability.unwrap_or(0))
}

/// Milliseconds since 1970 as ISO 8601 in UTC, by the proleptic Gregorian calendar.
pub fn iso(time_ms: u64) -> String {
    let (days, of_day) = (time_ms / 86_400_000, time_ms % 86_400_000);
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_written_as_dates() {
        assert_eq!(super::iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(super::iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(super::iso(1_795_885_451_963), "2026-11-28T17:04:11.963Z");
    }
}
