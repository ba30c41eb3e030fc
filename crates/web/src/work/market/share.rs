//! One's own part of what label sets bring in: how much, and over which path.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::Json;
use axum::extract::State;
use node::market::{campaign_of, family};
use protocol::event::PurseOwner;
use protocol::{AccountId, AssetId, TokenId};
use serde_json::{Value, json};
use view::question::Moved;

use crate::access::Caller;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, account};

/// Generations and members that a path is looked for in.
const FAMILY: usize = 1_000;

/// `GET /api/v1/me/royalties`: for each label set with a share of the caller's, what it has brought
/// in, by which assets, over which path, and the campaign and answers that the share is for.
pub(super) async fn royalties(
    State(work): State<Work>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    Ok(Json(blocking(move || owed(&work, own)).await??))
}

fn owed(work: &Work, own: AccountId) -> Result<Value, Problem> {
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
}
