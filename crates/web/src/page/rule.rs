//! Rules of a campaign as people read them, in their language.

use node::rule::{Action, Collector, Compare, Rule};
use serde::Serialize;

use super::words::Words;

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

/// The rule in one line.
pub(super) fn line(words: Words, rule: &Rule) -> String {
    let side = match rule.is {
        Compare::Below => words.say("wizard.below"),
        Compare::AtLeast => words.say("wizard.at-least"),
    };
    let minutes = rule.minutes.to_string();
    let then = match rule.action {
        Action::CoolDown => words.fill("rule.cool-down", &[("minutes", &minutes)]),
        other => action(words, other),
    };
    let (what, after) = (collector(words, rule.collector), rule.after.to_string());
    let value = rule.collector.shown(rule.value);
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

#[cfg(test)]
mod tests {
    use super::*;

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
