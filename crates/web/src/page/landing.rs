//! The front page: what the node has done so far, and what is open to work on.

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use maud::{Markup, html};
use protocol::event::PurseOwner;
use protocol::{AccountId, CampaignId, TokenId};
use serde_json::Value;

use super::icon::icon;
use super::offers::{cards, running};
use super::part::{figure, nothing_yet};
use super::shell::{Page, Viewer, answer, is_served};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::Work;

/// Campaigns on the front page.
const SHOWN: usize = 3;

/// What the log adds up to.
struct Totals {
    entries: u64,
    accounts: usize,
    open: usize,
    answers: u64,
    paid_units: u128,
    epochs: usize,
}

/// `GET /`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or("HOST");
    let page = draw(work, viewer.words(), host).await;
    answer(&viewer, uri.path(), page)
}

async fn draw(work: Work, words: Words, host: &str) -> Result<Page, Problem> {
    let faucet = work.has_faucet();
    let log_key = work.host().log_key().to_string();
    let asked = work.clone();
    let totals = blocking(move || read(&asked)).await?;
    let rows = running(work, SHOWN).await?;
    Ok(Page {
        part: "/",
        title: words.say("landing.title").to_owned(),
        scripts: &["live.js"],
        body: html! {
            (hero(words, faucet))
            div id="live" data-events="/api/v1/events" {
                (figures(words, &totals))
                (open(words, &rows))
            }
            (people(words))
            (check(words, host, &log_key))
            p.stale id="stale" hidden { (words.say("live.stale")) }
        },
    })
}

fn hero(words: Words, faucet: bool) -> Markup {
    let steps = [
        ("landing.step-answer", "landing.step-answer-how"),
        ("landing.step-judged", "landing.step-judged-how"),
        ("landing.step-paid", "landing.step-paid-how"),
        ("landing.step-life", "landing.step-life-how"),
    ];
    html! {
        section.hero {
            div {
                h1 { (words.say("landing.headline")) }
                p.lead { (words.say("landing.lead")) }
                p.actions {
                    a.button.main.big href="/tasks" { (words.say("landing.find-work")) }
                    a.button.big href="/campaigns/new" { (words.say("landing.open-campaign")) }
                }
                @if faucet { p.quiet { (words.say("landing.test-node")) } }
            }
            div.flow {
                ol {
                    @for (name, how) in steps {
                        li { h2 { (words.say(name)) } p { (words.say(how)) } }
                    }
                }
            }
        }
    }
}

fn figures(words: Words, totals: &Totals) -> Markup {
    let count = |number: usize| words.count(number as u128);
    html! {
        section aria-label=(words.say("landing.totals")) {
            dl.figures {
                (figure(words.say("landing.earned"), &words.money(totals.paid_units)))
                (figure(words.say("common.answers"), &words.count(totals.answers.into())))
                (figure(words.say("landing.open"), &count(totals.open)))
                (figure(words.say("landing.accounts"), &count(totals.accounts)))
                (figure(words.say("landing.epochs"), &count(totals.epochs)))
                (figure(words.say("landing.entries"), &words.count(totals.entries.into())))
            }
        }
    }
}

fn open(words: Words, rows: &[Value]) -> Markup {
    html! {
        section {
            div.head {
                h2 { (words.say("landing.open")) }
                @if !rows.is_empty() { a href="/tasks" { (words.say("landing.all")) } }
            }
            @if rows.is_empty() {
                (nothing_yet(words.say("landing.none-open"), &html! {
                    a href="/campaigns/new" { (words.say("landing.open-first")) }
                }))
            } @else {
                (cards(words, rows))
            }
        }
    }
}

/// Who does what here, and what each has of it.
fn people(words: Words) -> Markup {
    let who = [
        (
            "work",
            "/tasks",
            [
                "landing.contributor",
                "landing.contributor-why",
                "landing.find-work",
            ],
        ),
        (
            "campaign",
            "/campaigns/new",
            ["landing.team", "landing.team-why", "landing.open-campaign"],
        ),
        (
            "upstream",
            "/explore",
            ["landing.user", "landing.user-why", "landing.see-market"],
        ),
    ];
    html! {
        section.story {
            h2 { (words.say("landing.who")) }
            div.grid {
                @for (sign, path, [name, why, go]) in who {
                    div.card {
                        span.sign { (icon(sign)) }
                        h3 { (words.say(name)) }
                        p { (words.say(why)) }
                        p { a href=(path) { (words.say(go)) } }
                    }
                }
            }
        }
    }
}

/// How anybody recomputes all of it.
fn check(words: Words, host: &str, log_key: &str) -> Markup {
    let here = ["localhost", "127.0.0.1", "[::1]"];
    let own = here.iter().any(|name| host.starts_with(name));
    let scheme = if own { "http" } else { "https" };
    html! {
        section.story.check {
            div {
                h2 { (words.say("landing.check")) }
                p { (words.say("landing.check-how")) }
                p.quiet { (words.say("landing.check-why")) }
                @if is_served("/audit") {
                    p { a href="/audit" { (words.say("landing.see-audit")) } }
                }
            }
            pre.code tabindex="0" role="region" aria-label=(words.say("landing.check")) {
                "headwater audit " (scheme) "://" (host) " \\\n  --log-key " (log_key)
            }
        }
    }
}

fn read(work: &Work) -> Totals {
    work.host().read(|state| {
        let accounts = u32::try_from(state.accounts.len()).unwrap_or(u32::MAX);
        let earned = |id| {
            let owner = PurseOwner::Earned(AccountId(id));
            state.book.balance(owner, TokenId(0)).units()
        };
        let campaigns = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
        let running = (0..campaigns).filter_map(|id| state.campaign(CampaignId(id)));
        let running = running.filter(|campaign| campaign.open_round().is_some());
        let running: Vec<_> = running.collect();
        let opened = state.campaigns.iter();
        let opened = opened.map(|campaign| campaign.answers.len() as u64);
        let sealed = running.iter().flat_map(|campaign| campaign.work.values());
        let sealed = sealed.map(|work| u64::from(work.sealed));
        let sealed = sealed.fold(0, u64::saturating_add);
        Totals {
            entries: state.size,
            accounts: state.accounts.len(),
            open: running.len(),
            answers: opened.fold(sealed, u64::saturating_add),
            paid_units: (0..accounts).map(earned).fold(0, u128::saturating_add),
            epochs: state.epochs.len(),
        }
    })
}
