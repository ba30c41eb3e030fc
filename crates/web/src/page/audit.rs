//! `/audit`: what the log says of itself, what the contracts say, and money that adds up.

pub(super) mod check;
pub(super) mod entry;
mod money;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::health::Health;
use node::settling::{self, Shown};
use node::{Bulletin, Host};
use proof::note::Note;
use protocol::command::Genesis;
use protocol::{Role, Roles};
use view::question::EpochRow;

use super::part::Head::{Number, Text};
use super::part::{figure, state, tabled};
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::contracts::{self, Contracts, OnChain};
use crate::problem::Problem;
use crate::work::Work;

/// Epochs of the page, the newest first.
const EPOCHS: usize = 10;
/// Entries of the page, the newest first.
const ENTRIES: u64 = 12;

/// All that is shown.
struct Found {
    health: Health,
    key: String,
    /// The checkpoint note as it is published; none before the first.
    note: Option<String>,
    genesis: Option<Genesis>,
    chains: Vec<Shown>,
    epochs: Result<Vec<EpochRow>, Problem>,
    /// Token, place, base units.
    places: Result<Vec<(u16, String, u128)>, Problem>,
    chain: Result<Contracts, &'static str>,
    newest: Vec<Bulletin>,
}

/// `GET /audit`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = blocking(move || read(&work)).await;
    let roles = viewer.0.as_ref().map_or(Roles::NONE, |caller| caller.roles);
    let operates = roles.meets(Roles::of(&[Role::Owner, Role::Operator]));
    let page = page
        .and_then(|shown| shown)
        .map(|shown| draw(words, &shown, operates));
    answer(&viewer, uri.path(), page)
}

fn read(work: &Work) -> Result<Found, Problem> {
    let host = work.host();
    // Without its view the node still has a log to show.
    let questions = work.market().questions();
    let asked = || questions.as_ref().map_err(Problem::clone);
    let epochs = asked().and_then(|own| Ok(own.epochs(None, EPOCHS)?.rows));
    let places = asked().and_then(|own| Ok(own.places()?));
    let genesis = host.read(|state| state.genesis.clone());
    let numbers: Vec<u64> = epochs.iter().flatten().map(|epoch| epoch.epoch).collect();
    let newest = newest_of(host)?;
    let note = host.public().checkpoint_note().ok();
    Ok(Found {
        health: host.health(),
        key: host.log_key().to_string(),
        note: note.map(|note| String::from_utf8_lossy(&note).into_owned()),
        chain: asked_of(work, genesis.as_ref(), &numbers),
        genesis,
        chains: host.read(settling::shown),
        epochs,
        places,
        newest,
    })
}

/// The newest entries: those of before this process from the disk, others from memory.
fn newest_of(host: &Host) -> Result<Vec<Bulletin>, Problem> {
    let from = host.applied_through().saturating_sub(ENTRIES);
    let mut found = host.bulletins(from, ENTRIES as usize)?;
    let next = from + found.len() as u64;
    found.extend(host.posted(next, ENTRIES as usize).into_iter().flatten());
    Ok(found)
}

/// What the contracts say, or the key of why they could not be asked.
fn asked_of(
    work: &Work,
    genesis: Option<&Genesis>,
    epochs: &[u64],
) -> Result<Contracts, &'static str> {
    let face = work.chain().ok_or("common.this-node-has-no")?;
    let genesis = genesis.ok_or("common.the-log-names-no")?;
    let tokens: Vec<String> = genesis.tokens.iter().map(ToString::to_string).collect();
    contracts::ask(face, &format!("0x{}", genesis.settlement), epochs, &tokens)
}

fn draw(words: Words, shown: &Found, operates: bool) -> Page {
    Page {
        part: "/audit",
        title: words.say("nav.audit").to_owned(),
        scripts: &["live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { (words.say("nav.audit")) }
                p.actions {
                    a.button.main href="/audit/check" {
                        (words.say("common.verify-in-this-browser"))
                    }
                    a.button href="/audit/entry" { (words.say("audit.look-at-an-entry")) }
                    @if operates { a.button href="/operator" { (words.say("common.operator")) } }
                }
            }
            p.lead {
                (words.say("audit.everything-that-this-node"))
            }
            div id="live" data-events="/api/v1/events" {
                (log(words, shown))
                (money::section(words, &shown.chains, &shown.places, &shown.chain))
                (super::chains::section(words, &shown.chains, &shown.health.ills))
                (epochs(words, shown))
                (newest(words, &shown.newest))
            }
            (offline(words, &shown.key))
            p id="stale" hidden { (words.say("live.stale")) }
        },
    }
}

