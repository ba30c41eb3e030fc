//! What went wrong, as RFC 9457 problem documents: the one place where errors become answers.

pub mod codes;
pub mod field;
pub mod said;

use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use node::told::{self, Gap, Statement};
use serde_json::{Map, Value, json};

/// An answer that is no success. Its code is stable, its words are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: told::Told,
    retry_after_s: Option<u64>,
    /// Methods that would do, for 405.
    allowed: Option<String>,
}

impl Problem {
    /// 400 with a code of the caller's.
    pub fn invalid(code: &'static str, detail: impl Into<told::Told>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: what was asked for is not here.
    pub fn missing(detail: impl Into<told::Told>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 404 for now: it is durable, and a checkpoint will cover it soon.
    pub fn not_yet(detail: impl Into<told::Told>) -> Self {
        Self {
            retry_after_s: Some(1),
            ..Self::new(StatusCode::NOT_FOUND, "not_yet_published", detail)
        }
    }

    /// 413: more was sent than is read.
    pub fn too_large(detail: impl Into<told::Told>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// 415: the body is in a form that is not read.
    pub fn unread(detail: impl Into<told::Told>) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported_media_type", detail)
    }

    /// The same with the methods that would do.
    pub(crate) fn allowing(self, methods: &str) -> Self {
        Self {
            allowed: Some(methods.to_owned()),
            ..self
        }
    }

    /// 401: who asks has not logged in.
    pub fn not_logged_in() -> Self {
        Self::unauthorized("not_logged_in", "log in first")
    }

    /// 401 with a code of the caller's: a credential is not good.
    pub fn unauthorized(code: &'static str, detail: impl Into<told::Told>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// 403 with a code of the caller's: it is known who asks, and they may not.
    pub fn forbidden(code: &'static str, detail: impl Into<told::Told>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 429: the same request may succeed after some seconds.
    pub fn too_often(retry_after_s: u64) -> Self {
        let detail = format!("too many requests; the next one is answered in {retry_after_s} s");
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_often", detail)
        }
    }

    /// 503 with a code of the caller's: the same request may succeed after some seconds.
    pub fn busy(code: &'static str, detail: impl Into<told::Told>, retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
        }
    }

    /// What HTTP calls it.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Its words, in English.
    pub fn detail(&self) -> String {
        self.detail.to_string()
    }

    /// What its words are made of, for pages in other languages.
    pub(crate) fn told(&self) -> &[Statement] {
        &self.detail.0
    }

    /// Any other status.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<told::Told>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_s: None,
            allowed: None,
        }
    }
}

/// The code of a problem, for those who have its answer alone.
#[derive(Clone, Copy)]
pub(crate) struct Told(pub(crate) &'static str);

/// Most bytes of a plain refusal that are read to be told again.
const MOST_WORDS: usize = 4_096;

/// Whatever refuses a request before its handler, such as a limit on its size, answers in plain
/// text; here it becomes a problem like all others.
pub(crate) async fn only(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || !is_plain {
        return response;
    }
    let words = to_bytes(response.into_body(), MOST_WORDS).await;
    let words = String::from_utf8_lossy(&words.unwrap_or_default()).into_owned();
    let (status, code) = match status {
        StatusCode::NOT_FOUND => (status, "not_found"),
        StatusCode::METHOD_NOT_ALLOWED => (status, "method_not_allowed"),
        StatusCode::PAYLOAD_TOO_LARGE => (status, "too_large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (status, "unsupported_media_type"),
        // 422 of a body that does not fit is the same as 400 to whoever has sent it.
        status if status.is_client_error() => (StatusCode::BAD_REQUEST, "malformed"),
        status => (status, "broken"),
    };
    Problem::new(status, code, words).into_response()
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error.kind {
            store::Kind::Invalid => Self::invalid("invalid", error.to_string()),
            store::Kind::Unavailable => Self::busy("unavailable", error.to_string(), 1),
            store::Kind::Corrupt => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self::new(status, "corrupt", error.to_string())
            }
        }
    }
}

impl From<view::Error> for Problem {
    fn from(error: view::Error) -> Self {
        match error.kind {
            view::error::Kind::Invalid => Self::invalid("invalid", error.to_string()),
            view::error::Kind::Unavailable => Self::busy("unavailable", error.to_string(), 1),
            view::error::Kind::Corrupt => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self::new(status, "corrupt", error.to_string())
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let mut document = json!({
            "type": format!("urn:headwater:problem:{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        // What a machine has said stands in `detail` alone.
        if self.detail.as_raw().is_none() {
            document["told"] = self.told().iter().map(statement).collect();
        }
        let mut response = (self.status, document.to_string()).into_response();
        response.extensions_mut().insert(Told(self.code));
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(methods) = self.allowed.and_then(|own| HeaderValue::try_from(own).ok()) {
            headers.insert(header::ALLOW, methods);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A phrase that scripts find in their language by its word, with what stands in its gaps.
fn statement(own: &Statement) -> Value {
    let gaps = own.gaps.iter();
    let gaps: Map<String, Value> = gaps
        .map(|(name, gap)| ((*name).to_owned(), filling(gap)))
        .collect();
    let told::Phrase { word, joint, .. } = own.phrase;
    json!({"phrase": word, "joint": joint.word(), "gaps": gaps})
}

/// What stands in a gap, under the name of its kind.
fn filling(gap: &Gap) -> Value {
    match gap {
        Gap::Count(count) => json!({"count": count}),
        Gap::Place(place) => json!({"place": place}),
        Gap::Decimal(text) => json!({"decimal": text}),
        Gap::Name(text) => json!({"name": text}),
        Gap::Units(units) => json!({"units": units.to_string()}),
        Gap::Share(ppm) => json!({"ppm": ppm}),
        Gap::Field(field) => json!({"field": field}),
        Gap::Words(group, words) => json!({"group": group, "words": words}),
    }
}
