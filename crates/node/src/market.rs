//! The market as pages and programs ask: whom a registration offends, and who may use what.

use ledger::State;
use ledger::lineage::Child;
use ledger::market::Use;
use protocol::market::RegisterAsset;
use protocol::terms::Demand;
use protocol::{AccountId, Amount, AssetId, CampaignId, GrantId, Rejection};
use std::collections::{BTreeMap, BTreeSet};

/// By what an account may read a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The grant that allows it; none where none is needed.
    pub grant: Option<GrantId>,
    /// The first rows of the content; `None` for all of it.
    pub rows: Option<u64>,
}

/// Which parent refuses a registration and by which rule; `None` where none does. The parents are
/// those that the command names, in its order.
pub fn refusal(
    state: &State,
    owner: AccountId,
    asset: &RegisterAsset,
    parents: &[AssetId],
) -> Option<(Rejection, Option<AssetId>)> {
    let child = Child {
        state,
        owner,
        kind: asset.kind,
        listing: asset.listing.as_deref(),
        time_ms: state.time_ms,
    };
    let refused = child.lineage(parents).err()?;
    Some((refused.rejection, refused.parent))
}

/// What an account, or nobody's, may read of an asset's content for a purpose.
pub fn permit(
    state: &State,
    asset: AssetId,
    account: Option<AccountId>,
    (purpose, time_ms): (&str, u64),
) -> Result<Permit, Rejection> {
    // No log opens so many accounts, so this one owns and has bought nothing.
    let account = account.unwrap_or(AccountId(u32::MAX));
    let asked = Use::new(state, asset, account, time_ms);
    if let Ok(grant) = asked.allowed(purpose, true) {
        return Ok(Permit { grant, rows: None });
    }
    let grant = asked.allowed(purpose, false)?;
    let bought = grant.and_then(|id| state.sections.market.grant(id));
    let rows = bought.map(|grant| grant.rows);
    Ok(Permit { grant, rows })
}

/// Who earns a part of what a use has paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earner {
    /// The node's operator, by the fee that is in force.
    Operator(AccountId),
    /// Those who have a share in the asset, together.
    Contributors,
    /// Who answers for the asset.
    Owner(AccountId),
}

/// Who gets how much of what a use has paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// By which asset it is earned.
    pub asset: AssetId,
    /// By whom of it.
    pub earner: Earner,
    /// How much, in base units.
    pub units: u128,
}

/// How a payment for one asset is passed on, by the rules of `ledger::royalty` and the fee of now.
/// Those go over a whole epoch's revenue, so that single sums may differ by the units that rounding
/// leaves.
pub fn split(state: &State, asset: AssetId, paid: Amount) -> Vec<Part> {
    let (fee, operator) = state.sections.fees.at(state.time_ms);
    let taken = paid.share(fee).units();
    let gross = Amount::new(paid.units() - taken).unwrap_or_default();
    let mut parts = vec![Part {
        asset,
        earner: Earner::Operator(operator),
        units: taken,
    }];
    let mut pots: BTreeMap<AssetId, u128> = BTreeMap::new();
    let mut rest = gross.units();
    if let Some(own) = state.asset(asset) {
        for (ancestor, ppm) in &own.registered.floors {
            let part = gross.share(*ppm).units().min(rest);
            rest -= part;
            *pots.entry(*ancestor).or_default() += part;
        }
        *pots.entry(asset).or_default() += rest;
    }
    // Parents have lower numbers than children: the highest pot gets nothing more.
    while let Some((id, kept)) = pots.pop_last() {
        let (Some(own), Some(kept)) = (state.asset(id), Amount::new(kept)) else {
            continue;
        };
        let mut rest = kept.units();
        for (parent, demand) in &own.registered.parents {
            if let Demand::Flow(ppm) = demand {
                let part = kept.share(*ppm).units().min(rest);
                rest -= part;
                *pots.entry(*parent).or_default() += part;
            }
        }
        if own.total_shares > 0 {
            let share = own.registered.terms.contributors_share;
            let units = Amount::new(rest).map_or(0, |rest| rest.share(share).units());
            rest -= units;
            parts.push(Part {
                asset: id,
                earner: Earner::Contributors,
                units,
            });
        }
        parts.push(Part {
            asset: id,
            earner: Earner::Owner(own.registered.owner),
            units: rest,
        });
    }
    parts.retain(|part| part.units > 0);
    parts
}

/// The campaign that has made a label set.
pub fn campaign_of(state: &State, asset: AssetId) -> Option<CampaignId> {
    let mut campaigns = state.numbered_campaigns();
    let found = campaigns.find(|(_, campaign)| campaign.asset == Some(asset));
    found.map(|(id, _)| id)
}

/// Assets above and below one in its lineage, at most `most` each way, nearest first, and the edges
/// between all of them, each from parent to child.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Ancestors, itself and descendants, ascending.
    pub members: BTreeSet<AssetId>,
    /// `(parent, child)`.
    pub edges: Vec<(AssetId, AssetId)>,
    /// True where there are more than were asked for.
    pub cut: bool,
}

/// The lineage around an asset.
pub fn family(state: &State, id: AssetId, most: usize) -> Family {
    let parents = |id: AssetId| {
        let asset = state.asset(id).into_iter();
        asset.flat_map(|asset| asset.registered.parents.iter().map(|(parent, _)| *parent))
    };
    let mut family = Family::default();
    let mut children: BTreeMap<AssetId, Vec<AssetId>> = BTreeMap::new();
    let count = u32::try_from(state.assets.len()).unwrap_or(u32::MAX);
    // Children have higher numbers than parents, so nothing before it descends from an asset.
    for child in (id.0.saturating_add(1)..count).map(AssetId) {
        for parent in parents(child) {
            children.entry(parent).or_default().push(child);
        }
    }
    let up = |id: AssetId| parents(id).collect::<Vec<_>>();
    let down = |id: AssetId| children.get(&id).cloned().unwrap_or_default();
    for next in [&up as &dyn Fn(AssetId) -> Vec<AssetId>, &down] {
        let mut seen = BTreeSet::from([id]);
        let mut front = vec![id];
        while !front.is_empty() {
            let found: BTreeSet<AssetId> = front.iter().flat_map(|id| next(*id)).collect();
            front = found.into_iter().filter(|id| !seen.contains(id)).collect();
            let room = most.saturating_sub(seen.len() - 1);
            family.cut |= front.len() > room;
            front.truncate(room);
            seen.extend(&front);
        }
        family.members.extend(seen);
    }
    let inside = |id: &AssetId| family.members.contains(id);
    let edges = family.members.iter().flat_map(|child| {
        let known = parents(*child).filter(inside);
        known.map(|parent| (parent, *child)).collect::<Vec<_>>()
    });
    family.edges = edges.collect();
    family
}
