//! What cannot be in a rule: found before the campaign opens.

use super::{Action, Collector, Compare, MOST, Rule};
use ledger::phrases;
use ledger::told::Gap::Count;
use ledger::told::{Phrase, Statement};

/// Longest cool-down: a day.
const MOST_MINUTES: u32 = 1_440;
/// Most observations that a rule may wait for.
const MOST_AFTER: u32 = 1_000;

phrases! {
    AT_RULE = Colon "at-rule", "rule {place}";
    VALUE_SHARE = Colon "value-share",
        "`value` is a share in parts per million, at most 1,000,000";
    VALUE_LARGE = Colon "value-large",
        "`value` is at most 86,400,000: a day in milliseconds, or so many tasks";
    VALUE_NONE = Colon "value-none",
        "`value` is above 0; nothing is below it and everything at least";
    AFTER_RANGE = Colon "after-range", "`after` is 1 to 1,000 observations";
    ROWS_AT_LEAST = Colon "rows-at-least",
        "what is counted in a row or abandoned is compared with `at_least`";
    ROWS_TWO = Colon "rows-two", "`value` is 2 at least: once is no pattern";
    MINUTES_RANGE = Colon "minutes-range", "a cool-down lasts 1 to 1,440 `minutes`";
    MINUTES_ALONE = Colon "minutes-alone", "`minutes` belong to a cool-down alone";
    AFTER_FEW = Colon "after-few",
        "`after` is 5 at least for shares of right answers: fewer are noise";
    RULES_MANY = Colon "rules-many", "there are {count} rules, at most {most}";
    RULE_AGAIN = Colon "rule-again", "it is rule {place} again";
}

impl Rule {
    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Phrase> {
        let share = self.collector.is_share();
        let rate = self.collector.is_hidden();
        let rows = matches!(
            self.collector,
            Collector::SameInRow | Collector::SkippedInRow | Collector::Abandoned
        );
        let cools = self.action == Action::CoolDown;
        let faults = [
            (!rate || self.value <= 1_000_000, VALUE_SHARE),
            (share || self.value <= 86_400_000, VALUE_LARGE),
            (self.value > 0, VALUE_NONE),
            ((1..=MOST_AFTER).contains(&self.after), AFTER_RANGE),
            (!rows || self.is == Compare::AtLeast, ROWS_AT_LEAST),
            (!rows || self.value >= 2, ROWS_TWO),
            (
                !cools || (1..=MOST_MINUTES).contains(&self.minutes),
                MINUTES_RANGE,
            ),
            (cools || self.minutes == 0, MINUTES_ALONE),
            (!rate || self.after >= 5, AFTER_FEW),
        ];
        let faults = faults.into_iter().filter(|(good, _)| !good);
        faults.map(|(_, what)| what).collect()
    }
}

/// What is wrong with a list of rules, each named by its place.
pub fn faults(rules: &[Rule]) -> Vec<Vec<Statement>> {
    let mut all = Vec::new();
    if rules.len() > MOST {
        let gaps = [
            ("count", Count(rules.len() as u64)),
            ("most", Count(MOST as u64)),
        ];
        all.push(vec![Statement::new(RULES_MANY, gaps)]);
    }
    for (place, rule) in (1..).zip(rules) {
        let at = Statement::new(AT_RULE, [("place", Count(place as u64))]);
        let own = rule.faults().into_iter().map(Statement::plain);
        all.extend(own.map(|what| vec![at.clone(), what]));
        let before = rules.iter().take(place - 1).position(|it| it == rule);
        if let Some(before) = before {
            let again = [("place", Count(before as u64 + 1))];
            all.push(vec![at, Statement::new(RULE_AGAIN, again)]);
        }
    }
    all
}
