//! What people are told of their work: phrases with gaps, in English here, elsewhere by their word.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde::{Serialize, Serializer};

/// A phrase in English; pages find it in other languages by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// In kebab case; no two phrases have the same one.
    pub word: &'static str,
    /// With gaps such as `{count}`.
    pub text: &'static str,
    /// How it goes on from what stands before it.
    pub joint: Joint,
}

/// What stands between two phrases of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// More of the same.
    Comma,
    /// Something else.
    Semicolon,
    /// What follows from it.
    Colon,
}

impl Joint {
    /// One word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Colon => "colon",
        }
    }
}

/// Declares phrases as `NAME = Joint "word", "text";`, each with its visibility before it where it
/// has one, and `PHRASES`, the list of all of them.
#[macro_export]
macro_rules! phrases {
    ($($vis:vis $name:ident = $joint:ident $word:literal, $text:literal;)*) => {
        $($vis const $name: $crate::told::Phrase = $crate::told::Phrase {
            word: $word,
            text: $text,
            joint: $crate::told::Joint::$joint,
        };)*

        /// All phrases of this module, for whoever translates them.
        pub const PHRASES: &[$crate::told::Phrase] = &[$($name,)*];
    };
}

/// What stands in a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// How many of something.
    Count(u64),
    /// The n-th of something, from 0. Pages count from 1, the log and the API do not.
    Place(u32),
    /// A number with a point before its decimals.
    Decimal(String),
    /// What somebody has called something; in no language.
    Name(String),
    /// Base units of a token, which pages write as whole ones.
    Units(u128),
    /// Parts per million, which pages write as a percentage.
    Share(u32),
    /// A setting or a field by the name that the API has for it.
    Field(String),
    /// Words of the log or the API, and the group of the catalogue in which pages find them.
    Words(&'static str, Vec<String>),
}

impl Gap {
    /// The number of an account, a campaign or whatever else the log counts: nobody groups its
    /// digits, as it is a name.
    pub fn id(number: impl fmt::Display) -> Self {
        Self::Name(number.to_string())
    }

    /// One word of a group of the catalogue.
    pub fn word(group: &'static str, word: &str) -> Self {
        Self::Words(group, [word.to_string()].into())
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Place(place) => write!(f, "{place}"),
            Self::Decimal(text) | Self::Name(text) => f.write_str(text),
            Self::Units(units) => write!(f, "{units} units"),
            Self::Share(ppm) => write!(f, "{ppm} ppm"),
            Self::Field(name) => write!(f, "`{name}`"),
            Self::Words(_, words) => f.write_str(&words.join(", ")),
        }
    }
}

/// A phrase with what stands in its gaps. Its English is what the API has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What is said, and how pages find it in other languages.
    pub phrase: Phrase,
    /// What stands in its gaps, by their names.
    pub gaps: Vec<(&'static str, Gap)>,
}

impl Statement {
    /// A phrase and its gaps, as many as it has.
    pub fn new(phrase: Phrase, gaps: impl Into<Vec<(&'static str, Gap)>>) -> Self {
        Self {
            phrase,
            gaps: gaps.into(),
        }
    }

    /// A phrase without gaps.
    pub fn plain(phrase: Phrase) -> Self {
        Self {
            phrase,
            gaps: Vec::new(),
        }
    }

    /// What a machine has said, in words that nobody translates.
    pub fn raw(said: impl Into<String>, joint: Joint) -> Self {
        let phrase = Phrase {
            word: "",
            text: "{said}",
            joint,
        };
        Self::new(phrase, [("said", Gap::Name(said.into()))])
    }

    /// Whether a machine has said it.
    pub fn is_raw(&self) -> bool {
        self.phrase.word.is_empty()
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (before, name) in pieces(self.phrase.text) {
            f.write_str(before)?;
            let gap = self.gaps.iter().find(|(own, _)| Some(*own) == name);
            if let Some((_, gap)) = gap {
                write!(f, "{gap}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A sentence of statements, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told(pub Vec<Statement>);

impl Told {
    /// What a machine has said, where nothing else is told.
    pub fn as_raw(&self) -> Option<String> {
        match self.0.as_slice() {
            [only] if only.is_raw() => Some(only.to_string()),
            _ => None,
        }
    }
}

impl From<Statement> for Told {
    fn from(only: Statement) -> Self {
        Self([only].into())
    }
}

impl From<&str> for Told {
    fn from(said: &str) -> Self {
        Self::from(said.to_string())
    }
}

impl From<String> for Told {
    fn from(said: String) -> Self {
        Self([Statement::raw(said, Joint::Semicolon)].into())
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, statement) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(match statement.phrase.joint {
                    Joint::Comma => ", ",
                    Joint::Semicolon => "; ",
                    Joint::Colon => ": ",
                })?;
            }
            write!(f, "{statement}")?;
        }
        Ok(())
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Text and gaps in turn: what stands before a `{name}`, and that name; none behind the last.
pub fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest.take()?;
        let Some((before, after)) = text.split_once('{') else {
            return Some((text, None));
        };
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        rest = Some(behind);
        Some((before, Some(name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    phrases! {
        FOUND = Semicolon "found", "{right} of {seen}";
        WHERE = Colon "where", "in `{name}`, block {block}";
    }

    #[test]
    fn statements_are_joined_and_what_fills_a_gap_is_not_read_for_gaps() {
        let found = [("right", Gap::Count(17)), ("seen", Gap::Count(20))];
        let place = [
            ("name", Gap::Name("{right}".into())),
            ("block", Gap::Place(0)),
        ];
        let told = Told([Statement::new(FOUND, found), Statement::new(WHERE, place)].into());
        assert_eq!(told.to_string(), "17 of 20: in `{right}`, block 0");
        assert_eq!(Told::default().to_string(), "");
        assert_eq!(told.as_raw(), None);
        let raw = Told::from(String::from("no {right} here"));
        assert_eq!(raw.as_raw().as_deref(), Some("no {right} here"));
        assert_eq!(PHRASES, [FOUND, WHERE]);
    }

    #[test]
    fn what_pages_write_in_their_way_has_its_unit_in_english() {
        let both = ["work", "spend"].map(ToString::to_string).into();
        let english = [
            (Gap::Units(50_000), "50000 units"),
            (Gap::Share(2_500), "2500 ppm"),
            (Gap::Field("price_units".into()), "`price_units`"),
            (Gap::Words("scope", both), "work, spend"),
            (Gap::word("state", "expert"), "expert"),
            (Gap::id(1_234), "1234"),
        ];
        for (gap, expected) in english {
            assert_eq!(gap.to_string(), expected);
        }
        let plain = Told::from(Statement::plain(FOUND));
        assert_eq!(plain.as_raw(), None);
        assert!(Told::from("no").0[0].is_raw());
    }
}
