//! Which assets the operator's gateway serves, and by which keys it signs receipts.

use crate::State;
use crate::decide::OPERATOR;
use crate::section::Part;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::service::{Price, TokenPrices};
use protocol::{AccountId, AllowanceId, AssetId, SessionKey};
use serde::{Deserialize, Serialize};

/// How long after a withdrawal the gateway may still post what it has served, in milliseconds: a
/// gateway that was down for less than a day loses nothing.
pub const UPLOAD_GRACE_MS: u64 = 24 * 3_600_000;

/// Everything about the gateway; nothing before the first entry that speaks of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// The gateway's keys with the entry that names each, the newest last.
    pub keys: Vec<(u64, SessionKey)>,
    /// Assets that are or were in service.
    pub assets: BTreeMap<AssetId, Served>,
}

/// An asset that the gateway serves or has served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// What tokens cost; the same for good.
    pub tokens: Option<TokenPrices>,
    /// Allowances with a lower number were granted before these prices were known.
    pub first_allowance: u32,
    /// Log time in milliseconds until which the gateway posts segments, once it is withdrawn.
    pub until_ms: Option<u64>,
}

impl Part for Services {
    fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.assets.is_empty()
    }
}

impl Served {
    /// Whether the gateway posts segments at this log time.
    pub fn posts(&self, time_ms: u64) -> bool {
        self.until_ms.is_none_or(|until_ms| time_ms < until_ms)
    }
}

impl State {
    /// Whether the gateway may answer with an asset.
    pub fn serves(&self, asset: AssetId) -> bool {
        let service = self.sections.service.assets.get(&asset);
        service.is_some_and(|service| service.until_ms.is_none())
    }

    /// Who posts the segments of an asset at this log time; `None` where there is no such asset.
    pub fn poster(&self, asset: AssetId, time_ms: u64) -> Option<AccountId> {
        let owner = self.asset(asset)?.registered.owner;
        let service = self.sections.service.assets.get(&asset);
        let gateway = service.is_some_and(|service| service.posts(time_ms));
        Some(if gateway { OPERATOR } else { owner })
    }

    /// What a use of an asset costs in a segment that is posted at this log time. The owner's own
    /// uses have no price for tokens.
    pub fn price(&self, asset: AssetId, time_ms: u64) -> Option<Price> {
        let flat_units = self.asset(asset)?.registered.terms.price_units;
        let service = self.sections.service.assets.get(&asset);
        let tokens = service.filter(|service| service.posts(time_ms));
        let tokens = tokens.and_then(|service| service.tokens);
        Some(Price { flat_units, tokens })
    }

    /// Whether the payer of an allowance could know the prices for tokens when it was granted.
    pub fn knew_prices(&self, asset: AssetId, allowance: AllowanceId) -> bool {
        let service = self.sections.service.assets.get(&asset);
        service.is_none_or(|it| it.tokens.is_none() || allowance.0 >= it.first_allowance)
    }
}
