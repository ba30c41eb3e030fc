//! Webhooks over HTTP: set up, looked at, told anew, and thrown away.

use std::sync::{Arc, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::Host;
use node::webhook::{Courier, SharedWebhooks};
use protocol::{AccountId, CampaignId};
use serde::Deserialize;
use serde_json::{Value, json};
use view::Webhooks;
use view::webhook::{Delivery, MOST, NewWebhook, Webhook};

use crate::access::Caller;
use crate::api::{blocking, not_kept};
use crate::extract::Path;
use crate::login::{json as read, random};
use crate::page_of::{self, Paging};
use crate::problem::Problem;

/// Longest URL, and most kinds, of one webhook.
const URL_BYTES: usize = 2_048;
const MOST_KINDS: usize = 64;
/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// What webhooks stand on.
#[derive(Clone)]
pub struct Parts {
    /// The running node.
    pub host: Host,
    /// Who is told what, where.
    pub hooks: SharedWebhooks,
    /// Knows which URLs may be called.
    pub courier: Arc<dyn Courier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    url: String,
    /// Words of commands; left out, all.
    kinds: Option<Vec<String>>,
    campaign: Option<u32>,
    /// The last entry that is known already; left out, what comes from now on is told.
    after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    after: u64,
}

/// Routes below `/api/v1/webhooks`; they belong behind [`crate::access::guard`].
pub fn routes(parts: Parts) -> Router {
    Router::new()
        .route("/api/v1/webhooks", get(list).post(create))
        .route("/api/v1/webhooks/{id}", get(one).delete(delete))
        .route("/api/v1/webhooks/{id}/deliveries", get(deliveries))
        .route("/api/v1/webhooks/{id}/replay", post(replay))
        .layer(axum::middleware::map_response(not_kept))
        .with_state(parts)
}

impl Parts {
    fn hooks(&self) -> MutexGuard<'_, Webhooks> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owner(caller: &Caller) -> Result<AccountId, Problem> {
    caller.account.ok_or_else(|| {
        let detail = "you have no account in the log yet; open one first";
        Problem::forbidden("no_account", detail)
    })
}

fn unknown(id: u64) -> Problem {
    Problem::missing(format!("you have no webhook {id}"))
}

/// `GET /api/v1/webhooks?cursor=&limit=`.
async fn list(
    State(parts): State<Parts>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let (Query(paging), own) = (query?, owner(&caller)?);
    let all = blocking(move || parts.hooks().of_owner(own)).await??;
    let (rows, next) = paging.cut("webhooks", all, |it| it.id)?;
    let rows: Vec<Value> = rows.iter().map(shown).collect();
    Ok(Json(json!({"webhooks": rows, "next": next})))
}

/// `POST /api/v1/webhooks`: a new one, whose secret is shown this once.
async fn create(
    State(parts): State<Parts>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let own = owner(&caller)?;
    let asked: Asked = read(body).await?;
    let kinds = asked.kinds.unwrap_or_default();
    let is_word = |kind: &String| {
        let in_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        !kind.is_empty() && kind.len() <= 40 && kind.bytes().all(in_word)
    };
    if kinds.len() > MOST_KINDS || !kinds.iter().all(is_word) {
        let detail =
            format!("`kinds` are at most {MOST_KINDS} words of commands, as `seal_answers`");
        return Err(Problem::invalid("malformed", detail));
    }
    if asked.url.len() > URL_BYTES {
        let detail = format!("`url` has at most {URL_BYTES} bytes");
        return Err(Problem::invalid("bad_url", detail));
    }
    let checked = parts.courier.check(&asked.url);
    checked.map_err(|why| Problem::invalid("bad_url", why))?;
    let secret: [u8; SECRET_BYTES] = random();
    let now = parts.host.applied_through();
    let new = NewWebhook {
        owner: own,
        url: asked.url,
        kinds,
        campaign: asked.campaign.map(CampaignId),
        secret: secret.to_vec(),
        next: asked
            .after
            .map_or(now, |after| after.saturating_add(1).min(now)),
    };
    let made = blocking(move || {
        let now_ms = parts.host.now_ms();
        let mut hooks = parts.hooks();
        let Some(id) = hooks.create(&new, now_ms)? else {
            return Ok(None);
        };
        hooks.one(own, id)
    });
    let made = made.await??.ok_or_else(|| {
        let detail = format!("an account has at most {MOST} webhooks; delete one first");
        Problem::new(StatusCode::CONFLICT, "too_many", detail)
    })?;
    let mut told = shown(&made);
    told["secret"] = json!(format!("whsec_{}", BASE64.encode(secret)));
    Ok((StatusCode::CREATED, Json(told)))
}

/// `GET /api/v1/webhooks/{id}`.
async fn one(
    State(parts): State<Parts>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let (own, id) = (owner(&caller)?, u64::from(id));
    let found = blocking(move || parts.hooks().one(own, id)).await??;
    let found = found.ok_or_else(|| unknown(id))?;
    Ok(Json(shown(&found)))
}

/// `DELETE /api/v1/webhooks/{id}`.
async fn delete(
    State(parts): State<Parts>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let (own, id) = (owner(&caller)?, u64::from(id));
    let gone = blocking(move || parts.hooks().delete(own, id)).await??;
    gone.then_some(StatusCode::NO_CONTENT)
        .ok_or_else(|| unknown(id))
}

/// `GET /api/v1/webhooks/{id}/deliveries?cursor=&limit=`: attempts, newest first.
async fn deliveries(
    State(parts): State<Parts>,
    Path(id): Path<u32>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let (Query(paging), own, id) = (query?, owner(&caller)?, u64::from(id));
    let limit = paging.rows()?;
    let before = paging.place("deliveries")?.unwrap_or(i64::MAX as u64);
    let found = blocking(move || {
        let hooks = parts.hooks();
        let Some(_) = hooks.one(own, id)? else {
            return Ok(None);
        };
        hooks.deliveries(id, before, limit as u32 + 1).map(Some)
    });
    let found: Result<Option<Vec<Delivery>>, view::Error> = found.await?;
    let rows = found?.ok_or_else(|| unknown(id))?;
    let (rows, next) = page_of::ended("deliveries", rows, limit, |it| it.id);
    let row = |it: &Delivery| {
        json!({
            "id": it.id,
            "entry": it.entry,
            "status": it.status,
            "why": it.why,
            "took_ms": it.took_ms,
            "at_ms": it.at_ms,
        })
    };
    let rows: Vec<Value> = rows.iter().map(row).collect();
    Ok(Json(json!({"deliveries": rows, "next": next})))
}

/// `POST /api/v1/webhooks/{id}/replay?after=N`: everything behind entry N is told again.
async fn replay(
    State(parts): State<Parts>,
    Path(id): Path<u32>,
    caller: Caller,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let (Query(from), own, id) = (query?, owner(&caller)?, u64::from(id));
    let found = blocking(move || {
        let next = from
            .after
            .saturating_add(1)
            .min(parts.host.applied_through());
        let mut hooks = parts.hooks();
        hooks.replay(own, id, next)?;
        hooks.one(own, id)
    });
    let found = found.await??.ok_or_else(|| unknown(id))?;
    Ok(Json(shown(&found)))
}

fn shown(webhook: &Webhook) -> Value {
    let wish = &webhook.wish;
    json!({
        "id": webhook.id,
        "url": wish.url,
        "kinds": wish.kinds,
        "campaign": wish.campaign.map(|id| id.0),
        "next": wish.next,
        "failures": webhook.failures,
        "due_ms": webhook.due_ms,
        "disabled": webhook.disabled,
        "created_ms": webhook.created_ms,
    })
}
