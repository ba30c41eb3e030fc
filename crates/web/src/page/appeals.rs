//! Rejected blocks and appeals: for whom they were rejected, and for the panel that decides.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::appeal::{Case, Item};

use super::part::{chip, money, percent, time};
use super::shell::{Page, Viewer, answer, log_in_first};
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, appeal};

/// Items that are shown unfolded.
const OPEN: usize = 5;

/// What a member may say, and how it is worded.
const VERDICTS: [(&str, &str); 2] = [("uphold", "It deserves its pay"), ("deny", "It does not")];

/// `GET /appeals`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = match viewer.account() {
        Some(own) => {
            let read = blocking(move || {
                let mine = appeal::own_cases(&work, own)?;
                let docket = appeal::docket_cases(&work, own)?;
                Ok::<_, Problem>(draw(own.0, &mine, &docket))
            });
            read.await.and_then(|page| page)
        }
        None => {
            let why = "What was rejected is between you, the requester and the panel.";
            Ok(log_in_first("/earnings", uri.path(), why))
        }
    };
    answer(&viewer, uri.path(), page)
}

fn draw(own: u32, mine: &[Case], docket: &[Case]) -> Page {
    Page {
        part: "/earnings",
        title: "Appeals".to_owned(),
        scripts: &["appeals.js"],
        body: html! {
            h1 { "Appeals" }
            p id="status" role="status" aria-live="polite" hidden {}
            @if !docket.is_empty() {
                section {
                    h2 { "For your verdict" }
                    p.quiet {
                        "You sit on the panel of these campaigns. More than half of a panel "
                        "decides. Its silence is for the contributor, but not where it was called "
                        "because little of all the work was accepted."
                    }
                    @for case in docket { (card(case, &verdict(own, case))) }
                }
            }
            section {
                h2 { "Your rejected work" }
                @if mine.is_empty() {
                    p.empty { "None of your work is rejected." }
                }
                @for case in mine { (card(case, &own_part(case))) }
            }
        },
    }
}

fn card(case: &Case, part: &Markup) -> Markup {
    html! {
        article.card {
            h3 {
                a href={ "/tasks/" (case.campaign) } { (case.title) }
                ", block " (case.block + 1) " of account " (case.account)
            }
            p.line {
                (chip(case.status))
                span { (money(case.units.units())) " and a deposit of "
                    (money(case.deposit_units.units())) }
                @if case.until_ms > 0 { span { "until " (time(case.until_ms)) } }
            }
            @if let Some(why) = case.called { p { "The panel was called, as " (why) "." } }
            p { (case.rule) "." }
            (items(&case.items))
            @for (who, words) in &case.said {
                blockquote { p.content { (words) } p.quiet { "Account " (who) } }
            }
            @if !case.verdicts.is_empty() {
                p.quiet {
                    "Verdicts: "
                    @for (member, upheld) in &case.verdicts {
                        "account " (member) (if *upheld { " for the work; " } else { " against; " })
                    }
                    (case.verdicts.len()) " of " (case.panel.len()) "."
                }
            }
            (part)
        }
    }
}

fn items(items: &[Item]) -> Markup {
    html! {
        @if items.is_empty() {
            p.quiet { "No answer of it counted, or the answers are erased." }
        } @else {
            details open[items.len() <= OPEN] {
                summary { "Its " (items.len()) " answers, and what speaks for and against them" }
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Item" }
                                th scope="col" { "Answer" }
                                th scope="col" { "Known" }
                                th scope="col" { "Consensus" }
                                th scope="col" { "Others" }
                            }
                        }
                        tbody { @for item in items { (row(item)) } }
                    }
                }
            }
        }
    }
}

fn row(item: &Item) -> Markup {
    html! {
        tr {
            th scope="row" {
                (item.name)
                @if let Some(text) = &item.text { p.content { (text) } }
            }
            td { (item.answer) }
            td {
                @match &item.known {
                    Some(known) if item.void => { (known) " " span.quiet { "(found to be wrong)" } }
                    Some(known) => { (known) }
                    None => { span.quiet { "no check" } }
                }
            }
            td {
                @match &item.consensus {
                    Some(label) => { (label) ", " (percent(item.probability_ppm.into())) }
                    None => { span.quiet { "none" } }
                }
            }
            td {
                @for (answer, count) in &item.others { (answer) " " (count) "; " }
            }
        }
    }
}

fn own_part(case: &Case) -> Markup {
    let id = format!("why-{}-{}", case.campaign, case.block);
    html! {
        @match (case.status, case.no_appeal) {
            ("upheld", _) => { p { "The panel was for you: the full price is paid." } }
            ("denied", _) => { p { "The panel was against it: the block stays rejected." } }
            ("appealed", Some(_)) => {
                p { "The panel decides; the price stays held until then." }
            }
            (_, Some(why)) => { p.quiet { "No appeal: " (why) "." } }
            (status, None) => {
                // Called as a sample: the contributor may still appeal.
                @if status == "appealed" {
                    p { "The panel looks at it. If it says nothing, the block stays rejected; "
                        "after an appeal of yours its silence is for you." }
                }
                label for=(id) { "What the panel should know (if you like)" }
                textarea id=(id) rows="3" maxlength="4000" {}
                p.actions {
                    button.main type="button" data-act="appeal" data-campaign=(case.campaign)
                        data-block=(case.block) { "Appeal" }
                }
            }
        }
    }
}

fn verdict(own: u32, case: &Case) -> Markup {
    let id = format!("say-{}-{}-{}", case.campaign, case.account, case.block);
    let spoken = case.verdicts.iter().find(|(member, _)| *member == own);
    html! {
        @match (case.status, spoken) {
            ("appealed", None) => {
                label for=(id) { "Your reasons (if you like)" }
                textarea id=(id) rows="2" maxlength="4000" {}
                p.actions {
                    @for (act, words) in VERDICTS {
                        button type="button" data-act=(act) data-campaign=(case.campaign)
                            data-account=(case.account) data-block=(case.block) { (words) }
                    }
                }
            }
            ("appealed", Some(_)) => { p { "You have given your verdict; others are awaited." } }
            ("upheld", _) => { p { "Decided for the work: its full price is paid." } }
            _ => { p { "Decided against the work." } }
        }
    }
}
