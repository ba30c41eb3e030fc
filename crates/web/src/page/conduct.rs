//! The part of the campaign wizard about people: panel, qualification, rules, review.

use maud::{Markup, html};
use node::level::Level;
use node::rule::{Action, Collector};
use serde_json::Value;

/// The part with the accounts that may sit on a panel.
pub(super) fn people(reviewers: &[u32]) -> Markup {
    html! {
        fieldset {
            legend { "4. People" }
            (panel(reviewers))
            div.row {
                div {
                    label for="level" { "Least level" }
                    select id="level" name="level" {
                        @for level in [
                            Level::Novice, Level::Contributor, Level::Skilled, Level::Expert,
                        ] {
                            option value=(level.word()) { (level.word()) }
                        }
                    }
                }
                div {
                    label for="review-share" { "To review at random, % of tasks" }
                    input id="review-share" name="review-share" type="number" min="0" max="100"
                        step="0.1" value="0";
                }
                div {
                    label for="review-below" { "To review below this certainty, %" }
                    input id="review-below" name="review-below" type="number" min="0" max="100"
                        step="0.1" value="0";
                }
            }
            label { input type="checkbox" id="training" name="training";
                " Training: known answers are told after each task, all work is paid" }
            (rules())
        }
    }
}

fn panel(reviewers: &[u32]) -> Markup {
    html! {
        @if reviewers.is_empty() {
            p.quiet {
                "This node has no reviewers, so rejected work cannot be appealed. Its operator "
                "makes some."
            }
        } @else {
            p id="panel-title" { "Panel that decides appeals (an odd number, or none)" }
            div.line role="group" aria-labelledby="panel-title" {
                @for account in reviewers {
                    label { input type="checkbox" name="panel" value=(account); " Account "
                        (account) }
                }
            }
            div.row {
                div {
                    label for="verdict" { "For each verdict" }
                    input id="verdict" name="verdict" inputmode="decimal" value="0.05";
                }
                div {
                    label for="appeal-hours" { "Hours to appeal" }
                    input id="appeal-hours" name="appeal-hours" type="number" min="1" max="8760"
                        value="72";
                }
            }
        }
    }
}

/// A row of a rule that the script copies for each one.
fn rules() -> Markup {
    let actions = [
        Action::Warn,
        Action::LowerPriority,
        Action::Review,
        Action::CoolDown,
        Action::Pause,
    ];
    html! {
        p id="rules-title" { "Rules for those who work too fast or against what is known" }
        div id="rules" role="group" aria-labelledby="rules-title" {}
        p { button type="button" id="add-rule" { "Add a rule" } }
        template id="rule" {
            div.row.rule {
                label { "If "
                    select name="collector" {
                        @for own in Collector::ALL { option value=(word(own)) { (own.words()) } }
                    }
                }
                label { "is "
                    select name="is" {
                        option value="below" { "below" }
                        option value="at_least" { "at least" }
                    }
                }
                label { "Value " input name="value" type="number" min="0" step="any" value="60"; }
                label { "after " input name="after" type="number" min="1" max="1000" value="10"; }
                label { "then "
                    select name="action" {
                        @for own in actions { option value=(word(own)) { (own.words()) } }
                    }
                }
                label { "minutes " input name="minutes" type="number" min="0" max="1440"
                    value="0"; }
                button type="button" data-remove="" { "Remove" }
            }
        }
        p.quiet {
            "Values are percent for shares, seconds for times, and numbers of tasks else. What is "
            "found out by hidden checks is told to nobody before their block is full."
        }
    }
}

/// A setting as the API writes it.
fn word(own: impl serde::Serialize) -> String {
    let value = serde_json::to_value(own).unwrap_or(Value::Null);
    value.as_str().unwrap_or_default().to_owned()
}
