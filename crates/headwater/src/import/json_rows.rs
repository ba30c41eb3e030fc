//! The rows of a table of JSON objects, one per line.

use super::error::{Error, listed};
use super::lines::{Lines, characters, lower};
use super::rows::{Cell, blank, meaning, twice};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

const HINT: &str =
    "write one object per line, such as {\"task\":\"t1\",\"worker\":\"w1\",\"label\":\"yes\"}";

/// The longest message of the parser that is shown whole: it may repeat a value.
const MESSAGE_CHARS: usize = 120;

/// A table of objects; the values are borrowed from the line where JSON allows it.
pub(super) struct JsonRows<const N: usize> {
    lines: Lines,
    columns: [&'static str; N],
    started: bool,
}

impl<const N: usize> JsonRows<N> {
    /// The current line is the first object.
    pub(super) fn start(lines: Lines, columns: [&'static str; N]) -> Self {
        JsonRows {
            lines,
            columns,
            started: false,
        }
    }

    /// See [`super::rows::Rows::advance`].
    pub(super) fn advance(&mut self) -> Result<Option<[Cell<'_>; N]>, Error> {
        if self.started && !self.lines.advance_past_blank()? {
            return Ok(None);
        }
        self.started = true;
        let lines = &self.lines;
        let mut source = serde_json::Deserializer::from_str(lines.text());
        let mut read = || {
            let values = Picked(self.columns).deserialize(&mut source)?;
            source.end().map(|()| values)
        };
        let mut values = read().map_err(|error| refused(lines, &error))?;
        for (value, name) in values.iter().zip(self.columns) {
            match value {
                Value::Absent => return Err(missing(lines, name)),
                Value::Twice => return Err(twice(lines, column_of(lines, name), name)),
                Value::Once(text) if text.trim().is_empty() => {
                    return Err(blank(lines, lines.number(), column_of(lines, name), name));
                }
                Value::Once(_) => {}
            }
        }
        Ok(Some(std::array::from_fn(|index| {
            let text = std::mem::take(&mut values[index]).text();
            let column = column_of(lines, self.columns[index]);
            Cell {
                text,
                line: lines.number(),
                column,
                lines,
            }
        })))
    }

    /// The file below.
    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }
}

/// What an object says about one key.
#[derive(Default)]
enum Value<'a> {
    #[default]
    Absent,
    Once(Cow<'a, str>),
    Twice,
}

impl<'a> Value<'a> {
    fn text(self) -> Cow<'a, str> {
        match self {
            Value::Once(text) => text,
            Value::Absent | Value::Twice => Cow::Borrowed(""),
        }
    }
}

/// Takes the values of the named keys out of an object and ignores the others.
struct Picked<const N: usize>([&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Picked<N> {
    type Value = [Value<'de>; N];

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Picked<N> {
    type Value = [Value<'de>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut values = std::array::from_fn(|_| Value::Absent);
        while let Some(key) = object.next_key_seed(Text)? {
            let Some(index) = self.0.iter().position(|&name| name == key) else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let text = object.next_value_seed(Text)?;
            values[index] = match values[index] {
                Value::Absent => Value::Once(text),
                Value::Once(_) | Value::Twice => Value::Twice,
            };
        }
        Ok(values)
    }
}

/// A string, or an integer as its decimal digits.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom(
            "an object stands where a string or an integer is expected",
        ))
    }
}

/// The character at which a key stands in the line, or 1 if the key is written with escapes.
fn column_of(lines: &Lines, name: &str) -> u64 {
    let key = format!("\"{name}\"");
    let line = lines.text();
    let is_key = |&(at, _): &(usize, &str)| line[at + key.len()..].trim_start().starts_with(':');
    let place = line
        .match_indices(&key)
        .find(is_key)
        .map_or(0, |(at, _)| at);
    1 + characters(&line.as_bytes()[..place])
}

fn refused(lines: &Lines, error: &serde_json::Error) -> Error {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let what: String = message
        .strip_suffix(&place)
        .unwrap_or(&message)
        .chars()
        .take(MESSAGE_CHARS)
        .collect();
    let read = error.column().min(lines.text().len());
    let column = characters(&lines.text().as_bytes()[..read]).max(1);
    let hint = match lines.text().trim_start().starts_with('[') {
        true => "write one object per line, for instance with jq -c '.[]'",
        false => HINT,
    };
    lines.error(column, format!("not a row: {}", lower(&what)), hint)
}

fn missing(lines: &Lines, name: &str) -> Error {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(lines.text()).unwrap_or_default();
    let keys = listed(object.keys().map(String::as_str));
    let there = if keys.is_empty() {
        "there are none".into()
    } else {
        format!("there are {keys}")
    };
    let hint = format!("call the key `{name}` that says {}", meaning(name));
    lines.error(1, format!("the key `{name}` is missing: {there}"), &hint)
}
