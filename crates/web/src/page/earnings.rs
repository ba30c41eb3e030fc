//! One's own earnings: sums, every block of work with what became of it and why, and the claim.

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use node::earnings::{Block, Earnings, earnings};
use node::level::{Standing, standings};
use protocol::{AccountId, Amount};
use view::question::PoolRevenue;

use super::icon::icon;
use super::part::{figure, nothing_yet, state};
use super::royalty;
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer, is_served, log_in};
use super::words::Words;
use crate::access::Caller;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::Work;

/// Blocks of one campaign that the page shows, the newest; the table has all.
const BLOCKS: usize = 20;

/// What uses have brought to the pools of one's shares.
type Grown = Result<Vec<PoolRevenue>, Problem>;

/// `GET /earnings`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = match viewer.account() {
        Some(own) => {
            let known = work.host().read(|state| standings(state, own));
            let claim_from = work.claim_from();
            let both = both(work, own).await;
            both.map(|(sums, grown)| draw(words, own, (&sums, &grown, &known, claim_from)))
        }
        None => {
            let why = words.say("earnings.yours-alone");
            Ok(log_in(words, "/earnings", uri.path(), why))
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
    blocking(move || summed(&work, own)).await?
}

fn summed(work: &Work, own: AccountId) -> Result<Earnings, Problem> {
    let sums = work.host().read(|state| earnings(state, own));
    sums.ok_or_else(|| Problem::missing("there is no such account"))
}

/// The sums, and what the shares in them have brought over time.
async fn both(work: Work, own: AccountId) -> Result<(Earnings, Grown), Problem> {
    let found = blocking(move || {
        let sums = summed(&work, own)?;
        let grown = royalty::read(&work, own, &sums.shares);
        Ok::<_, Problem>((sums, grown))
    });
    found.await?
}

fn draw(
    words: Words,
    own: AccountId,
    (sums, grown, known, claim_from): (&Earnings, &Grown, &[Standing], Amount),
) -> Page {
    Page {
        part: "/earnings",
        title: words.say("nav.earnings").to_owned(),
        scripts: &["earnings.js", "live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { (words.say("nav.earnings")) }
                p.actions {
                    button.main type="button" id="claim" {
                        (icon("earnings")) (words.say("earnings.claim"))
                    }
                }
            }
            @if !claim_from.is_zero() {
                @let least = words.money(claim_from.units());
                p.quiet { (words.fill("earnings.claim-from", &[("least", &least)])) }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" data-events="/api/v1/events" {
                (totals(words, sums))
                (campaigns(words, sums))
                (shares(words, sums))
                @if !sums.shares.is_empty() { (royalty::section(words, grown)) }
                (reputation(words, known))
            }
            (more(words, own))
            p.stale id="stale" hidden { (words.say("live.stale")) }
            details.brief id="guest-key" hidden {}
            (payout(words))
        },
    }
}

/// Where the rest about one's own work is.
fn more(words: Words, own: AccountId) -> Markup {
    html! {
        section {
            h2 { (words.say("earnings.more")) }
            p.actions {
                a.button href="/levels" { (words.say("earnings.levels")) }
                a.button href="/appeals" { (words.say("earnings.appeals")) }
                a.button href={ "/api/v1/accounts/" (own.0) "/receipts" } {
                    (icon("seal")) (words.say("earnings.receipts"))
                }
                @if is_served("/audit/check") {
                    a.button href="/audit/check" { (words.say("earnings.check-receipt")) }
                }
                a.button href="/earnings.csv" { "CSV" }
            }
            p.quiet { (words.say("earnings.receipts-how")) }
        }
    }
}

/// What each number stands for is said beside it.
fn totals(words: Words, sums: &Earnings) -> Markup {
    let shown =
        |key: &'static str, amount: Amount| figure(words.say(key), &words.money(amount.units()));
    html! {
        section aria-label=(words.say("landing.totals")) {
            dl.figures {
                (shown("earnings.payable", sums.payable_units))
                (shown("earnings.accepted", sums.accepted_units))
                (shown("earnings.pending", sums.pending_units))
                (shown("earnings.royalties", sums.royalty_units))
                (shown("earnings.staked", sums.staked_units))
                (shown("earnings.deposits", sums.deposit_units))
            }
            @for other in &sums.others {
                h2 { (words.draw("common.token", &[("token", &other.token)])) }
                dl.figures {
                    (shown("earnings.payable", other.payable_units))
                    (shown("earnings.accepted", other.accepted_units))
                    (shown("earnings.pending", other.pending_units))
                    (shown("earnings.royalties", other.royalty_units))
                }
            }
            details {
                summary { (words.say("earnings.how")) }
                dl.facts {
                    dt { (words.say("earnings.pending")) }
                    dd { (words.say("earnings.pending-how")) }
                    dt { (words.say("earnings.accepted")) }
                    dd { (words.say("earnings.accepted-how")) }
                    dt { (words.say("earnings.payable")) }
                    dd { (words.say("earnings.payable-how")) }
                    dt { (words.say("earnings.royalties")) }
                    dd { (words.say("earnings.royalties-how")) }
                }
            }
        }
    }
}

