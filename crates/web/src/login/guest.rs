//! Login without a wallet, on a node that gives test money: the node makes the visitor one.

use axum::extract::{Request, State};
use axum::response::IntoResponse;
use proof::eip712::{Delegation, delegation_digest};
use proof::signature::WalletKey;
use proof::siwe::checksummed;
use protocol::Scope;
use serde::Deserialize;
use serde_json::json;
use view::login::Subject;

use super::wallet::{begun, bytes_of, enter, hex};
use super::{Door, random};
use crate::problem::Problem;

/// What a guest's browser wants to do: all that pages can.
const SCOPE: Scope = Scope::WORK
    .and(Scope::REQUEST)
    .and(Scope::PUBLISH)
    .and(Scope::SPEND);

/// What a browser wants that neither registers nor buys anything.
const WORKS: Scope = Scope::WORK.and(Scope::REQUEST);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The browser's session key, in hex digits.
    key: String,
    /// The bits of what it may do.
    scope: u8,
    /// Until when, in Unix seconds.
    expires_s: u64,
    /// The secret of an earlier visit; left out, a new wallet is made.
    secret: Option<String>,
}

/// `POST /api/v1/login/guest`: a session for a wallet that the node makes, with its secret, which
/// it does not keep, and its word that the browser's key may act for it. Good for test money and
/// nothing else: the node has seen the secret.
pub(super) async fn login(
    State(door): State<Door>,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    if !door.settings().guests {
        let detail = "this node makes no test wallets; log in with your own";
        return Err(Problem::forbidden("no_guests", detail));
    }
    let (headers, asked): (_, Asked) = begun(&door, request).await?;
    let key = bytes_of(&format!("0x{}", asked.key)).and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = key.ok_or_else(|| malformed("`key` is 64 hex digits"))?;
    let scope = [SCOPE, WORKS]
        .into_iter()
        .find(|scope| scope.bits() == asked.scope);
    let scope = scope.ok_or_else(|| {
        let (all, works) = (SCOPE.bits(), WORKS.bits());
        malformed(format!(
            "`scope` of a guest's key is {all}, or {works} to work and request"
        ))
    })?;
    let (wallet, secret) = wallet(asked.secret.as_deref())?;
    let (space, chain_id) = door.host().read(|state| {
        let genesis = state.genesis.as_ref();
        (state.space, genesis.map_or(0, |genesis| genesis.chain_id))
    });
    let mut padded = [0; 32];
    padded[..space.0.len()].copy_from_slice(&space.0);
    let delegation = Delegation {
        space: padded,
        session_key: key,
        scope: &scope.text(),
        expires_at: asked.expires_s,
    };
    let delegation = wallet.sign(&delegation_digest(chain_id, &delegation));
    let subject = Subject::Wallet(wallet.address());
    let person = door.ask(move |login, now_ms| login.arrive(&subject, now_ms));
    let said = json!({
        "wallet": checksummed(&wallet.address()),
        "secret": format!("0x{}", hex(&secret)),
        "delegation": format!("0x{}", hex(&delegation)),
    });
    enter(&door, &headers, person.await?, said).await
}

/// The wallet of a secret, or a new one.
fn wallet(secret: Option<&str>) -> Result<(WalletKey, [u8; 32]), Problem> {
    let secret = match secret {
        None => random(),
        Some(text) => bytes_of(text)
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| malformed("`secret` is `0x` and 64 hex digits"))?,
    };
    let wallet = WalletKey::from_secret(&secret);
    let wallet = wallet.map_err(|fault| malformed(fault.to_string()))?;
    Ok((wallet, secret))
}

fn malformed(why: impl Into<node::told::Told>) -> Problem {
    Problem::invalid("malformed", why)
}
