//! The living style page: every token and part of the pages, as they are.

use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::icon::{ICONS, icon};
use super::part::{figure, nothing_yet, state};
use super::shell::{Page, Viewer, answer};
use super::words::Words;

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
    let words = viewer.words();
    let page = Page {
        part: "/design",
        title: words.say("shell.design").to_owned(),
        scripts: &["design.js"],
        body: html! {
            h1 { (words.say("shell.design")) }
            p.lead { (words.say("design.lead")) }
            (colours(words))
            (letters(words))
            (controls(words))
            (states(words))
            (numbers(words))
            (waiting(words))
            section {
                h2 { (words.say("design.icons")) }
                p.quiet { (words.say("design.icons-how")) }
                ul.icons { @for (name, _) in ICONS { li { (icon(name)) (name) } } }
            }
        },
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn colours(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("design.colours")) }
            p.quiet { (words.say("design.colours-how")) }
            ul.swatches {
                @for name in GROUNDS.iter().chain(SERIES) {
                    li { span.{ "swatch-" (name) } {} code { (name) } }
                }
            }
        }
    }
}

fn letters(words: Words) -> Markup {
    let sizes = [
        ("hero", "48/54", words.say("design.sample-hero")),
        ("h1", "28/36", words.say("design.sample-heading")),
        ("h2", "18/26", words.say("landing.open")),
        ("h3", "15/22", words.say("wizard.sentiment-of-reviews")),
        ("task", "17/28", words.say("design.sample-task")),
        ("body", "14/22", words.say("design.sample-body")),
        ("small", "13/20", words.say("design.sample-small")),
        ("meta", "12/16", words.say("design.sample-meta")),
    ];
    html! {
        section {
            h2 { (words.say("design.type")) }
            div.scale {
                @for (name, size, words) in sizes {
                    p.{ "type-" (name) } { (words) }
                    p.quiet { code { (name) } " " (size) }
                }
            }
        }
    }
}

fn controls(words: Words) -> Markup {
    let key = html! { kbd aria-hidden="true" { "S" } };
    html! {
        section {
            h2 { (words.say("design.buttons")) }
            p.actions {
                button.main type="button" { (words.say("design.main")) }
                button type="button" { (words.say("design.ordinary")) }
                button.plain type="button" { (words.say("design.plain")) }
                button.danger type="button" { (words.say("design.irreversible")) }
                button type="button" disabled { (words.say("common.not-now")) }
                button type="button" { (words.draw("design.with-key", &[("key", &key)])) }
                a.button.big.main href="/design" { (words.say("design.big-link")) }
            }
            h2 { (words.say("design.fields")) }
            div.row {
                div {
                    label for="d-text" { (words.say("market.words")) }
                    input id="d-text" placeholder=(words.say("design.a-title"));
                }
                div {
                    label for="d-kind" { (words.say("design.a-list")) }
                    select id="d-kind" {
                        option { (words.say("kind.choice")) }
                        option { (words.say("kind.rating")) }
                    }
                }
                div {
                    label for="d-sum" { (words.say("design.an-amount")) }
                    input id="d-sum" inputmode="decimal" value="0.05";
                }
            }
            label for="d-area" { (words.say("design.more-words")) }
            textarea id="d-area" rows="3" {}
            p.hint { (words.say("design.a-hint")) }
            p { label { input type="checkbox" checked; " " (words.say("design.a-tick")) } }
            h2 { (words.say("design.questions")) }
            p.actions {
                button type="button" id="design-dialog" { (words.say("design.not-undone")) }
                button type="button" id="design-toast" { (words.say("design.undone")) }
            }
            p.quiet id="design-said" role="status" {}
        }
    }
}

fn states(words: Words) -> Markup {
    let all = [
        "open", "waiting", "pending", "accepted", "appealed", "rejected", "paused", "closed",
    ];
    html! {
        section {
            h2 { (words.say("design.states")) }
            p.line { @for word in all { (state(words, word)) } }
            h2 { (words.say("design.said")) }
            div.stack {
                p data-kind="note" { (words.say("design.a-note")) }
                p data-kind="good" { (words.say("design.good-news")) }
                p data-kind="bad" { (words.say("design.bad-news")) }
            }
        }
    }
}

fn numbers(words: Words) -> Markup {
    let rows = [
        ("1", "accepted", 20, 1_000_000),
        ("2", "pending", 20, 850_000),
        ("3", "rejected", 19, 0),
    ];
    let money = |units| words.money(units);
    let (given, wanted) = (words.count(640), words.count(1_000));
    html! {
        section {
            h2 { (words.say("design.numbers")) }
            dl.figures {
                (figure(words.say("earnings.payable"), &money(1_204_500_000)))
                (figure(words.say("earnings.accepted"), &money(1_310_000_000)))
                (figure(words.say("dashboard.hidden-checks-right"), &words.percent(942_000)))
                (figure(words.say("common.answers"), &words.count(26_412)))
            }
            h2 { (words.say("design.tables")) }
            div.scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { (words.say("earnings.block")) }
                            th scope="col" { (words.say("campaign.state")) }
                            th.num scope="col" { (words.say("earnings.answers")) }
                            th.num scope="col" { (words.say("earnings.amount")) }
                        }
                    }
                    tbody {
                        @for (block, stage, answers, units) in rows {
                            tr {
                                th scope="row" { (block) }
                                td { (state(words, stage)) }
                                td.num { (answers) }
                                td.num { (money(units)) }
                            }
                        }
                    }
                }
            }
            h2 { (words.say("design.how-far")) }
            label.meter {
                span {
                    (words.fill("dashboard.answers-of",
                        &[("given", &given), ("wanted", &wanted)]))
                }
                progress value="640" max="1000" {}
            }
        }
    }
}

fn waiting(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("design.nothing")) }
            div.grid {
                (nothing_yet(words.say("landing.none-open"), &html! {
                    a href="/campaigns/new" { (words.say("landing.open-first")) }
                }))
                div.skeleton aria-hidden="true" { i {} i {} i {} }
                p.stale { (words.say("live.stale")) }
            }
            details.brief {
                summary { (words.say("design.a-fold")) }
                p { (words.say("design.a-fold-how")) }
            }
        }
    }
}
