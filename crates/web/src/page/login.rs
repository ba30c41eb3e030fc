//! The login page: the wallets of the browser, passkeys, and on a test node a guest's wallet.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::icon::icon;
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::work::Work;

/// `GET /login?next=PATH`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = Page {
        part: "/login",
        title: words.say("shell.log-in").to_owned(),
        scripts: &["login.js"],
        body: html! {
            div.door {
                h1 { (words.say("shell.log-in")) }
                p.lead { (words.say("login.lead")) }
                p id="status" role="status" aria-live="polite" hidden {}
                noscript { p.note { (words.say("login.script")) } }
                (wallets(words))
                (passkeys(words))
                @if work.has_faucet() { (guest(words)) }
            }
        },
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn wallets(words: Words) -> Markup {
    html! {
        section.card {
            h2 { (icon("wallet")) " " (words.say("login.wallet")) }
            ul.plain-list id="wallets" {}
            p.quiet id="no-wallet" { (words.say("login.no-wallet")) }
            details {
                summary { (words.say("login.what-signed")) }
                p.quiet { (words.say("login.signed")) }
            }
        }
    }
}

fn passkeys(words: Words) -> Markup {
    html! {
        section.card {
            h2 { (icon("key")) " " (words.say("login.passkey")) }
            p.quiet { (words.say("login.passkey-how")) }
            p.actions {
                button type="button" id="passkey" { (words.say("login.with-passkey")) }
            }
            details {
                summary { (words.say("login.new-here")) }
                label for="passkey-name" { (words.say("login.passkey-name")) }
                input type="text" id="passkey-name" maxlength="80" placeholder="Headwater";
                p.actions {
                    button type="button" id="new-passkey" { (words.say("login.make-passkey")) }
                }
            }
        }
    }
}

fn guest(words: Words) -> Markup {
    html! {
        section.card {
            h2 { (icon("person")) " " (words.say("login.looking")) }
            p.quiet { (words.say("login.guest-how")) }
            p.actions {
                button.main type="button" id="guest" { (words.say("login.guest")) }
            }
        }
    }
}
