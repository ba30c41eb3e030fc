//! What a requester should look at, and what to do about it.

use serde::Serialize;

use super::super::insight::Insight;
use super::{HOUR_MS, Outlook};

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
    /// The numbers of `words`, by the gaps of the catalogue.
    #[serde(skip)]
    pub(crate) gaps: Vec<(&'static str, u128)>,
    /// Where that is done, below the campaign's page; empty where the page itself is meant.
    pub(crate) place: &'static str,
}

impl Outlook {
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
                gaps: vec![("entries", self.behind.into())],
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
            gaps: vec![("affordable", affordable), ("missing", missing)],
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
            gaps: Vec::new(),
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
                gaps: vec![("percent", (ppm / 10_000).into())],
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
                gaps: Vec::new(),
                place: "/disagreement",
            });
        }
        alarms
    }

    fn people_alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        let (accepted, rejected) = self.view.campaign.judged;
        let judged = accepted.saturating_add(rejected);
        if rejected >= 20 && rejected > judged / 3 {
            alarms.push(Alarm {
                code: "many_rejected",
                grave: false,
                words: format!("{rejected} of {judged} judged answers were rejected"),
                advice: "See who works, and let your rules stop guessing earlier.",
                gaps: vec![("rejected", rejected.into()), ("judged", judged.into())],
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
                advice: "Remind the panel: its silence is for the contributor, but not where it \
                         was called because little of all the work was accepted.",
                gaps: vec![("waiting", waiting.into())],
                place: "/review",
            });
        }
        alarms
    }
}
