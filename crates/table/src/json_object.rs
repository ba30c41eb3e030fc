//! One JSON object as a row: its cells in the order in which they are written.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::error::lower;
use crate::rows::{Fault, Line, Row, excerpt};

/// Reads one object; nesting is bounded by the parser, which refuses more than 127 levels.
pub(crate) fn row(place: u64, bytes: &[u8], hint: &str) -> Line {
    let fault = |what: String, hint: &str| Fault {
        place,
        column: None,
        what,
        hint: hint.to_owned(),
        excerpt: excerpt(bytes),
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        let hint = "save the file as UTF-8, uncompressed";
        return Err(fault("it is not UTF-8".to_owned(), hint));
    };
    if !text.trim_start().starts_with('{') {
        let what = match serde_json::from_str::<Value>(text) {
            Ok(_) => "it is not an object".to_owned(),
            Err(error) => lower(&error.to_string()),
        };
        return Err(fault(format!("not a row: {what}"), hint));
    }
    match serde_json::from_str::<Object>(text) {
        Ok(Object(cells)) => Ok(Row { place, cells }),
        Err(error) => {
            let why: String = error.to_string().chars().take(120).collect();
            Err(fault(format!("not a row: {}", lower(&why)), hint))
        }
    }
}

/// The members of an object in their order; of a key that comes twice the last one counts, as in
/// most readers of JSON.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut cells: Vec<(String, Value)> = Vec::new();
        let mut many = std::collections::BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            // A search from the front is faster for a few members, and a tree bounds many.
            let earlier = if cells.len() < FEW {
                cells.iter().position(|(known, _)| *known == name)
            } else {
                if many.is_empty() {
                    many.extend((0..).zip(&cells).map(|(at, (name, _))| (name.clone(), at)));
                }
                many.get(&name).copied()
            };
            match earlier {
                Some(at) => cells[at].1 = value,
                None => {
                    if cells.len() >= FEW {
                        many.insert(name.clone(), cells.len());
                    }
                    cells.push((name, value));
                }
            }
        }
        Ok(Object(cells))
    }
}

const FEW: usize = 32;
