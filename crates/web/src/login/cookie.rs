//! The two cookies of a browser, and whether a request that carries one comes from our own pages.

use axum::http::{HeaderMap, HeaderValue, Method, header};

use super::public::Origin;

/// Whom a cookie stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Somebody who is logged in.
    Session,
    /// A browser that has asked for a challenge.
    Browser,
}

impl Cookie {
    /// Its name. `__Host-` makes browsers refuse it unless it is `Secure`, for this host alone and
    /// set by it; over plain HTTP to the own machine no cookie can be that.
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-hw",
            (Self::Session, false) => "hw",
            (Self::Browser, true) => "__Host-hw-login",
            (Self::Browser, false) => "hw-login",
        }
    }

    /// The value that a request carries; none if it carries two.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let name = self.name(secure);
        let mut found = None;
        for line in headers.get_all(header::COOKIE) {
            for pair in line.to_str().ok()?.split(';') {
                let Some((own, value)) = pair.trim().split_once('=') else {
                    continue;
                };
                if own == name && found.replace(value).is_some() {
                    return None;
                }
            }
        }
        found
    }

    /// The header that sets it for so many seconds; 0 deletes it.
    pub fn set(self, value: &str, seconds: u64, secure: bool) -> HeaderValue {
        let (name, secure) = (self.name(secure), if secure { "; Secure" } else { "" });
        let site = match self {
            // A link from elsewhere should find its reader logged in.
            Self::Session => "Lax",
            Self::Browser => "Strict",
        };
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={site}{secure}");
        HeaderValue::try_from(text).expect("tokens are header values")
    }
}

/// What a request says of the page that has sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A page of one of our origins, or the person's own hand in the address line.
    Own,
    /// A link or form of another site that leads here as a page of its own.
    Link,
    /// Another site's page, or one that cannot be told.
    Other,
    /// The request says nothing: no browser, or one of before 2023.
    Silent,
}

impl Sender {
    /// By `Sec-Fetch-Site`, which no page can set, and else by `Origin`.
    pub fn of(method: &Method, headers: &HeaderMap, origins: &[Origin]) -> Self {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let origin = text("origin").map(|value| {
            let own = origins.iter().any(|origin| origin.to_string() == value);
            if own { Self::Own } else { Self::Other }
        });
        match (text("sec-fetch-site"), origin) {
            (_, Some(Self::Other)) => Self::Other,
            (Some("same-origin"), _) => Self::Own,
            (Some("none"), _) if method.is_safe() => Self::Own,
            (Some(_), _) => {
                let navigates = text("sec-fetch-mode") == Some("navigate") && method.is_safe();
                if navigates { Self::Link } else { Self::Other }
            }
            (None, Some(sender)) => sender,
            (None, None) => Self::Silent,
        }
    }

    /// Whether a cookie says who asks. Where it changes something, only on the word of our own
    /// pages; elsewhere not for the scripts of others.
    pub fn counts(self, method: &Method) -> bool {
        match self {
            Self::Own => true,
            Self::Link | Self::Silent => method.is_safe(),
            Self::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_counts_for_our_own_pages() {
        let origins = [Origin::parse("https://example.org").unwrap()];
        // What the request says; whether a cookie counts for GET, for POST.
        type Case<'a> = (&'a [(&'a str, &'a str)], [bool; 2]);
        let cases: &[Case<'_>] = &[
            (&[], [true, false]),
            (&[("sec-fetch-site", "same-origin")], [true, true]),
            (&[("sec-fetch-site", "none")], [true, false]),
            (&[("sec-fetch-site", "same-site")], [false, false]),
            (&[("sec-fetch-site", "cross-site")], [false, false]),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                ],
                [true, false],
            ),
            (&[("origin", "https://example.org")], [true, true]),
            (&[("origin", "https://evil.org")], [false, false]),
            (&[("origin", "null")], [false, false]),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://evil.org"),
                ],
                [false, false],
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://example.org"),
                ],
                [false, false],
            ),
        ];
        for (said, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in *said {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            let counts = [Method::GET, Method::POST]
                .map(|method| Sender::of(&method, &headers, &origins).counts(&method));
            assert_eq!(&counts, expected, "{said:?}");
        }
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_once() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_static("a=1; xhw=2; hw=3; hw-login=4");
        headers.insert(header::COOKIE, line);
        assert_eq!(Cookie::Session.read(&headers, false), Some("3"));
        assert_eq!(Cookie::Browser.read(&headers, false), Some("4"));
        assert_eq!(Cookie::Session.read(&headers, true), None);
        headers.append(header::COOKIE, HeaderValue::from_static("hw=5"));
        assert_eq!(Cookie::Session.read(&headers, false), None);
    }
}
