//! What a server has answered, whatever its status.

/// A whole answer; its body is within the limit that the request gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// Decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the server did what was asked (status 200 to 299).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The server's reason in its own words: the detail of a problem document (RFC 9457), or the
    /// first line of a plain text, at most 300 characters.
    pub fn reason(&self) -> Option<String> {
        let kind = self.header("content-type").unwrap_or_default();
        let text = if kind.starts_with("application/problem+json") {
            let problem: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
            let detail = problem.get("detail").or_else(|| problem.get("title"));
            detail?.as_str()?.to_owned()
        } else if kind.starts_with("text/plain") {
            let text = str::from_utf8(&self.body).ok()?;
            text.lines().next()?.to_owned()
        } else {
            return None;
        };
        // A server's words reach a terminal: nothing in them may steer it.
        let words = text.chars().filter(|letter| !letter.is_control());
        Some(words.take(300).collect::<String>()).filter(|words| !words.is_empty())
    }
}
