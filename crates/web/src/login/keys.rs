//! API keys: made and shown once, listed by their first letters, revoked.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use proof::hash::sha256;
use protocol::{Hash, Roles};
use serde::Deserialize;
use serde_json::{Value, json};
use view::login::{ApiKey, NewKey, Rights};

use super::{DAY_MS, Door, json, me, token};
use crate::access::Caller;
use crate::page_of::Paging;
use crate::problem::Problem;
use crate::problem::said::name_letters;

/// How long a key lasts if nobody says so, and at most, in days.
const DAYS: u64 = 90;
const MOST_DAYS: u64 = 366;
/// Most letters of a name.
const NAME_LETTERS: usize = 80;
/// Letters of a key that are kept and shown, the `hw_` before it included.
const SHOWN: usize = 9;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    /// Words; left out, all that the person has, now and later.
    roles: Option<Vec<String>>,
    #[serde(default)]
    writes: bool,
    days: Option<u64>,
}

/// `POST /api/v1/me/keys`: a new key, which is never shown again.
pub(super) async fn issue(
    State(door): State<Door>,
    caller: Caller,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let person = caller.known()?;
    let asked: Asked = json(body).await?;
    let letters = asked.name.chars().count();
    if letters == 0 || letters > NAME_LETTERS || asked.name.chars().any(char::is_control) {
        return Err(name_letters(NAME_LETTERS));
    }
    let days = asked.days.unwrap_or(DAYS);
    if days == 0 || days > MOST_DAYS {
        let detail = format!("`days` is 1 to {MOST_DAYS}");
        return Err(Problem::invalid("malformed", detail));
    }
    let roles = match asked.roles {
        None => Roles::ALL,
        Some(words) => Roles::parse(&words.join(" ")).ok_or_else(|| {
            let detail = "`roles` is a list of roles, each once";
            Problem::invalid("malformed", detail)
        })?,
    };
    let key = format!("hw_{}", token());
    let (text, rights) = (
        key.clone(),
        Rights {
            roles,
            writes: asked.writes,
        },
    );
    let made = door.ask(move |login, now_ms| {
        let new = NewKey {
            hash: Hash(sha256(&[text.as_bytes()])),
            shown: &text[..SHOWN],
            person,
            name: &asked.name,
            rights,
            expires_ms: now_ms.saturating_add(days * DAY_MS),
        };
        login.issue(new, now_ms)
    });
    let id = made.await?;
    let body = json!({"id": id, "key": key, "hint": "it is not shown again"});
    Ok((StatusCode::CREATED, Json(body)))
}

/// `GET /api/v1/me/keys?cursor=&limit=`: the newest first.
pub(super) async fn list(
    State(door): State<Door>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let person = caller.known()?;
    let keys = door.ask(move |login, now_ms| login.keys(person, now_ms));
    let shown = |key: &ApiKey| {
        json!({
            "id": key.id,
            "begins": key.shown,
            "name": key.name,
            "roles": me::words(key.rights.roles),
            "writes": key.rights.writes,
            "created_ms": key.created_ms,
            "expires_ms": key.expires_ms,
            "used_ms": key.used_ms,
        })
    };
    let mut keys = keys.await?;
    keys.sort_unstable_by_key(|key| me::downwards(key.id));
    let (keys, next) = paging.cut("keys", keys, |key| me::downwards(key.id))?;
    let keys: Vec<Value> = keys.iter().map(shown).collect();
    Ok(Json(json!({"keys": keys, "next": next})))
}

/// `DELETE /api/v1/me/keys/{id}`.
pub(super) async fn revoke(
    State(door): State<Door>,
    caller: Caller,
    path: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (Path(key), person) = (path?, caller.known()?);
    let revoked = door.ask(move |login, now_ms| login.revoke(person, key, now_ms));
    if revoked.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::missing(format!("you have no key {key}")))
    }
}
