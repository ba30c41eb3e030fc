//! Login with a passkey: registration and assertion.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::passkey::{self, Asked, Authenticator, Client, Credential, Kind, PublicKey};
use protocol::passkey::PasskeyPoint;
use serde::Deserialize;
use serde_json::json;
use view::login::{NewPasskey, Passkey, Person, Subject};

use super::Door;
use super::account::{self, Holder, Opening};
use super::wallet::{self, begun, enter, no_challenge};
use crate::problem::Problem;

/// Bytes of a user handle.
const HANDLE_BYTES: usize = 32;
/// Most letters of a name.
const NAME_LETTERS: usize = 80;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    /// The id of the passkey, base64 as all bytes here.
    id: String,
    authenticator: String,
    client: String,
    signature: String,
    /// The user handle, which authenticators give back with what they have found themselves.
    handle: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registered {
    authenticator: String,
    client: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Joined {
    authenticator: String,
    client: String,
    name: String,
    /// The user handle that the passkey carries.
    handle: String,
    account: Option<Opening>,
}

/// `POST /api/v1/login/passkey`: a session for whoever holds a passkey that is known.
pub(super) async fn login(
    State(door): State<Door>,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let (headers, answered): (_, Answered) = begun(&door, request).await?;
    let client = bytes("client", &answered.client)?;
    let challenge = challenge(&door, &headers, &client, Kind::Get).await?;
    let id = bytes("id", &answered.id)?;
    let found = door.ask(move |login, _| login.passkey(&id)).await?;
    let known = found.ok_or_else(unknown)?;
    let person = known.person;
    let person = door.ask(move |login, _| login.person(person)).await?;
    let person = person.ok_or_else(unknown)?;
    if let (Some(handle), Subject::Passkey(own)) = (&answered.handle, &person.subject)
        && bytes("handle", handle)? != *own
    {
        return Err(unknown());
    }
    let said = asserted(&known, &challenge, (&answered, &client))?;
    let id = known.id;
    let counted = door.ask(move |login, now_ms| login.use_passkey(id, said.counter, now_ms));
    if !counted.await? {
        let detail = "this passkey has counted back: somebody else may have a copy of it; \
                      hint: log in with another one and remove it";
        return Err(Problem::unauthorized("passkey_cloned", detail));
    }
    enter(&door, &headers, person, json!({})).await
}

/// `POST /api/v1/login/passkey/new`: a session for somebody new with a new passkey, and with
/// `account` the entry that opens their account.
pub(super) async fn join(
    State(door): State<Door>,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let (headers, joined): (_, Joined) = begun(&door, request).await?;
    let handle = bytes("handle", &joined.handle)?;
    if handle.len() != HANDLE_BYTES {
        return Err(malformed(format!("`handle` has {HANDLE_BYTES} bytes")));
    }
    let made = Registered {
        authenticator: joined.authenticator,
        client: joined.client,
        name: joined.name,
    };
    let new = registered(&door, &headers, &made).await?;
    let subject = Subject::Passkey(handle);
    let holder = Holder::Passkeys(vec![new.holder()]);
    let person = door.ask(move |login, now_ms| {
        if login.knows(&subject)? || login.passkey(&new.credential.id)?.is_some() {
            return Ok(None);
        }
        let person = login.arrive(&subject, now_ms)?;
        let added = login.add_passkey(&new.of(person.id), now_ms)?;
        Ok(added.map(|_| person))
    });
    let mut person = person.await?.ok_or_else(taken)?;
    let entry = match joined.account {
        Some(opening) => Some(account::submit(&door, &mut person, &holder, opening).await?),
        None => None,
    };
    enter(&door, &headers, person, json!({ "entry": entry })).await
}

/// The passkeys that an account of somebody may be opened with.
pub(super) async fn holder(door: &Door, person: &Person) -> Result<Holder, Problem> {
    let id = person.id;
    let passkeys = door.ask(move |login, _| login.passkeys(id)).await?;
    let point = |own: &Passkey| (own.party.clone(), point(&(own.x, own.y)));
    Ok(Holder::Passkeys(passkeys.iter().map(point).collect()))
}

pub(super) fn point((x, y): &([u8; 32], [u8; 32])) -> PasskeyPoint {
    PasskeyPoint {
        x: protocol::Hash(*x),
        y: protocol::Hash(*y),
    }
}

/// A passkey that was made just now.
pub(super) struct New {
    party: String,
    credential: Credential,
    said: Authenticator,
    name: String,
}

impl New {
    pub(super) fn of(&self, person: view::login::PersonId) -> NewPasskey {
        NewPasskey {
            person,
            credential: self.credential.id.clone(),
            party: self.party.clone(),
            point: (self.credential.key.x, self.credential.key.y),
            counter: self.said.counter,
            name: self.name.clone(),
            backed_up: self.said.is_backed_up(),
        }
    }

    fn holder(&self) -> (String, PasskeyPoint) {
        let key = &self.credential.key;
        (self.party.clone(), point(&(key.x, key.y)))
    }
}

pub(super) async fn registered(
    door: &Door,
    headers: &HeaderMap,
    made: &Registered,
) -> Result<New, Problem> {
    let name = named(made.name.clone())?;
    let client = bytes("client", &made.client)?;
    let authenticator = bytes("authenticator", &made.authenticator)?;
    let challenge = challenge(door, headers, &client, Kind::Create).await?;
    let asked = Asked {
        party: &challenge.party,
        challenge: &challenge.bytes,
    };
    let takes = |origin: &str| origin == challenge.origin;
    let made = passkey::register(asked, (&authenticator, &client), takes);
    let (credential, said) = made.map_err(bad)?;
    Ok(New {
        party: challenge.party,
        credential,
        said,
        name,
    })
}

fn asserted(
    known: &Passkey,
    challenge: &Challenge,
    (answered, client): (&Answered, &[u8]),
) -> Result<Authenticator, Problem> {
    let authenticator = bytes("authenticator", &answered.authenticator)?;
    let der = bytes("signature", &answered.signature)?;
    let signature = passkey::signature_of(&der).map_err(bad)?;
    let asked = Asked {
        party: &known.party,
        challenge: &challenge.bytes,
    };
    let assertion = passkey::Assertion {
        authenticator: &authenticator,
        client,
        signature: &signature,
    };
    let key = PublicKey {
        x: known.x,
        y: known.y,
    };
    let takes = |origin: &str| origin == challenge.origin && challenge.party == known.party;
    passkey::verify(&key, asked, assertion, takes).map_err(bad)
}

/// A challenge of ours, and the page on which it was answered.
struct Challenge {
    bytes: Vec<u8>,
    origin: String,
    party: String,
}

/// Takes the challenge away that a browser says it has answered; good for one of our own pages.
async fn challenge(
    door: &Door,
    headers: &HeaderMap,
    client: &[u8],
    kind: Kind,
) -> Result<Challenge, Problem> {
    let client = Client::read(client, kind).map_err(bad)?;
    let nonce = String::from_utf8(client.challenge).map_err(|_| no_challenge())?;
    wallet::answered(door, headers, &nonce).await?;
    let mut origins = door.settings().origins.iter();
    let own = origins.find(|own| own.to_string() == client.origin && own.is_named());
    let own = own.ok_or_else(|| {
        let detail = format!(
            "the passkey was used on `{}`, not on a page of this node",
            client.origin
        );
        Problem::unauthorized("wrong_domain", detail)
    })?;
    Ok(Challenge {
        bytes: nonce.into_bytes(),
        party: own.host().to_owned(),
        origin: client.origin,
    })
}

pub(super) fn named(name: String) -> Result<String, Problem> {
    let letters = name.chars().count();
    if letters == 0 || letters > NAME_LETTERS || name.chars().any(char::is_control) {
        return Err(malformed(format!("`name` has 1 to {NAME_LETTERS} letters")));
    }
    Ok(name)
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let bytes = BASE64.decode(text);
    bytes.map_err(|error| malformed(format!("`{name}` is no base64: {error}")))
}

fn bad(fault: proof::Fault) -> Problem {
    Problem::unauthorized("bad_passkey", fault.to_string())
}

fn unknown() -> Problem {
    let detail = "nobody here has this passkey; hint: make an account with it first";
    Problem::unauthorized("unknown_passkey", detail)
}

pub(super) fn taken() -> Problem {
    let detail = "this passkey is known already, or you have as many as one may";
    Problem::new(StatusCode::CONFLICT, "passkey_known", detail)
}

fn malformed(why: impl Into<node::told::Told>) -> Problem {
    Problem::invalid("malformed", why)
}
