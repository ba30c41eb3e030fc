//! Rejected blocks and appeals: for whom they were rejected, and for the panel that decides.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::appeal::{Case, Item};

use super::part::state;
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::api::blocking;
use crate::page_of::Paging;
use crate::problem::Problem;
use crate::work::{Work, appeal};

/// Items that are shown unfolded.
const OPEN: usize = 5;

/// What a member may say, and how it is worded.
const VERDICTS: [(&str, &str); 2] = [
    ("uphold", "appeals.it-deserves-its-pay"),
    ("deny", "appeals.it-does-not"),
];

/// Blocks of one's own on a page, and appeals to decide.
const BLOCKS: usize = 20;

/// `GET /appeals?cursor=`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    query: Result<Query<Paging>, QueryRejection>,
    uri: Uri,
) -> Response {
    let words = viewer.words();
    let page = match viewer.account() {
        Some(own) => match query {
            Ok(Query(paging)) => {
                let read = blocking(move || {
                    let paging = Paging {
                        limit: Some(BLOCKS as u64),
                        ..paging
                    };
                    let mine = appeal::own_cases(&work, own, &paging)?;
                    let docket = appeal::docket_cases(&work, own, BLOCKS)?;
                    Ok::<_, Problem>(draw(words, own.0, &mine, &docket))
                });
                read.await.and_then(|page| page)
            }
            Err(wrong) => Err(wrong.into()),
        },
        None => {
            let why = words.say("appeals.what-was-rejected-is");
            Ok(log_in(words, "/earnings", uri.path(), why))
        }
    };
    answer(&viewer, uri.path(), page)
}

fn draw(
    words: Words,
    own: u32,
    (mine, older): &(Vec<Case>, Option<String>),
    (docket, all): &(Vec<Case>, usize),
) -> Page {
    Page {
        part: "/earnings",
        title: words.say("common.appeals").to_owned(),
        scripts: &["appeals.js"],
        body: html! {
            h1 { (words.say("common.appeals")) }
            p id="status" role="status" aria-live="polite" hidden {}
            @if !docket.is_empty() {
                section {
                    h2 { (words.say("appeals.for-your-verdict")) }
                    p.quiet {
                        (words.say("appeals.you-sit-on-the"))
                    }
                    @for case in docket { (card(words, case, &verdict(words, own, case))) }
                    @if docket.len() < *all {
                        p.quiet {
                            (words.draw("appeals.first-of-the-queue",
                                &[("shown", &docket.len()), ("all", all)]))
                        }
                    }
                }
            }
            section {
                h2 { (words.say("appeals.your-rejected-work")) }
                @if mine.is_empty() {
                    p.empty { (words.say("appeals.none-of-your-work")) }
                }
                @for case in mine { (card(words, case, &own_part(words, case))) }
                @if let Some(cursor) = older {
                    p.actions {
                        a.button href={ "/appeals?cursor=" (cursor) } {
                            (words.say("appeals.older-blocks"))
                        }
                    }
                }
            }
        },
    }
}

fn card(words: Words, case: &Case, part: &Markup) -> Markup {
    html! {
        article.card {
            h3 {
                (words.draw("appeals.block-of-account",
                    &[("tasks", &html! { a href={ "/tasks/" (case.campaign) } { (case.title) } }),
                      ("block", &case.block.saturating_add(1)), ("account", &case.account)]))
            }
            p.line {
                (state(words, case.status))
                span {
                    (words.draw("appeals.and-a-deposit-of",
                        &[("units", &words.money(case.units.units())),
                          ("deposit", &words.money(case.deposit_units.units()))]))
                }
                @if case.until_ms > 0 {
                    span {
                        (words.draw("common.until-time", &[("time", &words.time(case.until_ms))]))
                    }
                }
            }
            @if let Some(why) = case.called {
                @let why = words.told("appeal", why);
                p { (words.fill("appeals.the-panel-was-called", &[("why", &why)])) }
            }
            p { (words.sentence(std::slice::from_ref(&case.rule))) }
            (items(words, &case.items))
            @for (who, said) in &case.said {
                blockquote {
                    p.content { (said) }
                    p.quiet { (words.draw("common.account-alone", &[("account", &who)])) }
                }
            }
            (verdicts(words, case))
            (part)
        }
    }
}