fn log(words: Words, shown: &Found) -> Markup {
    let health = &shown.health;
    html! {
        section {
            h2 { (words.say("audit.the-log")) }
            dl.figures {
                (figure(words.say("audit.entries"), &words.count(health.durable.into())))
                (figure(
                    words.say("audit.under-the-checkpoint"),
                    &words.count(health.published.into()),
                ))
                (figure(words.say("audit.not-yet-published"),
                    &words.count(health.durable.saturating_sub(health.published).into())))
            }
            dl.facts {
                dt { (words.say("audit.its-key")) }
                dd.path { (shown.key) }
                @if let Some(genesis) = &shown.genesis {
                    dt { (words.say("audit.it-settles-on")) }
                    @let chain = html! { (genesis.chain_id) };
                    @let contracts = html! { span.path {
                        "Settlement 0x" (genesis.settlement) ", Escrow 0x" (genesis.escrow)
                    } };
                    dd {
                        (words.draw("audit.chain-contracts",
                            &[("chain", &chain), ("contracts", &contracts)]))
                    }
                }
            }
            h3 { (words.say("audit.the-newest-checkpoint")) }
            @match &shown.note {
                None => { p.empty { (words.say("audit.there-is-no-checkpoint")) } }
                Some(note) => {
                    pre.code tabindex="0" role="group"
                        aria-label=(words.say("audit.the-checkpoint")) { (note) }
                    p.quiet { (words.say("audit.its-lines-are-the")) }
                }
            }
            (witnesses(words, shown))
        }
    }
}

/// Who else has signed the checkpoint, and how the witnesses that are asked are doing.
fn witnesses(words: Words, shown: &Found) -> Markup {
    let note = shown.note.as_deref().unwrap_or_default();
    let parsed = Note::parse(note.as_bytes());
    let signers: Vec<&str> = parsed
        .iter()
        .flat_map(|note| note.lines.iter().skip(1).map(|line| line.name))
        .collect();
    html! {
        h3 { (words.say("audit.witnesses")) }
        @if shown.health.witnesses.is_empty() && signers.is_empty() {
            p.empty {
                (words.say("audit.nobody-but-the-operator"))
            }
        } @else {
            (tabled(
                &[
                    Text(words.say("audit.witness")), Text(words.say("audit.this-checkpoint")),
                        Number(words.say("audit.has-cosigned-up-to")),
                    Text(words.say("audit.last")),
                ],
                &html! {
                    @for own in &shown.health.witnesses {
                        tr {
                            th scope="row" { (own.name) }
                            td {
                                @let has_signed = signers.contains(&own.name.as_str());
                                (state(words, if has_signed { "signed" } else { "not yet" }))
                            }
                            td.num { (words.count(own.size.into())) }
                            td {
                                @match own.last_success_ms {
                                    Some(at_ms) => { (words.time(at_ms)) }
                                    None => { (words.say("common.never")) }
                                }
                                @if let Some(problem) = &own.problem {
                                    " (" (words.joined(&words.readable(&problem.0))) ")"
                                }
                            }
                        }
                    }
                },
            ))
            @for name in signers.iter().filter(|name| {
                !shown.health.witnesses.iter().any(|own| own.name == **name)
            }) { p.quiet { (words.draw("audit.also-signed-by", &[("name", &name)])) } }
        }
    }
}

