//! `/audit/entry`: any entry in words, and the way from it to the signed root, step by step.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::host::NoReceipt;
use proof::hash::Hash;
use proof::merkle::{self, Head};
use proof::receipt::Receipt;
use protocol::{Entry, codec};
use serde::Deserialize;

use super::super::sheet::sheets;
use super::super::shell::{Page, Viewer, answer};
use super::super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::problem::said::no_entry;
use crate::work::Work;

/// Longest description of a command on the page, in bytes; its bytes are all there.
const MOST_WORDS: usize = 20_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::page) struct Asked {
    /// Its number; the newest that is published where none is named.
    index: Option<u64>,
}

/// An entry under the published checkpoint.
struct Shown {
    index: u64,
    published: u64,
    key: String,
    entry: Option<Entry>,
    bytes: usize,
    leaf: Hash,
    steps: Vec<Step>,
    head: Head,
    /// Whether it holds under the log's key.
    holds: bool,
}

/// One hash on the way up.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    /// Whether the other stands left of what was reached so far.
    left: bool,
    other: Hash,
    reached: Hash,
}

/// `GET /audit/entry?index=`.
pub(in crate::page) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    query: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Response {
    let words = viewer.words();
    let page = match query {
        Ok(Query(asked)) => drawn(words, work, asked).await,
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

async fn drawn(words: Words, work: Work, asked: Asked) -> Result<Page, Problem> {
    let published = work.host().published();
    if published == 0 {
        return Ok(framed(
            words,
            words.say("entry.an-entry"),
            &html! {
                p.empty { (words.say("entry.no-checkpoint-covers-an")) }
            },
        ));
    }
    let index = asked.index.unwrap_or(published - 1);
    let shown = blocking(move || read(&work, index)).await??;
    Ok(draw(words, &shown))
}

fn read(work: &Work, index: u64) -> Result<Shown, Problem> {
    let host = work.host();
    let receipt = host.receipt(index).map_err(|why| match why {
        NoReceipt::NoEntry { durable } => no_entry(durable),
        NoReceipt::NotPublished { published } => Problem::not_yet(format!(
            "the newest checkpoint covers {published} entries; entry {index} comes under one soon"
        )),
        NoReceipt::Store(error) => error.into(),
    })?;
    let bytes = receipt.extra.clone().unwrap_or_default();
    let key = host.log_key();
    let head = checkpoint(&receipt);
    let leaf = merkle::leaf_hash(&bytes);
    Ok(Shown {
        index,
        published: host.published(),
        key: key.to_string(),
        entry: codec::decode(&bytes).ok(),
        bytes: bytes.len(),
        leaf,
        steps: climb(leaf, (index, head.size), &receipt.path),
        holds: receipt.open(&key, None).is_ok(),
        head,
    })
}

/// What the receipt's checkpoint says, by whomever it is signed.
fn checkpoint(receipt: &Receipt) -> Head {
    let text = proof::note::text_unverified(receipt.checkpoint.as_bytes());
    let checkpoint = text.and_then(proof::Checkpoint::parse);
    checkpoint.map_or(
        Head {
            size: 0,
            root: [0; 32],
        },
        |checkpoint| checkpoint.head,
    )
}

/// The way from a leaf up (RFC 9162, 2.1.3.2).
fn climb(leaf: Hash, (index, size): (u64, u64), path: &[Hash]) -> Vec<Step> {
    let (mut own, mut place, mut last) = (leaf, index, size.saturating_sub(1));
    let mut steps = Vec::new();
    for other in path {
        let left = place & 1 == 1 || place == last;
        own = match left {
            true => merkle::node_hash(other, &own),
            false => merkle::node_hash(&own, other),
        };
        if left && place != 0 {
            // A right-most node without a sibling moves up as it is.
            let lift = place.trailing_zeros();
            (place, last) = (place >> lift, last >> lift);
        }
        (place, last) = (place >> 1, last >> 1);
        steps.push(Step {
            left,
            other: *other,
            reached: own,
        });
    }
    steps
}

fn framed(words: Words, title: &str, body: &Markup) -> Page {
    Page {
        part: "/audit",
        title: title.to_owned(),
        scripts: &[],
        body: html! {
            (sheets())
            div.head {
                h1 { (title) } p.actions { a.button href="/audit" { (words.say("nav.audit")) } }
            }
            (body)
        },
    }
}

fn draw(words: Words, shown: &Shown) -> Page {
    let index = shown.index;
    let title = words.fill("entry.entry", &[("index", &index.to_string())]);
    framed(
        words,
        &title,
        &html! {
            (pager(words, shown))
            @match &shown.entry {
                Some(entry) => { (said(words, entry, shown.bytes)) }
                None => { p.empty { (words.say("entry.its-bytes-are-no")) } }
            }
            (steps(words, shown))
            section {
                h2 { (words.say("landing.check")) }
                p.actions {
                    a.button.main href={ "/audit/check?receipt=" (index) } {
                        (words.say("entry.check-in-this-browser"))
                    }
                    a.button href={ "/api/v1/receipt/" (index) } download {
                        (words.say("entry.receipt"))
                    }
                    a.button href={ "/api/v1/entry/" (index) } download {
                        (words.say("common.bytes"))
                    }
                }
                p { (words.say("entry.the-steps-above-are")) }
                pre.code tabindex="0" role="group" aria-label=(words.say("entry.command")) {
                    "headwater verify " (index) ".tlog-proof --log-key '" (shown.key) "'"
                }
            }
        },
    )
}

fn pager(words: Words, shown: &Shown) -> Markup {
    let index = shown.index;
    html! {
        form.pager method="get" action="/audit/entry" {
            div {
                label for="index" {
                    (words.draw("entry.number-from-0-to",
                        &[("published", &shown.published.saturating_sub(1))]))
                }
                input id="index" name="index" type="number" min="0" value=(index)
                    inputmode="numeric";
            }
            button type="submit" { (words.say("entry.show")) }
            @if index > 0 {
                a.button href={ "/audit/entry?index=" (index - 1) } rel="prev" { "← " (index - 1) }
            }
            @if index + 1 < shown.published {
                a.button href={ "/audit/entry?index=" (index + 1) } rel="next" { (index + 1) " →" }
            }
        }
    }
}

fn said(words: Words, entry: &Entry, bytes: usize) -> Markup {
    let submission = &entry.signed.submission;
    let mut command = format!("{:#?}", submission.command);
    let is_cut = command.len() > MOST_WORDS;
    if is_cut {
        let end = (0..=MOST_WORDS)
            .rev()
            .find(|end| command.is_char_boundary(*end));
        command.truncate(end.unwrap_or(0));
    }
    let who = match submission.account {
        Some(account) => words.fill(
            "common.account-alone",
            &[("account", &account.0.to_string())],
        ),
        None => words.say("entry.somebody-new-or-the").to_owned(),
    };
    html! {
        section {
            h2 { (words.say("entry.what-it-says")) }
            p.words {
                (words.draw("entry.says", &[
                    ("who", &who),
                    ("what", &words.statement(&node::words::told(&submission.command))),
                ]))
            }
            dl.facts {
                dt { (words.say("entry.log-time")) } dd { (words.time(entry.time_ms)) }
                dt { (words.say("entry.signed-by-key")) } dd.path { (submission.key) }
                dt { (words.say("entry.its-number-at-that")) } dd { (submission.nonce) }
                @if let Some(private) = submission.private {
                    dt { (words.say("entry.commits-to-a-private")) } dd.path { (private) }
                }
                dt { (words.say("entry.signature")) } dd.path { (entry.signed.signature) }
                dt {
                    (words.say("common.rules"))
                } dd { (words.draw("entry.version", &[("version", &entry.rule)])) }
                dt { (words.say("entry.length")) }
                @let length = words.count(bytes as u128);
                dd { (words.fill("common.byte-count", &[("bytes", &length)])) }
            }
            details.brief {
                summary { (words.say("entry.every-field-of-it")) }
                pre.code tabindex="0" role="group" aria-label=(words.say("entry.the-command"))
                    { (command) }
                @if is_cut { p.quiet { (words.say("entry.it-goes-on-its")) } }
            }
        }
    }
}

fn steps(words: Words, shown: &Shown) -> Markup {
    let reached = shown.steps.last().map_or(shown.leaf, |step| step.reached);
    let leads = reached == shown.head.root;
    let whole = leads && shown.holds;
    html! {
        section {
            h2 { (words.say("entry.why-it-is-in")) }
            ol.proof {
                li data-state="good" {
                    span.verdict aria-hidden="true" { "1" }
                    (words.draw("entry.the-hash-of-the",
                        &[("hex", &html! { span.path { (hex(&shown.leaf)) } })]))
                }
                li data-state="good" {
                    span.verdict aria-hidden="true" { "2" }
                    @if shown.steps.is_empty() {
                        (words.say("entry.it-is-the-only"))
                    } @else {
                        (words.draw("entry.joined-with-other-hashes",
                            &[("steps", &shown.steps.len()),
                              ("hex", &html! { span.path { (hex(&reached)) } })]))
                        (path(words, &shown.steps))
                    }
                }
                li data-state=(if whole { "good" } else { "bad" }) {
                    span.verdict aria-hidden="true" { @if whole { "3 ✓" } @else { "3 ✕" } }
                    @if whole {
                        (words.draw("entry.that-is-the-root",
                            &[("head", &words.count(shown.head.size.into()))]))
                    } @else {
                        @let fault = match leads {
                            true => words.say("entry.its-checkpoint-is-not"),
                            false => words.say("entry.the-path-leads-to"),
                        };
                        (words.fill("entry.the-receipt-does-not", &[("fault", fault)]))
                    }
                }
            }
        }
    }
}

fn path(words: Words, steps: &[Step]) -> Markup {
    html! {
        details.brief {
            summary { (words.say("entry.each-hash-of-the")) }
            div.scroll { table.path {
                thead { tr {
                    th scope="col" { (words.say("entry.level")) }
                    th scope="col" { (words.say("entry.joined-with")) }
                    th scope="col" { (words.say("entry.leads-to")) }
                } }
                tbody { @for (level, step) in steps.iter().enumerate() {
                    tr {
                        th scope="row" { (level + 1) }
                        td {
                            @if step.left {
                                (words.say("entry.left")) " "
                            } @else { (words.say("entry.right")) " " } (hex(&step.other))
                        }
                        td { (hex(&step.reached)) }
                    }
                } }
            } }
        }
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_every_entry_leads_to_the_root() {
        for size in 1..70_u8 {
            let leaves: Vec<Hash> = (0..size).map(|leaf| merkle::leaf_hash(&[leaf])).collect();
            let root = merkle::root(&leaves);
            for index in 0..u64::from(size) {
                let node = |level: u8, at: u64| -> Result<Hash, proof::Fault> {
                    let first = (at << level) as usize;
                    Ok(merkle::root(&leaves[first..first + (1 << level)]))
                };
                let path = merkle::prove_inclusion(index, size.into(), node).unwrap();
                let leaf = leaves[index as usize];
                let steps = climb(leaf, (index, size.into()), &path);
                let reached = steps.last().map_or(leaf, |step| step.reached);
                assert_eq!(reached, root, "{index} of {size}");
            }
        }
    }
}
