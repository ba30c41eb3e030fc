//! Rules of a campaign as people read them, in their language.

use node::rule::{Action, Collector, Compare, Rule};
use serde::Serialize;

use super::words::Words;
use crate::work::hit::Hit;

/// The word that the API has for a setting.
pub(super) fn word(own: impl Serialize) -> String {
    let value = serde_json::to_value(own).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What a rule looks at.
pub(super) fn collector(words: Words, own: Collector) -> String {
    words.told("collector", &word(own))
}

/// What follows for whom it hits.
pub(super) fn action(words: Words, own: Action) -> String {
    words.told("action", &word(own))
}

/// A value in the unit of what is looked at.
fn shown(words: Words, own: Collector, value: u64) -> String {
    words.decimal(&own.shown(value))
}

/// The rule in one line.
pub(super) fn line(words: Words, rule: &Rule) -> String {
    let side = match rule.is {
        Compare::Below => words.say("wizard.below"),
        Compare::AtLeast => words.say("wizard.at-least"),
    };
    let minutes = words.count(rule.minutes.into());
    let then = match rule.action {
        Action::CoolDown => words.fill("rule.cool-down", &[("minutes", &minutes)]),
        other => action(words, other),
    };
    let what = collector(words, rule.collector);
    let after = words.count(rule.after.into());
    let value = shown(words, rule.collector, rule.value);
    words.fill(
        "rule.line",
        &[
            ("what", &what),
            ("side", side),
            ("value", &value),
            ("after", &after),
            ("then", &then),
        ],
    )
}

/// What was measured when it fired.
pub(super) fn evidence(words: Words, rule: &Rule, value: u64, count: u32) -> String {
    let what = collector(words, rule.collector);
    let value = shown(words, rule.collector, value);
    let count = words.count(count.into());
    words.fill(
        "rule.evidence",
        &[("what", &what), ("value", &value), ("count", &count)],
    )
}

/// What whom it hits is told, as [`Rule::told`] has it: while the round runs, no numbers about
/// hidden checks.
pub(crate) fn told(words: Words, hit: &Hit) -> String {
    let Some(rule) = &hit.rule else {
        return words.say("rule.unread").to_owned();
    };
    let then = action(words, rule.action);
    if rule.collector.is_hidden() && !hit.is_over {
        return words.fill("rule.told-hidden", &[("then", &then)]);
    }
    let evidence = evidence(words, rule, hit.value, hit.count);
    words.fill("rule.told", &[("evidence", &evidence), ("then", &then)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(rule: Option<Rule>, is_over: bool) -> Hit {
        Hit {
            at_ms: 1,
            rule,
            value: 1_234_567,
            count: 1_000,
            is_over,
            holds: false,
            until_ms: None,
            lifted: false,
        }
    }

    #[test]
    fn whom_a_rule_hits_is_told_in_their_language_what_the_api_says_in_english() {
        for own in Collector::ALL {
            let rule = Rule {
                collector: own,
                is: Compare::Below,
                value: 3,
                after: 5,
                action: Action::Warn,
                minutes: 0,
            };
            for is_over in [false, true] {
                let hit = hit(Some(rule.clone()), is_over);
                // The pages set thousands apart, the API does not.
                let english = told(Words::ENGLISH, &hit).replace(',', "");
                let expected = rule.told(hit.value, hit.count, is_over).replace(',', "");
                assert_eq!(english, expected);
                for code in ["zh", "es"] {
                    let words = Words::named(code).unwrap();
                    let said = told(words, &hit);
                    assert!(!said.contains("led to this"), "{code}: {said}");
                    assert!(
                        said.contains(&action(words, Action::Warn)),
                        "{code}: {said}"
                    );
                }
            }
        }
        let spanish = Words::named("es").unwrap();
        let slow = Rule {
            collector: Collector::TaskTime,
            is: Compare::Below,
            value: 1_500,
            after: 5,
            action: Action::Pause,
            minutes: 0,
        };
        let said = told(spanish, &hit(Some(slow), true));
        assert!(said.contains("1234,5 s"), "{said}");
        assert_eq!(
            told(spanish, &hit(None, true)),
            "una regla que ya no se entiende"
        );
    }

    #[test]
    fn every_setting_has_its_words_and_english_says_what_the_api_says() {
        for own in Collector::ALL {
            let rule = Rule {
                collector: own,
                is: Compare::AtLeast,
                value: 3,
                after: 5,
                action: Action::CoolDown,
                minutes: 9,
            };
            assert_eq!(line(Words::ENGLISH, &rule), rule.words());
            assert_eq!(collector(Words::ENGLISH, own), own.words());
            for code in ["zh", "es"] {
                let words = Words::named(code).unwrap();
                assert_ne!(collector(words, own), own.words(), "{code}");
            }
        }
        let words = Words::named("zh").unwrap();
        for own in [
            Action::Warn,
            Action::LowerPriority,
            Action::Review,
            Action::Pause,
        ] {
            assert_eq!(action(Words::ENGLISH, own), own.words());
            assert_ne!(action(words, own), own.words());
        }
    }
}
