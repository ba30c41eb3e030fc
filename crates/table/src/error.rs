//! Why a table could not be read or written, and what its owner can do about it.

use std::{error, fmt};

/// The caller's choice after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The table is not what was asked for; its owner can mend it.
    Invalid,
    /// The file system stands in the way; what was asked may work later.
    Unavailable,
    /// The bytes are damaged.
    Corrupt,
}

/// A failed operation: its kind, what was being done, why it failed, what to do next.
#[derive(Debug)]
pub struct Error {
    /// What the caller should make of it.
    pub kind: Kind,
    /// The operation with its file and place, as it follows "cannot".
    pub doing: String,
    /// The reason; a second line that starts with `hint: ` where a person can act.
    pub source: Box<dyn error::Error + Send + Sync>,
}

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A fault of the table: what is wrong, and what its owner can do.
    pub fn invalid(doing: impl Into<String>, what: &str, hint: &str) -> Self {
        Self::new(Kind::Invalid, doing, what, hint)
    }

    pub(crate) fn new(kind: Kind, doing: impl Into<String>, what: &str, hint: &str) -> Self {
        let hint = if hint.is_empty() {
            String::new()
        } else {
            format!("\nhint: {hint}")
        };
        Self {
            kind,
            doing: doing.into(),
            source: format!("{what}{hint}").into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.doing)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// The longest value that a message shows whole, in characters.
const SHOWN_CHARS: usize = 60;

/// A value from outside in backticks: on one line, without control characters, cut if long.
pub fn quoted(value: &str) -> String {
    let mut shown = String::from("`");
    for character in value.chars().take(SHOWN_CHARS) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if value.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown + "`"
}

/// The first ten values in backticks, then how many more there are.
pub fn listed<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    let shown: Vec<String> = values.iter().take(10).map(|value| quoted(value)).collect();
    match values.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A message from a library in the case of ours: an abbreviation in front stays.
pub(crate) fn lower(message: &str) -> String {
    let mut letters = message.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first
            .to_lowercase()
            .chain(message.chars().skip(1))
            .collect(),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_on_one_line() {
        assert_eq!(quoted("a\nb"), "`a\\nb`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
        let many: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        assert!(listed(many.iter().map(String::as_str)).ends_with("`9` and 2 more"));
        assert_eq!(lower("No such file"), "no such file");
        assert_eq!(lower("EOF: expected"), "EOF: expected");
    }
}
