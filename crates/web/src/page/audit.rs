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
use super::part::{chip, count, figure, tabled, time};
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
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
    chain: Result<Contracts, String>,
    newest: Vec<Bulletin>,
}

/// `GET /audit`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = blocking(move || read(&work)).await;
    let roles = viewer.0.as_ref().map_or(Roles::NONE, |caller| caller.roles);
    let operates = roles.meets(Roles::of(&[Role::Owner, Role::Operator]));
    let page = page
        .and_then(|shown| shown)
        .map(|shown| draw(&shown, operates));
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

fn asked_of(work: &Work, genesis: Option<&Genesis>, epochs: &[u64]) -> Result<Contracts, String> {
    let face = work.chain().ok_or("this node has no chain at hand")?;
    let genesis = genesis.ok_or("the log names no contracts yet")?;
    let tokens: Vec<String> = genesis.tokens.iter().map(ToString::to_string).collect();
    contracts::ask(face, &format!("0x{}", genesis.settlement), epochs, &tokens)
}

fn draw(shown: &Found, operates: bool) -> Page {
    Page {
        part: "/audit",
        title: "Audit".to_owned(),
        scripts: &["live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { "Audit" }
                p.actions {
                    a.button.main href="/audit/check" { "Verify in this browser" }
                    a.button href="/audit/entry" { "Look at an entry" }
                    @if operates { a.button href="/operator" { "Operator" } }
                }
            }
            p.lead {
                "Everything that this node pays follows from one public log. Here is what the log "
                "says of itself, and how anybody checks it without believing this page."
            }
            div id="live" data-events="/api/v1/events" {
                (log(shown))
                (money::section(&shown.chains, &shown.places, &shown.chain))
                (super::chains::section(&shown.chains, &shown.health.problems))
                (epochs(shown))
                (newest(&shown.newest))
            }
            (offline(&shown.key))
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
        },
    }
}

fn log(shown: &Found) -> Markup {
    let health = &shown.health;
    html! {
        section {
            h2 { "The log" }
            dl.figures {
                (figure("Entries", &count(health.durable.into())))
                (figure("Under the checkpoint", &count(health.published.into())))
                (figure("Not yet published",
                    &count(health.durable.saturating_sub(health.published).into())))
            }
            dl.facts {
                dt { "Its key" }
                dd.path { (shown.key) }
                @if let Some(genesis) = &shown.genesis {
                    dt { "It settles on" }
                    dd { "chain " (genesis.chain_id) ", contracts " span.path {
                        "Settlement 0x" (genesis.settlement) ", Escrow 0x" (genesis.escrow) } }
                }
            }
            h3 { "The newest checkpoint" }
            @match &shown.note {
                None => { p.empty { "There is no checkpoint yet. The first comes within seconds of "
                    "the first entry." } }
                Some(note) => {
                    pre.code tabindex="0" role="group" aria-label="The checkpoint" { (note) }
                    p.quiet { "Its lines are the log's name, the number of entries, and the root "
                        "of the tree over all of them. What begins with a dash is a signature: the "
                        "first is the log's own." }
                }
            }
            (witnesses(shown))
        }
    }
}

/// Who else has signed the checkpoint, and how the witnesses that are asked are doing.
fn witnesses(shown: &Found) -> Markup {
    let note = shown.note.as_deref().unwrap_or_default();
    let parsed = Note::parse(note.as_bytes());
    let signers: Vec<&str> = parsed
        .iter()
        .flat_map(|note| note.lines.iter().skip(1).map(|line| line.name))
        .collect();
    html! {
        h3 { "Witnesses" }
        @if shown.health.witnesses.is_empty() && signers.is_empty() {
            p.empty {
                "Nobody but the operator signs this log. Without witnesses an operator could show "
                "two people two logs; whoever keeps an old checkpoint can still prove it."
            }
        } @else {
            (tabled(
                &[
                    Text("Witness"), Text("This checkpoint"), Number("Has cosigned up to"),
                    Text("Last"),
                ],
                &html! {
                    @for own in &shown.health.witnesses {
                        tr {
                            th scope="row" { (own.name) }
                            td { @if signers.contains(&own.name.as_str()) { (chip("signed")) }
                                @else { (chip("not yet")) } }
                            td.num { (count(own.size.into())) }
                            td {
                                @match own.last_success_ms {
                                    Some(at_ms) => { (time(at_ms)) }
                                    None => { "never" }
                                }
                                @if let Some(problem) = &own.problem { ": " (problem) }
                            }
                        }
                    }
                },
            ))
            @for name in signers.iter().filter(|name| {
                !shown.health.witnesses.iter().any(|own| own.name == **name)
            }) { p.quiet { "Also signed by " (name) "." } }
        }
    }
}

