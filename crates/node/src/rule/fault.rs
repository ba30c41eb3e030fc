//! What cannot be in a rule: found before the campaign opens.

use super::{Action, Collector, Compare, MOST, Rule};

/// Longest cool-down: a day.
const MOST_MINUTES: u32 = 1_440;
/// Most observations that a rule may wait for.
const MOST_AFTER: u32 = 1_000;

impl Rule {
    /// Everything that is wrong with it, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut hold = |good: bool, what: &str| {
            if !good {
                faults.push(what.to_owned());
            }
        };
        let share = self.collector.is_share();
        let rate = self.collector.is_hidden();
        hold(
            !rate || self.value <= 1_000_000,
            "`value` is a share in parts per million, at most 1,000,000",
        );
        hold(
            share || self.value <= 86_400_000,
            "`value` is at most 86,400,000: a day in milliseconds, or so many tasks",
        );
        hold(
            self.value > 0,
            "`value` is above 0; nothing is below it and everything at least",
        );
        hold(
            (1..=MOST_AFTER).contains(&self.after),
            "`after` is 1 to 1,000 observations",
        );
        let rows = matches!(
            self.collector,
            Collector::SameInRow | Collector::SkippedInRow | Collector::Abandoned
        );
        hold(
            !rows || self.is == Compare::AtLeast,
            "what is counted in a row or abandoned is compared with `at_least`",
        );
        hold(
            !rows || self.value >= 2,
            "`value` is 2 at least: once is no pattern",
        );
        hold(
            self.action != Action::CoolDown || (1..=MOST_MINUTES).contains(&self.minutes),
            "a cool-down lasts 1 to 1,440 `minutes`",
        );
        hold(
            self.action == Action::CoolDown || self.minutes == 0,
            "`minutes` belong to a cool-down alone",
        );
        hold(
            !rate || self.after >= 5,
            "`after` is 5 at least for shares of right answers: fewer are noise",
        );
        faults
    }
}

/// What is wrong with a list of rules, each named by its place from 1.
pub fn faults(rules: &[Rule]) -> Vec<String> {
    let mut all = Vec::new();
    if rules.len() > MOST {
        all.push(format!("there are {} rules, at most {MOST}", rules.len()));
    }
    for (place, rule) in (1..).zip(rules) {
        let own = rule.faults();
        all.extend(own.iter().map(|what| format!("rule {place}: {what}")));
        let before = rules.iter().take(place - 1).position(|it| it == rule);
        if let Some(before) = before {
            all.push(format!("rule {place}: it is rule {} again", before + 1));
        }
    }
    all
}
