//! The shapes of bodies, as values that cost nothing until they are written down or held against.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What a value of JSON looks like.
#[derive(Clone, Copy, Debug)]
pub enum Schema {
    /// Anything at all.
    Any,
    /// True or false.
    Bool,
    /// Any string of letters.
    Text,
    /// A text that a regular expression of ECMA-262 fits.
    Form(&'static str),
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A whole number from 0 to this one.
    Natural(u64),
    /// A whole number between these, both included.
    Between(u64, u64),
    /// An amount in base units as decimal text: it exceeds the numbers of most programs.
    Units,
    /// A list of these.
    List(&'static Schema),
    /// One of these or null.
    Maybe(&'static Schema),
    /// One of several.
    Either(&'static [Schema]),
    /// An object of exactly these members; one whose name ends in `?` may be missing.
    Object(&'static [(&'static str, Schema)]),
    /// A shape with a name, which stands once in the document.
    Named(&'static str, &'static Schema),
}

/// Numbers of accounts, campaigns, units and other things of the log.
pub const NUMBER: Schema = Schema::Natural(u32::MAX as u64);
/// Numbers of entries, times, and whatever else has 64 bits.
pub const LONG: Schema = Schema::Natural(u64::MAX);
/// Shares in parts per million.
pub const PPM: Schema = Schema::Natural(1_000_000);
/// 32 bytes as lower-case hex.
pub const HASH: Schema = Schema::Form("^[0-9a-f]{64}$");
/// 20 bytes as hex behind `0x`, with the capitals of EIP-55 or without.
pub const ADDRESS: Schema = Schema::Form("^0x[0-9a-fA-F]{40}$");
/// Where the next page begins; null on the last one.
pub const NEXT: Schema = Schema::Maybe(&Schema::Text);

const UNITS: &str = "^[0-9]{1,29}$";

impl Schema {
    /// As JSON Schema 2020-12; shapes with names are put among `named`.
    pub fn written(&self, named: &mut BTreeMap<&'static str, Value>) -> Value {
        match *self {
            Self::Any => json!({}),
            Self::Bool => json!({"type": "boolean"}),
            Self::Text => json!({"type": "string"}),
            Self::Form(pattern) => json!({"type": "string", "pattern": pattern}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Natural(most) => json!({"type": "integer", "minimum": 0, "maximum": most}),
            Self::Between(least, most) => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Self::Units => {
                let amount = json!({
                    "type": "string", "pattern": UNITS,
                    "description": "an amount in base units, as decimal text",
                });
                named.insert("Units", amount);
                json!({"$ref": "#/components/schemas/Units"})
            }
            Self::List(item) => json!({"type": "array", "items": item.written(named)}),
            Self::Maybe(one) => nullable(one.written(named)),
            Self::Either(several) => {
                let several = several.iter().map(|one| one.written(named));
                json!({"anyOf": several.collect::<Vec<_>>()})
            }
            Self::Object(members) => object(members, named),
            Self::Named(name, shape) => {
                if !named.contains_key(name) {
                    // Its place is taken first: a shape may hold itself.
                    named.insert(name, Value::Null);
                    let shape = shape.written(named);
                    named.insert(name, shape);
                }
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        }
    }

    /// Where a value is not of this shape, and what is expected there: `.kind: "text" is expected`.
    pub fn fault(&self, value: &Value) -> Option<String> {
        match *self {
            Self::List(item) => {
                let Some(values) = value.as_array() else {
                    return Some(self.expected());
                };
                let mut faults = values
                    .iter()
                    .enumerate()
                    .filter_map(|(place, value)| Some(format!("[{place}]{}", item.fault(value)?)));
                faults.next()
            }
            Self::Maybe(_) if value.is_null() => None,
            Self::Maybe(one) | Self::Named(_, one) => one.fault(value),
            Self::Object(members) => match value.as_object() {
                Some(object) => fault_within(members, object),
                None => Some(self.expected()),
            },
            _ => (!self.fits(value)).then(|| self.expected()),
        }
    }

    /// Whether a value that holds no others is of this shape.
    fn fits(&self, value: &Value) -> bool {
        let whole = |least, most| {
            value
                .as_u64()
                .is_some_and(|it| (least..=most).contains(&it))
        };
        let text = value.as_str();
        match *self {
            Self::Bool => value.is_boolean(),
            Self::Text | Self::Form(_) => text.is_some(),
            Self::Word(words) => text.is_some_and(|own| words.contains(&own)),
            Self::Natural(most) => whole(0, most),
            Self::Between(least, most) => whole(least, most),
            Self::Units => text.is_some_and(|own| {
                !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Self::Either(several) => several.iter().any(|one| one.fault(value).is_none()),
            _ => true,
        }
    }

    fn expected(&self) -> String {
        format!(": {} is expected", self.words())
    }

    fn words(&self) -> String {
        match *self {
            Self::Any => "anything".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Text | Self::Form(_) => "a text".to_owned(),
            Self::Word(words) => format!("one of `{}`", words.join("`, `")),
            Self::Natural(most) => format!("a whole number from 0 to {most}"),
            Self::Between(least, most) => format!("a whole number from {least} to {most}"),
            Self::Units => "an amount as decimal text".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) => "an object".to_owned(),
            Self::Maybe(one) | Self::Named(_, one) => one.words(),
            Self::Either(several) => {
                let several: Vec<String> = several.iter().map(Self::words).collect();
                several.join(", or ")
            }
        }
    }
}

/// The shape of a value or null. An enumeration would have to name null too.
fn nullable(mut one: Value) -> Value {
    match one.get("type").cloned() {
        Some(Value::String(kind)) if one.get("enum").is_none() => {
            one["type"] = json!([kind, "null"]);
            one
        }
        _ => json!({"anyOf": [one, {"type": "null"}]}),
    }
}

/// A member's name, and whether it must be there.
fn member(name: &'static str) -> (&'static str, bool) {
    name.strip_suffix('?')
        .map_or((name, true), |name| (name, false))
}

fn object(
    members: &'static [(&'static str, Schema)],
    named: &mut BTreeMap<&'static str, Value>,
) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema) in members {
        let (name, must) = member(name);
        properties.insert(name.to_owned(), schema.written(named));
        if must {
            required.push(name);
        }
    }
    let mut written = json!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    if !required.is_empty() {
        written["required"] = json!(required);
    }
    written
}

fn fault_within(
    members: &'static [(&'static str, Schema)],
    object: &Map<String, Value>,
) -> Option<String> {
    let known = |own: &String| members.iter().any(|(name, _)| member(name).0 == own);
    if let Some(other) = object.keys().find(|own| !known(own)) {
        return Some(format!(".{other}: it is not described"));
    }
    let mut faults = members.iter().filter_map(|(name, schema)| {
        let (name, must) = member(name);
        match object.get(name) {
            Some(value) => Some(format!(".{name}{}", schema.fault(value)?)),
            None => must.then(|| format!(".{name}: it is missing")),
        }
    });
    faults.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: Schema = Schema::Named(
        "Pair",
        &Schema::Object(&[("a", NUMBER), ("b?", Schema::Maybe(&Schema::Units))]),
    );

    #[test]
    fn a_shape_is_written_and_held_against() {
        let mut named = BTreeMap::new();
        let list = Schema::List(&PAIR).written(&mut named);
        assert_eq!(list["items"]["$ref"], "#/components/schemas/Pair");
        assert_eq!(named["Pair"]["required"], json!(["a"]));
        let amount = json!({"anyOf": [{"$ref": "#/components/schemas/Units"}, {"type": "null"}]});
        assert_eq!(named["Pair"]["properties"]["b"], amount);
        let kind = |one: &'static Schema| Schema::Maybe(one).written(&mut BTreeMap::new());
        assert_eq!(kind(&Schema::Bool), json!({"type": ["boolean", "null"]}));
        let word = kind(&Schema::Word(&["a"]));
        assert_eq!(word["anyOf"][1], json!({"type": "null"}));
        for (value, fault) in [
            (json!({"a": 1}), None),
            (json!({"a": 1, "b": "12"}), None),
            (json!({"a": 1, "b": null}), None),
            (json!({"b": "12"}), Some(".a: it is missing")),
            (json!({"a": 1, "c": 1}), Some(".c: it is not described")),
        ] {
            assert_eq!(PAIR.fault(&value).as_deref(), fault, "{value}");
        }
        for value in [
            json!([]),
            json!({"a": -1}),
            json!({"a": 1, "b": "x"}),
            json!(null),
        ] {
            assert!(PAIR.fault(&value).is_some(), "{value}");
        }
    }
}
