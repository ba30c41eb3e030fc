//! The campaign wizard: what is asked, of whom, over which tasks, for how much.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::shell::{Page, Viewer, answer, log_in_first};
use crate::work::Work;
use crate::work::appeal::reviewer_accounts;

/// `GET /campaigns/new`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = match viewer.account() {
        Some(own) => Page {
            part: "/campaigns",
            title: "New campaign".to_owned(),
            scripts: &["wizard.js"],
            body: wizard(work.has_faucet(), &reviewer_accounts(&work, own)),
        },
        None => {
            let why = "A campaign is signed by its requester, so the page must know who you are.";
            log_in_first("/campaigns", uri.path(), why)
        }
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn wizard(faucet: bool, reviewers: &[u32]) -> Markup {
    html! {
        h1 { "New campaign" }
        p.lead { "Nothing is promised and nothing is spent before you sign at the end." }
        noscript { p.note { "A campaign is signed in your browser, which needs JavaScript." } }
        form.wizard id="wizard" {
            (question())
            (tasks())
            (quality())
            (super::conduct::people(reviewers))
            (funding(faucet))
        }
        p id="status" role="status" aria-live="polite" hidden {}
    }
}

fn question() -> Markup {
    let kinds = [
        ("choice", "One choice"),
        ("choices", "Several choices"),
        ("rating", "Rating"),
        ("comparison", "Comparison of two"),
        ("text", "Free text"),
    ];
    html! {
        fieldset {
            legend { "1. The question" }
            label for="title" { "Title" }
            input id="title" name="title" required maxlength="120"
                placeholder="Sentiment of reviews";
            div.row {
                div {
                    label for="kind" { "Kind" }
                    select id="kind" name="kind" {
                        @for (value, name) in kinds { option value=(value) { (name) } }
                    }
                }
                div {
                    label for="skill" { "Skill it builds" }
                    input id="skill" name="skill" required value="general"
                        pattern="[a-z0-9\\-]{1,40}" title="1 to 40 of a-z, 0-9 and -";
                }
            }
            div id="classes-part" {
                label for="classes" { "Answers, one a line" }
                textarea id="classes" name="classes" rows="4" placeholder="positive\nnegative" {}
            }
            div id="reasons-part" hidden {
                label for="reasons" { "Reasons to tick, one a line" }
                textarea id="reasons" name="reasons" rows="3" {}
            }
            label for="instructions" { "Instructions" }
            textarea id="instructions" name="instructions" rows="4"
                placeholder="What is asked, and what to do in doubt" {}
        }
    }
}

fn tasks() -> Markup {
    html! {
        fieldset {
            legend { "2. The tasks" }
            p.quiet {
                "JSON Lines with name, text and known, or CSV with a header of these, or just one "
                "task a line. For comparisons the columns a and b. A known answer makes a task a "
                "hidden check."
            }
            label for="file" { "From a file" }
            input id="file" name="file" type="file" accept=".csv,.jsonl,.json,.txt,text/*";
            label for="tasks" { "Or typed" }
            textarea.code id="tasks" name="tasks" rows="6" {}
            p.quiet id="task-count" role="status" {}
            ul.preview id="preview" {}
        }
    }
}

fn quality() -> Markup {
    html! {
        fieldset {
            legend { "3. Price and quality" }
            div.row {
                div {
                    label for="price" { "Per answer, up to" }
                    input id="price" name="price" required inputmode="decimal" value="0.05";
                }
                div {
                    label for="overlap" { "Answers per task" }
                    input id="overlap" name="overlap" type="number" min="1" max="100" value="3"
                        required;
                }
                div {
                    label for="gold" { "Hidden checks, % of tasks" }
                    input id="gold" name="gold" type="number" min="0" max="99" step="0.1"
                        value="10";
                }
                div {
                    label for="target" { "Stop at this certainty, %" }
                    input id="target" name="target" type="number" min="0" max="99.9" step="0.1"
                        value="0";
                }
            }
            p.quiet {
                "A certainty of 0 asks for all answers of every task. A price of 0 makes a "
                "community campaign: work is checked all the same, and earns a share of what the "
                "finished label set is paid when it is used."
            }
            div.row id="second" hidden {
                div {
                    label for="bonus" { "Beside it, of another token" }
                    input id="bonus" name="bonus" inputmode="decimal" value="0";
                }
                div {
                    label for="worth" { "Worth, as you see it" }
                    input id="worth" name="worth" inputmode="decimal" value="0";
                }
                div {
                    label for="bonus-fund" { "Paid from" }
                    select id="bonus-fund" name="bonus-fund" {}
                }
            }
            p { button type="button" id="save" { "Save and estimate" } }
            dl.figures.estimate id="estimate" aria-live="polite" {}
        }
    }
}

fn funding(faucet: bool) -> Markup {
    html! {
        fieldset {
            legend { "5. Money and signature" }
            label for="fund" { "Paid from" }
            select id="fund" name="fund" {}
            p.quiet id="no-deposit" hidden { "You have nothing on deposit yet." }
            p.actions {
                @if faucet {
                    button type="button" id="deposit" { "Get test money" }
                }
                button.main type="button" id="open" { "Sign and open" }
            }
        }
    }
}
