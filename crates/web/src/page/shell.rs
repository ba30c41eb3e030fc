//! What stands around every page: who looks at it, the bar above, and how a page says no.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::access::{Caller, How};
use crate::problem::Problem;

/// Who looks at a page.
pub(crate) struct Viewer(pub(crate) Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Caller>().cloned()))
    }
}

impl Viewer {
    /// Their account, where it is open.
    pub(super) fn account(&self) -> Option<protocol::AccountId> {
        self.0.as_ref().and_then(|caller| caller.account)
    }

    fn csrf(&self) -> Option<&str> {
        match self.0.as_ref().map(|caller| &caller.how) {
            Some(How::Session { csrf, .. }) => Some(csrf),
            _ => None,
        }
    }
}

/// One page: where it stands in the bar, what it is called, what it loads, and what it shows.
pub(super) struct Page {
    /// Path of the part of the site that it belongs to.
    pub(super) part: &'static str,
    pub(super) title: String,
    /// Names of scripts under `/static`.
    pub(super) scripts: &'static [&'static str],
    pub(super) body: Markup,
}

const PARTS: &[(&str, &str)] = &[
    ("/tasks", "Work"),
    ("/campaigns", "Campaigns"),
    ("/explore", "Market"),
    ("/earnings", "Earnings"),
];

/// A whole page, or what stands in its place.
pub(super) fn answer(viewer: &Viewer, path: &str, page: Result<Page, Problem>) -> Response {
    let (status, page) = match page {
        Ok(page) => (StatusCode::OK, page),
        Err(problem) => refused(&problem, path),
    };
    let words = document(viewer, &page).into_string();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], words).into_response()
}

/// The page of somebody who has to log in first.
pub(super) fn log_in_first(part: &'static str, path: &str, why: &str) -> Page {
    Page {
        part,
        title: "Log in first".to_owned(),
        scripts: &[],
        body: html! {
            section.narrow {
                h1 { "Log in first" }
                p { (why) }
                p { a.button.main href={ "/login?next=" (path) } { "Log in" } }
            }
        },
    }
}

fn refused(problem: &Problem, path: &str) -> (StatusCode, Page) {
    let status = problem.status();
    let title = match status {
        StatusCode::NOT_FOUND => "Not here",
        StatusCode::FORBIDDEN => "Not for you",
        _ => "That did not work",
    };
    let page = Page {
        part: "",
        title: title.to_owned(),
        scripts: &[],
        body: html! {
            section.narrow {
                h1 { (title) }
                p { "The node says: " (problem.detail()) "." }
                p.quiet { "Nothing was changed. You asked for " code { (path) } "." }
                p { a.button href="/" { "To the front page" } }
            }
        },
    };
    (status, page)
}

fn document(viewer: &Viewer, page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(csrf) = viewer.csrf() {
                    meta name="csrf" content=(csrf);
                }
                title { (page.title) " · Headwater" }
                link rel="icon" href="/static/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/static/style.css";
                @for script in page.scripts {
                    script type="module" src={ "/static/" (script) } {}
                }
                @if viewer.0.is_some() {
                    script type="module" src="/static/page.js" {}
                }
            }
            body {
                a.skip href="#main" { "Skip to the page" }
                header.bar {
                    a.brand href="/" { "Headwater" }
                    nav aria-label="Site" {
                        @for (path, name) in PARTS {
                            @let here = (*path == page.part).then_some("page");
                            a href=(path) aria-current=[here] { (name) }
                        }
                    }
                    (who(viewer))
                }
                main id="main" { (page.body) }
                footer.foot {
                    span { "Every number here is computed from the log." }
                    a href="/log/checkpoint" { "Checkpoint" }
                    a href="/api/v1/head" { "Head" }
                }
            }
        }
    }
}

fn who(viewer: &Viewer) -> Markup {
    html! {
        div.who {
            @match (&viewer.0, viewer.account()) {
                (None, _) => { a.button href="/login" { "Log in" } }
                (Some(_), account) => {
                    a.quiet href="/me" {
                        @match account {
                            Some(account) => { "Account " (account.0) }
                            None => { "You" }
                        }
                    }
                    button.plain type="button" id="logout" { "Log out" }
                    span id="logout-status" role="status" hidden {}
                }
            }
        }
    }
}
