//! Composed calls: which assets a call may use of others, and whose money pays for that.

use crate::State;
use crate::decide::OPERATOR;
use crate::market::Use;
use crate::section::Part;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::{AllowanceId, Amount, AssetId, Rejection};
use serde::{Deserialize, Serialize};

/// Most assets that the calls of one may use.
pub const MOST_COMPONENTS: usize = 64;

/// What every owner has declared; nothing before the first entry that does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compositions {
    /// By asset, the newest last.
    pub assets: BTreeMap<AssetId, Vec<Composition>>,
    /// Assets that were listed after a declaration had named them: allowances with a lower number
    /// were granted before the listing.
    pub listed: BTreeMap<AssetId, u32>,
}

/// What calls of an asset may use, for the allowances that were granted while it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composition {
    /// Allowances with a lower number were granted before it was declared.
    pub first_allowance: u32,
    /// Ascending.
    pub components: Vec<AssetId>,
    /// The most that one call spends on them, in base units of the asset's token.
    pub most_units: Amount,
}

impl Part for Compositions {
    fn is_empty(&self) -> bool {
        self.assets.is_empty()
    }
}

impl Compositions {
    /// Takes the place of one that no allowance was granted under.
    pub(crate) fn declare(&mut self, asset: AssetId, composition: Composition) {
        let declared = self.assets.entry(asset).or_default();
        let first = composition.first_allowance;
        declared.retain(|earlier| earlier.first_allowance < first);
        declared.push(composition);
    }

    /// An asset is listed from now on. Only where a declaration names it can an older allowance
    /// pay for it, so that nothing else is kept.
    pub(crate) fn list(&mut self, asset: AssetId, first_allowance: u32) {
        let mut declared = self.assets.values().flatten();
        if declared.any(|it| it.components.binary_search(&asset).is_ok()) {
            self.listed.insert(asset, first_allowance);
        }
    }

    /// The newest that an owner has declared for an asset.
    pub fn newest(&self, asset: AssetId) -> Option<&Composition> {
        self.assets.get(&asset)?.last()
    }
}

impl State {
    /// What was declared for an allowance's asset when it was granted: what its payer has read.
    pub fn composition(&self, allowance: AllowanceId) -> Option<&Composition> {
        let asset = self.allowances.get(allowance.index())?.asset;
        let declared = self.sections.compositions.assets.get(&asset)?;
        let known = declared.partition_point(|it| it.first_allowance <= allowance.0);
        declared[..known].last()
    }

    /// Whether a segment of an asset that is posted at this log time may charge an allowance: one
    /// for this asset, or one for another whose calls may use it, both served by the gateway. What
    /// an allowance could pay for when it was granted is not undone by a later listing: what was
    /// served before that is charged.
    ///
    /// # Errors
    /// The rule that says no; how much is left is not asked here.
    pub fn pays(&self, id: AllowanceId, asset: AssetId, time_ms: u64) -> Result<(), Rejection> {
        let allowance = self.allowances.get(id.index());
        let allowance = allowance.ok_or(Rejection::UnknownAllowance)?;
        if allowance.asset != asset {
            let composition = self.composition(id);
            let named = composition.is_some_and(|it| it.components.binary_search(&asset).is_ok());
            let served = [allowance.asset, asset]
                .iter()
                .all(|it| self.poster(*it, time_ms) == Some(OPERATOR));
            if !named || !served {
                return Err(Rejection::UnknownAllowance);
            }
            let listed = self.sections.compositions.listed.get(&asset);
            if listed.is_none_or(|first| id.0 >= *first) {
                Use::new(self, asset, allowance.payer, time_ms).offered()?;
            }
        }
        if allowance.ended || allowance.expires_ms <= time_ms {
            return Err(Rejection::AllowanceExhausted);
        }
        Ok(())
    }
}
