//! What somebody sees of themselves: account, roles, sessions; and the way out.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::siwe::checksummed;
use protocol::{AccountId, Roles, SessionKey};
use serde_json::{Value, json};
use view::login::{Session, Subject};

use super::cookie::Cookie;
use super::{Door, session_of};
use crate::access::{Caller, How};
use crate::page_of::Paging;
use crate::problem::Problem;

/// `GET /api/v1/me`.
pub(super) async fn me(State(door): State<Door>, caller: Caller) -> Result<Json<Value>, Problem> {
    let person = match caller.person {
        Some(id) => door.ask(move |login, _| login.person(id)).await?,
        None => None,
    };
    let (how, csrf) = match &caller.how {
        How::Session { csrf, .. } => ("session", Some(csrf)),
        How::Key { .. } => ("key", None),
        How::Signed { .. } => ("signature", None),
    };
    let (wallet, holder) = match person.as_ref().map(|person| &person.subject) {
        Some(Subject::Wallet(address)) => {
            let address = checksummed(address);
            (Some(address.clone()), Some(address))
        }
        Some(Subject::Passkey(handle)) => {
            (None, Some(format!("passkey:{}", BASE64.encode(handle))))
        }
        None => (None, None),
    };
    let payout = caller.account.and_then(|id| {
        let payout = |state: &node::State| payout(state, id);
        door.host().read(payout)
    });
    // It opens the account's commitment, for a new browser that adds its key; no API key needs it.
    let binding = person.and_then(|person| person.binding);
    let binding = binding.filter(|_| !matches!(caller.how, How::Key { .. }));
    Ok(Json(json!({
        "account": caller.account.map(|account| account.0),
        "roles": words(caller.roles),
        "how": how,
        "csrf": csrf,
        "wallet": wallet,
        "holder": holder,
        "payout": payout,
        "binding": binding.map(|binding| BASE64.encode(binding)),
    })))
}

/// Where an account is paid, by its wallet or passkey; what of that is public.
fn payout(state: &node::State, id: AccountId) -> Option<Value> {
    let account = state.account(id)?;
    let known = state.sections.payouts.of(id);
    let announced = known.and_then(|known| known.announced);
    Some(json!({
        "wallet": account.wallet.map(|wallet| checksummed(&wallet.0)),
        "disclosed": account.wallet.is_some() || known.is_some(),
        "number": known.map_or(0, |known| known.named),
        "announced": announced.map(|announced| json!({
            "wallet": checksummed(&announced.wallet.0),
            "from_ms": announced.from_ms,
        })),
    }))
}

/// `GET /api/v1/me/signers`: the session keys of the caller's account.
pub(super) async fn signers(
    State(door): State<Door>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let detail = "you have no account in the log yet; open one first";
    let id = caller.account;
    let id = id.ok_or_else(|| Problem::forbidden("no_account", detail))?;
    let rows = door.host().read(|state| {
        let first = state.account(id).map(|account| (account.key, None));
        let added = state
            .added_keys(id)
            .iter()
            .map(|added| (added.key, added.by));
        let row = |(key, by): (SessionKey, Option<SessionKey>)| {
            let known = state.key(&key)?;
            Some(json!({
                "key": key.to_string(),
                "by": by.map(|by| by.to_string()),
                "scope": known.scope.text(),
                "expires_ms": known.expires_ms,
                "revoked": known.revoked,
            }))
        };
        first
            .into_iter()
            .chain(added)
            .filter_map(row)
            .collect::<Vec<_>>()
    });
    Ok(Json(json!({ "signers": rows })))
}

/// `GET /api/v1/me/sessions?cursor=&limit=`: the newest first.
pub(super) async fn sessions(
    State(door): State<Door>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let (id, own) = (caller.known()?, session_of(&caller));
    let sessions = door.ask(move |login, now_ms| login.sessions(id, now_ms));
    let shown = |session: &Session| {
        json!({
            "id": session.id,
            "agent": session.agent,
            "created_ms": session.created_ms,
            "seen_ms": session.seen_ms,
            "expires_ms": session.expires_ms,
            "current": Some(session.id) == own,
        })
    };
    let mut sessions = sessions.await?;
    sessions.sort_unstable_by_key(|session| downwards(session.id));
    let (sessions, next) = paging.cut("sessions", sessions, |it| downwards(it.id))?;
    let sessions: Vec<Value> = sessions.iter().map(shown).collect();
    Ok(Json(json!({"sessions": sessions, "next": next})))
}

/// `DELETE /api/v1/me/sessions/{id}`.
pub(super) async fn end(
    State(door): State<Door>,
    caller: Caller,
    path: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (Path(session), id) = (path?, caller.known()?);
    let ended = door.ask(move |login, _| login.end(id, session));
    if ended.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        let detail = format!("you have no session {session}");
        Err(Problem::missing(detail))
    }
}

/// `POST /api/v1/me/logout`: ends the session that asks.
pub(super) async fn logout(
    State(door): State<Door>,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let id = caller.known()?;
    if let Some(session) = session_of(&caller) {
        door.ask(move |login, _| login.end(id, session)).await?;
    }
    let cookie = Cookie::Session.set("", 0, door.settings().is_secure());
    let headers = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((StatusCode::NO_CONTENT, headers))
}

/// A place that rises along a list whose numbers fall.
pub(super) fn downwards(id: i64) -> u64 {
    u64::MAX - u64::try_from(id).unwrap_or(0)
}

pub(super) fn words(roles: Roles) -> Vec<&'static str> {
    roles.iter().map(protocol::Role::word).collect()
}
