//! Keys that call models: bound to allowances that their payer has signed, shown once.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use gateway::key::PREFIX;
use proof::hash::sha256;
use protocol::{AccountId, AllowanceId, AssetId, Hash};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Disk as _, SystemDisk};
use view::models::{Limits, ModelKey, NewModelKey};

use super::Models;
use crate::access::Caller;
use crate::api::blocking;
use crate::login::json as read;
use crate::page_of::Paging;
use crate::problem::Problem;
use crate::problem::said::name_letters;

/// How long a key lasts if nobody says so, and at most, in days.
const DAYS: u64 = 30;
const MOST_DAYS: u64 = 366;
const DAY_MS: u64 = 86_400_000;
/// Most letters of a name.
const NAME_LETTERS: usize = 80;
/// Most allowances and most models of one key.
const MOST_LISTED: usize = 100;
/// Letters of a key that are kept and shown.
const SHOWN: usize = 11;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: String,
    /// All that the caller has, where none is named.
    #[serde(default)]
    allowances: Vec<u32>,
    budget_units: Option<String>,
    per_minute: Option<u32>,
    #[serde(default)]
    models: Vec<u32>,
    purpose: Option<String>,
    days: Option<u64>,
}

/// `POST /api/v1/me/model-keys`: a new key, which is never shown again.
pub(super) async fn issue(
    State(models): State<Models>,
    caller: Caller,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let account = account(&caller)?;
    let wish: Wish = read(body).await?;
    let host = &models.0.host;
    let mut limits = limits(&wish)?;
    if limits.allowances.is_empty() {
        limits.allowances = host.read(|state| living(state, account));
    }
    if limits.allowances.is_empty() {
        let detail = "you have set no money aside for a model yet; grant an allowance first";
        return Err(Problem::invalid("unknown_allowance", detail));
    }
    let foreign = host.read(|state| {
        let own = |id: &&AllowanceId| {
            let granted = state.allowances.get(id.index());
            granted.is_none_or(|granted| granted.payer != account || granted.ended)
        };
        limits.allowances.iter().find(own).copied()
    });
    if let Some(id) = foreign {
        let detail = format!("allowance {id} is not yours, or has ended");
        return Err(Problem::invalid("unknown_allowance", detail));
    }
    let days = wish.days.unwrap_or(DAYS);
    if days == 0 || days > MOST_DAYS {
        let detail = format!("`days` is 1 to {MOST_DAYS}");
        return Err(Problem::invalid("malformed", detail));
    }
    let now_ms = host.now_ms();
    let (key, made) = blocking(move || {
        let mut random = [0; 32];
        SystemDisk.random(&mut random);
        let key = format!("{PREFIX}{}", BASE64_URL.encode(random));
        let made = models.0.keys.ask(|keys| {
            let new = NewModelKey {
                hash: Hash(sha256(&[key.as_bytes()])),
                shown: &key[..SHOWN],
                account,
                name: &wish.name,
                limits,
                expires_ms: now_ms.saturating_add(days * DAY_MS),
            };
            keys.issue(&new, now_ms)
        });
        (key, made)
    })
    .await?;
    let body = json!({"id": made?, "key": key, "hint": "it is not shown again"});
    Ok((StatusCode::CREATED, Json(body)))
}

/// The newest allowances of an account that have not ended.
fn living(state: &node::State, account: AccountId) -> Vec<AllowanceId> {
    let count = u32::try_from(state.allowances.len()).unwrap_or(u32::MAX);
    let own = (0..count).rev().map(AllowanceId).filter(|id| {
        let granted = &state.allowances[id.index()];
        granted.payer == account && !granted.ended
    });
    own.take(MOST_LISTED).collect()
}

fn limits(wish: &Wish) -> Result<Limits, Problem> {
    let malformed = |detail: String| Problem::invalid("malformed", detail);
    let letters = wish.name.chars().count();
    if letters == 0 || letters > NAME_LETTERS || wish.name.chars().any(char::is_control) {
        return Err(name_letters(NAME_LETTERS));
    }
    if wish.allowances.len() > MOST_LISTED {
        return Err(malformed(format!(
            "`allowances` names at most {MOST_LISTED} allowances"
        )));
    }
    if wish.models.len() > MOST_LISTED {
        return Err(malformed(format!(
            "`models` names at most {MOST_LISTED} assets"
        )));
    }
    let budget = wish.budget_units.as_deref().map(str::parse).transpose();
    let budget = budget.map_err(|_| malformed("`budget_units` is a whole number".to_owned()))?;
    Ok(Limits {
        allowances: wish.allowances.iter().copied().map(AllowanceId).collect(),
        budget_units: budget,
        per_minute: wish.per_minute,
        models: wish.models.iter().copied().map(AssetId).collect(),
        purpose: wish.purpose.clone(),
    })
}

/// `GET /api/v1/me/model-keys?cursor=&limit=`: the oldest first.
pub(super) async fn list(
    State(models): State<Models>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let account = account(&caller)?;
    let now_ms = models.0.host.now_ms();
    let shown = |key: &ModelKey| {
        let numbers = |ids: Vec<u32>| json!(ids);
        json!({
            "id": key.id,
            "begins": key.shown,
            "name": key.name,
            "allowances": numbers(key.limits.allowances.iter().map(|id| id.0).collect()),
            "budget_units": key.limits.budget_units.map(|units| units.to_string()),
            "per_minute": key.limits.per_minute,
            "models": numbers(key.limits.models.iter().map(|id| id.0).collect()),
            "purpose": key.limits.purpose,
            "created_ms": key.created_ms,
            "expires_ms": key.expires_ms,
        })
    };
    let mut keys = blocking(move || models.0.keys.ask(|keys| keys.of(account, now_ms))).await??;
    let place = |key: &ModelKey| u64::try_from(key.id).unwrap_or(0);
    keys.sort_unstable_by_key(place);
    let (keys, next) = paging.cut("model-keys", keys, place)?;
    let keys: Vec<Value> = keys.iter().map(shown).collect();
    Ok(Json(json!({"keys": keys, "next": next})))
}

/// `DELETE /api/v1/me/model-keys/{id}`.
pub(super) async fn revoke(
    State(models): State<Models>,
    caller: Caller,
    path: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (Path(id), account) = (path?, account(&caller)?);
    let now_ms = models.0.host.now_ms();
    let revoked = blocking(move || models.0.keys.ask(|keys| keys.revoke(account, id, now_ms)));
    if revoked.await?? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::missing(format!("you have no key {id}")))
    }
}

fn account(caller: &Caller) -> Result<AccountId, Problem> {
    caller.account.ok_or_else(|| {
        let detail = "open an account first";
        Problem::forbidden("no_account", detail)
    })
}
