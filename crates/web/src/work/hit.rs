//! What the rules of a campaign have done: as whom they hit is told of it, and for its requester.

use node::draft::Draft;
use node::rule::{Action, Rule};
use protocol::{AccountId, CampaignId};
use serde_json::{Value, json};
use view::desk::Firing;

use super::Work;
use crate::page::{Words, rule};
use crate::problem::Problem;

/// What a rule has done to somebody, as they are told of it.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The rule; `None` where its settings are of a kind that is no longer read.
    pub(crate) rule: Option<Rule>,
    /// What was measured, in the collector's unit.
    pub(crate) value: u64,
    /// On so many observations.
    pub(crate) count: u32,
    /// Whether its round is over; before that, numbers about hidden checks tell which they are.
    pub(crate) is_over: bool,
    /// Whether it keeps tasks away now.
    pub(crate) holds: bool,
    /// Until when, in milliseconds since 1970; `None` for the rest of the round.
    pub(crate) until_ms: Option<u64>,
    /// Whether the requester has taken it back.
    pub(crate) lifted: bool,
}

impl Hit {
    /// One of a campaign whose running round begins at unit `running`.
    fn of(firing: &Firing, running: Option<u32>, now_ms: u64) -> Self {
        let is_over = running != Some(firing.first_unit);
        let lifted = firing.lifted.is_some();
        Self {
            at_ms: firing.at_ms,
            rule: rule_of(firing),
            value: firing.value,
            count: firing.count,
            is_over,
            holds: !is_over && !lifted && firing.until_ms > now_ms,
            until_ms: limit(firing),
            lifted,
        }
    }

    /// As the API has it.
    pub(super) fn shown(&self) -> Value {
        let words = self.rule.as_ref().map_or_else(
            || "a rule of the campaign".to_owned(),
            |rule| rule.told(self.value, self.count, self.is_over),
        );
        json!({
            "at_ms": self.at_ms,
            "words": words,
            "action": self.rule.as_ref().map(|rule| rule.action),
            "holds": self.holds,
            "until_ms": self.until_ms,
            "lifted": self.lifted,
        })
    }
}

/// The rule that has fired; `None` where its settings are of a kind that is no longer read.
pub(crate) fn rule_of(firing: &Firing) -> Option<Rule> {
    serde_json::from_str(&firing.settings).ok()
}

fn limit(firing: &Firing) -> Option<u64> {
    (firing.until_ms < u64::MAX).then_some(firing.until_ms)
}

/// What has hit an account in a campaign, the oldest first.
pub(super) fn hits(work: &Work, id: CampaignId, own: AccountId) -> Result<Vec<Hit>, Problem> {
    let firings = work.0.workplace.firings(id)?;
    let now_ms = work.0.host.now_ms();
    let running = work.0.host.read(|state| {
        let round = state.campaign(id).and_then(|it| it.open_round());
        round.map(|round| round.first_unit)
    });
    let mine = firings.iter().filter(|firing| firing.account == own);
    Ok(mine
        .map(|firing| Hit::of(firing, running, now_ms))
        .collect())
}

/// What the player tells somebody who works under rules, in their language: what has fired in the
/// running round.
pub(super) fn notices(
    work: &Work,
    draft: &Draft,
    (id, own): (CampaignId, AccountId),
    words: Words,
) -> Result<Vec<String>, Problem> {
    if draft.conduct.rules.is_empty() {
        return Ok(Vec::new());
    }
    Ok(noticed(&hits(work, id, own)?, words))
}

fn noticed(hits: &[Hit], words: Words) -> Vec<String> {
    let live = hits.iter().filter(|hit| !hit.is_over && !hit.lifted);
    let told = live.filter_map(|hit| {
        // A review is the requester's business; it holds nobody up.
        let is_told = hit.rule.as_ref()?.action != Action::Review;
        is_told.then(|| rule::told(words, hit))
    });
    let mut told: Vec<String> = told.collect();
    told.dedup();
    told
}

/// What the rules of a campaign have done to everybody, the oldest first.
pub(crate) fn fired(work: &Work, id: CampaignId) -> Result<Vec<(Firing, Option<Rule>)>, Problem> {
    let all = work.0.workplace.firings(id)?.into_iter();
    Ok(all
        .map(|firing| {
            let rule = rule_of(&firing);
            (firing, rule)
        })
        .collect())
}

/// The same as the API has it.
pub(super) fn rows(work: &Work, id: CampaignId) -> Result<Vec<Value>, Problem> {
    let row = |(firing, rule): &(Firing, Option<Rule>)| {
        let rule = rule.as_ref();
        json!({
            "id": firing.id,
            "account": firing.account.0,
            "rule": firing.rule + 1,
            "words": rule.map(Rule::words),
            "evidence": rule.map(|rule| rule.evidence(firing.value, firing.count)),
            "value": firing.value,
            "count": firing.count,
            "action": rule.map(|rule| rule.action),
            "at_ms": firing.at_ms,
            "until_ms": limit(firing),
            "lifted_by": firing.lifted.map(|(by, _)| by.0),
            "lifted_ms": firing.lifted.map(|(_, at_ms)| at_ms),
        })
    };
    Ok(fired(work, id)?.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn firing(settings: &str, until_ms: u64, lifted: bool) -> Firing {
        Firing {
            id: 1,
            campaign: CampaignId(0),
            first_unit: 10,
            visit: 1,
            account: AccountId(3),
            rule: 0,
            settings: settings.to_owned(),
            value: 1_200,
            count: 8,
            at_ms: 50,
            until_ms,
            lifted: lifted.then_some((AccountId(1), 60)),
        }
    }

    fn settings(action: &str) -> String {
        format!(
            "{{\"collector\":\"task_time\",\"is\":\"below\",\"value\":1500,\"after\":8,\
             \"action\":\"{action}\"}}"
        )
    }

    #[test]
    fn a_hit_holds_within_its_round_and_time_until_it_is_lifted() {
        let hit = |until_ms, lifted, running| {
            Hit::of(&firing(&settings("pause"), until_ms, lifted), running, 100)
        };
        let whole = hit(u64::MAX, false, Some(10));
        assert!(whole.holds && whole.until_ms.is_none());
        assert_eq!(whole.shown()["until_ms"], Value::Null);
        assert!(hit(101, false, Some(10)).holds);
        for gone in [
            hit(100, false, Some(10)),
            hit(u64::MAX, true, Some(10)),
            hit(u64::MAX, false, Some(20)),
            hit(u64::MAX, false, None),
        ] {
            assert!(!gone.holds, "{gone:?}");
        }
        let unread = Hit::of(&firing("{}", 0, false), None, 100);
        assert_eq!(unread.shown()["words"], "a rule of the campaign");
    }

    #[test]
    fn notices_are_told_once_in_ones_language_and_none_of_reviews() {
        let hit = |action: &str, lifted, running| {
            Hit::of(&firing(&settings(action), 0, lifted), running, 100)
        };
        let hits = [
            hit("warn", false, Some(10)),
            hit("warn", false, Some(10)),
            hit("review", false, Some(10)),
            hit("pause", true, Some(10)),
            hit("pause", false, Some(20)),
        ];
        let english = noticed(&hits, Words::ENGLISH);
        let expected = "time per task 1.2 s of 8, which led to this: a warning.";
        assert_eq!(english, [expected]);
        let spanish = noticed(&hits, Words::named("es").unwrap());
        assert_eq!(spanish.len(), 1);
        assert!(spanish[0].contains("1,2 s"), "{spanish:?}");
    }
}
