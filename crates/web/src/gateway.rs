//! Models over HTTP: the gateway's routes below `/v1`, and the keys that call them.

mod keys;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};
use futures_util::Stream;
use gateway::{Asked, Fault, Gateway, Reply};
use node::Host;
use node::service::SharedKeys;
use serde::Deserialize;
use serde_json::Value;

use crate::problem::Problem;

/// Most rows of a page of resources.
const MOST_LISTED: usize = 1_000;

/// What the routes stand on.
pub struct Parts {
    /// The running node.
    pub host: Host,
    /// Everything behind `/v1`.
    pub gateway: Arc<Gateway>,
    /// The gateway's keys.
    pub keys: Arc<SharedKeys>,
}

#[derive(Clone)]
pub(crate) struct Models(Arc<Parts>);

/// Routes below `/v1`. The gateway itself knows who calls, so that they belong before
/// [`crate::access::guard`].
pub fn calls(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/v1/{*rest}", get(answer).post(answer))
        .with_state(gateway)
}

/// Routes below `/api/v1/me/model-keys`; they belong behind [`crate::access::guard`].
pub fn routes(parts: Parts) -> Router {
    Router::new()
        .route("/discovery/resources", get(resources))
        .route("/api/v1/me/model-keys", get(keys::list).post(keys::issue))
        .route("/api/v1/me/model-keys/{id}", delete(keys::revoke))
        .with_state(Models(Arc::new(parts)))
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    Path(path): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let declared = parts.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse().ok());
    // Who says that too much comes is told at once, before it comes.
    let body = if declared.is_some_and(|bytes: usize| bytes > Gateway::MOST_BYTES) {
        None
    } else {
        to_bytes(body, Gateway::MOST_BYTES).await.ok()
    };
    let Some(body) = body else {
        return carried(Fault::too_large(Gateway::MOST_BYTES).into());
    };
    match asked((&parts.method, &parts.headers), path, body) {
        Ok(asked) => carried(gateway.answer(asked).await),
        Err(fault) => carried(fault.into()),
    }
}

/// A request as the gateway takes it. A header that cannot be read is never taken as one that was
/// not sent: it may be what keeps a call from being charged twice, or from costing too much.
fn asked(
    (method, headers): (&Method, &HeaderMap),
    path: String,
    body: Bytes,
) -> Result<Asked, Fault> {
    let text = |name: &'static str| {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        match (value.to_str(), values.next()) {
            (Ok(text), None) => Ok(Some(text.to_owned())),
            _ => {
                let words = format!("`{name}` stands once, in printable ASCII letters");
                Err(Fault::invalid("invalid_header", words))
            }
        }
    };
    let bearer = text(header::AUTHORIZATION.as_str())?.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| token.trim().to_owned())
    });
    Ok(Asked {
        posts: method == Method::POST,
        path,
        bearer,
        purpose: text("x-headwater-purpose")?,
        payment: text(gateway::x402::SIGNATURE)?,
        once: text("idempotency-key")?,
        most_units: text("x-headwater-max-units")?,
        body,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Page {
    /// What is listed; `http` is all there is.
    #[serde(rename = "type")]
    kind: String,
    limit: usize,
    offset: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            kind: "http".to_owned(),
            limit: 100,
            offset: 0,
        }
    }
}

/// `GET /discovery/resources?type=&limit=&offset=`: what can be paid for call by call.
async fn resources(
    State(models): State<Models>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = query?;
    let limit = match page.kind.as_str() {
        "http" => page.limit.min(MOST_LISTED),
        _ => 0,
    };
    Ok(Json(models.0.gateway.resources(page.offset, limit)))
}

/// A reply as this server sends it.
fn carried(reply: Reply) -> Response {
    let body = match reply.body {
        gateway::Body::Whole(bytes) => Body::from(bytes),
        gateway::Body::Events(events) => Body::from_stream(Events(events)),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        // What an upstream calls its answer may be no header's text.
        if let Ok(value) = HeaderValue::try_from(value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Events as a stream; dropping it cancels what still runs for them.
struct Events(gateway::Reading);

impl Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(context).map(|event| event.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_cannot_be_read_is_refused_and_not_dropped() {
        let read = |name: &'static str, values: &[&'static [u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = HeaderValue::from_bytes(value).unwrap();
                headers.append(HeaderName::from_static(name), value);
            }
            asked((&Method::POST, &headers), "x".to_owned(), Bytes::new())
        };
        for name in [
            "idempotency-key",
            "x-headwater-max-units",
            "x-headwater-purpose",
        ] {
            let fault = read(name, &[b"caf\xc3\xa9"]).unwrap_err();
            assert_eq!(
                (fault.status, fault.code),
                (400, "invalid_header"),
                "{name}"
            );
            assert!(fault.message.contains(name));
            let fault = read(name, &[b"1", b"1"]).unwrap_err();
            assert_eq!(fault.status, 400, "{name} twice");
        }
        let good = read("idempotency-key", &[b"a"]).unwrap();
        assert_eq!((good.once.as_deref(), good.most_units), (Some("a"), None));
        let good = read("x-headwater-max-units", &[b"5"]).unwrap();
        assert_eq!((good.most_units.as_deref(), good.once), (Some("5"), None));
        let good = read("authorization", &[b"Bearer hw_m_x"]).unwrap();
        assert_eq!(good.bearer.as_deref(), Some("hw_m_x"));
    }
}
