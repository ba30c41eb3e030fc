//! Assets as everybody sees them: found by words, kind, purpose and price; one, and its lineage.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use node::market::family;
use protocol::market::{AssetKind, License, Listing};
use protocol::terms::{Demand, Terms};
use protocol::{AccountId, AssetId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::waiver;
use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;
use crate::problem::said::no_asset;
use crate::work::Work;

/// Rows of one page.
const PAGE: usize = 100;
/// Most assets that a search by words looks through.
const FOUND: usize = 100_000;
/// Most ancestors, and descendants, that the API tells.
const FAMILY: usize = 500;
/// The same for the page, which draws a few of them and counts the others.
pub(crate) const LARGE: usize = 5_000;
/// The same for the table of the whole.
const WHOLE: usize = 100_000;

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wanted {
    /// Words of title, kind or purposes; each may be the beginning of one.
    pub(crate) text: Option<String>,
    /// `dataset`, `label_set`, `model`, `prompt` or `program`.
    pub(crate) kind: Option<String>,
    /// A purpose that the terms allow.
    pub(crate) purpose: Option<String>,
    /// Most that a licence for that purpose may cost for all rows, else a single use; base units.
    pub(crate) max_units: Option<String>,
    /// Whose they are.
    pub(crate) owner: Option<u32>,
    /// Only those with a smaller number: the `next` of the page before.
    pub(crate) before: Option<u32>,
    pub(crate) limit: Option<usize>,
}

/// `GET /api/v1/assets?text=&kind=&purpose=&max_units=&owner=&before=&limit=`: newest first.
pub(super) async fn list(
    State(work): State<Work>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = query?;
    Ok(Json(blocking(move || find(&work, &wanted)).await??))
}

/// A page of the assets that are wanted.
pub(crate) fn find(work: &Work, wanted: &Wanted) -> Result<Value, Problem> {
    let (kind, most) = (kind_of(wanted)?, most_of(wanted)?);
    let text = wanted.text.as_deref().unwrap_or_default();
    let named: Option<BTreeSet<u32>> = match text.trim() {
        "" => None,
        text => Some(
            work.0
                .market
                .questions()?
                .named(text, FOUND)?
                .into_iter()
                .collect(),
        ),
    };
    let purpose = wanted
        .purpose
        .as_deref()
        .filter(|purpose| !purpose.is_empty());
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let rows: Vec<Value> = work.0.host.read(|state| {
        let count = u32::try_from(state.assets.len()).unwrap_or(u32::MAX);
        let end = wanted.before.unwrap_or(u32::MAX).min(count);
        let ids = (0..end)
            .rev()
            .filter(|id| named.as_ref().is_none_or(|set| set.contains(id)));
        let fits = |id: &u32| {
            let Some(asset) = state.asset(AssetId(*id)) else {
                return false;
            };
            let own = &asset.registered;
            kind.is_none_or(|kind| kind == own.kind)
                && wanted
                    .owner
                    .is_none_or(|owner| AccountId(owner) == own.owner)
                && purpose.is_none_or(|word| own.terms.purposes.iter().any(|it| it == word))
                && most.is_none_or(|most| cost(state, AssetId(*id), purpose) <= most)
        };
        let rows = ids.filter(fits).take(limit);
        rows.filter_map(|id| summary(state, AssetId(id))).collect()
    });
    let next = rows
        .last()
        .filter(|_| rows.len() == limit)
        .map(|row| row["id"].clone());
    Ok(json!({"assets": rows, "next": next}))
}

fn kind_of(wanted: &Wanted) -> Result<Option<AssetKind>, Problem> {
    let kind = wanted.kind.as_deref().filter(|kind| !kind.is_empty());
    let Some(word) = kind else {
        return Ok(None);
    };
    AssetKind::parse(word).map(Some).ok_or_else(|| {
        let words = AssetKind::ALL.map(AssetKind::word).join(", ");
        Problem::invalid("invalid_query", format!("`kind` is none of {words}"))
    })
}

fn most_of(wanted: &Wanted) -> Result<Option<u128>, Problem> {
    let units = wanted
        .max_units
        .as_deref()
        .filter(|units| !units.is_empty());
    units
        .map(str::parse)
        .transpose()
        .map_err(|_| Problem::invalid("invalid_query", "`max_units` is a number of base units"))
}

/// What a licence for a purpose costs for all rows, or a single use where no purpose is meant.
fn cost(state: &node::State, id: AssetId, purpose: Option<&str>) -> u128 {
    let Some(asset) = state.asset(id) else {
        return 0;
    };
    let terms = &asset.registered.terms;
    let Some(purpose) = purpose else {
        return terms.price_units.units();
    };
    let place = terms.purposes.iter().position(|word| word == purpose);
    let listing = state.sections.market.listings.get(&id);
    let prices = listing.into_iter().flat_map(|listing| &listing.prices);
    let mut prices = prices.filter(|price| Some(usize::from(price.purpose)) == place);
    let rows = listing.map_or(0, |listing| listing.rows);
    let whole = prices.next().and_then(|price| price.of(rows));
    whole.map_or(0, protocol::Amount::units)
}

/// `GET /api/v1/assets/{id}`.
pub(super) async fn one(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Problem> {
    let id = AssetId(id);
    let found = blocking(move || work.0.host.read(|state| summary(state, id))).await?;
    found.map(Json).ok_or_else(|| no_asset(id))
}

/// `GET /api/v1/assets/{id}/lineage`: ancestors and descendants with the edges between them, the
/// waivers that these were registered under, and the floors that the asset owes.
pub(super) async fn lineage(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Problem> {
    let id = AssetId(id);
    let found = blocking(move || tree(&work, id, FAMILY)).await?;
    found.map(Json).ok_or_else(|| no_asset(id))
}

/// `GET /api/v1/assets/{id}/lineage.csv`: every edge of it.
pub(super) async fn edges(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Response, Problem> {
    let id = AssetId(id);
    // Written once the state is let go of: there may be many.
    let found = blocking(move || {
        work.0.host.read(|state| {
            state.asset(id)?;
            let edges = family(state, id, WHOLE).edges.into_iter();
            let paid = edges.filter_map(|edge| Some((edge, demanded(state, edge)?)));
            Some(paid.collect::<Vec<_>>())
        })
    });
    let found = found.await?.ok_or_else(|| no_asset(id))?;
    let mut text = String::from("parent,child,kind,ppm\n");
    for ((parent, child), paid) in found {
        let demand = demand(paid);
        let kind = demand["kind"].as_str().unwrap_or_default();
        let ppm = &demand["ppm"];
        text.push_str(&format!("{},{},{kind},{ppm}\n", parent.0, child.0));
    }
    let name = format!("attachment; filename=\"asset-{id}-lineage.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

/// The lineage around an asset, as the API and the page have it, of so many members each way.
pub(crate) fn tree(work: &Work, id: AssetId, most: usize) -> Option<Value> {
    work.0.host.read(|state| {
        let own = &state.asset(id)?.registered;
        let family = family(state, id, most);
        let node = |id: &AssetId| {
            let asset = &state.asset(*id)?.registered;
            Some(json!({
                "id": id.0,
                "title": asset.title,
                "kind": asset.kind.word(),
                "owner": asset.owner.0,
            }))
        };
        let edge = |(parent, child): &(AssetId, AssetId)| {
            let paid = demanded(state, (*parent, *child))?;
            Some(json!({"parent": parent.0, "child": child.0, "demand": demand(paid)}))
        };
        let inside = |child: AssetId| family.members.contains(&child);
        let waivers = waiver::used(state, inside);
        let floors = own.floors.iter();
        let floors = floors.map(|(id, ppm)| json!({"ancestor": id.0, "ppm": ppm.ppm()}));
        Some(json!({
            "asset": id.0,
            "nodes": family.members.iter().filter_map(node).collect::<Vec<_>>(),
            "edges": family.edges.iter().filter_map(edge).collect::<Vec<_>>(),
            "floors": floors.collect::<Vec<_>>(),
            "waivers": waivers,
            "cut": family.cut,
        }))
    })
}

/// An asset with its terms and what is asked for it.
pub(crate) fn summary(state: &node::State, id: AssetId) -> Option<Value> {
    let asset = state.asset(id)?;
    let own = &asset.registered;
    let market = &state.sections.market;
    let listing = market.listings.get(&id);
    let count = u32::try_from(state.assets.len()).unwrap_or(u32::MAX);
    let later = market.listings.range(id..AssetId(count));
    let versions = later.filter(|(_, listing)| listing.version_of == Some(id));
    let shares = own.shares.iter();
    let labels = own.kind == AssetKind::LabelSet;
    let campaign = labels
        .then(|| node::market::campaign_of(state, id))
        .flatten();
    Some(json!({
        "id": id.0,
        "title": own.title,
        "kind": own.kind.word(),
        "owner": own.owner.0,
        "content": own.content.to_string(),
        "campaign": campaign.map(|id| id.0),
        "terms": terms(&own.terms),
        "listing": listing.map(|listing| listed(&own.terms, listing)),
        "versions": versions.map(|(id, _)| id.0).collect::<Vec<_>>(),
        "parents": own.parents.iter().map(|(id, _)| id.0).collect::<Vec<_>>(),
        "shares": shares.map(|(account, share)| json!([account.0, share])).collect::<Vec<_>>(),
        "total_shares": asset.total_shares,
        "uses": asset.uses,
        "charged_units": asset.charged_units.to_string(),
    }))
}

fn terms(terms: &Terms) -> Value {
    json!({
        "purposes": terms.purposes,
        "token": terms.token.0,
        "price_units": terms.price_units.to_string(),
        "demand": demand(terms.demand),
        "contributors_share_ppm": terms.contributors_share.ppm(),
        "expires_ms": terms.expires_ms,
    })
}

/// What a parent asks of a child.
fn demanded(state: &node::State, (parent, child): (AssetId, AssetId)) -> Option<Demand> {
    let parents = &state.asset(child)?.registered.parents;
    let asked = parents.iter().find(|(id, _)| *id == parent)?;
    Some(asked.1)
}

fn demand(demand: Demand) -> Value {
    match demand {
        Demand::Floor(ppm) => json!({"kind": "floor", "ppm": ppm.ppm()}),
        Demand::Flow(ppm) => json!({"kind": "flow", "ppm": ppm.ppm()}),
    }
}

fn listed(terms: &Terms, listing: &Listing) -> Value {
    let license = match &listing.license {
        Some(License::Spdx(id)) => json!({"spdx": id}),
        Some(License::Text(hash)) => json!({"text": hash.to_string()}),
        None => Value::Null,
    };
    let prices = listing.prices.iter().map(|price| {
        json!({
            "purpose": terms.purposes.get(usize::from(price.purpose)),
            "flat_units": price.flat_units.to_string(),
            "row_units": price.row_units.to_string(),
            "whole_units": price.of(listing.rows).map(|sum| sum.to_string()),
            "lasts_ms": price.lasts_ms,
        })
    });
    let buyers: Vec<u32> = listing.buyers.iter().map(|account| account.0).collect();
    json!({
        "license": license,
        "prices": prices.collect::<Vec<_>>(),
        "rows": listing.rows,
        "revocable": listing.revocable,
        "buyers": buyers,
        "card": listing.card.map(|hash| hash.to_string()),
        "version_of": listing.version_of.map(|id| id.0),
        "waivers": listing.waivers.iter().map(|id| id.0).collect::<Vec<_>>(),
    })
}

/// `GET /api/v1/assets/{id}/croissant`: the metadata as Croissant 1.1, JSON-LD.
pub(super) async fn croissant(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Problem> {
    let id = AssetId(id);
    let row = work
        .0
        .host
        .read(|state| summary(state, id))
        .ok_or_else(|| no_asset(id))?;
    Ok(Json(describe(&row)))
}

fn describe(row: &Value) -> Value {
    let id = &row["id"];
    let purposes = row["terms"]["purposes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let spdx = row["listing"]["license"]["spdx"].as_str();
    let license = spdx.map(|id| format!("https://spdx.org/licenses/{id}.html"));
    let parents = row["parents"].as_array().into_iter().flatten();
    let based: Vec<String> = parents.map(|id| format!("/assets/{id}")).collect();
    json!({
        "@context": exchange::folder::context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": row["title"],
        "description": format!("Asset {id} of a Headwater log, for {}.", purposes
            .iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")),
        "identifier": id,
        "url": format!("/assets/{id}"),
        "license": license,
        "keywords": purposes,
        "isBasedOn": based,
        "distribution": [{
            "@type": "cr:FileObject",
            "@id": "content",
            "name": "content",
            "contentUrl": format!("/api/v1/assets/{id}/download"),
            "encodingFormat": "application/octet-stream",
            "sha256": row["content"],
        }],
    })
}
