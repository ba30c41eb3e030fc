//! The part of the campaign wizard about people: panel, qualification, rules, review.

use super::rule::{action, collector, word};
use super::words::Words;
use maud::{Markup, html};
use node::level::Level;
use node::rule::{Action, Collector};

/// The part with the accounts that may sit on a panel.
pub(super) fn people(words: Words, reviewers: &[u32]) -> Markup {
    html! {
        fieldset {
            legend { (words.say("wizard.4-people")) }
            (panel(words, reviewers))
            div.row {
                div {
                    label for="level" { (words.say("wizard.least-level")) }
                    select id="level" name="level" {
                        @for level in [
                            Level::Novice, Level::Contributor, Level::Skilled, Level::Expert,
                        ] {
                            option value=(level.word()) { (words.state(level.word())) }
                        }
                    }
                }
                div {
                    label for="review-share" { (words.say("wizard.to-review-at-random")) }
                    input id="review-share" name="review-share" type="number" min="0" max="100"
                        step="0.1" value="0";
                }
                div {
                    label for="review-below" { (words.say("wizard.to-review-below-this")) }
                    input id="review-below" name="review-below" type="number" min="0" max="100"
                        step="0.1" value="0";
                }
            }
            label { input type="checkbox" id="training" name="training";
                " " (words.say("wizard.training-known-answers-are")) }
            (rules(words))
        }
    }
}

fn panel(words: Words, reviewers: &[u32]) -> Markup {
    html! {
        @if reviewers.is_empty() {
            p.quiet {
                (words.say("wizard.this-node-has-no"))
            }
        } @else {
            p id="panel-title" { (words.say("wizard.panel-that-decides-appeals")) }
            div.line role="group" aria-labelledby="panel-title" {
                @for account in reviewers {
                    label {
                        input type="checkbox" name="panel" value=(account); " "
                            (words.draw("common.account-alone",
                            &[("account", &account)]))
                    }
                }
            }
            div.row {
                div {
                    label for="verdict" { (words.say("wizard.for-each-verdict")) }
                    input id="verdict" name="verdict" inputmode="decimal" value="0.05";
                }
                div {
                    label for="appeal-hours" { (words.say("wizard.hours-to-appeal")) }
                    input id="appeal-hours" name="appeal-hours" type="number" min="1" max="8760"
                        value="72";
                }
            }
        }
    }
}

/// A row of a rule that the script copies for each one.
fn rules(words: Words) -> Markup {
    let actions = [
        Action::Warn,
        Action::LowerPriority,
        Action::Review,
        Action::CoolDown,
        Action::Pause,
    ];
    html! {
        p id="rules-title" { (words.say("wizard.rules-for-those-who")) }
        div id="rules" role="group" aria-labelledby="rules-title" {}
        p { button type="button" id="add-rule" { (words.say("wizard.add-a-rule")) } }
        template id="rule" {
            div.row.rule {
                label { (words.say("wizard.if")) " "
                    select name="collector" {
                        @for own in Collector::ALL {
                            option value=(word(own)) { (collector(words, own)) }
                        }
                    }
                }
                label { (words.say("wizard.is")) " "
                    select name="is" {
                        option value="below" { (words.say("wizard.below")) }
                        option value="at_least" { (words.say("wizard.at-least")) }
                    }
                }
                label {
                    (words.say("wizard.value")) " " input name="value" type="number" min="0"
                        step="any" value="60";
                }
                label {
                    (words.say("wizard.after")) " " input name="after" type="number" min="1"
                        max="1000" value="10";
                }
                label { (words.say("wizard.then")) " "
                    select name="action" {
                        @for own in actions { option value=(word(own)) { (action(words, own)) } }
                    }
                }
                label { (words.say("wizard.minutes")) " "
                    input name="minutes" type="number" min="0" max="1440"
                    value="0"; }
                button type="button" data-remove="" { (words.say("common.remove")) }
            }
        }
        p.quiet {
            (words.say("wizard.values-are-percent-for"))
        }
    }
}
