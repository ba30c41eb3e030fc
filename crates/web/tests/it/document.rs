//! The API's description as it is served, held by a snapshot.

use expect_test::expect_file;
use serde_json::Value;

use crate::served::Served;

#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let answer = served.server.get("openapi.json");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document: Value = serde_json::from_slice(&answer.body).unwrap();
    let text = laid_out(&document, 0, 0);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    expect_file!["../../openapi.json"].assert_eq(&format!("{text}\n"));
    served.stop();
}

/// A value in a line where it fits into 100 columns, so that people can read what has changed:
/// `indent` columns stand before its lines, `taken` more before its first.
fn laid_out(value: &Value, indent: usize, taken: usize) -> String {
    let line = in_a_line(value);
    if indent + taken + line.len() <= 100 {
        return line;
    }
    let (inner, outer) = (" ".repeat(indent + 2), " ".repeat(indent));
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let name = Value::from(name.as_str()).to_string();
                let value = laid_out(value, indent + 2, name.len() + 2);
                format!("{inner}{name}: {value}")
            };
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{\n{}\n{outer}}}", members.join(",\n"))
        }
        Value::Array(values) => {
            let values = values.iter().map(|value| laid_out(value, indent + 2, 0));
            let values: Vec<String> = values.map(|value| format!("{inner}{value}")).collect();
            format!("[\n{}\n{outer}]", values.join(",\n"))
        }
        _ => line,
    }
}

fn in_a_line(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), in_a_line(value))
            };
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(in_a_line).collect();
            format!("[{}]", values.join(", "))
        }
        _ => value.to_string(),
    }
}

/// Every `$ref` of the document.
fn refs(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(name)) = members.get("$ref") {
                found.push(name.clone());
            }
            members.values().for_each(|value| refs(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| refs(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let document = web::openapi::document();
    let mut found = Vec::new();
    refs(&document, &mut found);
    assert!(found.len() > 100);
    for name in found {
        let pointer = name.strip_prefix('#').unwrap();
        let last = pointer.rsplit('/').next().unwrap();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        assert!(last.bytes().all(fits), "`{last}` is no name of a component");
        let shape = document.pointer(pointer);
        assert!(
            shape.is_some_and(Value::is_object),
            "`{name}` leads nowhere"
        );
    }
}
