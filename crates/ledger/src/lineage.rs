//! What a new asset owes: floors inherited and counted once, and what its parents ask of it.

use crate::State;
use crate::market::Use;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use protocol::market::{AssetKind, Listing};
use protocol::terms::Demand;
use protocol::{AccountId, Amount, AssetId, Ppm, Rejection, WaiverId};

/// What a new asset inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Direct parents with what is paid to them: the demands of their terms, or more.
    pub parents: Vec<(AssetId, Demand)>,
    /// Every ancestor with a floor, once, ascending.
    pub floors: Vec<(AssetId, Ppm)>,
    /// Waivers that are used up, in the order of the listing, with whose floor and what they cost.
    pub waived: Vec<(WaiverId, AssetId, Amount)>,
}

/// A registration that is refused, and the parent on whose account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule that is broken.
    pub rejection: Rejection,
    /// Whose terms say no; `None` where it is no parent's.
    pub parent: Option<AssetId>,
}

/// An asset that is about to be registered.
#[derive(Clone, Copy)]
pub struct Child<'a> {
    /// The state in which its parents stand.
    pub state: &'a State,
    /// Who registers it.
    pub owner: AccountId,
    /// What it is.
    pub kind: AssetKind,
    /// What is asked for it, offered to its parents and waived by its ancestors.
    pub listing: Option<&'a Listing>,
    /// Log time of its registration, milliseconds.
    pub time_ms: u64,
}

impl Child<'_> {
    /// Works out what an asset with these parents owes. A floor is inherited through any number of
    /// generations and counts once however many paths lead to it, so that neither wrappers nor
    /// further parents dilute it; floors, and flows, may not exceed the whole.
    pub fn lineage(&self, parents: &[AssetId]) -> Result<Lineage, Refused> {
        let mut owed = Owed::new(self.waivers()?);
        let mut direct = Vec::with_capacity(parents.len());
        for id in parents {
            let demand = self.parent(&mut owed, *id).map_err(|rejection| Refused {
                rejection,
                parent: Some(*id),
            })?;
            direct.push((*id, demand));
        }
        let listing = self.listing.into_iter();
        let stranger = listing
            .flat_map(|listing| &listing.shares)
            .find(|share| parents.binary_search(&share.parent).is_err());
        if let Some(share) = stranger {
            return Err(refused(Rejection::BadList, share.parent));
        }
        let (waived, met) = (owed.waived, owed.met);
        if let Some(asset) = waived.keys().find(|asset| !met.contains(asset)) {
            return Err(refused(Rejection::UnknownWaiver, *asset));
        }
        Ok(Lineage {
            parents: direct,
            floors: owed
                .floors
                .into_iter()
                .filter(|(_, ppm)| *ppm > Ppm::ZERO)
                .collect(),
            waived: self.costs(),
        })
    }

    /// Whether one parent lets the child be made of it, and what it is paid.
    fn parent(&self, owed: &mut Owed, id: AssetId) -> Result<Demand, Rejection> {
        if id.index() == self.state.assets.len() {
            return Err(Rejection::LineageCycle);
        }
        let parent = &self
            .state
            .asset(id)
            .ok_or(Rejection::UnknownAsset)?
            .registered;
        let expires = parent.terms.expires_ms;
        if expires.is_some_and(|expires| expires <= self.time_ms) {
            return Err(Rejection::TermsExpired);
        }
        Use::new(self.state, id, self.owner, self.time_ms).builds(self.kind)?;
        let demand = self.offered(owed, id, parent.terms.demand)?;
        match demand {
            Demand::Floor(ppm) => owed.floor(id, ppm),
            Demand::Flow(ppm) => {
                owed.flow = owed.flow.checked_add(ppm).ok_or(Rejection::DemandTooHigh)?;
            }
        }
        for (ancestor, ppm) in &parent.floors {
            // A waiver never raises what another one has lowered on the way here.
            let waived = owed.waived.get(ancestor).copied().unwrap_or(*ppm);
            owed.floor(*ancestor, waived.min(*ppm));
        }
        match owed.sum <= u64::from(Ppm::ONE.ppm()) {
            true => Ok(demand),
            false => Err(Rejection::DemandTooHigh),
        }
    }

    /// What the child pays a direct parent: what is demanded, less where that is waived, or more
    /// where the listing says so.
    fn offered(&self, owed: &Owed, id: AssetId, demand: Demand) -> Result<Demand, Rejection> {
        let least = match demand {
            Demand::Floor(ppm) => owed.waived.get(&id).copied().unwrap_or(ppm),
            Demand::Flow(ppm) => ppm,
        };
        let mut shares = self.listing.into_iter().flat_map(|listing| &listing.shares);
        let share = shares.find(|share| share.parent == id);
        let paid = share.map_or(least, |share| share.share);
        if paid < least {
            return Err(Rejection::ShareTooLow);
        }
        Ok(match demand {
            Demand::Floor(_) => Demand::Floor(paid),
            Demand::Flow(_) => Demand::Flow(paid),
        })
    }

    /// The floors that are in force instead of what the terms of ancestors say.
    fn waivers(&self) -> Result<BTreeMap<AssetId, Ppm>, Refused> {
        let mut floors = BTreeMap::new();
        for id in self
            .listing
            .into_iter()
            .flat_map(|listing| &listing.waivers)
        {
            let waiver = self.state.sections.market.waiver(*id);
            let waiver = waiver.filter(|waiver| {
                let open = waiver.used_by.is_none() && self.time_ms < waiver.expires_ms;
                open && waiver.account == self.owner
            });
            let Some(waiver) = waiver else {
                let (rejection, parent) = (Rejection::UnknownWaiver, None);
                return Err(Refused { rejection, parent });
            };
            if floors.insert(waiver.asset, waiver.floor).is_some() {
                return Err(refused(Rejection::BadList, waiver.asset));
            }
        }
        Ok(floors)
    }

    fn costs(&self) -> Vec<(WaiverId, AssetId, Amount)> {
        let ids = self
            .listing
            .into_iter()
            .flat_map(|listing| &listing.waivers);
        ids.filter_map(|id| {
            let waiver = self.state.sections.market.waiver(*id)?;
            Some((*id, waiver.asset, waiver.price_units))
        })
        .collect()
    }
}

/// Floors and flows while parents are gone through.
struct Owed {
    floors: BTreeMap<AssetId, Ppm>,
    sum: u64,
    flow: Ppm,
    waived: BTreeMap<AssetId, Ppm>,
    met: BTreeSet<AssetId>,
}

impl Owed {
    fn new(waived: BTreeMap<AssetId, Ppm>) -> Self {
        Self {
            floors: BTreeMap::new(),
            sum: 0,
            flow: Ppm::ZERO,
            waived,
            met: BTreeSet::new(),
        }
    }

    /// Each ancestor counts once, by the highest floor of all paths.
    fn floor(&mut self, ancestor: AssetId, ppm: Ppm) {
        if self.waived.contains_key(&ancestor) {
            self.met.insert(ancestor);
        }
        let floor = self.floors.entry(ancestor).or_default();
        let higher = (*floor).max(ppm);
        self.sum += u64::from(higher.ppm() - floor.ppm());
        *floor = higher;
    }
}

fn refused(rejection: Rejection, parent: AssetId) -> Refused {
    Refused {
        rejection,
        parent: Some(parent),
    }
}
