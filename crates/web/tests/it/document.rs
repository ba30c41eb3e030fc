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
    let text = serde_json::to_string_pretty(&document).unwrap();
    expect_file!["../../openapi.json"].assert_eq(&format!("{text}\n"));
    served.stop();
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
        let shape = document.pointer(pointer);
        assert!(
            shape.is_some_and(Value::is_object),
            "`{name}` leads nowhere"
        );
    }
}
