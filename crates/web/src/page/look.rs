//! How somebody wants to see pages: the theme and the language, kept in a cookie of the browser.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::words::Words;
use crate::problem::Problem;

const COOKIE: &str = "hw-look";
const YEAR_S: u32 = 365 * 86_400;

/// Themes that can be chosen; none follows the system.
pub(super) const THEMES: [&str; 2] = ["light", "dark"];

/// What a browser has chosen, or asks for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// One of [`THEMES`]; `None` follows the system.
    pub(super) theme: Option<&'static str>,
    /// Whether the language was chosen, rather than asked for by the browser.
    chosen: bool,
    pub(super) words: Words,
}

impl Look {
    /// By the cookie, and where it says nothing by `Accept-Language`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let (theme, language) = cookie(headers).unwrap_or_default();
        let accepted = headers.get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        let chosen = Words::named(language);
        Self {
            theme: THEMES.into_iter().find(|own| *own == theme),
            chosen: chosen.is_some(),
            words: chosen.unwrap_or_else(|| Words::accepted(accepted.unwrap_or_default())),
        }
    }

    fn cookie(self) -> String {
        let theme = self.theme.unwrap_or_default();
        let language = if self.chosen { self.words.code() } else { "" };
        format!("{COOKIE}={theme}.{language}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax")
    }
}

fn cookie(headers: &HeaderMap) -> Option<(&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| value.split_once('.'))?
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Chosen {
    /// `light`, `dark`, or `system`.
    theme: Option<String>,
    /// A code of a language.
    lang: Option<String>,
    /// Page to go back to.
    next: Option<String>,
}

/// `GET /look?theme=&lang=&next=`: keeps the choice and goes back. It changes nothing but what this
/// browser shows.
pub(super) async fn choose(
    headers: HeaderMap,
    query: Result<Query<Chosen>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Chosen { theme, lang, next }) = query?;
    let mut look = Look::of(&headers);
    if let Some(theme) = theme {
        look.theme = THEMES.into_iter().find(|own| *own == theme);
    }
    if let Some(words) = lang.as_deref().and_then(Words::named) {
        (look.words, look.chosen) = (words, true);
    }
    let next = next.filter(|path| is_own(path));
    let next = HeaderValue::try_from(next.unwrap_or_else(|| "/".to_owned()));
    let next = next.unwrap_or_else(|_| HeaderValue::from_static("/"));
    let cookie = HeaderValue::try_from(look.cookie()).expect("codes are header values");
    let told = [(header::LOCATION, next), (header::SET_COOKIE, cookie)];
    Ok((StatusCode::SEE_OTHER, told).into_response())
}

/// Whether a path leads to a page of ours: browsers read `//` and `/\` as another host.
fn is_own(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next() == Some('/') && !matches!(letters.next(), Some('/' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cookie: &str, accepted: &str) -> Look {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Look::of(&headers)
    }

    #[test]
    fn a_choice_is_kept_and_what_was_not_chosen_follows_the_browser() {
        let look = of("hw=x; hw-look=dark.", "es-MX,en;q=0.5");
        assert_eq!((look.theme, look.words.code()), (Some("dark"), "es"));
        assert!(look.cookie().starts_with("hw-look=dark.; Path=/"));
        let look = of("hw-look=.zh", "es");
        assert_eq!((look.theme, look.words.code()), (None, "zh"));
        assert!(look.cookie().starts_with("hw-look=.zh; "));
        let look = of("hw-look=<script>.xx", "xx");
        assert_eq!((look.theme, look.words.code()), (None, "en"));
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (path, own) in [
            ("/", true),
            ("/tasks/1?a=b", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_own(path), own, "{path}");
        }
    }
}
