//! What stands around every page: who looks at it and how, the bar above, and how a page says no.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::asset::{address, texts};
use super::icon::{icon, mark};
use super::look::{Look, THEMES};
use super::table::labelled;
use super::words::Words;
use crate::access::{Caller, How};
use crate::problem::Problem;

/// Who looks at a page, and how they want to see it.
pub(crate) struct Viewer(pub(crate) Option<Caller>, pub(crate) Look);

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let caller = parts.extensions.get::<Caller>().cloned();
        Ok(Self(caller, Look::of(&parts.headers)))
    }
}

impl Viewer {
    /// Their account, where it is open.
    pub(super) fn account(&self) -> Option<protocol::AccountId> {
        self.0.as_ref().and_then(|caller| caller.account)
    }

    /// The catalogue of their language.
    pub(crate) fn words(&self) -> Words {
        self.1.words
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

/// Marks an answer that may be compressed. A page with a secret beside text that others choose is
/// not: its length would tell the secret letter by letter (BREACH, 2013).
#[derive(Clone, Copy)]
pub(super) struct Compressible;

/// Path and key of the parts of the site; what this node does not serve is left out.
const PARTS: &[(&str, &str)] = &[
    ("/tasks", "nav.work"),
    ("/campaigns", "nav.campaigns"),
    ("/explore", "nav.market"),
    ("/earnings", "nav.earnings"),
    ("/audit", "nav.audit"),
];

/// Whether a page is served: a link to it leads somewhere.
pub(super) fn is_served(path: &str) -> bool {
    crate::access::of("GET", path).is_some()
}

/// A whole page, or what stands in its place.
pub(super) fn answer(viewer: &Viewer, path: &str, page: Result<Page, Problem>) -> Response {
    let (status, page) = match page {
        Ok(page) => (StatusCode::OK, page),
        Err(problem) => refused(viewer.words(), &problem, path),
    };
    let words = document(viewer, path, &page).into_string();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], words).into_response();
    if viewer.csrf().is_none() {
        response.extensions_mut().insert(Compressible);
    }
    response
}

/// The page of somebody who has to log in first.
pub(super) fn log_in(words: Words, part: &'static str, path: &str, why: &str) -> Page {
    let title = words.say("shell.log-in-first");
    Page {
        part,
        title: title.to_owned(),
        scripts: &[],
        body: html! {
            section.narrow {
                h1 { (title) }
                p.lead { (why) }
                p.actions {
                    a.button.main.big href={ "/login?next=" (path) } {
                        (words.say("shell.log-in"))
                    }
                }
            }
        },
    }
}

fn refused(words: Words, problem: &Problem, path: &str) -> (StatusCode, Page) {
    let status = problem.status();
    let title = match status {
        StatusCode::NOT_FOUND => words.say("refused.not-here"),
        StatusCode::FORBIDDEN => words.say("refused.not-for-you"),
        _ => words.say("refused.did-not-work"),
    };
    let page = Page {
        part: "",
        title: title.to_owned(),
        scripts: &[],
        body: html! {
            section.narrow {
                h1 { (title) }
                p.lead { (words.fill("refused.node-says", &[("why", &words.why(problem))])) }
                p.quiet {
                    (words.draw("refused.nothing-changed",
                        &[("path", &html! { code { (path) } })]))
                }
                p.actions { a.button href="/" { (words.say("refused.front")) } }
            }
        },
    };
    (status, page)
}

fn document(viewer: &Viewer, path: &str, page: &Page) -> Markup {
    let words = viewer.words();
    html! {
        (DOCTYPE)
        html lang=(words.code()) dir=(words.direction()) data-theme=[viewer.1.theme] {
            (head(viewer, page))
            body {
                a.skip href="#main" { (words.say("shell.skip")) }
                header.bar {
                    div.bar-inner {
                        a.brand href="/" { (mark()) "Headwater" }
                        nav aria-label=(words.say("shell.site")) {
                            @for (path, key) in PARTS.iter().filter(|part| is_served(part.0)) {
                                @let here = (*path == page.part).then_some("page");
                                a href=(path) aria-current=[here] { (words.say(key)) }
                            }
                        }
                        (who(viewer))
                    }
                }
                main id="main" tabindex="-1" data-texts=[texts(words, page.scripts)] {
                    (PreEscaped(labelled(&page.body.0)))
                }
                (foot(viewer, path))
            }
        }
    }
}

fn head(viewer: &Viewer, page: &Page) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content=(viewer.1.theme.unwrap_or("light dark"));
            @if let Some(csrf) = viewer.csrf() {
                meta name="csrf" content=(csrf);
            }
            title { (page.title) " · Headwater" }
            // What a search engine shows below the title, whichever page it has found.
            meta name="description" content=(viewer.words().say("landing.lead"));
            link rel="icon" href=(address("icon.svg")) type="image/svg+xml";
            link rel="stylesheet" href=(address("style.css"));
            // Nothing is painted of half a page: what stands at the end of a line would move.
            link rel="expect" href="#foot" blocking="render";
            @for script in page.scripts {
                script type="module" src=(address(script)) {}
            }
            script type="module" src=(address("page.js")) {}
        }
    }
}

fn who(viewer: &Viewer) -> Markup {
    let words = viewer.words();
    html! {
        div.who {
            @match (&viewer.0, viewer.account()) {
                (None, _) => { a.button href="/login" { (words.say("shell.log-in")) } }
                (Some(_), account) => {
                    a href="/me" {
                        (icon("person"))
                        @match account {
                            Some(account) => {
                                span {
                                    span.touchless { (words.say("shell.account")) " " }
                                    (account.0)
                                }
                            }
                            None => { (words.say("shell.you")) }
                        }
                    }
                    button.plain type="button" id="logout" { (words.say("shell.log-out")) }
                    span id="logout-status" role="status" hidden
                        data-words=(words.say("shell.log-out-failed")) {}
                }
            }
        }
    }
}

/// What every number rests on, and the switches of theme and language. They work without script.
fn foot(viewer: &Viewer, path: &str) -> Markup {
    let words = viewer.words();
    let theme = viewer.1.theme.unwrap_or("system");
    let themes = [
        ("system", "shell.theme-system"),
        (THEMES[0], "shell.theme-light"),
        (THEMES[1], "shell.theme-dark"),
    ];
    html! {
        footer.foot id="foot" {
            div.foot-inner {
                div {
                    p { (words.say("shell.computed")) }
                    p.foot-links {
                        a href="/log/checkpoint" { (words.say("shell.checkpoint")) }
                        a href="/api/v1/head" title=(words.say("shell.head-how")) {
                            (words.say("shell.head"))
                        }
                        a href="/openapi.json" { "API" }
                        a href="/design" { (words.say("shell.design")) }
                    }
                }
                form method="get" action="/look" {
                    input type="hidden" name="next" value=(path);
                    div.switch role="group" aria-label=(words.say("shell.theme")) {
                        @for (value, key) in themes {
                            button type="submit" name="theme" value=(value) title=(words.say(key))
                                aria-pressed=(if theme == value { "true" } else { "false" }) {
                                (icon(value)) span.hidden { (words.say(key)) }
                            }
                        }
                    }
                    div.switch role="group" aria-label=(words.say("shell.language")) {
                        @for (code, name) in Words::all() {
                            @let here = code == words.code();
                            button type="submit" name="lang" value=(code) lang=(code)
                                aria-pressed=(if here { "true" } else { "false" }) { (name) }
                        }
                    }
                }
            }
        }
    }
}