fn verdicts(words: Words, case: &Case) -> Markup {
    let key = |upheld: bool| match upheld {
        true => "appeals.verdict-for",
        false => "appeals.verdict-against",
    };
    html! {
        @if !case.verdicts.is_empty() {
            p.quiet {
                (words.draw("appeals.verdicts",
                    &[("given", &case.verdicts.len()), ("panel", &case.panel.len())]))
            }
            ul.quiet { @for (member, upheld) in &case.verdicts {
                li { (words.draw(key(*upheld), &[("account", &member)])) }
            } }
        }
    }
}

fn items(words: Words, items: &[Item]) -> Markup {
    html! {
        @if items.is_empty() {
            p.quiet { (words.say("appeals.no-answer-of-it")) }
        } @else {
            details open[items.len() <= OPEN] {
                summary {
                    (words.draw("appeals.its-answers-and-what", &[("items", &items.len())]))
                }
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("appeals.item")) }
                                th scope="col" { (words.say("landing.step-answer")) }
                                th scope="col" { (words.say("appeals.known")) }
                                th scope="col" { (words.say("common.consensus")) }
                                th scope="col" { (words.say("appeals.others")) }
                            }
                        }
                        tbody { @for item in items { (row(words, item)) } }
                    }
                }
            }
        }
    }
}

fn row(words: Words, item: &Item) -> Markup {
    html! {
        tr {
            th scope="row" {
                (item.name)
                @if let Some(text) = &item.text { p.content { (text) } }
            }
            td { (item.answer) }
            td {
                @match &item.known {
                    Some(known) if item.void => {
                        (known) " " span.quiet { (words.say("appeals.found-to-be-wrong")) }
                    }
                    Some(known) => { (known) }
                    None => { span.quiet { (words.say("appeals.no-check")) } }
                }
            }
            td {
                @match &item.consensus {
                    Some(label) => { (label) ", " (words.percent(item.probability_ppm.into())) }
                    None => { span.quiet { (words.say("appeals.none")) } }
                }
            }
            td {
                @for (answer, count) in &item.others { (answer) " " (count) "; " }
            }
        }
    }
}

fn own_part(words: Words, case: &Case) -> Markup {
    let id = format!("why-{}-{}", case.campaign, case.block);
    html! {
        @match (case.status, case.no_appeal) {
            ("upheld", _) => { p { (words.say("appeals.the-panel-was-for")) } }
            ("denied", _) => { p { (words.say("appeals.the-panel-was-against")) } }
            ("appealed", Some(_)) => {
                p { (words.say("appeals.the-panel-decides-the")) }
            }
            (_, Some(why)) => {
                @let why = words.told("appeal", why);
                p.quiet { (words.fill("appeals.no-appeal", &[("why", &why)])) }
            }
            (status, None) => {
                // Called as a sample: the contributor may still appeal.
                @if status == "appealed" {
                    p { (words.say("appeals.the-panel-looks-at")) }
                }
                label for=(id) { (words.say("appeals.what-the-panel-should")) }
                textarea id=(id) rows="3" maxlength="4000" {}
                p.actions {
                    button.main type="button" data-act="appeal" data-campaign=(case.campaign)
                        data-block=(case.block) { (words.say("appeals.appeal")) }
                }
            }
        }
    }
}

fn verdict(words: Words, own: u32, case: &Case) -> Markup {
    let id = format!("say-{}-{}-{}", case.campaign, case.account, case.block);
    let spoken = case.verdicts.iter().find(|(member, _)| *member == own);
    html! {
        @match (case.status, spoken) {
            ("appealed", None) => {
                label for=(id) { (words.say("appeals.your-reasons-if-you")) }
                textarea id=(id) rows="2" maxlength="4000" {}
                p.actions {
                    @for (act, key) in VERDICTS {
                        button type="button" data-act=(act) data-campaign=(case.campaign)
                            data-account=(case.account) data-block=(case.block) { (words.say(key)) }
                    }
                }
            }
            ("appealed", Some(_)) => { p { (words.say("appeals.you-have-given-your")) } }
            ("upheld", _) => { p { (words.say("appeals.decided-for-the-work")) } }
            _ => { p { (words.say("appeals.decided-against-the-work")) } }
        }
    }
}
