//! One's own earnings: sums, every block of work with what became of it and why, and the claim.

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use node::earnings::{Block, Earnings, earnings};
use protocol::{AccountId, Amount};

use super::part::{chip, count, figure, money};
use super::shell::{Page, Viewer, answer, log_in_first};
use crate::access::Caller;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::Work;

/// `GET /earnings`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = match viewer.account() {
        Some(own) => read(work, own).await.map(|sums| draw(own, &sums)),
        None => {
            let why = "Earnings are yours alone, so the page must know who you are.";
            Ok(log_in_first("/earnings", uri.path(), why))
        }
    };
    answer(&viewer, uri.path(), page)
}

/// `GET /earnings.csv`: each block of work, amounts in base units.
pub(super) async fn table(
    State(work): State<Work>,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let own = caller.account.ok_or_else(|| {
        let detail = "you have no account in the log yet; open one first";
        Problem::forbidden("no_account", detail)
    })?;
    let sums = read(work, own).await?;
    let mut text = String::from("campaign,block,status,answers,units,appeal_until_ms\n");
    for block in &sums.blocks {
        let Block {
            campaign,
            block,
            status,
            answers,
            units,
            appeal_until_ms,
        } = block;
        text.push_str(&format!(
            "{campaign},{block},{status},{answers},{units},{appeal_until_ms}\n"
        ));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"earnings.csv\"",
        ),
    ];
    Ok((headers, text))
}

async fn read(work: Work, own: AccountId) -> Result<Earnings, Problem> {
    let sums = blocking(move || work.host().read(|state| earnings(state, own))).await?;
    sums.ok_or_else(|| Problem::missing("there is no such account"))
}

fn draw(own: AccountId, sums: &Earnings) -> Page {
    Page {
        part: "/earnings",
        title: "Earnings".to_owned(),
        scripts: &["earnings.js", "live.js"],
        body: html! {
            div.head {
                h1 { "Earnings" }
                p.actions {
                    button.main type="button" id="claim" { "Claim what is payable" }
                    a.button href="/appeals" { "Rejected work and appeals" }
                    a.button href="/levels" { "Levels" }
                    a.button href="/earnings.csv" { "CSV" }
                    a.button href={ "/api/v1/accounts/" (own.0) "/receipts" } { "All receipts" }
                }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" data-events="/api/v1/events" {
                (totals(sums))
                (campaigns(sums))
                (shares(sums))
            }
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
            details id="guest-key" hidden {}
            (payout())
        },
    }
}

fn totals(sums: &Earnings) -> Markup {
    let shown = |amount: Amount| money(amount.units());
    html! {
        section aria-label="Totals" {
            dl.figures {
                (figure("Pending", &shown(sums.pending_units)))
                (figure("Accepted", &shown(sums.accepted_units)))
                (figure("Royalties", &shown(sums.royalty_units)))
                (figure("Payable on chain", &shown(sums.payable_units)))
                (figure("Staked", &shown(sums.staked_units)))
                (figure("Free in deposits", &shown(sums.deposit_units)))
            }
            @for other in &sums.others {
                h2 { "Token " (other.token) }
                dl.figures {
                    (figure("Pending", &shown(other.pending_units)))
                    (figure("Accepted", &shown(other.accepted_units)))
                    (figure("Royalties", &shown(other.royalty_units)))
                    (figure("Payable on chain", &shown(other.payable_units)))
                }
            }
            p.quiet {
                "Pending waits for its round to be judged. Accepted is all you have earned; it is "
                "payable once its epoch is released on the chain."
            }
        }
    }
}

fn campaigns(sums: &Earnings) -> Markup {
    html! {
        section {
            h2 { "Work" }
            @if sums.reasons.is_empty() {
                p.empty { "You have answered nothing yet. " a href="/tasks" { "Find work" } "." }
            }
            @for reason in &sums.reasons {
                article.card {
                    h3 { a href={ "/tasks/" (reason.campaign) } { (reason.title) } }
                    @if !reason.words.is_empty() { p { (reason.words) } }
                    (blocks(sums, reason.campaign))
                    p { a href={ "/tasks/" (reason.campaign) "/standing" } { "Your standing" } }
                }
            }
        }
    }
}

fn blocks(sums: &Earnings, campaign: u32) -> Markup {
    let rows: Vec<&Block> = sums
        .blocks
        .iter()
        .filter(|it| it.campaign == campaign)
        .collect();
    html! {
        @if rows.is_empty() {
            p.quiet { "The answers are sealed; their blocks show when the round is opened." }
        } @else {
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
                        @for row in rows {
                            tr {
                                th scope="row" { (row.block + 1) }
                                td { (chip(row.status)) }
                                td.num { (row.answers) }
                                td.num { (money(row.units.units())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shares(sums: &Earnings) -> Markup {
    html! {
        section {
            h2 { "Shares in label sets" }
            @if sums.shares.is_empty() {
                p.empty {
                    "When a campaign you were paid in ends, you hold a share in its label set. "
                    "Each use of it pays you; it shows here."
                }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Label set" }
                                th.num scope="col" { "Your shares" }
                                th.num scope="col" { "Of" }
                                th.num scope="col" { "Earned" }
                            }
                        }
                        tbody {
                            @for share in &sums.shares {
                                tr {
                                    th scope="row" { (share.title) }
                                    td.num { (count(share.shares.into())) }
                                    td.num { (count(share.of.into())) }
                                    td.num { (money(share.units.units())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn payout() -> Markup {
    html! {
        dialog id="payout" aria-labelledby="payout-title" {
            h2 id="payout-title" { "Where to be paid" }
            p {
                "A claim pays your wallet's address on the chain. The log does not know it "
                "yet: claiming writes it there, for everybody to see and for good."
            }
            p.actions {
                button.main type="button" id="payout-yes" { "Write it and claim" }
                button type="button" id="payout-no" { "Not now" }
            }
        }
    }
}
