//! Waivers: lower floors that owners offer to one account for one child, and who has used them.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use protocol::market::{WaiveFloor, Waiver};
use protocol::terms::Demand;
use protocol::{AccountId, AssetId, Command, Ppm, Rejection, WaiverId, codec};
use serde::Deserialize;
use serde_json::{Value, json};

use super::offer::units;
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::login::json as read;
use crate::problem::Problem;
use crate::problem::field::{self, fault, fault_above};
use crate::problem::said::no_asset;
use crate::work::{Work, account};

/// Rows of one page.
const PAGE: usize = 100;

/// Which waivers are looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wanted {
    /// Whose floor.
    pub(crate) asset: Option<u32>,
    /// To whom it is offered.
    pub(crate) account: Option<u32>,
    /// Only those that can be used now, or only the others.
    pub(crate) open: Option<bool>,
    /// Only those with a smaller number: the `next` of the page before.
    pub(crate) before: Option<u32>,
    pub(crate) limit: Option<usize>,
}

/// A waiver to be offered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offer {
    account: u32,
    floor_ppm: u32,
    #[serde(default)]
    price_units: String,
    expires_ms: u64,
}

/// `GET /api/v1/waivers?asset=&account=&open=&before=&limit=`: newest first.
pub(super) async fn list(
    State(work): State<Work>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = query?;
    let page = move || work.0.host.read(|state| find(state, &wanted));
    Ok(Json(blocking(page).await?))
}

/// A page of the waivers that are wanted.
pub(crate) fn find(state: &node::State, wanted: &Wanted) -> Value {
    let fits = |waiver: &Waiver| {
        wanted.asset.is_none_or(|id| id == waiver.asset.0)
            && wanted.account.is_none_or(|id| id == waiver.account.0)
            && wanted
                .open
                .is_none_or(|open| open == is_open(state, waiver))
    };
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let market = &state.sections.market;
    let count = u32::try_from(market.waivers.len()).unwrap_or(u32::MAX);
    let end = wanted.before.unwrap_or(u32::MAX).min(count);
    let newest = (0..end).rev();
    let newest = newest.filter_map(|id| Some((id, market.waiver(WaiverId(id))?)));
    let found = newest.filter(|(_, waiver)| fits(waiver)).take(limit);
    let rows: Vec<Value> = found.filter_map(|(id, own)| row(state, id, own)).collect();
    let last = rows.last().filter(|_| rows.len() == limit);
    let next = last.map(|row| row["waiver"].clone());
    json!({"waivers": rows, "next": next})
}

/// Waivers under which some children were registered, in log order.
pub(crate) fn used(state: &node::State, child: impl Fn(AssetId) -> bool) -> Vec<Value> {
    let all = (0_u32..).zip(&state.sections.market.waivers);
    let used = all.filter(|(_, waiver)| waiver.used_by.is_some_and(&child));
    used.filter_map(|(id, waiver)| row(state, id, waiver))
        .collect()
}

/// A waiver as API and pages have it.
fn row(state: &node::State, id: u32, waiver: &Waiver) -> Option<Value> {
    let asset = &state.asset(waiver.asset)?.registered;
    Some(json!({
        "waiver": id,
        "asset": waiver.asset.0,
        "title": asset.title,
        "owner": asset.owner.0,
        "account": waiver.account.0,
        "floor_ppm": waiver.floor.ppm(),
        "demanded_ppm": floor(asset.terms.demand).ppm(),
        "price_units": waiver.price_units.to_string(),
        "token": asset.terms.token.0,
        "expires_ms": waiver.expires_ms,
        "used_by": waiver.used_by.map(|child| child.0),
        "open": is_open(state, waiver),
    }))
}

/// Whether it can be used, by the time of the newest entry.
fn is_open(state: &node::State, waiver: &Waiver) -> bool {
    waiver.used_by.is_none() && state.time_ms < waiver.expires_ms
}

/// The floor that terms demand; none where they ask for a flow.
fn floor(demand: Demand) -> Ppm {
    match demand {
        Demand::Floor(ppm) => ppm,
        Demand::Flow(_) => Ppm::ZERO,
    }
}

/// `POST /api/v1/assets/{id}/waivers`: the command that offers a waiver. What the log would refuse
/// is refused now, as an offer cannot be taken back.
pub(super) async fn offer(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let offer: Offer = read(body).await?;
    let own = account(&caller)?;
    let command = work
        .0
        .host
        .read(|state| drawn(state, own, AssetId(id), &offer))?;
    let command = BASE64.encode(codec::encode(&Command::WaiveFloor(command)));
    Ok(Json(json!({"command": command})))
}

fn drawn(
    state: &node::State,
    own: AccountId,
    id: AssetId,
    offer: &Offer,
) -> Result<WaiveFloor, Problem> {
    let asset = &state.asset(id).ok_or_else(|| no_asset(id))?.registered;
    if asset.owner != own {
        let detail = format!("asset {id} is of account {}", asset.owner);
        return Err(Problem::forbidden(Rejection::NotOwner.code(), detail));
    }
    let account = AccountId(offer.account);
    if state.account(account).is_none() {
        return Err(fault("account", field::NO_ACCOUNT));
    }
    let demanded = floor(asset.terms.demand);
    let waived = Ppm::new(offer.floor_ppm).filter(|waived| *waived < demanded);
    let Some(waived) = waived else {
        return Err(match demanded {
            Ppm::ZERO => fault("floor_ppm", field::NO_FLOOR),
            _ => fault_above("floor_ppm", field::LOWER_FLOOR, demanded.ppm()),
        });
    };
    if offer.expires_ms <= state.time_ms {
        return Err(fault("expires_ms", field::LATER));
    }
    Ok(WaiveFloor {
        asset: id,
        account,
        floor: waived,
        price_units: units("price_units", &offer.price_units)?,
        expires_ms: offer.expires_ms,
    })
}
