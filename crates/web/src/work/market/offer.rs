//! What an account wants on the market, as the command that it then signs.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::content::Upload;
use node::told::{Joint, Statement, Told};
use protocol::document::Parents;
use protocol::market::{
    AssetKind, BuyGrant, License, ListAsset, Listing, ParentList, ParentShare, Price, RegisterAsset,
};
use protocol::terms::{Demand, Terms};
use protocol::{AccountId, Amount, AssetId, Command, FundId, Hash, Ppm, TokenId, WaiverId, codec};
use serde::Deserialize;
use serde_json::{Value, json};
use store::attachment::Attachments;

use super::content::refuse_of_others;
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::login::json as read;
use crate::problem::Problem;
use crate::problem::field::{self, fault, fault_above};
use crate::problem::said::{self, no_asset};
use crate::work::{Work, account};

/// Most parents in the command itself; more go into a document beside it.
const INLINE: usize = 1_000;

/// An asset to be registered.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Draft {
    kind: String,
    title: String,
    /// SHA-256 of the content, in hex digits.
    content: String,
    purposes: Vec<String>,
    token: u16,
    price_units: String,
    floor_ppm: u32,
    /// In the place of a floor.
    flow_ppm: Option<u32>,
    expires_ms: Option<u64>,
    parents: Vec<u32>,
    /// What is paid to parents above their demand, as `[parent, ppm]`.
    shares: Vec<(u32, u32)>,
    waivers: Vec<u32>,
    fund: Option<u64>,
    #[serde(flatten)]
    asks: Asks,
}

/// What is asked beside the terms.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asks {
    license: Option<String>,
    license_text: Option<String>,
    prices: Vec<Asked>,
    rows: u64,
    revocable: bool,
    buyers: Vec<u32>,
    card: Option<String>,
    version_of: Option<u32>,
}

/// What is asked for an asset that stands already. A listing is for good, so that a field by a
/// wrong name is refused, not passed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Late {
    #[serde(flatten)]
    asks: Asks,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    purpose: String,
    flat_units: String,
    row_units: String,
    lasts_ms: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wish {
    purpose: String,
    rows: u64,
    fund: Option<u64>,
}

/// `POST /api/v1/assets`: the command to sign. A parent that would refuse is named now, and what
/// only others have uploaded is not offered.
pub(super) async fn register(
    State(work): State<Work>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let draft: Draft = read(body).await?;
    let own = account(&caller)?;
    let (asset, parents) = drawn(draft)?;
    let command = blocking(move || prepared(&work, own, asset, &parents)).await??;
    Ok(Json(json!({"command": command})))
}

fn prepared(
    work: &Work,
    own: AccountId,
    mut asset: RegisterAsset,
    parents: &[AssetId],
) -> Result<String, Problem> {
    let refused = work.0.host.read(|state| {
        let (rejection, parent) = node::market::refusal(state, own, &asset, parents)?;
        let title = parent.and_then(|id| Some(state.asset(id)?.registered.title.clone()));
        Some((rejection, parent, title))
    });
    if let Some((rejection, parent, title)) = refused {
        let mut told: Vec<Statement> = parent
            .map(|id| said::parent(id, title))
            .into_iter()
            .collect();
        told.push(Statement::raw(rejection.to_string(), Joint::Colon));
        let (status, code) = (StatusCode::CONFLICT, rejection.code());
        return Err(Problem::new(status, code, Told(told)));
    }
    let (by, hash) = (own, asset.content);
    refuse_of_others(work, Upload { by, hash }, "content")?;
    let listing = asset.listing.as_deref();
    refuse_card(work, own, listing.and_then(|listing| listing.card))?;
    if parents.len() > INLINE {
        let assets = parents.to_vec();
        let document = codec::encode(&Parents { assets });
        Attachments::new(work.0.files.clone()).put(&document)?;
        asset.parents = ParentList::Attached(Hash(proof::hash::sha256(&[&document])));
    }
    Ok(BASE64.encode(codec::encode(&Command::RegisterAsset(asset))))
}

fn refuse_card(work: &Work, by: AccountId, card: Option<Hash>) -> Result<(), Problem> {
    card.map_or(Ok(()), |hash| {
        refuse_of_others(work, Upload { by, hash }, "card")
    })
}

