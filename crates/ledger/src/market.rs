//! The market in the state: listings, grants, waivers; and what parents ask of a child.

use crate::State;
use crate::section::Part;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::market::{AssetKind, Grant, Listing, Waiver};
use protocol::terms::Terms;
use protocol::{AccountId, AssetId, GrantId, Rejection, WaiverId};
use serde::{Deserialize, Serialize};

/// What listings, buyers and owners have made, beside the assets themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// What is asked for an asset beside its terms.
    pub listings: BTreeMap<AssetId, Listing>,
    /// By [`GrantId`].
    pub grants: Vec<Grant>,
    /// The grants of an account for an asset, in the order of buying.
    pub held: BTreeMap<(AssetId, AccountId), Vec<GrantId>>,
    /// By [`WaiverId`].
    pub waivers: Vec<Waiver>,
}

impl Part for Market {
    fn is_empty(&self) -> bool {
        self.listings.is_empty() && self.grants.is_empty() && self.waivers.is_empty()
    }
}

impl Market {
    /// The grant, or `None` where the number is not in use.
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(id.index())
    }

    /// The waiver, or `None` where the number is not in use.
    pub fn waiver(&self, id: WaiverId) -> Option<&Waiver> {
        self.waivers.get(id.index())
    }

    /// The grants of an account for an asset, with their numbers.
    pub fn grants_of(
        &self,
        asset: AssetId,
        account: AccountId,
    ) -> impl Iterator<Item = (GrantId, &Grant)> {
        let held = self.held.get(&(asset, account)).into_iter().flatten();
        held.filter_map(|id| Some((*id, self.grant(*id)?)))
    }

    pub(crate) fn buy(&mut self, grant: Grant) {
        let id = GrantId(u32::try_from(self.grants.len()).expect("fewer than 2^32 grants"));
        let held = self.held.entry((grant.asset, grant.buyer)).or_default();
        held.push(id);
        self.grants.push(grant);
    }
}

/// What one account may do with an asset, by its terms, its listing and the grants bought.
#[derive(Clone, Copy)]
pub struct Use<'a> {
    state: &'a State,
    asset: AssetId,
    account: AccountId,
    time_ms: u64,
}

impl<'a> Use<'a> {
    /// A use of `asset` by `account` at a log time.
    pub fn new(state: &'a State, asset: AssetId, account: AccountId, time_ms: u64) -> Self {
        Self {
            state,
            asset,
            account,
            time_ms,
        }
    }

    /// Whether the account is among those to whom the asset is offered, or owns it. An asset
    /// without a listing is offered to everybody.
    pub fn offered(&self) -> Result<(), Rejection> {
        let listing = self.state.sections.market.listings.get(&self.asset);
        let named = |listing: &Listing| {
            listing.buyers.is_empty() || listing.buyers.binary_search(&self.account).is_ok()
        };
        match listing.is_none_or(named) || self.owned() {
            true => Ok(()),
            false => Err(Rejection::NotOffered),
        }
    }

    /// Whether the account may use a listed asset for a purpose: it owns it, the purpose is free,
    /// or it holds a grant that lives, for all rows where `whole` is asked. Of several grants, the
    /// one for the most rows; `Ok(None)` where none is needed.
    pub fn allowed(&self, purpose: &str, whole: bool) -> Result<Option<GrantId>, Rejection> {
        if self.owned() {
            return Ok(None);
        }
        self.offered()?;
        let registered = &self
            .state
            .asset(self.asset)
            .ok_or(Rejection::UnknownAsset)?;
        let place = place(&registered.registered.terms, purpose);
        let place = place.ok_or(Rejection::PurposeForbidden)?;
        let market = &self.state.sections.market;
        let listing = market
            .listings
            .get(&self.asset)
            .ok_or(Rejection::NotListed)?;
        let price = listing.prices.iter().find(|price| price.purpose == place);
        let free = price.is_none_or(|price| price.of(listing.rows).is_some_and(|p| p.is_zero()));
        let mut why = Rejection::GrantMissing;
        let mut best: Option<(u64, GrantId)> = None;
        for (id, grant) in market.grants_of(self.asset, self.account) {
            let rows = match grant.rows {
                0 => u64::MAX,
                rows => rows,
            };
            if grant.purpose != place || (whole && rows < listing.rows) {
                continue;
            }
            if !grant.lives(self.time_ms) {
                why = match grant.revoked_ms {
                    Some(_) => Rejection::GrantRevoked,
                    None => Rejection::GrantExpired,
                };
            } else if best.is_none_or(|(most, _)| rows > most) {
                best = Some((rows, id));
            }
        }
        match best {
            Some((_, id)) => Ok(Some(id)),
            None if free => Ok(None),
            None => Err(why),
        }
    }

    /// Whether the account may make a child of a kind of the asset. An asset without a listing
    /// asks for nothing but its demand.
    pub(crate) fn builds(&self, kind: AssetKind) -> Result<(), Rejection> {
        let market = &self.state.sections.market;
        match market.listings.contains_key(&self.asset) {
            true => self.allowed(kind.purpose(), true).map(|_| ()),
            false => Ok(()),
        }
    }

    fn owned(&self) -> bool {
        let asset = self.state.asset(self.asset);
        asset.is_some_and(|asset| asset.registered.owner == self.account)
    }
}

/// Position of a purpose in an asset's terms.
pub fn place(terms: &Terms, purpose: &str) -> Option<u16> {
    let found = terms.purposes.iter().position(|word| word == purpose);
    found.and_then(|place| u16::try_from(place).ok())
}
