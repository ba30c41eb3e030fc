//! The login page: the wallets of the browser, passkeys, and on a test node a guest's wallet.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::html;

use super::shell::{Page, Viewer, answer};
use crate::work::Work;

/// `GET /login?next=PATH`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = Page {
        part: "/login",
        title: "Log in".to_owned(),
        scripts: &["login.js"],
        body: html! {
            section.narrow {
                h1 { "Log in" }
                p {
                    "Your wallet says who you are. The first time it signs twice: that you log in, "
                    "and that a key of this browser may work and open campaigns for you. "
                    "Neither costs anything, and the key can move no money out."
                }
                ul.plain-list id="wallets" {}
                p.quiet id="no-wallet" { "No wallet has shown itself in this browser." }
                noscript { p.note { "Signing needs JavaScript, which is off in this browser." } }
                h2 { "With a passkey" }
                p {
                    "Your device or password manager keeps it, and shows which one. You need no "
                    "wallet for it: you say later where you are paid, and what you earn before "
                    "is not lost."
                }
                p.actions {
                    button type="button" id="passkey" { "Log in with a passkey" }
                }
                details {
                    summary { "New here without a wallet?" }
                    label for="passkey-name" { "Name under which your device keeps it" }
                    input type="text" id="passkey-name" maxlength="80" placeholder="Headwater";
                    p.actions {
                        button type="button" id="new-passkey" { "Make a passkey and join" }
                    }
                }
                @if work.has_faucet() {
                    h2 { "Just looking?" }
                    p {
                        "This node gives test money, so it can make you a test wallet too. "
                        "The node has seen its secret: never send real money to it."
                    }
                    p { button.main type="button" id="guest" { "Try it as a guest" } }
                }
                p id="status" role="status" aria-live="polite" hidden {}
            }
        },
    };
    answer(&viewer, uri.path(), Ok(page))
}
