//! One's own page: passkeys, the payout address, browsers that sign, sessions, API keys.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::work::Work;

/// `GET /me`: its tables are filled by a script, from what only a session may ask.
pub(super) async fn page(State(_): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = if viewer.0.is_some() {
        draw(words)
    } else {
        let why = words.say("me.this-page-is-yours");
        log_in(words, "/me", uri.path(), why)
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn draw(words: Words) -> Page {
    Page {
        part: "/me",
        title: words.say("shell.you").to_owned(),
        scripts: &["me.js"],
        body: html! {
            h1 { (words.say("shell.you")) }
            p.quiet {
                (words.draw("me.you-are-known-by",
                    &[("holder", &html! { code id="holder" { "…" } })]))
            }
            p id="status" role="status" aria-live="polite" hidden {}
            (paid(words))
            (passkeys(words))
            (browsers(words))
            (keys(words))
        },
    }
}

fn paid(words: Words) -> Markup {
    html! {
        section id="payout" {
            h2 { (words.say("me.where-you-are-paid")) }
            p { code.hash id="paid-at" { "…" } }
            p.note id="payout-notice" hidden {}
            div id="payout-form" hidden {
                p {
                    (words.say("me.your-passkey-signs-the"))
                }
                label for="payout-address" { (words.say("me.address-on-the-chain")) }
                input type="text" id="payout-address" autocomplete="off" spellcheck="false"
                    placeholder="0x…";
                p.actions {
                    button.main type="button" id="payout-name" {
                        (words.say("me.name-it-with-your"))
                    }
                }
            }
        }
    }
}

fn passkeys(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("me.passkeys")) }
            (table(
                words,
                "passkeys",
                &[words.say("common.name"), words.say("me.kept"), words.say("me.last-used"), ""],
            ))
            p.quiet id="no-passkeys" hidden {
                (words.say("me.you-have-none-with"))
            }
            label for="passkey-name" { (words.say("me.name-of-a-new")) }
            input type="text" id="passkey-name" maxlength="80" placeholder=(words.say("me.phone"));
            p.actions { button type="button" id="add-passkey" { (words.say("me.add-a-passkey")) } }
        }
    }
}

fn browsers(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("me.browsers-that-sign-for")) }
            p.quiet {
                (words.say("me.each-has-a-key"))
            }
            (table(
                words,
                "signers",
                &[
                    words.say("me.key"),
                    words.say("me.where"),
                    words.say("campaign.state"),
                    words.say("common.until"),
                    "",
                ],
            ))
            p.actions {
                button type="button" id="join" hidden { (words.say("me.let-this-browser-sign")) }
            }
        }
        section {
            h2 { (words.say("me.sessions")) }
            (table(
                words,
                "sessions",
                &[words.say("me.browser"), words.say("me.which"), words.say("me.last-seen"), ""],
            ))
        }
    }
}

fn keys(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("me.api-keys")) }
            (table(
                words,
                "api-keys",
                &[
                    words.say("common.name"),
                    words.say("me.begins"),
                    words.say("me.may"),
                    words.say("common.until"),
                    "",
                ],
            ))
            label for="key-name" { (words.say("me.name-of-a-new")) }
            input type="text" id="key-name" maxlength="80"
                placeholder=(words.say("me.nightly-export"));
            p {
                label {
                    input type="checkbox" id="key-writes"; " "
                        (words.say("me.it-may-change-things"))
                }
            }
            p.actions { button type="button" id="make-key" { (words.say("me.make-a-key-for")) } }
        }
    }
}

fn table(words: Words, id: &str, heads: &[&str]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        @for head in heads {
                            th scope="col" {
                                @if head.is_empty() {
                                    span.hidden { (words.say("common.action")) }
                                } @else { (head) }
                            }
                        }
                    }
                }
                tbody id=(id) {}
            }
        }
    }
}
