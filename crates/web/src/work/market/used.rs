//! Who has used an asset, what that has paid, and where the money went.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use protocol::AssetId;
use serde::Deserialize;
use serde_json::{Value, json};
use view::download::Taken;
use view::question::{Moved, Paid, Place, Waived};

use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;
use crate::problem::said::no_asset;
use crate::work::Work;

/// Rows of one page.
const PAGE: usize = 100;

/// Kinds of uses, in the order in which those of one moment come.
pub(crate) const KINDS: [&str; 4] = ["calls", "grant", "download", "waiver"];

/// A page of uses.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listing {
    /// The `next` of the page before.
    before: Option<String>,
    limit: Option<usize>,
}

/// `GET /api/v1/assets/{id}/uses?before=&limit=`: charged calls, grants, downloads and used waivers
/// together, the newest first: who, when, for what, how much, and what it paid.
pub(super) async fn uses(
    State(work): State<Work>,
    Path(id): Path<u32>,
    query: Result<Query<Listing>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let before = match query.before.as_deref() {
        None | Some("") => (u64::MAX, 0, i64::MAX),
        Some(cursor) => parsed(cursor)?,
    };
    let found = blocking(move || used(&work, AssetId(id), before, limit)).await??;
    Ok(Json(found))
}

/// Time, place of its kind, and number of a use.
type Cursor = (u64, usize, i64);

fn parsed(cursor: &str) -> Result<Cursor, Problem> {
    let mut parts = cursor.split('.');
    let mut part = || parts.next().and_then(|part| part.parse::<u64>().ok());
    let found = match (part(), part(), part()) {
        (Some(time), Some(kind), Some(number)) if kind < KINDS.len() as u64 => {
            let kind = usize::try_from(kind).ok();
            kind.zip(i64::try_from(number).ok())
                .map(|(kind, number)| (time, kind, number))
        }
        _ => None,
    };
    found.ok_or_else(|| Problem::invalid("invalid_query", "`before` is the `next` of a page"))
}

/// Uses of an asset before a place.
pub(crate) fn used(
    work: &Work,
    id: AssetId,
    (time_ms, kind, number): Cursor,
    limit: usize,
) -> Result<Value, Problem> {
    work.0
        .host
        .read(|state| state.asset(id).map(|_| ()))
        .ok_or_else(|| no_asset(id))?;
    // Of one moment, kinds come in their order: those after the cursor's are still to come whole.
    let before = |own: usize| -> Place {
        match own.cmp(&kind) {
            std::cmp::Ordering::Less => (time_ms, -1),
            std::cmp::Ordering::Equal => (time_ms, number),
            std::cmp::Ordering::Greater => (time_ms, i64::MAX),
        }
    };
    let questions = work.0.market.questions()?;
    let mut rows: Vec<(Cursor, Value)> = Vec::new();
    for (kind, paid) in [
        (0, questions.calls(id.0, before(0), limit + 1)?),
        (1, questions.grants(id.0, before(1), limit + 1)?),
    ] {
        let row = |paid: &Paid| ((paid.time_ms, kind, paid.number), bought(kind, paid));
        rows.extend(paid.iter().map(row));
    }
    let place = before(2);
    let downloads = work.0.market.downloads().of_asset(id, place, limit + 1)?;
    for (number, download) in downloads {
        let cursor = (download.time_ms, 2, number);
        rows.push((cursor, taken(number, &download)));
    }
    for own in questions.waived(id.0, before(3), limit + 1)? {
        rows.push(((own.time_ms, 3, own.waiver), waived(&own)));
    }
    rows.sort_by_key(|((time, kind, number), _)| {
        (std::cmp::Reverse(*time), *kind, std::cmp::Reverse(*number))
    });
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|((time, kind, number), _)| format!("{time}.{kind}.{number}"));
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(json!({"uses": rows, "next": next}))
}

fn bought(kind: usize, paid: &Paid) -> Value {
    let mut row = json!({
        "kind": KINDS[kind],
        "number": paid.number,
        "account": paid.payer,
        "purpose": paid.purpose,
        "time_ms": paid.time_ms,
        "amount_units": paid.amount.to_string(),
        "entry": paid.seq,
    });
    if kind == 0 {
        row["uses"] = json!(paid.count);
    } else {
        let (expires, revoked, by) = paid.ends;
        row["rows"] = json!(paid.count);
        row["expires_ms"] = json!(expires);
        row["revoked_ms"] = json!(revoked);
        row["revoked_by"] = json!(by);
    }
    row
}

