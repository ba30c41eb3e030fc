//! The passkeys that somebody has: listed, added, renamed, removed.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use protocol::codec;
use protocol::passkey::PasskeyBinding;
use serde::Deserialize;
use serde_json::{Value, json};
use view::login::{Passkey, Person, Subject};

use super::passkey::{Registered, named, point, registered, taken};
use super::wallet::hex;
use super::{Door, json};
use crate::access::Caller;
use crate::problem::Problem;

/// `GET /api/v1/me/passkeys`.
pub(super) async fn list(State(door): State<Door>, caller: Caller) -> Result<Json<Value>, Problem> {
    let (person, passkeys) = own(&door, &caller).await?;
    let shown = |passkey: &Passkey| {
        json!({
            "id": passkey.id,
            "credential": BASE64_URL.encode(&passkey.credential),
            "party": passkey.party,
            "x": hex(&passkey.x),
            "y": hex(&passkey.y),
            "name": passkey.name,
            "backed_up": passkey.backed_up,
            "pays": pays(&person, passkey),
            "created_ms": passkey.created_ms,
            "used_ms": passkey.used_ms,
        })
    };
    let passkeys: Vec<Value> = passkeys.iter().map(shown).collect();
    Ok(Json(json!({ "passkeys": passkeys })))
}

/// `POST /api/v1/me/passkeys`: one more passkey for who is logged in.
pub(super) async fn add(
    State(door): State<Door>,
    caller: Caller,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let person = caller.known()?;
    let (parts, body) = request.into_parts();
    let made: Registered = json(body).await?;
    let new = registered(&door, &parts.headers, &made).await?;
    let added = door.ask(move |login, now_ms| login.add_passkey(&new.of(person), now_ms));
    let id = added.await?.ok_or_else(taken)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

/// `PUT /api/v1/me/passkeys/{id}`: another name.
pub(super) async fn rename(
    State(door): State<Door>,
    caller: Caller,
    path: Result<Path<i64>, PathRejection>,
    body: Body,
) -> Result<StatusCode, Problem> {
    let (Path(id), person) = (path?, caller.known()?);
    let name = named(json::<Named>(body).await?.name)?;
    let renamed = door.ask(move |login, _| login.rename_passkey(person, id, &name));
    match renamed.await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing(id)),
    }
}

/// `DELETE /api/v1/me/passkeys/{id}`: never the last of somebody who has no wallet, nor the one
/// that says where their account is paid.
pub(super) async fn remove(
    State(door): State<Door>,
    caller: Caller,
    path: Result<Path<i64>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (Path(id), whose) = (path?, caller.known()?);
    // In one step: of two removals at once, one may have to find the last passkey.
    let kept = door.ask(move |login, _| {
        let (person, passkeys) = (login.person(whose)?, login.passkeys(whose)?);
        let kept = stays(person.as_ref(), &passkeys, id);
        if kept.is_none() {
            login.remove_passkey(whose, id)?;
        }
        Ok(kept)
    });
    match kept.await? {
        None => Ok(StatusCode::NO_CONTENT),
        Some(why) => Err(why),
    }
}

/// Why a passkey may not be removed.
fn stays(person: Option<&Person>, passkeys: &[Passkey], id: i64) -> Option<Problem> {
    let conflict = |code, detail| Some(Problem::new(StatusCode::CONFLICT, code, detail));
    let passkey = passkeys.iter().find(|passkey| passkey.id == id);
    let (Some(person), Some(passkey)) = (person, passkey) else {
        return Some(missing(id));
    };
    if matches!(person.subject, Subject::Passkey(_)) && passkeys.len() == 1 {
        let detail = "this is your last passkey; add another one first";
        return conflict("last_passkey", detail);
    }
    if pays(person, passkey) {
        let detail = "your account was opened with this passkey, and it alone says where the \
                      account is paid";
        return conflict("passkey_pays", detail);
    }
    None
}

/// Somebody and their passkeys.
async fn own(door: &Door, caller: &Caller) -> Result<(Person, Vec<Passkey>), Problem> {
    let id = caller.known()?;
    let asked = door.ask(move |login, _| Ok((login.person(id)?, login.passkeys(id)?)));
    let (person, passkeys) = asked.await?;
    Ok((person.ok_or_else(Problem::not_logged_in)?, passkeys))
}

/// Whether the account's commitment is to this passkey.
fn pays(person: &Person, passkey: &Passkey) -> bool {
    let binding = person.binding.as_deref();
    let binding = binding.and_then(|body| codec::decode::<PasskeyBinding>(body).ok());
    binding.is_some_and(|binding| binding.point == point(&(passkey.x, passkey.y)))
}

fn missing(id: i64) -> Problem {
    Problem::missing(format!("you have no passkey {id}"))
}
