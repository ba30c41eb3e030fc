//! The public files as C2SP tlog-tiles wants them served, from a directory or a bucket alike.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::Files;
use tower_http::compression::CompressionLayer;

use crate::path::{self, Kind};
use crate::problem::Problem;

/// Marks an answer that is worth compressing.
#[derive(Clone, Copy)]
struct Compressible;

/// Routes for `/log/`, `/attachments/`, `/openings/` and `/claims/` over the files below a node's
/// directory or bucket.
pub fn routes(files: Arc<dyn Files>) -> Router {
    let marked = |_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions| {
        extensions.get::<Compressible>().is_some()
    };
    Router::new()
        .route("/log/{*rest}", get(file))
        .route("/attachments/{*rest}", get(file))
        .route("/openings/{*rest}", get(file))
        .route("/claims/{*rest}", get(file))
        .layer(CompressionLayer::new().compress_when(marked))
        .with_state(files)
}

async fn file(
    State(files): State<Arc<dyn Files>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The path is taken as it was sent: a name of a public file has nothing to decode.
    let name = uri.path().trim_start_matches('/').to_owned();
    let Some(kind) = path::kind(&name) else {
        return Err(Problem::missing(format!("`/{name}` names no public file")));
    };
    let read = tokio::task::spawn_blocking(move || (files.read(&name), name));
    let (found, name) = read.await.map_err(|_| broken())?;
    let bytes = found?.ok_or_else(|| Problem::missing(format!("there is no `/{name}`")))?;
    Ok(answer(kind, bytes, &headers))
}

fn answer(kind: Kind, bytes: Vec<u8>, request: &HeaderMap) -> Response {
    let tag = tag(&bytes);
    let mut response = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes.into_response()
    };
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, fixed(kind.content_type()));
    }
    headers.insert(header::CACHE_CONTROL, fixed(kind.cache_control()));
    headers.insert(header::ETAG, tag);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    if matches!(kind, Kind::Bundle | Kind::Claims) {
        response.extensions_mut().insert(Compressible);
    }
    response
}

/// Weak, since a compressed answer has the same tag.
fn tag(bytes: &[u8]) -> HeaderValue {
    let digest = proof::hash::sha256(&[bytes]);
    let mut tag = String::from("W/\"");
    for byte in &digest[..12] {
        tag.push_str(&format!("{byte:02x}"));
    }
    tag.push('"');
    HeaderValue::try_from(tag).expect("hex digits are a header value")
}

fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let tags = request.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = tags.filter_map(|value| value.to_str().ok());
    tags.any(|value| value.split(',').any(|known| known.trim() == tag))
}

fn broken() -> Problem {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "broken", "the file could not be read")
}