fn taken(number: i64, download: &Taken) -> Value {
    json!({
        "kind": KINDS[2],
        "number": number,
        "account": download.account.map(|account| account.0),
        "purpose": download.purpose,
        "bytes": download.bytes,
        "grant": download.grant.map(|grant| grant.0),
        "time_ms": download.time_ms,
        "amount_units": "0",
    })
}

fn waived(own: &Waived) -> Value {
    json!({
        "kind": KINDS[3],
        "number": own.waiver,
        "account": own.account,
        "child": own.child,
        "floor_ppm": own.floor_ppm,
        "time_ms": own.time_ms,
        "amount_units": own.amount.to_string(),
        "entry": own.seq,
    })
}

/// `GET /api/v1/assets/{id}/revenue`: where money came from and went, as links that add up.
pub(super) async fn revenue(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(blocking(move || flows(&work, AssetId(id))).await??))
}

/// `GET /api/v1/assets/{id}/revenue.csv`: the links, amounts in base units.
pub(super) async fn table(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Response, Problem> {
    let flows = blocking(move || flows(&work, AssetId(id))).await??;
    let mut text = String::from("source,target,kind,token,units,settled\n");
    for link in flows["links"].as_array().into_iter().flatten() {
        let word = |field: &str| link[field].as_str().unwrap_or_default().to_owned();
        text.push_str(&format!(
            "{},{},{},{},{},{}\n",
            word("source"),
            word("target"),
            word("kind"),
            link["token"],
            word("amount_units"),
            link["settled"]
        ));
    }
    let name = format!("attachment; filename=\"asset-{id}-revenue.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

/// Nodes and links of an asset's money, and sums for each token: what came in closed epochs is what
/// went out, to the unit; what came since waits.
pub(crate) fn flows(work: &Work, id: AssetId) -> Result<Value, Problem> {
    let token = work
        .0
        .host
        .read(|state| Some(state.asset(id)?.registered.terms.token.0));
    let token = token.ok_or_else(|| no_asset(id))?;
    let questions = work.0.market.questions()?;
    let (came, went) = (questions.came(id.0)?, questions.went(id.0)?);
    let own = format!("asset:{id}");
    let mut nodes = BTreeSet::from([own.clone()]);
    let mut links = Vec::new();
    let mut sums: BTreeMap<u16, [u128; 3]> = BTreeMap::from([(token, [0; 3])]);
    for moved in &came {
        let source = match moved.kind.as_str() {
            "floor" | "flow" => format!("asset:{}", moved.from),
            _ => format!("account:{}", moved.from),
        };
        let sum = sums.entry(moved.token).or_default();
        let sum = &mut sum[if moved.settled { 0 } else { 2 }];
        *sum = sum.saturating_add(moved.amount.units());
        links.push(link(&source, &own, moved));
        nodes.insert(source);
    }
    for moved in &went {
        let target = match (moved.kind.as_str(), moved.to) {
            ("owner" | "operator", Some(account)) => format!("account:{account}"),
            (_, Some(asset)) => format!("asset:{asset}"),
            _ => format!("contributors:{id}"),
        };
        let sum = &mut sums.entry(moved.token).or_default()[1];
        *sum = sum.saturating_add(moved.amount.units());
        links.push(link(&own, &target, moved));
        nodes.insert(target);
    }
    let nodes = work.0.host.read(|state| {
        let node = |node: String| {
            let asset = node.strip_prefix("asset:").and_then(|id| id.parse().ok());
            let title =
                asset.and_then(|id| Some(state.asset(AssetId(id))?.registered.title.clone()));
            json!({"id": node, "title": title})
        };
        nodes.into_iter().map(node).collect::<Vec<_>>()
    });
    let sums = sums.into_iter().map(|(token, [came, went, waiting])| {
        json!({
            "token": token,
            "came_units": came.to_string(),
            "went_units": went.to_string(),
            "waiting_units": waiting.to_string(),
        })
    });
    Ok(json!({
        "asset": id.0,
        "nodes": nodes,
        "links": links,
        "sums": sums.collect::<Vec<_>>(),
    }))
}

fn link(source: &str, target: &str, moved: &Moved) -> Value {
    json!({
        "source": source,
        "target": target,
        "kind": moved.kind,
        "token": moved.token,
        "amount_units": moved.amount.to_string(),
        "settled": moved.settled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_one_of_ours() {
        assert_eq!(parsed("5.1.7").unwrap(), (5, 1, 7));
        for wrong in ["", "5", "5.4.7", "a.b.c", "5.1.-7"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
