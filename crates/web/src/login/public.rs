//! The origin that people see in their browser, on which cookies and signatures are held.

use std::fmt;

/// An origin: scheme, host and port as a browser writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    authority: String,
}

impl Origin {
    /// Reads `https://HOST[:PORT]`, or `http://` with a loopback host. Over plain HTTP from another
    /// machine anybody on the way could take the session, so there is no such origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (secure, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(format!("`{text}` does not begin with `https://`")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split(authority);
        let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(in_host) {
            return Err(format!(
                "`{text}` is no origin: scheme, host and port alone"
            ));
        }
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(format!(
                "`{text}` has a port that is no number up to 65,535"
            ));
        }
        if !secure && !is_loopback(host) {
            return Err(format!(
                "`{text}` is plain HTTP and not of this machine\nhint: put TLS before the node, \
                 and name its `https://` address"
            ));
        }
        let default = if secure { "443" } else { "80" };
        let authority = match port {
            Some(port) if port != default => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        Ok(Self {
            secure,
            authority: authority.to_ascii_lowercase(),
        })
    }

    /// Host, and port where it is not the scheme's own: the domain of a sign-in message.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// Whether it is reached through TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host alone: the relying party of a passkey.
    pub fn host(&self) -> &str {
        split(&self.authority).0
    }

    /// Whether its host is a name: passkeys are bound to one, and an address is none.
    pub fn is_named(&self) -> bool {
        let host = self.host();
        !host.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err()
    }

    /// Whether a URI is at or below this origin.
    pub fn covers(&self, uri: &str) -> bool {
        let origin = self.to_string();
        uri.strip_prefix(&origin)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.authority)
    }
}

fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_four = |host: &str| {
        host.parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback())
    };
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || is_four(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_what_is_none() {
        let origins = [
            ("https://example.org", "https://example.org"),
            ("https://Example.org:443/", "https://example.org"),
            ("https://example.org:8443", "https://example.org:8443"),
            ("http://localhost:7700", "http://localhost:7700"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:7700", "http://[::1]:7700"),
        ];
        for (text, expected) in origins {
            assert_eq!(Origin::parse(text).unwrap().to_string(), expected);
        }
        for text in [
            "example.org",
            "http://example.org",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "https://",
            "https://example.org/path",
            "https://user@example.org",
            "https://example.org:99999",
            "ftp://example.org",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passkeys_are_for_hosts_with_a_name() {
        let named = |text| Origin::parse(text).unwrap().is_named();
        assert!(named("https://example.org"));
        assert!(named("http://localhost:7700"));
        assert!(!named("http://127.0.0.1:7700"));
        assert!(!named("http://[::1]:7700"));
        assert!(!named("https://192.0.2.1"));
    }

    #[test]
    fn a_uri_is_below_its_own_origin_alone() {
        let origin = Origin::parse("https://example.org").unwrap();
        assert!(origin.covers("https://example.org"));
        assert!(origin.covers("https://example.org/login?x"));
        for uri in [
            "https://example.org.evil.org/",
            "https://example.org:444/",
            "http://example.org/",
            "https://example.org@evil.org/",
        ] {
            assert!(!origin.covers(uri), "{uri}");
        }
    }
}
