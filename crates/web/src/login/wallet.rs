//! Login with a wallet: a challenge for one browser, and the message that the wallet has signed.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse};
use proof::hash::sha256;
use proof::siwe::{self, Message};
use protocol::{Address, Hash};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use view::login::{NewSession, Person, Subject};

use super::account::{self, Holder, Opening};
use super::cookie::{Cookie, Sender};
use super::{Door, Origin, Settings, json, random, token};
use crate::api::blocking;
use crate::problem::Problem;

/// What a wallet shows above the fields.
const STATEMENT: &str = "Log in to Headwater. This costs nothing and moves no money.";

/// `POST /api/v1/login/nonce`: a challenge, to be answered once, soon, and by the same browser.
pub(super) async fn nonce(
    State(door): State<Door>,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    from_our_pages(&door, &request)?;
    door.attempts(request.headers(), request.extensions())?;
    let (parts, body) = request.into_parts();
    let wallet = named(body).await?;
    let (headers, settings) = (&parts.headers, door.settings());
    let secure = settings.is_secure();
    let browser = Cookie::Browser.read(headers, secure).map(str::to_owned);
    let browser = browser.unwrap_or_else(token);
    let nonce = hex(&random::<16>());
    let (hash, owner) = (challenge_hash(&nonce), browser_hash(&browser));
    let lasts_ms = settings.challenge_ms;
    let expires_ms = door.ask(move |login, now_ms| {
        let expires_ms = now_ms.saturating_add(lasts_ms);
        login.challenge(hash, owner, expires_ms)?;
        Ok(expires_ms)
    });
    let expires_ms = expires_ms.await?;
    let cookie = Cookie::Browser.set(&browser, lasts_ms / 1_000, secure);
    let origin = settings.origins.first().ok_or_else(no_origin)?;
    let body = json!({
        "nonce": nonce,
        "expires_ms": expires_ms,
        "domain": origin.authority(),
        "uri": origin.to_string(),
        "chains": settings.chains,
        "statement": STATEMENT,
        "wallet": wallet.map(|wallet| siwe::checksummed(&wallet)),
        "party": party(settings, headers),
    });
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(body)))
}

/// The relying party of passkeys on the page that asks; none where its host has no name.
fn party<'a>(settings: &'a Settings, headers: &HeaderMap) -> Option<&'a str> {
    let said = headers.get(header::ORIGIN);
    let here = said.and_then(|said| said.to_str().ok());
    let mut origins = settings.origins.iter();
    let own = match here {
        Some(here) => origins.find(|own| own.to_string() == here),
        None => origins.find(|own| own.is_named()),
    };
    own.filter(|own| own.is_named()).map(Origin::host)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    wallet: Option<String>,
}

/// The address of which a browser wants the capitals of EIP-55; it may say nothing at all.
async fn named(body: Body) -> Result<Option<[u8; 20]>, Problem> {
    let bytes = to_bytes(body, 4_096).await;
    let bytes = bytes.map_err(|_| Problem::too_large("a challenge needs but an address"))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let wanted: Wanted = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::invalid("malformed", format!("the body: {error}")))?;
    let read = |text: String| {
        let wallet = bytes_of(&text).and_then(|bytes| <[u8; 20]>::try_from(bytes).ok());
        wallet.ok_or_else(|| Problem::invalid("malformed", "`wallet` is `0x` and 40 hex digits"))
    };
    wanted.wallet.map(read).transpose()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    message: String,
    signature: String,
    account: Option<Opening>,
}

/// `POST /api/v1/login/wallet`: a session for whoever holds the wallet, and with `account` the
/// entry that opens their account, so that both take one click.
pub(super) async fn login(
    State(door): State<Door>,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let (headers, asked): (_, Asked) = begun(&door, request).await?;
    let message = believed(&door, &headers, &asked).await?;
    let subject = Subject::Wallet(message.address);
    let person = door.ask(move |login, now_ms| login.arrive(&subject, now_ms));
    let mut person = person.await?;
    let wallet = Address(message.address);
    account::find(&door, &mut person, wallet).await?;
    let holder = Holder::Wallet(wallet);
    let entry = match asked.account {
        Some(opening) => Some(account::submit(&door, &mut person, &holder, opening).await?),
        None => None,
    };
    enter(&door, &headers, person, json!({ "entry": entry })).await
}

/// Begins a session and answers with its cookie.
pub(super) async fn enter(
    door: &Door,
    headers: &HeaderMap,
    person: Person,
    mut body: Value,
) -> Result<impl IntoResponse + use<>, Problem> {
    let token = token();
    let hash = Hash(sha256(&[token.as_bytes()]));
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or("");
    let (agent, id) = (agent.to_owned(), person.id);
    let lasts_ms = door.settings().session_ms;
    let begun = door.ask(move |login, now_ms| {
        let new = NewSession {
            token: hash,
            person: id,
            agent: &agent,
            expires_ms: now_ms.saturating_add(lasts_ms),
        };
        login.begin(new, now_ms)
    });
    body["session"] = json!(begun.await?);
    body["csrf"] = json!(door.csrf(&token));
    body["account"] = json!(person.account.map(|account| account.0));
    body["roles"] = json!(super::me::words(door.roles(person.account)));
    let secure = door.settings().is_secure();
    let cookies = [
        Cookie::Session.set(&token, lasts_ms / 1_000, secure),
        Cookie::Browser.set("", 0, secure),
    ];
    let headers = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((headers, Json(body)))
}

