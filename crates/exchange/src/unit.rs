//! One thing to be judged: a name and its fields.

use std::fmt::Write as _;

use serde_json::Value as Json;
use table::Error;

use crate::value::{Value, write_string};

/// A unit of work as an outsider has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The requester's own id for it, unique in its table.
    pub name: String,
    /// Names and values in the order of the table, no name twice.
    pub fields: Vec<(String, Value)>,
}

impl Unit {
    /// The value of a field; none where the unit lacks it.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let found = self.fields.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value)
    }

    /// The fields as the one JSON object that stands for them: RFC 8785, members sorted by the
    /// UTF-16 of their names. The name is not in it.
    pub fn payload(&self) -> String {
        let mut members: Vec<&(String, Value)> = self.fields.iter().collect();
        members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        let mut out = String::from("{");
        for (at, (name, value)) in members.into_iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            write_string(name, &mut out);
            // Writing to a string does not fail.
            let _ = out.write_char(':');
            value.write_canonical(&mut out);
        }
        out.push('}');
        out
    }

    /// A unit from its payload; a text that is no JSON object is the field `text`, as campaigns of
    /// plain texts keep them.
    ///
    /// # Errors
    /// An object that is not closed, or nested beyond 127 levels.
    pub fn from_payload(name: &str, payload: &str) -> Result<Self, Error> {
        let name = name.to_owned();
        if !payload.trim_start().starts_with('{') {
            let fields = vec![("text".to_owned(), payload.into())];
            return Ok(Self { name, fields });
        }
        let members: Json = serde_json::from_str(payload).map_err(|error| {
            let doing = format!("read the payload of {}", table::error::quoted(&name));
            Error::invalid(doing, &error.to_string(), "")
        })?;
        let fields = match members {
            Json::Object(members) => members.into_iter(),
            _ => serde_json::Map::new().into_iter(),
        };
        let mut fields: Vec<(String, Value)> =
            fields.map(|(name, value)| (name, value.into())).collect();
        fields.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        Ok(Self { name, fields })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values whose canonical form is also their own: `1.0` is written `1`, an integer.
    pub fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|it| Value::Number(it.into())),
            any::<u64>().prop_map(|it| Value::Number(it.into())),
            "\\PC{0,9}".prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn a_payload_comes_back_and_has_one_form(
            fields in prop::collection::btree_map("\\PC{0,4}", value(), 0..6),
            turn in 0..6_usize,
            real in any::<f64>().prop_filter("finite", |real| real.is_finite()),
        ) {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            let unit = |fields: &[(String, Value)]| Unit {
                name: "u".into(),
                fields: fields.to_vec(),
            };
            let payload = unit(&fields).payload();
            let back = Unit::from_payload("u", &payload).unwrap();
            prop_assert_eq!(back.payload(), payload.clone());
            fields.sort_by(|one, other| one.0.encode_utf16().cmp(other.0.encode_utf16()));
            prop_assert_eq!(&back.fields, &fields);
            let turn = turn.min(fields.len());
            fields.rotate_left(turn);
            prop_assert_eq!(unit(&fields).payload(), payload);
            let number = serde_json::Number::from_f64(real).unwrap();
            let real = unit(&[("r".to_owned(), Value::Number(number))]).payload();
            prop_assert_eq!(Unit::from_payload("u", &real).unwrap().payload(), real);
        }
    }

    #[test]
    fn members_are_sorted_by_utf16() {
        // The example of RFC 8785 section 3.2.3.
        let names = [
            "\u{20ac}",
            "\r",
            "\u{fb33}",
            "1",
            "\u{1f600}",
            "\u{80}",
            "\u{f6}",
        ];
        let fields = names.map(|name| (name.to_owned(), Value::Null)).to_vec();
        let payload = Unit {
            name: String::new(),
            fields,
        }
        .payload();
        assert_eq!(
            payload,
            "{\"\\r\":null,\"1\":null,\"\u{80}\":null,\"\u{f6}\":null,\"\u{20ac}\":null,\
             \"\u{1f600}\":null,\"\u{fb33}\":null}"
        );
        let text = Unit::from_payload("u", "plain").unwrap();
        assert_eq!(text.field("text"), Some(&"plain".into()));
        assert!(Unit::from_payload("u", "{\"a\":").is_err());
    }
}
