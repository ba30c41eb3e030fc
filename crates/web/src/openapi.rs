//! The API's description as OpenAPI 3.1, made of one declaration for each route.

mod campaign;
mod common;
mod dashboard;
mod gateway;
mod log;
mod login;
mod market;
pub mod operation;
mod passkey;
mod people;
mod plan;
pub mod schema;
mod webhook;
mod written;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

pub use operation::Operation;
pub use written::document;

use crate::problem::codes::CODES;

/// Declarations, area by area.
const AREAS: &[(&str, &[Operation])] = &[
    ("log", log::OPERATIONS),
    ("files", log::FILES),
    ("chain", log::CHAIN),
    ("login", login::OPERATIONS),
    ("login", passkey::LOGINS),
    ("login", passkey::OWN),
    ("money", login::MONEY),
    ("models", gateway::OPERATIONS),
    ("campaigns", campaign::OPERATIONS),
    ("work", campaign::LEASES),
    ("market", market::OPERATIONS),
    ("contents", market::CONTENTS),
    ("plans", plan::OPERATIONS),
    ("people", people::OPERATIONS),
    ("webhooks", webhook::OPERATIONS),
];

/// Routes that are no part of this API: pages for people, which may change at any time, and the
/// gateway, whose form is not ours.
pub const PAGES: &[&str] = &[
    "/",
    "/login",
    "/look",
    "/design",
    "/tasks",
    "/tasks/{id}",
    "/earnings",
    "/earnings.csv",
    "/me",
    "/campaigns",
    "/campaigns/new",
    "/campaigns/{id}",
    "/explore",
    "/assets/{id}",
    "/assets/{id}/origin",
    "/register",
    "/campaigns/{id}/people",
    "/campaigns/{id}/disagreement",
    "/campaigns/{id}/review",
    "/appeals",
    "/tasks/{id}/standing",
    "/levels",
    "/audit",
    "/operator",
    "/audit/entry",
    "/audit/check",
    "/static/{name}",
    // Models answer in the words of other people's API: `docs/guide/models.md`.
    "/v1/{*rest}",
];

/// All declarations, each with its area.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static Operation)> {
    let areas = AREAS.iter();
    areas.flat_map(|(area, list)| list.iter().map(move |operation| (*area, operation)))
}

/// The declaration of a route, as axum writes its path.
pub fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let method = if method == "HEAD" { "GET" } else { method };
    let mut all = operations().map(|(_, operation)| operation);
    // Paths differ in length already, methods seldom.
    all.find(|own| own.path == path && own.method == method)
}

/// Codes of problems that a route may answer, its own and what it has in common with others.
pub fn problems(operation: &Operation) -> Vec<(u16, &'static str)> {
    let mut codes = operation.problems.to_vec();
    codes.extend([
        "two_credentials",
        "bad_api_key",
        "unknown_key",
        "clock",
        "replayed",
        "too_often",
        "too_large",
        "broken",
        "corrupt",
        "unavailable",
    ]);
    if let Some(access) = crate::access::of(operation.method, operation.path) {
        codes.extend(access.codes(operation.method));
    }
    if operation.path.contains('{') {
        codes.push("invalid_path");
    }
    if !operation.query.is_empty() {
        codes.push("invalid_query");
    }
    if operation.body.is_some() {
        codes.extend(["malformed", "unsupported_media_type"]);
    }
    if operation.once {
        codes.extend([
            "invalid_key",
            "idempotency_conflict",
            "in_progress",
            "outcome_lost",
        ]);
    }
    let known = CODES.iter().filter(|(code, _, _)| codes.contains(code));
    let mut found: Vec<_> = known.map(|(code, status, _)| (*status, *code)).collect();
    // A signature that is no hex is told apart at the login alone.
    found.push((401, "bad_signature"));
    found.sort_unstable();
    found.dedup();
    found
}

/// `GET /openapi.json`.
pub(crate) async fn serve() -> impl IntoResponse {
    // It is the same for everybody, and some work to make.
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, TEXT.as_str())
}

#[cfg(test)]
mod tests;