/// `POST /api/v1/assets/{id}/listing`: the command that lists an asset of one's own.
pub(super) async fn list(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let Late { asks } = read(body).await?;
    let own = account(&caller)?;
    let asset = AssetId(id);
    let terms = work
        .0
        .host
        .read(|state| Some(state.asset(asset)?.registered.terms.clone()));
    let terms = terms.ok_or_else(|| no_asset(asset))?;
    let listing = asks.listing(&terms.purposes)?;
    let card = listing.card;
    blocking(move || refuse_card(&work, own, card)).await??;
    let command = Command::ListAsset(ListAsset { asset, listing });
    Ok(Json(
        json!({"command": BASE64.encode(codec::encode(&command))}),
    ))
}

/// `POST /api/v1/assets/{id}/grants`: the command that buys a grant, and what it costs.
pub(super) async fn buy(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let wish: Wish = read(body).await?;
    account(&caller)?;
    let asset = AssetId(id);
    let priced = work.0.host.read(|state| {
        let terms = &state
            .asset(asset)
            .ok_or_else(|| no_asset(asset))?
            .registered
            .terms;
        let place = terms.purposes.iter().position(|word| *word == wish.purpose);
        let place = place.and_then(|place| u16::try_from(place).ok());
        let place = place.ok_or_else(|| rejected(protocol::Rejection::UnknownPurpose))?;
        let listing = state.sections.market.listings.get(&asset);
        let listing = listing.ok_or_else(|| rejected(protocol::Rejection::NotListed))?;
        let rows = if wish.rows == 0 {
            listing.rows
        } else {
            wish.rows
        };
        let price = listing.prices.iter().find(|price| price.purpose == place);
        let sum = price.map_or(Some(Amount::ZERO), |price| price.of(rows));
        let sum = sum.ok_or_else(|| rejected(protocol::Rejection::AmountTooLarge))?;
        Ok::<_, Problem>((place, sum))
    });
    let (purpose, amount_units) = priced?;
    blocking(move || refuse_unread(&work, asset)).await??;
    let command = Command::BuyGrant(BuyGrant {
        asset,
        purpose,
        rows: wish.rows,
        amount_units,
        fund: wish.fund.map(FundId),
    });
    Ok(Json(json!({
        "command": BASE64.encode(codec::encode(&command)),
        "amount_units": amount_units.to_string(),
    })))
}

/// Refuses to sell what nobody could read: its owner has only named the hash of what others have
/// uploaded. A label set has no file of its owner's, the node writes it.
fn refuse_unread(work: &Work, id: AssetId) -> Result<(), Problem> {
    let sold = work.0.host.read(|state| {
        let asset = &state.asset(id)?.registered;
        let (by, hash) = (asset.owner, asset.content);
        (asset.kind != AssetKind::LabelSet).then_some(Upload { by, hash })
    });
    let Some(upload) = sold else {
        return Ok(());
    };
    refuse_of_others(work, upload, "content").map_err(|problem| match problem.status() {
        StatusCode::CONFLICT => said::not_uploaded(id, upload.by),
        _ => problem,
    })
}

/// `GET /api/v1/me/grants`: the grants that the caller holds.
pub(super) async fn own(State(work): State<Work>, caller: Caller) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let rows = work.0.host.read(|state| {
        let grants = (0_u32..).zip(&state.sections.market.grants);
        let held = grants.filter(|(_, grant)| grant.buyer == own);
        held.map(|(id, grant)| granted(state, id, grant))
            .collect::<Vec<_>>()
    });
    Ok(Json(json!({"grants": rows})))
}

/// A grant as the API has it.
fn granted(state: &node::State, id: u32, grant: &protocol::market::Grant) -> Value {
    let asset = state.asset(grant.asset).map(|asset| &asset.registered);
    let purposes = asset.map(|asset| &asset.terms.purposes);
    json!({
        "grant": id,
        "asset": grant.asset.0,
        "title": asset.map(|asset| asset.title.clone()),
        "purpose": purposes.and_then(|list| list.get(usize::from(grant.purpose))),
        "rows": grant.rows,
        "amount_units": grant.amount_units.to_string(),
        "bought_ms": grant.bought_ms,
        "expires_ms": grant.expires_ms,
        "revoked_ms": grant.revoked_ms,
        "lives": grant.lives(state.time_ms),
    })
}

