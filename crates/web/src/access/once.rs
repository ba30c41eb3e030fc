//! `Idempotency-Key`: a request that is sent again is answered again and does nothing twice.

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use proof::hash::sha256;
use protocol::Hash;
use view::replies::{Begun, Reply};

use super::caller::Caller;
use crate::login::Door;
use crate::openapi;
use crate::problem::{Problem, Told};

const HEADER: &str = "idempotency-key";
/// Marks an answer that was given before.
const REPLAYED: &str = "idempotency-replayed";
/// Most bytes of a request that can be told from another.
const MAX_REQUEST_BYTES: usize = 1 << 18;
/// Most bytes of an answer that is kept; none of these routes has more.
const MAX_REPLY_BYTES: usize = 1 << 16;

/// Problems after which what was asked for may be there all the same.
const UNSURE: &[&str] = &["broken", "chain", "outcome_unknown"];

/// A key of a caller, and what it opens.
struct Key {
    /// Stands for owner and key.
    id: Hash,
    owner: String,
    /// Opens what was kept under it.
    seal: Hash,
}

/// Answers a request that the guard has let through.
pub async fn answered(door: &Door, request: Request, next: Next) -> Response {
    match key(&request) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => {
            let worked = work(door.clone(), key, request, next).await;
            worked.unwrap_or_else(IntoResponse::into_response)
        }
        Err(problem) => problem.into_response(),
    }
}

/// The key of a request to a route that makes something.
fn key(request: &Request) -> Result<Option<Key>, Problem> {
    let mut values = request.headers().get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let path = request.extensions().get::<MatchedPath>();
    let operation =
        path.and_then(|path| openapi::operation(request.method().as_str(), path.as_str()));
    let (Some(caller), true) = (
        request.extensions().get::<Caller>(),
        operation.is_some_and(|operation| operation.once),
    ) else {
        return Ok(None);
    };
    let fits = |text: &&str| {
        (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let text = value.to_str().ok().filter(fits);
    let (Some(text), None) = (text, values.next()) else {
        let detail =
            "`Idempotency-Key` stands once, of 16 to 128 printable letters; a UUID is good";
        return Err(Problem::invalid("invalid_key", detail));
    };
    let owner = match (caller.person, caller.account) {
        (Some(person), _) => format!("p{}", person.0),
        (None, Some(account)) => format!("a{}", account.0),
        (None, None) => return Ok(None),
    };
    let part = |what: &[u8]| {
        let (owner, text) = (owner.as_bytes(), text.as_bytes());
        Hash(sha256(&[b"headwater/once/v1\0", what, owner, b"\0", text]))
    };
    Ok(Some(Key {
        id: part(b"id\0"),
        seal: part(b"seal\0"),
        owner,
    }))
}

async fn work(door: Door, key: Key, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_REQUEST_BYTES).await.map_err(|_| {
        Problem::too_large(format!(
            "a request has at most {MAX_REQUEST_BYTES} bytes here"
        ))
    })?;
    let (method, uri) = (parts.method.as_str(), parts.uri.to_string());
    let asked = [method.as_bytes(), b"\0", uri.as_bytes(), b"\0", &body];
    let fingerprint = Hash(sha256(&asked));
    let (id, owner) = (key.id, key.owner.clone());
    let begun =
        door.replies(move |replies, now_ms| replies.begin((&id, &owner), &fingerprint, now_ms));
    let conflict = |code, detail| Err(Problem::new(StatusCode::CONFLICT, code, detail));
    match begun.await? {
        Begun::Fresh => {}
        Begun::Done(reply) => return Ok(replayed(&key, reply)),
        Begun::Other => {
            let detail = "this key was used for another request; take a new one";
            return conflict("idempotency_conflict", detail);
        }
        Begun::Working => {
            let detail = "the first request with this key is being worked on; ask again";
            return conflict("in_progress", detail);
        }
        Begun::Lost => {
            let detail = "nobody knows what came of the first request with this key; look whether \
                          what you wanted is there, and take a new key if not";
            return conflict("outcome_lost", detail);
        }
    }
    let request = Request::from_parts(parts, Body::from(body));
    let after = door.clone();
    // Whoever hangs up finds the answer when they ask again.
    let whole = tokio::spawn(async move {
        let response = next.run(request).await;
        keep(&door, &key, response).await
    });
    if let Ok(answered) = whole.await {
        return answered;
    }
    let lost = after.replies(move |replies, _| replies.lose(&id));
    lost.await?;
    Err(crate::api::broken())
}

/// Keeps the answer of a request that has done something, and that another may have.
async fn keep(door: &Door, key: &Key, response: Response) -> Result<Response, Problem> {
    let id = key.id;
    let told = response.extensions().get::<Told>();
    if told.is_some_and(|told| UNSURE.contains(&told.0)) {
        let lost = door.replies(move |replies, _| replies.lose(&id));
        lost.await?;
        return Ok(response);
    }
    if !response.status().is_success() {
        let abandoned = door.replies(move |replies, _| replies.abandon(&id));
        abandoned.await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_REPLY_BYTES)
        .await
        .map_err(|_| crate::api::broken())?;
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let reply = Reply {
        status: parts.status.as_u16(),
        kind: kind.to_owned(),
        body: sealed(&key.seal, &body),
    };
    let kept = door.replies(move |replies, _| replies.finish(&id, &reply));
    kept.await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(key: &Key, reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, sealed(&key.seal, &reply.body)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if let Some(kind) = HeaderValue::try_from(reply.kind)
        .ok()
        .filter(|kind| !kind.is_empty())
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// An answer may hold a secret that is shown once, so it is kept under the client's own key and no
/// other: SHA-256 in counter mode. A key answers one request, so no part of the stream is used
/// twice. Sealed again it is open.
fn sealed(seal: &Hash, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (number, part) in (0_u64..).zip(bytes.chunks(32)) {
        let stream = sha256(&[&seal.0, &number.to_be_bytes()]);
        out.extend(part.iter().zip(stream).map(|(byte, own)| byte ^ own));
    }
    out
}
