//! One's own page: passkeys, the payout address, browsers that sign, sessions, API keys.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::shell::{Page, Viewer, answer, log_in_first};
use crate::work::Work;

/// `GET /me`: its tables are filled by a script, from what only a session may ask.
pub(super) async fn page(State(_): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = if viewer.0.is_some() {
        draw()
    } else {
        let why = "This page is yours alone, so it must know who you are.";
        log_in_first("/me", uri.path(), why)
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn draw() -> Page {
    Page {
        part: "/me",
        title: "You".to_owned(),
        scripts: &["me.js"],
        body: html! {
            h1 { "You" }
            p.quiet { "You are known by " code id="holder" { "…" } "." }
            p id="status" role="status" aria-live="polite" hidden {}
            (paid())
            (passkeys())
            (browsers())
            (keys())
        },
    }
}

fn paid() -> Markup {
    html! {
        section id="payout" {
            h2 { "Where you are paid" }
            p { code.hash id="paid-at" { "…" } }
            p.note id="payout-notice" hidden {}
            div id="payout-form" hidden {
                p {
                    "Your passkey signs the address, and the log shows both to everybody for good. "
                    "A first address counts at once. Another one later counts three days after "
                    "you have named it, so that you can call off what a thief has named; what was "
                    "payable until then stays at the old one."
                }
                label for="payout-address" { "Address on the chain" }
                input type="text" id="payout-address" autocomplete="off" spellcheck="false"
                    placeholder="0x…";
                p.actions {
                    button.main type="button" id="payout-name" { "Name it with your passkey" }
                }
            }
        }
    }
}

fn passkeys() -> Markup {
    html! {
        section {
            h2 { "Passkeys" }
            (table("passkeys", &["Name", "Kept", "Last used", ""]))
            p.quiet id="no-passkeys" hidden {
                "You have none. With one you can log in without your wallet."
            }
            label for="passkey-name" { "Name of a new one" }
            input type="text" id="passkey-name" maxlength="80" placeholder="Phone";
            p.actions { button type="button" id="add-passkey" { "Add a passkey" } }
        }
    }
}

fn browsers() -> Markup {
    html! {
        section {
            h2 { "Browsers that sign for you" }
            p.quiet {
                "Each has a key of its own, which never leaves it. One that is revoked signs "
                "nothing more; what it has signed stays. A key revokes itself and those it has "
                "let in; one that your wallet or passkey has let in, also all before it."
            }
            (table("signers", &["Key", "Where", "State", "Until", ""]))
            p.actions {
                button type="button" id="join" hidden { "Let this browser sign" }
            }
        }
        section {
            h2 { "Sessions" }
            (table("sessions", &["Browser", "Which", "Last seen", ""]))
        }
    }
}

fn keys() -> Markup {
    html! {
        section {
            h2 { "API keys" }
            (table("api-keys", &["Name", "Begins", "May", "Until", ""]))
            label for="key-name" { "Name of a new one" }
            input type="text" id="key-name" maxlength="80" placeholder="Nightly export";
            p { label { input type="checkbox" id="key-writes"; " It may change things too" } }
            p.actions { button type="button" id="make-key" { "Make a key for 90 days" } }
        }
    }
}

fn table(id: &str, heads: &[&str]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        @for head in heads {
                            th scope="col" {
                                @if head.is_empty() { span.hidden { "Action" } } @else { (head) }
                            }
                        }
                    }
                }
                tbody id=(id) {}
            }
        }
    }
}
