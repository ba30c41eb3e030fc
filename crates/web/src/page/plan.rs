//! The campaign wizard: what is asked, of whom, over which tasks, for how much.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::work::Work;
use crate::work::appeal::reviewer_accounts;

/// `GET /campaigns/new`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = match viewer.account() {
        Some(own) => Page {
            part: "/campaigns",
            title: words.say("campaigns.new").to_owned(),
            scripts: &["wizard.js"],
            body: wizard(words, work.has_faucet(), &reviewer_accounts(&work, own)),
        },
        None => {
            let why = words.say("wizard.a-campaign-is-signed");
            log_in(words, "/campaigns", uri.path(), why)
        }
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn wizard(words: Words, faucet: bool, reviewers: &[u32]) -> Markup {
    html! {
        h1 { (words.say("campaigns.new")) }
        p.lead { (words.say("wizard.nothing-is-promised-and")) }
        noscript { p.note { (words.say("wizard.needs-script")) } }
        form.wizard id="wizard" {
            (question(words))
            (tasks(words))
            (quality(words))
            (super::conduct::people(words, reviewers))
            (funding(words, faucet))
        }
        p id="status" role="status" aria-live="polite" hidden {}
    }
}

fn question(words: Words) -> Markup {
    let kinds = [
        ("choice", words.say("kind.choice")),
        ("choices", words.say("kind.choices")),
        ("rating", words.say("kind.rating")),
        ("comparison", words.say("wizard.comparison-of-two")),
        ("text", words.say("kind.text")),
    ];
    html! {
        fieldset {
            legend { (words.say("wizard.1-the-question")) }
            label for="title" { (words.say("common.title")) }
            input id="title" name="title" required maxlength="120"
                placeholder=(words.say("wizard.sentiment-of-reviews"));
            div.row {
                div {
                    label for="kind" { (words.say("common.kind")) }
                    select id="kind" name="kind" {
                        @for (value, name) in kinds { option value=(value) { (name) } }
                    }
                }
                div {
                    label for="skill" { (words.say("wizard.skill-it-builds")) }
                    input id="skill" name="skill" required value="general"
                        pattern="[a-z0-9\\-]{1,40}" title=(words.say("wizard.1-to-40-of"));
                }
            }
            div id="classes-part" {
                label for="classes" { (words.say("wizard.answers-one-a-line")) }
                textarea id="classes" name="classes" rows="4" placeholder="positive\nnegative" {}
            }
            div id="reasons-part" hidden {
                label for="reasons" { (words.say("wizard.reasons-to-tick-one")) }
                textarea id="reasons" name="reasons" rows="3" {}
            }
            label for="instructions" { (words.say("wizard.instructions")) }
            textarea id="instructions" name="instructions" rows="4"
                placeholder=(words.say("wizard.what-is-asked-and")) {}
        }
    }
}

fn tasks(words: Words) -> Markup {
    html! {
        fieldset {
            legend { (words.say("wizard.2-the-tasks")) }
            p.quiet {
                (words.say("wizard.json-lines-with-name"))
            }
            label for="file" { (words.say("wizard.from-a-file")) }
            input id="file" name="file" type="file" accept=".csv,.jsonl,.json,.txt,text/*";
            label for="tasks" { (words.say("wizard.or-typed")) }
            textarea.code id="tasks" name="tasks" rows="6" {}
            p.quiet id="task-count" role="status" {}
            ul.preview id="preview" {}
        }
    }
}

fn quality(words: Words) -> Markup {
    html! {
        fieldset {
            legend { (words.say("wizard.3-price-and-quality")) }
            div.row {
                div {
                    label for="price" { (words.say("campaign.per-answer")) }
                    input id="price" name="price" required inputmode="decimal" value="0.05";
                }
                div {
                    label for="overlap" { (words.say("wizard.answers-per-task")) }
                    input id="overlap" name="overlap" type="number" min="1" max="100" value="3"
                        required;
                }
                div {
                    label for="gold" { (words.say("wizard.hidden-checks-of-tasks")) }
                    input id="gold" name="gold" type="number" min="0" max="99" step="0.1"
                        value="10";
                }
                div {
                    label for="target" { (words.say("wizard.stop-at-this-certainty")) }
                    input id="target" name="target" type="number" min="0" max="99.9" step="0.1"
                        value="0";
                }
            }
            p.quiet {
                (words.say("wizard.a-certainty-of-0"))
            }
            div.row id="second" hidden {
                div {
                    label for="bonus" { (words.say("wizard.beside-it-of-another")) }
                    input id="bonus" name="bonus" inputmode="decimal" value="0";
                }
                div {
                    label for="worth" { (words.say("wizard.worth-as-you-see")) }
                    input id="worth" name="worth" inputmode="decimal" value="0";
                }
                div {
                    label for="bonus-fund" { (words.say("wizard.paid-from")) }
                    select id="bonus-fund" name="bonus-fund" {}
                }
            }
            p { button type="button" id="save" { (words.say("wizard.save-and-estimate")) } }
            dl.figures.estimate id="estimate" aria-live="polite" {}
        }
    }
}

fn funding(words: Words, faucet: bool) -> Markup {
    html! {
        fieldset {
            legend { (words.say("wizard.5-money-and-signature")) }
            label for="fund" { (words.say("wizard.paid-from")) }
            select id="fund" name="fund" {}
            p.quiet id="no-deposit" hidden { (words.say("wizard.you-have-nothing-on")) }
            p.actions {
                @if faucet {
                    button type="button" id="deposit" { (words.say("wizard.get-test-money")) }
                }
                button.main type="button" id="open" { (words.say("wizard.sign-and-open")) }
            }
        }
    }
}
