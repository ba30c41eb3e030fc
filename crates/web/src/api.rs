//! The JSON API over a running node: submit, receipts, reads, and how the node is doing.

mod about;
mod account;
mod receipt;
pub(crate) mod submit;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use node::Host;
use node::workplace::Workplace;

pub use about::Announced;

use crate::problem::Problem;

/// Longest time that a request may ask to wait, in milliseconds.
const MAX_WAIT_MS: u64 = 30_000;

/// What every route of the API stands on.
#[derive(Clone)]
struct Front {
    host: Host,
    /// Who gives out tasks; without one every answer that the rules allow is taken.
    workplace: Option<Workplace>,
    announced: Arc<Announced>,
}

/// Routes below `/api/v1`, `/healthz` and `/readyz`.
pub fn routes(host: Host, workplace: Option<Workplace>, announced: Announced) -> Router {
    let front = Front {
        host,
        workplace,
        announced: Arc::new(announced),
    };
    Router::new()
        .route("/api/v1/submit", post(submit::submit))
        .route("/api/v1/receipt/{index}", get(receipt::receipt))
        .route("/api/v1/entry/{index}", get(receipt::entry))
        .route("/api/v1/accounts/{who}", get(account::account))
        .route("/api/v1/accounts/{who}/receipts", get(account::receipts))
        .route("/api/v1/head", get(about::head))
        .route("/api/v1/space", get(about::space))
        .route("/healthz", get(about::health))
        .route("/readyz", get(about::ready))
        .route("/openapi.json", get(crate::openapi::serve))
        .layer(axum::middleware::map_response(not_kept))
        .with_state(front)
}

/// Answers are of this moment, unless they say otherwise; what refuses says so as a problem.
pub(crate) async fn not_kept(response: Response) -> Response {
    let mut response = crate::problem::only(response).await;
    let kept = response.headers_mut().entry(header::CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Runs what takes a core or a disk for a while where it keeps no other request waiting.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| broken())
}

/// 500: what worked on a request has panicked.
pub(crate) fn broken() -> Problem {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "broken", "the request could not be worked on")
}

fn wait(asked_ms: Option<u64>) -> Duration {
    Duration::from_millis(asked_ms.unwrap_or(0).min(MAX_WAIT_MS))
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::invalid("invalid_path", rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid("invalid_query", rejection.body_text())
    }
}
