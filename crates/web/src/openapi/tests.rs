//! The declarations against the table of routes, the codes and the settings of a plan.

use std::collections::BTreeSet;
use std::path::Path;

use super::schema::Schema;
use super::{PAGES, operation, operations, plan, problems};
use crate::access::TABLE;
use crate::problem::codes::CODES;

#[test]
fn every_route_is_declared_or_a_page() {
    for route in TABLE {
        let is_page = PAGES.contains(&route.path);
        let is_declared = operation(route.method, route.path).is_some();
        let (method, path) = (route.method, route.path);
        assert!(
            is_page != is_declared,
            "{method} {path}: declare it in `openapi`, or as a page"
        );
    }
    let mut seen = BTreeSet::new();
    for (_, own) in operations() {
        let listed = TABLE
            .iter()
            .any(|it| (it.method, it.path) == (own.method, own.path));
        assert!(
            listed,
            "{} {} stands in no table of who may ask it",
            own.method, own.path
        );
        assert!(
            seen.insert((own.method, own.path)),
            "{} is declared twice",
            own.path
        );
        assert!(own.method != "GET" || own.body.is_none(), "{}", own.path);
    }
}

#[test]
fn every_declared_code_is_a_code() {
    for (_, own) in operations() {
        for code in own.problems {
            let known = CODES.iter().any(|(known, _, _)| known == code);
            assert!(known, "`{code}` of {} is no code", own.path);
        }
        assert!(problems(own).iter().any(|(_, code)| *code == "too_often"));
    }
}

/// Texts of a source file that look like a code and stand where a problem is made.
fn codes_in(text: &str) -> Vec<String> {
    let makers = ["Problem::", "Self::", "conflict(", "wrong(", "refusal("];
    let mut found = Vec::new();
    for maker in makers {
        for piece in text.split(maker).skip(1) {
            let Some((call, rest)) = piece.split_once('(') else {
                continue;
            };
            let calls = ["invalid", "forbidden", "unauthorized", "busy", "new"];
            let rest = if maker.ends_with('(') { piece } else { rest };
            if !maker.ends_with('(') && !calls.contains(&call) {
                continue;
            }
            let near: String = rest.chars().take(120).collect();
            let mut parts = near.split('"');
            // The last part may be cut off.
            let (Some(literal), Some(_)) = (parts.nth(1), parts.next()) else {
                continue;
            };
            let is_code = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            if !literal.is_empty() && literal.bytes().all(is_code) {
                found.push(literal.to_owned());
            }
        }
    }
    found
}

fn sources(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).expect("a source");
            found.extend(codes_in(&text));
        }
    }
}

#[test]
fn every_code_of_the_sources_is_listed() {
    let mut found = BTreeSet::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.len() > 40, "the sources are not read: {found:?}");
    for code in found {
        let known = CODES.iter().any(|(known, _, _)| *known == code);
        assert!(
            known,
            "`{code}` is answered and stands in no table of codes"
        );
    }
    let example =
        "Problem::invalid(\n  \"a_code\", x) wrong(\"other\", y) Problem::missing(\"no\")";
    assert_eq!(codes_in(example), ["a_code", "other"]);
}

#[test]
fn settings_of_a_plan_are_all_declared() {
    let draft = serde_json::to_value(node::draft::Draft::default()).expect("it is JSON");
    assert_eq!(plan::SETTINGS.fault(&draft), None);
    let Schema::Named(_, Schema::Object(members)) = plan::SETTINGS else {
        panic!("settings are an object");
    };
    let count = draft.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(members.len(), count);
}
