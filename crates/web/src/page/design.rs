//! The living style page: every token and part of the pages, as they are.

use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::icon::{ICONS, icon};
use super::part::{chip, figure, nothing_yet};
use super::shell::{Page, Viewer, answer};

const GROUNDS: &[&str] = &[
    "bg",
    "surface",
    "raised",
    "line",
    "line-strong",
    "text",
    "muted",
    "accent",
    "accent-soft",
    "positive",
    "warning",
    "negative",
    "note",
];
const SERIES: &[&str] = &[
    "series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7", "series-8",
];

/// `GET /design`.
pub(super) async fn page(viewer: Viewer, uri: Uri) -> Response {
    let page = Page {
        part: "/design",
        title: "Design".to_owned(),
        scripts: &["design.js"],
        body: html! {
            h1 { "Design" }
            p.lead {
                "An instrument for honest work: calm, exact, quick. One accent, hairlines instead "
                "of boxes, numbers that carry the page. What pages are made of is here, and "
                "nothing here is for show alone: these are the parts themselves."
            }
            (colours())
            (letters())
            (controls())
            (states())
            (numbers())
            (waiting())
            section {
                h2 { "Icons" }
                p.quiet { "Drawn on a grid of 20, in the colour of the text beside them." }
                ul.icons { @for (name, _) in ICONS { li { (icon(name)) (name) } } }
            }
        },
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn colours() -> Markup {
    html! {
        section {
            h2 { "Colours" }
            p.quiet {
                "Each is one token for both themes. Text is at least 4.5:1 on every ground, "
                "borders of controls 3:1. Series are for shapes, never for text."
            }
            ul.swatches {
                @for name in GROUNDS.iter().chain(SERIES) {
                    li { span.{ "swatch-" (name) } {} code { (name) } }
                }
            }
        }
    }
}

fn letters() -> Markup {
    let sizes = [
        ("hero", "48/54", "Paid each time it is used"),
        ("h1", "28/36", "How did they feel?"),
        ("h2", "18/26", "Open campaigns"),
        ("h3", "15/22", "Sentiment of reviews"),
        ("task", "17/28", "I loved every minute of it."),
        (
            "body",
            "14/22",
            "Answers are sealed while their round runs.",
        ),
        (
            "small",
            "13/20",
            "Rows of tables, hints, notes at the foot.",
        ),
        ("meta", "12/16", "Names of numbers and columns"),
    ];
    html! {
        section {
            h2 { "Type" }
            div.scale {
                @for (name, size, words) in sizes {
                    p.{ "type-" (name) } { (words) }
                    p.quiet { code { (name) } " " (size) }
                }
            }
        }
    }
}

fn controls() -> Markup {
    html! {
        section {
            h2 { "Buttons" }
            p.actions {
                button.main type="button" { "Main" }
                button type="button" { "Ordinary" }
                button.plain type="button" { "Plain" }
                button.danger type="button" { "Irreversible" }
                button type="button" disabled { "Not now" }
                button type="button" { "With its key " kbd aria-hidden="true" { "S" } }
                a.button.big.main href="/design" { "Big, as a link" }
            }
            h2 { "Fields" }
            div.row {
                div { label for="d-text" { "Words" } input id="d-text" placeholder="A title"; }
                div {
                    label for="d-kind" { "A list" }
                    select id="d-kind" { option { "One choice" } option { "Rating" } }
                }
                div { label for="d-sum" { "An amount" } input id="d-sum" inputmode="decimal"
                    value="0.05"; }
            }
            label for="d-area" { "More words" }
            textarea id="d-area" rows="3" {}
            p.hint { "A hint stands below the field that it is about." }
            p { label { input type="checkbox" checked; " A tick" } }
            h2 { "Questions and toasts" }
            p.actions {
                button type="button" id="design-dialog" { "What cannot be undone" }
                button type="button" id="design-toast" { "What can" }
            }
            p.quiet id="design-said" role="status" {}
        }
    }
}

fn states() -> Markup {
    let words = [
        "open", "waiting", "pending", "accepted", "appealed", "rejected", "paused", "closed",
    ];
    html! {
        section {
            h2 { "States" }
            p.line { @for word in words { (chip(word)) } }
            h2 { "What is said" }
            div.stack {
                p data-kind="note" { "A note: the round ends in two hours." }
                p data-kind="good" { "Good news: your verdict is in the log." }
                p data-kind="bad" { "Bad news: the node has not taken it. What you typed is kept." }
            }
        }
    }
}

fn numbers() -> Markup {
    let rows = [
        ("1", "accepted", "20", "1.00"),
        ("2", "pending", "20", "0.85"),
        ("3", "rejected", "19", "0.00"),
    ];
    html! {
        section {
            h2 { "Numbers" }
            dl.figures {
                (figure("Payable on chain", "1,204.50"))
                (figure("Accepted", "1,310.00"))
                (figure("Hidden checks right", "94.2 %"))
                (figure("Answers", "26,412"))
            }
            h2 { "Tables, which are cards on a phone" }
            div.scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { "Block" }
                            th scope="col" { "State" }
                            th.num scope="col" { "Answers that count" }
                            th.num scope="col" { "Amount" }
                        }
                    }
                    tbody {
                        @for (block, state, answers, units) in rows {
                            tr {
                                th scope="row" { (block) }
                                td { (chip(state)) }
                                td.num { (answers) }
                                td.num { (units) }
                            }
                        }
                    }
                }
            }
            h2 { "How far something is" }
            label.meter {
                span { "Answers: 640 of 1,000" }
                progress value="640" max="1000" {}
            }
        }
    }
}

fn waiting() -> Markup {
    html! {
        section {
            h2 { "Nothing yet, not yet, not reached" }
            div.grid {
                (nothing_yet("No campaign is open just now.", &html! {
                    a href="/campaigns/new" { "Open the first one" }
                }))
                div.skeleton aria-hidden="true" { i {} i {} i {} }
                p.stale { "The node cannot be reached; these numbers are old." }
            }
            details.brief {
                summary { "A fold" }
                p { "What not everybody needs is folded away, and opens without script." }
            }
        }
    }
}