fn drawn(draft: Draft) -> Result<(RegisterAsset, Vec<AssetId>), Problem> {
    let kind = AssetKind::parse(&draft.kind).filter(|kind| *kind != AssetKind::LabelSet);
    let kind = kind.ok_or_else(|| fault("kind", field::KIND))?;
    let mut purposes = draft.purposes;
    purposes.sort_unstable();
    purposes.dedup();
    let share =
        |field, ppm| Ppm::new(ppm).ok_or_else(|| fault_above(field, field::SHARE, 1_000_000));
    let demand = match draft.flow_ppm {
        Some(flow) => Demand::Flow(share("flow_ppm", flow)?),
        None => Demand::Floor(share("floor_ppm", draft.floor_ppm)?),
    };
    let mut parents: Vec<AssetId> = draft.parents.into_iter().map(AssetId).collect();
    parents.sort_unstable();
    parents.dedup();
    let mut listing = draft.asks.listing(&purposes)?;
    for (parent, ppm) in draft.shares {
        let (parent, share) = (AssetId(parent), share("shares", ppm)?);
        listing.shares.push(ParentShare { parent, share });
    }
    listing.shares.sort_unstable_by_key(|share| share.parent);
    listing.waivers = draft.waivers.into_iter().map(WaiverId).collect();
    listing.waivers.sort_unstable();
    listing.fund = draft.fund.map(FundId);
    let terms = Terms {
        purposes,
        token: TokenId(draft.token),
        price_units: units("price_units", &draft.price_units)?,
        demand,
        contributors_share: Ppm::ZERO,
        expires_ms: draft.expires_ms,
    };
    let asset = RegisterAsset {
        kind,
        title: draft.title,
        content: hash("content", &draft.content)?,
        terms,
        parents: ParentList::Inline(parents.clone()),
        listing: Some(Box::new(listing)),
    };
    Ok((asset, parents))
}

impl Asks {
    fn listing(self, purposes: &[String]) -> Result<Listing, Problem> {
        let license = match (self.license.filter(|id| !id.is_empty()), self.license_text) {
            (Some(_), Some(_)) => {
                return Err(fault("license", field::ONE_LICENSE));
            }
            (Some(id), None) => Some(License::Spdx(id)),
            (None, Some(text)) => Some(License::Text(hash("license_text", &text)?)),
            (None, None) => None,
        };
        let price = |asked: Asked| {
            let place = purposes.iter().position(|word| *word == asked.purpose);
            let place = place.and_then(|place| u16::try_from(place).ok());
            Ok(Price {
                purpose: place.ok_or_else(|| fault("prices", field::OWN_PURPOSES))?,
                flat_units: units("flat_units", &asked.flat_units)?,
                row_units: units("row_units", &asked.row_units)?,
                lasts_ms: asked.lasts_ms,
            })
        };
        let prices: Result<Vec<Price>, Problem> = self.prices.into_iter().map(price).collect();
        let mut prices = prices?;
        prices.sort_unstable_by_key(|price| price.purpose);
        let mut buyers: Vec<AccountId> = self.buyers.into_iter().map(AccountId).collect();
        buyers.sort_unstable();
        buyers.dedup();
        let card = self.card.map(|card| hash("card", &card)).transpose()?;
        Ok(Listing {
            license,
            prices,
            rows: self.rows,
            revocable: self.revocable,
            buyers,
            card,
            version_of: self.version_of.map(AssetId),
            ..Listing::default()
        })
    }
}

pub(super) fn units(field: &str, text: &str) -> Result<Amount, Problem> {
    let text = if text.is_empty() { "0" } else { text };
    let units = text.parse().ok().and_then(Amount::new);
    units.ok_or_else(|| fault(field, field::UNITS))
}

fn hash(field: &str, digits: &str) -> Result<Hash, Problem> {
    let wrong = || fault(field, field::HASH);
    // `from_str_radix` would take a sign for a digit.
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let pair = &digits[2 * place..2 * place + 2];
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(Hash(bytes))
}

fn rejected(rejection: protocol::Rejection) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        rejection.code(),
        rejection.to_string(),
    )
}
