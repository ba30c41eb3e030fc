//! An account's money: earnings with their reasons, deposits, and one-click claims.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use node::epoch::{Claimed, Paid};
use node::steward::Ask;
use node::ticket::ticket;
use protocol::event::PurseOwner;
use protocol::{Address, Amount};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Work, account};
use crate::access::Caller;
use crate::api::blocking;
use crate::login::json as read;
use crate::page_of::Paging;
use crate::problem::Problem;

/// How long test money stays open, in milliseconds.
const OPEN_MS: u64 = 400 * 24 * 3_600_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wish {
    units: Option<String>,
}

/// `GET /api/v1/me/earnings`: what is pending, accepted, paid and why.
pub(super) async fn earnings(
    State(work): State<Work>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let host = work.0.host.clone();
    let sums = blocking(move || host.read(|state| node::earnings::earnings(state, own))).await?;
    let sums = sums.ok_or_else(|| Problem::missing("there is no such account"))?;
    let value = serde_json::to_value(sums);
    let mut value = value.map_err(|error| Problem::invalid("broken", error.to_string()))?;
    value["claim_from_units"] = json!(work.claim_from().to_string());
    Ok(Json(value))
}

/// `GET /api/v1/me/deposits?cursor=&limit=`: what the caller has on deposit, in order of numbers.
pub(super) async fn deposits(
    State(work): State<Work>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let own = account(&caller)?;
    let mut rows = work.0.host.read(|state| {
        let funds = state.funds.iter().filter(|fund| fund.account == own);
        let row = |fund: &protocol::command::CreditDeposit| {
            let free = state.book.balance(PurseOwner::Fund(fund.fund), fund.token);
            json!({
                "fund": fund.fund.0,
                "token": fund.token.0,
                "units": fund.amount_units.to_string(),
                "free_units": free.to_string(),
                "closes_ms": fund.closes_ms,
            })
        };
        funds.map(row).collect::<Vec<_>>()
    });
    let fund = |row: &Value| row["fund"].as_u64().unwrap_or(0);
    rows.sort_unstable_by_key(fund);
    let (rows, next) = paging.cut("deposits", rows, fund)?;
    Ok(Json(json!({"deposits": rows, "next": next})))
}

/// `POST /api/v1/me/deposits`: test money of the embedded chain, where the operator gives some.
pub(super) async fn deposit(
    State(work): State<Work>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let wish: Wish = read(body).await?;
    let own = account(&caller)?;
    let most = work.0.faucet_units;
    if most.is_zero() {
        let detail = "this node gives no test money; deposit into its Escrow contract";
        return Err(Problem::forbidden("no_faucet", detail));
    }
    let units = match wish.units {
        None => most,
        Some(text) => {
            let units = text.parse().ok().and_then(Amount::new);
            let units = units.filter(|units| !units.is_zero() && *units <= most);
            units.ok_or_else(|| {
                let detail = format!("`units` is a whole number from 1 to {most}");
                Problem::invalid("out_of_range", detail)
            })?
        }
    };
    let (given, wallet) = work.0.host.read(|state| {
        let funds = state.funds.iter().filter(|fund| fund.account == own);
        (funds.count(), state.account(own).and_then(|it| it.wallet))
    });
    if given >= 10 {
        let detail = "ten deposits of test money are enough for one account";
        return Err(Problem::forbidden("faucet_empty", detail));
    }
    let (reply, credited) = ticket();
    work.ask(Ask::Deposit {
        account: own,
        wallet: wallet.unwrap_or(Address([0; 20])),
        units,
        closes_ms: work.0.host.now_ms() + OPEN_MS,
        reply,
    })?;
    let fund = credited.await.map_err(crate::api::submit::unanswered)?;
    let fund = fund.map_err(|why| Problem::busy("chain", why, 5))?;
    let answer = json!({"fund": fund.0, "units": units.to_string()});
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `POST /api/v1/me/claim`: the operator relays the caller's claim to the chain.
pub(super) async fn claim(
    State(work): State<Work>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let wallet = work
        .0
        .host
        .read(|state| state.account(own).and_then(|it| it.wallet));
    let Some(wallet) = wallet else {
        let detail = "say first where you want to be paid: sign a `DiscloseWallet` entry; \
                      what you earn before is not lost";
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "no_payout_address",
            detail,
        ));
    };
    let (reply, paid) = ticket();
    let least_units = work.claim_from();
    work.ask(Ask::Claim {
        wallet,
        least_units,
        reply,
    })?;
    let paid = paid.await.map_err(crate::api::submit::unanswered)?;
    let paid = match paid.map_err(|why| Problem::busy("chain", why, 5))? {
        Claimed::Paid(paid) => paid,
        Claimed::Waits(owed) => {
            let detail = format!(
                "this node pays the gas of claims of {least_units} units or more, and yours is of \
                 {owed}; it waits and adds up, or you send it to the contract yourself"
            );
            return Err(Problem::new(StatusCode::CONFLICT, "claim_waits", detail));
        }
    };
    let row = |it: &Paid| {
        json!({
            "chain_id": it.chain_id,
            "token": format!("0x{}", it.token),
            "units": it.units.to_string(),
        })
    };
    let first = work.0.host.read(|state| {
        let site = state.sites().next()?;
        Some((site.chain_id, *site.tokens.first()?))
    });
    let own = paid
        .iter()
        .filter(|it| Some((it.chain_id, it.token)) == first);
    let units = own.map(|it| it.units.units());
    let units = units.fold(0, u128::saturating_add);
    let rows: Vec<Value> = paid.iter().map(row).collect();
    Ok(Json(json!({
        "wallet": format!("0x{wallet}"),
        "paid_units": units.to_string(),
        "paid": rows,
    })))
}