fn epochs(words: Words, shown: &Found) -> Markup {
    let on_chain = |epoch: u64| -> Option<&OnChain> {
        let all = shown.chain.as_ref().ok()?;
        all.epochs.iter().find(|own| own.epoch == epoch)
    };
    html! {
        section {
            h2 { (words.say("audit.epochs-and-their-roots")) }
            @if let (true, Some(first)) = (shown.chains.len() > 1, shown.chains.first()) {
                p.note { (words.fill("audit.columns-of-the-first",
                    &[("chain", &first.chain_id.to_string())])) }
            }
            @match &shown.epochs {
                Err(problem) => { p.empty { (words.why(problem)) } }
                Ok(rows) if rows.is_empty() => {
                    p.empty { (words.say("audit.no-epoch-has-closed")) }
                }
                Ok(rows) => {
                    @if let Err(why) = &shown.chain {
                        p.note {
                            (words.fill("audit.the-chain-could-not", &[("why", words.say(why))]))
                        }
                    }
                    (tabled(
                        &[
                            Text(words.say("audit.epoch")), Text(words.say("audit.closed")),
                                Number(words.say("audit.wallets")),
                            Text(words.say("audit.root-in-the-log")),
                                Text(words.say("audit.on-the-chain")),
                                Text(words.say("audit.money")),
                        ],
                        &html! {
                            @for row in rows { (epoch(words, row, on_chain(row.epoch))) }
                        },
                    ))
                    p.quiet { (words.say("audit.open-it-can-still")) }
                }
            }
        }
    }
}

fn epoch(words: Words, row: &EpochRow, on_chain: Option<&OnChain>) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/claims/" (row.epoch) ".json" } { (row.epoch) } }
            td { a href={ "/audit/entry?index=" (row.seq) } { (words.time(row.time_ms)) } }
            td.num { (words.count(row.leaves.into())) }
            td.path { (row.root.get(..16).unwrap_or(&row.root)) "…" }
            td {
                @match on_chain {
                    None => { span.quiet { (words.say("audit.not-asked")) } }
                    Some(own) => {
                        (state(words, own.status))
                        @match &own.root {
                            Some(root) if *root == row.root => {
                                " " (words.say("audit.the-same-root"))
                            }
                            Some(_) => { strong { " " (words.say("audit.another-root")) } }
                            None if own.status == "open" => {
                                @let end_ms = own.ready_at_s.saturating_mul(1_000);
                                " " (words.draw("common.until-time",
                                    &[("time", &words.time(end_ms))]))
                            }
                            None => {}
                        }
                    }
                }
            }
            td {
                @if row.released { (state(words, "released")) } @else { (state(words, "waiting")) }
            }
        }
    }
}

fn newest(words: Words, rows: &[Bulletin]) -> Markup {
    html! {
        section {
            h2 { (words.say("audit.newest-entries")) }
            @if rows.is_empty() {
                p.empty { (words.say("audit.the-log-is-empty")) }
            } @else {
                (tabled(
                    &[
                        Text(words.say("audit.entry")),
                        Text(words.say("common.when")),
                        Text(words.say("audit.who")),
                        Text(words.say("common.what")),
                        Text(words.say("audit.about")),
                    ],
                    &html! {
                        @for row in rows.iter().rev() {
                            tr {
                                th scope="row" { a href={ "/audit/entry?index=" (row.index) } {
                                    (words.count(row.index.into())) } }
                                td { (words.time(row.time_ms)) }
                                td { @match row.account {
                                    Some(account) => {
                                        (words.draw("common.account", &[("account", &account.0)]))
                                    }
                                    None => { (words.say("audit.the-operator-or-somebody")) }
                                } }
                                td { (words.told("command", row.kind)) }
                                td { @if let Some(id) = row.campaign {
                                    a href={ "/campaigns/" (id.0) } {
                                        (words.fill("common.campaign",
                                            &[("campaign", &id.0.to_string())]))
                                    }
                                } }
                            }
                        }
                    },
                ))
            }
        }
    }
}

/// The commands that need nothing of this node but its public files.
fn offline(words: Words, key: &str) -> Markup {
    html! {
        section {
            h2 { (words.say("audit.without-this-page")) }
            p {
                (words.say("audit.a-verifier-that-the"))
            }
            pre.code tabindex="0" role="group" aria-label=(words.say("common.commands")) {
                "headwater audit https://THIS-NODE --log-key '" (key) "'\n"
                "headwater verify RECEIPT.tlog-proof --log-key '" (key) "'"
            }
        }
    }
}
