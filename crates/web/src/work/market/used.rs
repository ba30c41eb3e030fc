//! Who has used an asset, what that has paid, where the money went; and one's own part of it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use node::market::{campaign_of, family};
use protocol::event::PurseOwner;
use protocol::{AccountId, AssetId, TokenId};
use serde::Deserialize;
use serde_json::{Value, json};
use view::question::{Moved, Paid, Place};

use super::unknown;
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;
use crate::work::{Work, account};

/// Rows of one page.
const PAGE: usize = 100;
/// Generations and members that a path is looked for in.
const FAMILY: usize = 1_000;

/// Kinds of uses, in the order in which those of one moment come.
pub(crate) const KINDS: [&str; 3] = ["calls", "grant", "download"];

/// A page of uses.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listing {
    /// The `next` of the page before.
    before: Option<String>,
    limit: Option<usize>,
}

/// `GET /api/v1/assets/{id}/uses?before=&limit=`: charged calls, grants and downloads together, the
/// newest first: who, when, for what, how much, and what it paid.
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
        .ok_or_else(|| unknown(id))?;
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
    for (number, taken) in work
        .0
        .market
        .downloads()
        .of_asset(id, before(2), limit + 1)?
    {
        let row = json!({
            "kind": KINDS[2],
            "number": number,
            "account": taken.account.map(|account| account.0),
            "purpose": taken.purpose,
            "bytes": taken.bytes,
            "grant": taken.grant.map(|grant| grant.0),
            "time_ms": taken.time_ms,
            "amount_units": "0",
        });
        rows.push(((taken.time_ms, 2, number), row));
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
    let token = token.ok_or_else(|| unknown(id))?;
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

/// `GET /api/v1/me/royalties`: for each label set with a share of the caller's, what it has brought
/// in, by which assets, over which path, and the campaign and answers that the share is for.
pub(super) async fn royalties(
    State(work): State<Work>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    Ok(Json(blocking(move || owed(&work, own)).await??))
}

pub(crate) fn owed(work: &Work, own: AccountId) -> Result<Value, Problem> {
    let questions = work.0.market.questions()?;
    let shares = work.0.host.read(|state| {
        let assets = (0_u32..).map(AssetId).zip(&state.assets);
        let shared = assets.filter_map(|(id, asset)| {
            let shares = &asset.registered.shares;
            let place = shares.binary_search_by_key(&own, |share| share.0).ok()?;
            let token = asset.registered.terms.token;
            Some((id, shares[place].1, asset.total_shares, token))
        });
        shared.collect::<Vec<_>>()
    });
    let mut rows = Vec::new();
    for (id, share, of, token) in shares {
        let came = questions.came(id.0)?;
        rows.push(
            work.0
                .host
                .read(|state| share_row(state, (own, id, token), (share, of), &came)),
        );
    }
    Ok(json!({"shares": rows}))
}

fn share_row(
    state: &node::State,
    (own, id, token): (AccountId, AssetId, TokenId),
    (share, of): (u32, u32),
    came: &[Moved],
) -> Value {
    let pool = state.book.balance(PurseOwner::Pool(id), token);
    let campaign = campaign_of(state, id);
    let answers = campaign.and_then(|id| state.campaign(id)).map(|campaign| {
        let mine = campaign
            .answers
            .iter()
            .filter(|answer| answer.opened.account == own);
        mine.filter(|answer| campaign.accepted(answer)).count()
    });
    let ways = ways(&family(state, id, FAMILY).edges, id);
    let title = |id: AssetId| state.asset(id).map(|asset| asset.registered.title.clone());
    let source = |moved: &Moved| {
        let asset = matches!(moved.kind.as_str(), "floor" | "flow").then_some(AssetId(moved.from));
        let path = path(&ways, asset.unwrap_or(id), id);
        json!({
            "kind": moved.kind,
            "from_asset": asset.map(|asset| asset.0),
            "from_account": asset.is_none().then_some(moved.from),
            "title": asset.and_then(title),
            "token": moved.token,
            "amount_units": moved.amount.to_string(),
            "settled": moved.settled,
            "path": path.iter().map(|id| id.0).collect::<Vec<_>>(),
        })
    };
    json!({
        "asset": id.0,
        "title": title(id),
        "campaign": campaign.map(|id| id.0),
        "answers": answers,
        "share": share,
        "of": of,
        "token": token.0,
        "pool_units": pool.to_string(),
        "units": pool.part(share, of).unwrap_or_default().to_string(),
        "sources": came.iter().map(source).collect::<Vec<_>>(),
    })
}

/// For each asset below an ancestor, the next one on its shortest way up to it.
fn ways(edges: &[(AssetId, AssetId)], to: AssetId) -> BTreeMap<AssetId, AssetId> {
    let mut children: BTreeMap<AssetId, Vec<AssetId>> = BTreeMap::new();
    for (parent, child) in edges {
        children.entry(*parent).or_default().push(*child);
    }
    let mut ways = BTreeMap::new();
    let mut front = vec![to];
    while !front.is_empty() {
        let mut below = Vec::new();
        for parent in front {
            for child in children.get(&parent).into_iter().flatten() {
                if let Entry::Vacant(way) = ways.entry(*child) {
                    way.insert(parent);
                    below.push(*child);
                }
            }
        }
        front = below;
    }
    ways
}

/// The shortest path from what was used to an ancestor, both ends in it; the ancestor alone where
/// none is known.
fn path(ways: &BTreeMap<AssetId, AssetId>, from: AssetId, to: AssetId) -> Vec<AssetId> {
    let mut path = vec![if ways.contains_key(&from) { from } else { to }];
    while let Some(next) = ways.get(&path[path.len() - 1]) {
        path.push(*next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_shortest_way_down() {
        let edges: Vec<_> = [(0, 1), (1, 2), (0, 3), (2, 3), (9, 3)]
            .map(|(parent, child)| (AssetId(parent), AssetId(child)))
            .into();
        let ids = |from, to| -> Vec<u32> {
            let path = path(&ways(&edges, AssetId(to)), AssetId(from), AssetId(to));
            path.into_iter().map(|id| id.0).collect()
        };
        assert_eq!(ids(3, 0), [3, 0]);
        assert_eq!(ids(3, 1), [3, 2, 1]);
        assert_eq!(ids(0, 0), [0]);
        assert_eq!(ids(9, 0), [0], "no way leads there");
    }

    #[test]
    fn a_cursor_is_one_of_ours() {
        assert_eq!(parsed("5.1.7").unwrap(), (5, 1, 7));
        for wrong in ["", "5", "5.3.7", "a.b.c", "5.1.-7"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