fn campaigns(words: Words, sums: &Earnings) -> Markup {
    html! {
        section {
            h2 { (words.say("nav.work")) }
            @if sums.reasons.is_empty() {
                (nothing_yet(words.say("earnings.nothing"), &html! {
                    a href="/tasks" { (words.say("landing.find-work")) }
                }))
            }
            @for reason in &sums.reasons {
                article.card {
                    div.head {
                        h3 { a href={ "/tasks/" (reason.campaign) } { (reason.title) } }
                        a href={ "/tasks/" (reason.campaign) "/standing" } {
                            (words.say("player.standing"))
                        }
                    }
                    p { (words.sentence(&reason.words.0)) }
                    (blocks(words, sums, reason.campaign))
                }
            }
        }
    }
}

fn blocks(words: Words, sums: &Earnings, campaign: u32) -> Markup {
    let rows = sums.blocks.iter().filter(|it| it.campaign == campaign);
    let rows: Vec<&Block> = rows.collect();
    let newest = &rows[rows.len().saturating_sub(BLOCKS)..];
    html! {
        @if rows.is_empty() {
            p.quiet { (words.say("earnings.sealed")) }
        } @else {
            @if newest.len() < rows.len() {
                @let all = html! { a href="/earnings.csv" { "CSV" } };
                p.quiet {
                    (words.draw("common.newest-blocks", &[("shown", &BLOCKS), ("all", &all)]))
                }
            }
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
                        @for row in newest {
                            tr {
                                th scope="row" { (row.block.saturating_add(1)) }
                                td {
                                    (state(words, row.status))
                                    @if row.appeal_until_ms > 0 {
                                        " " span.quiet {
                                            (words.draw("earnings.until",
                                                &[("time", &words.time(row.appeal_until_ms))]))
                                        }
                                    }
                                }
                                td.num { (words.count(row.answers.into())) }
                                td.num { (words.money(row.units.units())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shares(words: Words, sums: &Earnings) -> Markup {
    html! {
        section {
            h2 { (words.say("earnings.shares")) }
            @if sums.shares.is_empty() {
                (nothing_yet(words.say("earnings.no-shares"), &html! {}))
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("earnings.label-set")) }
                                th.num scope="col" { (words.say("earnings.your-shares")) }
                                th.num scope="col" { (words.say("earnings.of")) }
                                th.num scope="col" { (words.say("earnings.royalties")) }
                            }
                        }
                        tbody {
                            @for share in &sums.shares {
                                tr {
                                    th scope="row" {
                                        a href={ "/assets/" (share.asset) } { (share.title) }
                                    }
                                    td.num { (words.count(share.shares.into())) }
                                    td.num { (words.count(share.of.into())) }
                                    td.num { (words.money(share.units.units())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What earlier work shows, skill by skill, with what it rests on and what the next level takes.
fn reputation(words: Words, known: &[Standing]) -> Markup {
    html! {
        section {
            h2 { (words.say("earnings.reputation")) }
            p.quiet { (words.say("earnings.reputation-how")) }
            @if known.is_empty() {
                (nothing_yet(words.say("earnings.no-reputation"), &html! {}))
            } @else {
                div.grid { @for own in known { (skill(words, own)) } }
            }
        }
    }
}

fn skill(words: Words, own: &Standing) -> Markup {
    let whole = |milli: u64| words.count((milli / 1_000).into());
    let (right, seen) = (whole(own.right_milli), whole(own.seen_milli));
    let bound = words.percent(own.bound_ppm.into());
    let values = [
        ("bound", bound.as_str()),
        ("right", &right),
        ("seen", &seen),
    ];
    html! {
        div.card {
            div.head { h3 { (own.skill) } (state(words, own.level.word())) }
            @if own.seen_milli >= 1_000 { p { (words.fill("earnings.bound", &values)) } }
            @if let (Some(next), Some(more)) = (own.next, own.answers_to_next) {
                @let (next, more) = (words.state(next.word()), words.count(more.into()));
                p.quiet {
                    (words.fill("earnings.next-level", &[("more", &more), ("level", &next)]))
                }
            }
        }
    }
}

fn payout(words: Words) -> Markup {
    html! {
        dialog id="payout" aria-labelledby="payout-title" {
            h2 id="payout-title" { (words.say("earnings.where")) }
            p { (words.say("earnings.where-how")) }
            p.actions {
                button type="button" id="payout-no" { (words.say("common.not-now")) }
                button.main type="button" id="payout-yes" { (words.say("earnings.write")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use node::earnings::Reason;
    use node::told::{Gap, Statement, Told};

    #[test]
    fn why_somebody_was_paid_is_said_in_their_language() {
        let mut phrases = node::reason::PHRASES.iter();
        let checks = *phrases.find(|own| own.word == "checks").unwrap();
        let gaps = [("right", Gap::Count(17)), ("seen", Gap::Count(20))];
        let sums = Earnings {
            reasons: vec![Reason {
                campaign: 4,
                title: "<moods>".to_owned(),
                words: Told(vec![Statement::new(checks, gaps)]),
            }],
            ..Earnings::default()
        };
        let page = |code| campaigns(Words::named(code).unwrap(), &sums).into_string();
        assert!(page("en").contains("<p>17 of 20 hidden checks right.</p>"));
        assert!(page("es").contains("<p>17 de 20 controles ocultos acertados.</p>"));
        assert!(page("zh").contains("<p>20 道隐藏检查题答对 17 道。</p>"));
        let json = serde_json::to_value(&sums).unwrap();
        let words = &json["reasons"][0]["words"];
        assert_eq!(
            words, "17 of 20 hidden checks right",
            "the API stays in English"
        );
    }
}
