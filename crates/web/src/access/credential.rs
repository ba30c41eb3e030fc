//! What a request brings to say who asks: a cookie, an API key, or a signature.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use proof::hash::sha256;
use protocol::{AccountId, Hash, Roles};

use super::Access;
use super::caller::{Caller, How};
use super::signed;
use crate::login::Door;
use crate::login::cookie::{Cookie, Sender};
use crate::problem::Problem;
use crate::wire::MAX_REQUEST_BYTES;

/// Most bytes of a form whose token must be looked for.
const MAX_FORM_BYTES: usize = 1 << 20;

/// Header in which scripts send the token that belongs to their session.
const CSRF_HEADER: &str = "hw-csrf";

/// Who asks, if anybody says so. A credential that was meant for us and is not good is refused; a
/// cookie that is over, or that another site's page has sent along, is as if it were not there.
pub async fn caller(
    door: &Door,
    access: Access,
    request: Request,
) -> Result<(Request, Option<Caller>), Problem> {
    let headers = request.headers();
    let bearer = bearer(headers)?;
    let is_signed = headers.contains_key("signature") || headers.contains_key("signature-input");
    match (bearer, is_signed) {
        (Some(_), true) => Err(Problem::invalid(
            "two_credentials",
            "a request brings an API key or a signature, not both",
        )),
        (Some(key), false) => {
            let caller = by_key(door, key).await?;
            Ok((request, Some(caller)))
        }
        (None, true) => by_signature(door, request).await,
        (None, false) => {
            // Where nobody need be logged in, a page need not bring its session's token.
            let changes = !request.method().is_safe();
            let is_bare = changes && !request.headers().contains_key(CSRF_HEADER);
            if access == Access::Anyone && is_bare {
                return Ok((request, None));
            }
            by_cookie(door, request).await
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && key.starts_with("hw_") => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Problem::unauthorized(
            "bad_api_key",
            "`Authorization` has the form `Bearer hw_...` here",
        )),
    }
}

async fn by_key(door: &Door, key: String) -> Result<Caller, Problem> {
    let hash = Hash(sha256(&[key.as_bytes()]));
    let found = door.look(move |login, now_ms| {
        let Some(key) = login.key(hash, now_ms)? else {
            return Ok(None);
        };
        let person = login.person(key.person)?;
        Ok(person.map(|person| (key, person)))
    });
    let Some((key, person)) = found.await? else {
        let detail = "there is no such API key, or it has expired or was revoked";
        return Err(Problem::unauthorized("bad_api_key", detail));
    };
    let all = door.roles(person.account);
    Ok(Caller {
        person: Some(person.id),
        account: person.account,
        roles: all.within(key.rights.roles),
        how: How::Key {
            id: key.id,
            writes: key.rights.writes,
            all,
        },
    })
}

async fn by_cookie(door: &Door, request: Request) -> Result<(Request, Option<Caller>), Problem> {
    let settings = door.settings();
    let token = Cookie::Session.read(request.headers(), settings.is_secure());
    let Some(token) = token.map(str::to_owned) else {
        return Ok((request, None));
    };
    let sender = Sender::of(request.method(), request.headers(), &settings.origins);
    if !sender.counts(request.method()) {
        return Ok((request, None));
    }
    let (hash, csrf) = (Hash(sha256(&[token.as_bytes()])), door.csrf(&token));
    let idle_ms = settings.idle_ms;
    let found = door.look(move |login, now_ms| {
        let Some(session) = login.session(hash, now_ms, idle_ms)? else {
            return Ok(None);
        };
        let person = login.person(session.person)?;
        Ok(person.map(|person| (session, person)))
    });
    let Some((session, person)) = found.await? else {
        return Ok((request, None));
    };
    let request = if request.method().is_safe() {
        request
    } else {
        with_token(request, &csrf).await?
    };
    let caller = Caller {
        person: Some(person.id),
        account: person.account,
        roles: door.roles(person.account),
        how: How::Session {
            id: session.id,
            csrf,
        },
    };
    Ok((request, Some(caller)))
}

/// What changes something brings the session's token, in a header or as the field `csrf` of a form.
async fn with_token(request: Request, csrf: &str) -> Result<Request, Problem> {
    let wrong = || {
        let detail = "the request lacks the token of its session; hint: load the page again";
        Problem::forbidden("csrf", detail)
    };
    if let Some(value) = request.headers().get(CSRF_HEADER) {
        return if value.as_bytes() == csrf.as_bytes() {
            Ok(request)
        } else {
            Err(wrong())
        };
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(wrong());
    }
    let (request, body) = held(request, MAX_FORM_BYTES).await?;
    let mut fields = body.split(|byte| *byte == b'&');
    let field = [b"csrf=", csrf.as_bytes()].concat();
    if fields.any(|own| own == field) {
        Ok(request)
    } else {
        Err(wrong())
    }
}

/// The body, and the request with the same body again.
pub(super) async fn held(request: Request, limit: usize) -> Result<(Request, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, limit).await;
    let bytes = bytes
        .map_err(|_| Problem::too_large(format!("a request has at most {limit} bytes here")))?;
    let request = Request::from_parts(parts, Body::from(bytes.clone()));
    Ok((request, bytes))
}

async fn by_signature(door: &Door, request: Request) -> Result<(Request, Option<Caller>), Problem> {
    let (request, body) = held(request, MAX_REQUEST_BYTES).await?;
    let now_ms = door.now_ms();
    let signature = signed::Signature::read(request.headers())?;
    signature.check_time(now_ms)?;
    let target = request.uri().path_and_query();
    let target = target.map_or("/", |target| target.as_str()).to_owned();
    let origins = &door.settings().origins;
    let mut targets = origins.iter().map(|origin| format!("{origin}{target}"));
    let method = request.method().as_str();
    signature.check_body(&body)?;
    if !targets.any(|target| signature.is_of(method, &target)) {
        return Err(Problem::unauthorized(
            "bad_signature",
            "the signature is not over this request",
        ));
    }
    let account = door.account_of(signature.key)?;
    let used = signature.once();
    let fresh = door.ask(move |login, _| {
        let fresh = login.use_once(used, now_ms.saturating_add(2 * signed::WINDOW_MS))?;
        fresh.then(|| login.holder(account)).transpose()
    });
    let Some(person) = fresh.await? else {
        return Err(Problem::unauthorized(
            "replayed",
            "a request with this nonce has been here before",
        ));
    };
    let caller = Caller {
        person: person.map(|person| person.id),
        account: Some(account),
        roles: roles(door, account),
        how: How::Signed { key: signature.key },
    };
    Ok((request, Some(caller)))
}

fn roles(door: &Door, account: AccountId) -> Roles {
    door.roles(Some(account))
}