/// What somebody who logs in has sent from a page of ours, within their attempts.
pub(super) async fn begun<T: DeserializeOwned>(
    door: &Door,
    request: Request,
) -> Result<(HeaderMap, T), Problem> {
    from_our_pages(door, &request)?;
    door.attempts(request.headers(), request.extensions())?;
    let (parts, body) = request.into_parts();
    Ok((parts.headers, json(body).await?))
}

/// Takes away the challenge that a browser answers, before anything else is looked at: none is
/// tried twice.
pub(super) async fn answered(door: &Door, headers: &HeaderMap, nonce: &str) -> Result<(), Problem> {
    let browser = Cookie::Browser.read(headers, door.settings().is_secure());
    let browser = browser_hash(browser.ok_or_else(no_challenge)?);
    let hash = challenge_hash(nonce);
    let taken = door.ask(move |login, now_ms| login.answer(hash, browser, now_ms));
    match taken.await? {
        true => Ok(()),
        false => Err(no_challenge()),
    }
}

/// A login that another site's page has begun would log its reader in as somebody else.
fn from_our_pages(door: &Door, request: &Request<Body>) -> Result<(), Problem> {
    let origins = &door.settings().origins;
    match Sender::of(request.method(), request.headers(), origins) {
        Sender::Own | Sender::Silent => Ok(()),
        Sender::Link | Sender::Other => {
            let detail = "logging in begins on a page of this node";
            Err(Problem::forbidden("csrf", detail))
        }
    }
}

/// The message, once everything about it is right.
async fn believed(door: &Door, headers: &HeaderMap, asked: &Asked) -> Result<Message, Problem> {
    let message = Message::parse(&asked.message)
        .map_err(|fault| Problem::invalid("bad_message", fault.to_string()))?;
    let settings = door.settings();
    answered(door, headers, &message.nonce).await?;
    fits(settings, &message, door.now_ms())?;
    let signature = bytes_of(&asked.signature)
        .ok_or_else(|| Problem::invalid("bad_signature", "the signature is `0x` and hex digits"))?;
    signed(door, &message, siwe::digest(&asked.message), signature).await?;
    Ok(message)
}

/// Is it meant for this node, and for now?
fn fits(settings: &Settings, message: &Message, now_ms: u64) -> Result<(), Problem> {
    let wrong = |code, detail: String| Err(Problem::unauthorized(code, detail));
    let origin = settings
        .origins
        .iter()
        .find(|origin| origin.authority() == message.domain);
    let Some(origin) = origin else {
        let detail = format!("the message is for `{}`, not for this node", message.domain);
        return wrong("wrong_domain", detail);
    };
    let scheme = message.scheme.as_deref();
    if scheme.is_some_and(|scheme| scheme != origin.scheme()) || !origin.covers(&message.uri) {
        let detail = format!("the message is for `{}`, not for `{origin}`", message.uri);
        return wrong("wrong_domain", detail);
    }
    if !settings.chains.contains(&message.chain_id) {
        let detail = format!("chain {} is not one of this node's", message.chain_id);
        return wrong("wrong_chain", detail);
    }
    let (early_ms, late_ms) = (
        now_ms.saturating_add(settings.slack_ms),
        now_ms.saturating_sub(settings.slack_ms),
    );
    if message.issued_ms > early_ms || message.not_before_ms.is_some_and(|ms| ms > early_ms) {
        return wrong("clock", "the message is of a time to come".to_owned());
    }
    let oldest_ms = late_ms.saturating_sub(settings.challenge_ms);
    if message.issued_ms < oldest_ms || message.expires_ms.is_some_and(|ms| ms <= late_ms) {
        return wrong(
            "expired",
            "the message is too old; sign a new one".to_owned(),
        );
    }
    Ok(())
}

/// Has the wallet signed it? Most wallets are keys; where none fits, a contract may be one.
async fn signed(
    door: &Door,
    message: &Message,
    digest: [u8; 32],
    signature: Vec<u8>,
) -> Result<(), Problem> {
    if let Ok(mut signature) = <[u8; 65]>::try_from(signature.as_slice()) {
        // Some hardware wallets write 0 and 1 for 27 and 28.
        if signature[64] < 2 {
            signature[64] += 27;
        }
        if proof::signature::recover(&digest, &signature) == Ok(message.address) {
            return Ok(());
        }
    }
    let (wallet, chain) = (message.address, message.chain_id);
    let valid = match &door.0.wallets {
        Some((own, wallets)) if *own == chain => {
            let wallets = wallets.clone();
            blocking(move || wallets.valid(wallet, digest, &signature)).await?
        }
        _ => Ok(false),
    };
    match valid {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::unauthorized(
            "bad_signature",
            "the wallet has not signed this message",
        )),
        Err(why) => Err(Problem::busy("chain_unavailable", why, 5)),
    }
}

pub(super) fn no_challenge() -> Problem {
    let detail = "there is no such challenge for this browser, or it was used or is over; \
                  hint: ask for a new one";
    Problem::unauthorized("no_challenge", detail)
}

pub(super) fn no_origin() -> Problem {
    Problem::busy("no_origin", "the node has no public origin", 60)
}

fn challenge_hash(nonce: &str) -> Hash {
    Hash(sha256(&[b"headwater/challenge/v1\0", nonce.as_bytes()]))
}

fn browser_hash(browser: &str) -> Hash {
    Hash(sha256(&[b"headwater/browser/v1\0", browser.as_bytes()]))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `0x` and pairs of hex digits.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    if digits.len() % 2 != 0 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2);
    let read = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(read).collect()
}
