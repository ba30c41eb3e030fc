//! Accounts as the durable state has them, and where their entries stand.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderName;
use axum::response::IntoResponse;
use node::staked::ContractStake;
use node::{Account, Host};
use protocol::event::PurseOwner;
use protocol::{AccountId, Entry, TokenId, codec};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Front, blocking, wait};
use crate::extract::Path;
use crate::page_of;
use crate::problem::Problem;

/// Entries that one request for an account's receipts looks through.
const PAGE: u64 = 16_384;
const APPLIED_THROUGH: HeaderName = HeaderName::from_static("applied-through");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AtLeast {
    at_least: Option<u64>,
    wait: Option<u64>,
}

/// `GET /api/v1/accounts/{who}?at_least=INDEX&wait=MS`: an account once the entry INDEX has taken
/// effect. The header `applied-through` counts the entries that the answer rests on.
pub(super) async fn account(
    State(front): State<Front>,
    Path(who): Path<String>,
    query: Result<Query<AtLeast>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Query(query) = query?;
    if let Some(index) = query.at_least {
        reached(&front.host, index, query.wait).await?;
    }
    let (applied, found) = blocking(move || look(&front.host, &who)).await?;
    Ok(([(APPLIED_THROUGH, applied.to_string())], Json(found?)))
}

async fn reached(host: &Host, index: u64, wait_ms: Option<u64>) -> Result<(), Problem> {
    if index < host.applied_through() {
        return Ok(());
    }
    let applied = host.applied(index);
    match tokio::time::timeout(wait(wait_ms), applied).await {
        Ok(Ok(_)) => Ok(()),
        _ => {
            let through = host.applied_through();
            let detail = format!("reads are applied through {through} entries, not past {index}");
            Err(Problem::busy("behind", detail, 1))
        }
    }
}

fn look(host: &Host, who: &str) -> (u64, Result<Value, Problem>) {
    host.read(|state| {
        let shown = find(who, state).map(|(id, account)| {
            let tokens = state.sites().flat_map(|site| {
                let own = site.tokens.iter();
                own.map(move |address| (site.chain_id, *address))
            });
            let earned = (0u16..).zip(tokens).map(|(number, (chain_id, address))| {
                let units = state.book.balance(PurseOwner::Earned(id), TokenId(number));
                json!({
                    "token": format!("0x{address}"),
                    "chain_id": chain_id,
                    "units": units.units().to_string(),
                })
            });
            json!({
                "account": id.0,
                "key": account.key.to_string(),
                "scope": account.scope.text(),
                "expires_ms": account.expires_ms,
                "wallet": account.wallet.map(|wallet| format!("0x{wallet}")),
                "earned": earned.collect::<Vec<_>>(),
                "stake": ContractStake::of(state, id),
            })
        });
        (state.size, shown)
    })
}

/// An account by its number or, once it is disclosed, by its wallet.
fn find(who: &str, state: &node::State) -> Result<(AccountId, Account), Problem> {
    let whole = |id| Some((id, state.account(id)?));
    if let Some(digits) = who.strip_prefix("0x") {
        let wallet = address(digits).ok_or_else(|| {
            Problem::invalid("invalid_path", format!("`{who}` is no address of 20 bytes"))
        })?;
        let mut wallets = state.accounts.wallets();
        let found = wallets.find(|(_, own)| own.0 == wallet);
        return found.and_then(|(id, _)| whole(id)).ok_or_else(|| {
            Problem::missing(format!("no account has disclosed the wallet `{who}`"))
        });
    }
    let number: u32 = who.parse().map_err(|_| {
        let detail = format!("`{who}` is neither an account's number nor a wallet's 0x address");
        Problem::invalid("invalid_path", detail)
    })?;
    whole(AccountId(number)).ok_or_else(|| {
        let count = state.accounts.len();
        Problem::missing(format!("there are {count} accounts, numbered from 0"))
    })
}

fn address(digits: &str) -> Option<[u8; 20]> {
    let mut address = [0; 20];
    if digits.len() != 40 || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in address.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(address)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    from: Option<u64>,
    cursor: Option<String>,
}

/// `GET /api/v1/accounts/{who}/receipts?from=INDEX&cursor=`: entries of an account among the next
/// 16,384 published ones, and where to go on; `next` is null at the end.
pub(super) async fn receipts(
    State(front): State<Front>,
    Path(who): Path<String>,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(From { from, cursor }) = query?;
    let from = match (from, cursor) {
        (Some(_), Some(_)) => {
            let detail = "`from` begins anew, a `cursor` goes on: send one of them";
            return Err(Problem::invalid("invalid_query", detail));
        }
        (from, None) => from.unwrap_or(0),
        (None, Some(cursor)) => page_of::read("receipts", &cursor)?,
    };
    blocking(move || list(&front.host, &who, from)).await?
}

fn list(host: &Host, who: &str, from: u64) -> Result<Json<Value>, Problem> {
    let (id, key) = host.read(|state| {
        let (id, account) = find(who, state)?;
        Ok::<_, Problem>((id, account.key))
    })?;
    let size = host.published();
    let end = from.saturating_add(PAGE).min(size);
    let mut found = Vec::new();
    for entry in host.public().entries(from..end, size) {
        let (index, bytes) = entry?;
        let Ok(entry) = codec::decode::<Entry>(&bytes) else {
            continue;
        };
        let submission = &entry.signed.submission;
        // The entry that opens an account is signed by its first key and names no account yet.
        if submission
            .account
            .map_or(submission.key == key, |own| own == id)
        {
            found.push(json!({"index": index, "receipt": format!("/api/v1/receipt/{index}")}));
        }
    }
    let next = (end < size).then(|| page_of::write("receipts", end));
    Ok(Json(
        json!({"account": id.0, "receipts": found, "next": next}),
    ))
}
