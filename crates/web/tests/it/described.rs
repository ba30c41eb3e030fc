//! Every answer that any of these tests gets is held against the API's own description.

use serde_json::Value;
use web::openapi::{Operation, operations, problems};

/// The route that a path without its query means.
fn meant(method: &str, path: &str) -> Option<&'static Operation> {
    let method = if method == "HEAD" { "GET" } else { method };
    let path = path.trim_start_matches('/');
    let fits = |own: &&Operation| {
        let mut asked = path.split('/');
        let mut parts = own.path.trim_start_matches('/').split('/');
        loop {
            match (parts.next(), asked.next()) {
                (Some(part), Some(_)) if part.starts_with("{*") => return true,
                (Some(part), Some(own)) if part == own || part.starts_with('{') => {}
                (None, None) => return true,
                _ => return false,
            }
        }
    };
    let all = operations().map(|(_, operation)| operation);
    let mut found: Vec<&Operation> = all
        .filter(|own| own.method == method)
        .filter(fits)
        .collect();
    // A word is nearer than a gap, as in `leases/renew` and `leases/{task}`.
    found.sort_by_key(|own| own.path.matches('{').count());
    found.first().copied()
}

/// Stops at an answer that the description does not have.
pub fn check((method, path): (&str, &str), status: u16, kind: &str, body: &[u8]) {
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = meant(method, path) else {
        return;
    };
    if status == 405 || method == "HEAD" {
        return;
    }
    let place = format!("{method} {path}: {status}");
    let kind = kind.split(';').next().unwrap_or_default();
    if kind == "application/problem+json" {
        let problem: Value = serde_json::from_slice(body).unwrap();
        let code = problem["code"].as_str().unwrap();
        let known = problems(operation).contains(&(status, code));
        assert!(known, "{place} `{code}` is not described");
        return;
    }
    let answer = operation.answers.iter().find(|own| own.status == status);
    let answer = answer.unwrap_or_else(|| panic!("{place} is not described"));
    let is_json = kind == "application/json" && answer.json.is_some();
    let is_other = answer.others.contains(&kind);
    let is_empty = kind.is_empty() && body.is_empty();
    assert!(
        is_json || is_other || is_empty,
        "{place} is of the type `{kind}`"
    );
    if let (Some(schema), true) = (&answer.json, is_json) {
        let value: Value = serde_json::from_slice(body).unwrap();
        let fault = schema.fault(&value);
        assert!(fault.is_none(), "{place} {}", fault.unwrap_or_default());
    }
}

#[test]
fn routes_are_found_by_their_paths() {
    let path = |method, path| meant(method, path).map(|own| own.path);
    let renew = "/api/v1/campaigns/{id}/leases/renew";
    assert_eq!(path("POST", "api/v1/campaigns/7/leases/renew"), Some(renew));
    assert_eq!(path("HEAD", "log/tile/0/000"), Some("/log/{*rest}"));
    assert_eq!(path("GET", "api/v1/nothing"), None);
    assert_eq!(path("DELETE", "api/v1/head"), None);
}
