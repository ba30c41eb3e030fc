//! From somebody who is logged in to their account in the log.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::{Answer, Binding};
use protocol::passkey::{PasskeyBinding, PasskeyPoint};
use protocol::{AccountId, Address, Command, SessionKey, Signed, codec};
use serde::Deserialize;
use serde_json::{Value, json};
use view::login::{Person, Subject};

use super::{Door, json};
use crate::access::Caller;
use crate::api::blocking;
use crate::api::submit::{check, outcome, unanswered};
use crate::problem::Problem;
use crate::wire::{Outcome, Sent};

/// How long a new account may take to show, in milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A signed `OpenAccount` with its private body, both in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    signed: String,
    body: String,
}

/// To whom an account may be bound.
pub(super) enum Holder {
    /// A wallet.
    Wallet(Address),
    /// One of these passkeys: the relying party of each, and its key.
    Passkeys(Vec<(String, PasskeyPoint)>),
}

/// `POST /api/v1/me/account`: opens an account for somebody who has logged in without.
pub(super) async fn open(
    State(door): State<Door>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let opening: Opening = json(body).await?;
    let id = caller.known()?;
    let person = door.ask(move |login, _| login.person(id)).await?;
    let mut person = person.ok_or_else(Problem::not_logged_in)?;
    let holder = match person.subject {
        Subject::Wallet(wallet) => Holder::Wallet(Address(wallet)),
        Subject::Passkey(_) => super::passkey::holder(&door, &person).await?,
    };
    let entry = submit(&door, &mut person, &holder, opening).await?;
    let account = person.account.map(|account| account.0);
    Ok(Json(json!({"account": account, "entry": entry})))
}

/// Remembers the account whose wallet is disclosed in the log, if there is one.
pub(super) async fn find(door: &Door, person: &mut Person, wallet: Address) -> Result<(), Problem> {
    if person.account.is_some() {
        return Ok(());
    }
    let account = door.host().read(|state| {
        let found = state.accounts.wallets().find(|(id, own)| {
            // Who is paid by the holder of a passkey is not who holds the account.
            *own == wallet && state.sections.payouts.of(*id).is_none()
        });
        found.map(|(id, _)| id)
    });
    match account {
        Some(account) => settle(door, person, account, None).await,
        None => Ok(()),
    }
}

/// Hands the entry in and remembers the account that it has made.
pub(super) async fn submit(
    door: &Door,
    person: &mut Person,
    holder: &Holder,
    opening: Opening,
) -> Result<Outcome, Problem> {
    let read = |name: &str, text: &str| {
        let bytes = BASE64.decode(text);
        bytes.map_err(|error| malformed(format!("`account.{name}` is no base64: {error}")))
    };
    let (signed, body) = (
        read("signed", &opening.signed)?,
        read("body", &opening.body)?,
    );
    let key = its_key(&signed, &body, holder)?;
    // The same entry again is answered again; another account for the same person is none.
    if person.account.is_some() && door.account_of(key).ok() != person.account {
        let detail = "this person has an account; add the key to it instead";
        let status = StatusCode::CONFLICT;
        return Err(Problem::new(status, "has_account", detail));
    }
    let (checked, reason) = check(Sent {
        signed: signed.into(),
        body: Some(body.clone().into()),
        attachments: None,
    });
    let host = door.host().clone();
    let ticket = blocking(move || host.submit_checked(vec![checked]));
    let mut answers = ticket
        .await?
        .map_err(unanswered)?
        .await
        .map_err(unanswered)?;
    let answer = answers.pop().ok_or_else(|| malformed("nothing was sent"))?;
    if let Answer::Accepted(accepted) = &answer {
        let applied = door.host().applied(accepted.index);
        if tokio::time::timeout(PATIENCE, applied).await.is_err() {
            return Err(Problem::busy("behind", "the account does not show yet", 1));
        }
        let account = door
            .host()
            .read(|state| state.key(&key).map(|key| key.account));
        if let (Some(account), None) = (account, person.account) {
            settle(door, person, account, Some(body)).await?;
        }
    }
    let host = door.host().clone();
    blocking(move || outcome(&host, &answer, reason)).await
}

async fn settle(
    door: &Door,
    person: &mut Person,
    account: AccountId,
    body: Option<Vec<u8>>,
) -> Result<(), Problem> {
    let (id, binding) = (person.id, body.clone());
    let settled = door.ask(move |login, _| login.settle(id, account, binding.as_deref()));
    if settled.await? {
        person.account = Some(account);
        person.binding = body;
    }
    Ok(())
}

/// The session key of an entry that opens an account for this holder and does nothing else.
fn its_key(signed: &[u8], body: &[u8], holder: &Holder) -> Result<SessionKey, Problem> {
    let signed: Signed = codec::decode(signed)
        .map_err(|error| malformed(format!("`account.signed` is no submission: {error}")))?;
    let unread = |error| malformed(format!("`account.body` is no binding: {error}"));
    let own = match holder {
        Holder::Wallet(wallet) => {
            let binding: Binding = codec::decode(body).map_err(unread)?;
            binding.wallet == *wallet
        }
        Holder::Passkeys(passkeys) => {
            let binding: PasskeyBinding = codec::decode(body).map_err(unread)?;
            let bound = (binding.party, binding.point);
            passkeys.contains(&bound)
        }
    };
    if !matches!(signed.submission.command, Command::OpenAccount(_)) {
        return Err(malformed("`account.signed` does not open an account"));
    }
    if !own {
        return Err(malformed("`account.body` is of another wallet or passkey"));
    }
    Ok(signed.submission.key)
}

fn malformed(why: impl Into<node::told::Told>) -> Problem {
    Problem::invalid("malformed", why)
}