fn epochs(shown: &Found) -> Markup {
    let on_chain = |epoch: u64| -> Option<&OnChain> {
        let all = shown.chain.as_ref().ok()?;
        all.epochs.iter().find(|own| own.epoch == epoch)
    };
    html! {
        section {
            h2 { "Epochs and their roots on the chain" }
            @if let (true, Some(first)) = (shown.chains.len() > 1, shown.chains.first()) {
                p.note { "The last two columns are of chain " (first.chain_id) ", the first one. "
                    "The same root goes to each of the others in its own time; how far each has "
                    "come stands above." }
            }
            @match &shown.epochs {
                Err(problem) => { p.empty { (problem.detail()) "." } }
                Ok(rows) if rows.is_empty() => {
                    p.empty { "No epoch has closed yet. When one does, all that anybody is owed is "
                        "put into one tree, and its root goes to the chain." }
                }
                Ok(rows) => {
                    @if let Err(why) = &shown.chain {
                        p.note { "The chain could not be asked: " (why) ". What follows is from "
                            "the log alone." }
                    }
                    (tabled(
                        &[
                            Text("Epoch"), Text("Closed"), Number("Wallets"),
                            Text("Root in the log"), Text("On the chain"), Text("Money"),
                        ],
                        &html! {
                            @for row in rows { (epoch(row, on_chain(row.epoch))) }
                        },
                    ))
                    p.quiet { "Open: it can still be halted. Final: it pays, for ever. The leaves "
                        "of an epoch stand in its public file; anybody can build the tree again." }
                }
            }
        }
    }
}

fn epoch(row: &EpochRow, on_chain: Option<&OnChain>) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/claims/" (row.epoch) ".json" } { (row.epoch) } }
            td { a href={ "/audit/entry?index=" (row.seq) } { (time(row.time_ms)) } }
            td.num { (count(row.leaves.into())) }
            td.path { (row.root.get(..16).unwrap_or(&row.root)) "…" }
            td {
                @match on_chain {
                    None => { span.quiet { "not asked" } }
                    Some(own) => {
                        (chip(own.status))
                        @match &own.root {
                            Some(root) if *root == row.root => { " the same root" }
                            Some(_) => { strong { " ANOTHER ROOT" } }
                            None if own.status == "open" => {
                                " until " (time(own.ready_at_s.saturating_mul(1_000)))
                            }
                            None => {}
                        }
                    }
                }
            }
            td { @if row.released { (chip("released")) } @else { (chip("waiting")) } }
        }
    }
}

fn newest(rows: &[Bulletin]) -> Markup {
    html! {
        section {
            h2 { "Newest entries" }
            @if rows.is_empty() {
                p.empty { "The log is empty." }
            } @else {
                (tabled(
                    &[Text("Entry"), Text("When"), Text("Who"), Text("What"), Text("About")],
                    &html! {
                        @for row in rows.iter().rev() {
                            tr {
                                th scope="row" { a href={ "/audit/entry?index=" (row.index) } {
                                    (count(row.index.into())) } }
                                td { (time(row.time_ms)) }
                                td { @match row.account {
                                    Some(account) => { "account " (account.0) }
                                    None => { "the operator, or somebody new" }
                                } }
                                td { (row.kind.replace('_', " ")) }
                                td { @if let Some(id) = row.campaign {
                                    a href={ "/campaigns/" (id.0) } { "campaign " (id.0) } } }
                            }
                        }
                    },
                ))
            }
        }
    }
}

/// The commands that need nothing of this node but its public files.
fn offline(key: &str) -> Markup {
    html! {
        section {
            h2 { "Without this page" }
            p {
                "A verifier that the operator serves proves nothing against that operator: whoever "
                "can change the log can change this page too. These commands run on your own "
                "machine, with a program that you have built or had from somebody else, and the "
                "log's key from somewhere that the operator cannot change for you alone."
            }
            pre.code tabindex="0" role="group" aria-label="Commands" {
                "headwater audit https://THIS-NODE --log-key '" (key) "'\n"
                "headwater verify RECEIPT.tlog-proof --log-key '" (key) "'"
            }
        }
    }
}
