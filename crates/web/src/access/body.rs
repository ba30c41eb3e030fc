//! Bodies are held against the description before any handler reads them.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header;
use serde_json::Value;

use super::credential::held;
use crate::openapi;
use crate::problem::Problem;

/// Most bytes of a body that is described; submissions have a reader of their own.
const MAX_BYTES: usize = 1 << 18;

/// The request, once its body is one that its route takes.
pub async fn described(request: Request) -> Result<Request, Problem> {
    let path = request.extensions().get::<MatchedPath>();
    let operation =
        path.and_then(|path| openapi::operation(request.method().as_str(), path.as_str()));
    let sent = operation.and_then(|operation| operation.body);
    let Some((sent, schema)) = sent.and_then(|sent| Some((sent, sent.json?))) else {
        return Ok(request);
    };
    if !sent.others.is_empty() {
        return Ok(request);
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().unwrap_or("?").to_owned());
    let (request, bytes) = held(request, MAX_BYTES).await?;
    if bytes.is_empty() && !sent.required {
        return Ok(request);
    }
    if let Some(kind) = kind.filter(|kind| !is_json(kind)) {
        let detail = format!("`{kind}` is not read here; send `application/json`");
        return Err(Problem::unread(detail));
    }
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::invalid("malformed", format!("the body: {error}")))?;
    if let Some(fault) = schema.fault(&value) {
        return Err(Problem::invalid("malformed", format!("the body{fault}")));
    }
    let (parts, _) = request.into_parts();
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Forms of browsers bring nothing to these routes; what scripts send says that it is JSON, and
/// programs that say nothing are believed.
fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind == "application/json"
}
