//! Composed calls that run: what may be used in each, and what is left for it.

use std::sync::Arc;

use protocol::{AccountId, AllowanceId, AssetId};

use super::inner::Inner;
use super::{Hold, LEASE_GRACE_MS, Till};
use crate::books::Served;
use crate::{Fault, Receipt};

/// A composed call; whoever knows the secret that it follows from may use others in it.
pub type CallId = [u8; 32];

/// Most calls within one another, the one at the top among them.
const MOST_LEVELS: usize = 4;
/// Most uses in one call with all below it: their receipts must fit the head of an answer.
const MOST_USES: usize = 24;

/// A call that runs.
#[derive(Debug)]
pub(super) struct Open {
    pub id: CallId,
    pub asset: AssetId,
    /// The calls that it was made in, the one at the top first.
    pub path: Vec<CallId>,
    /// Their assets, in that order, and its own.
    pub assets: Vec<AssetId>,
    pub allowance: AllowanceId,
    pub payer: AccountId,
    pub key: i64,
    /// What the whole call is for; the same in all its parts.
    pub purpose: String,
    /// Position of that in the terms of its asset.
    pub place: u16,
    /// What may be used in it.
    pub components: Vec<AssetId>,
    /// What idempotency keys within it are of: the key of the call, or else its id.
    pub scope: [u8; 32],
    /// What may still be set aside for uses in it.
    pub left: u128,
    /// At the top: what is set aside of the allowance for what has not been charged.
    pub held: u128,
    /// At the top: uses that run or were charged.
    pub uses: usize,
    /// Receipts of what was used directly in it, with what each costs in all.
    pub children: Vec<([u8; 32], u128)>,
    /// Receipts of all below it, in the order of their counters.
    pub below: Vec<Receipt>,
}

/// What a call may do that is made within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The call that it is made in.
    pub within: CallId,
    /// Who pays.
    pub payer: AccountId,
    /// By which of the gateway's keys.
    pub key: i64,
    /// What for.
    pub purpose: String,
    /// What idempotency keys within it are of.
    pub scope: [u8; 32],
}

impl Open {
    /// The call at the top, which is itself where it was made in no other.
    pub fn top(&self) -> CallId {
        self.path.first().copied().unwrap_or(self.id)
    }

    /// Something was used directly in it, and the others in that.
    pub fn add(&mut self, below: &[Receipt], receipt: &Receipt) {
        let id = receipt.row.receipt;
        self.children.push((id, receipt.whole_units()));
        self.below.extend_from_slice(below);
        self.below.push(*receipt);
    }

    /// What all that was used directly in it has cost.
    pub fn children_units(&self) -> u128 {
        self.children.iter().map(|(_, units)| units).sum()
    }
}

impl Till {
    /// What the holder of a call's secret may do in it.
    ///
    /// # Errors
    /// 403 once the call is over.
    pub(crate) fn standing(&self, within: CallId) -> Result<Standing, Fault> {
        let inner = self.inner();
        let open = inner.calls.get(&within).ok_or_else(over)?;
        Ok(Standing {
            within,
            payer: open.payer,
            key: open.key,
            purpose: open.purpose.clone(),
            scope: open.scope,
        })
    }

    /// Sets money aside for a use within a call, of what that call has left.
    ///
    /// # Errors
    /// 403 where the call is over or its asset may not use this one, 402 where not enough is left.
    pub(crate) fn reserve_within(
        self: &Arc<Self>,
        within: CallId,
        served: &Served,
        (own, units): (u128, u128),
    ) -> Result<Hold, Fault> {
        self.check()?;
        let now_ms = self.books.now_ms();
        let mut inner = self.inner();
        let (payer, allowance, key, left) = {
            let open = inner.calls.get(&within).ok_or_else(over)?;
            self.may_use(&inner, open, served)?;
            (open.payer, open.allowance, open.key, open.left)
        };
        let lasts = self.books.left(allowance);
        if lasts.is_none_or(|it| it.expires_ms <= now_ms.saturating_add(LEASE_GRACE_MS)) {
            let words = "the allowance of the call has ended or ends now";
            return Err(Fault::unpaid("allowance_expired", words));
        }
        if left < own {
            let words = format!(
                "{left} units are left of what this call may spend on others, and asset {} may \
                 cost {own}",
                served.asset
            );
            return Err(Fault::unpaid("insufficient_credit", words));
        }
        let units = units.min(left);
        if let Some(open) = inner.calls.get_mut(&within) {
            open.left -= units;
            let top = open.top();
            if let Some(top) = inner.calls.get_mut(&top) {
                top.uses += 1;
            }
        }
        Ok(Hold {
            till: Arc::clone(self),
            asset: served.asset,
            payer,
            allowance,
            key,
            units,
            own,
            within: Some(within),
            call: None,
            once: None,
            open: true,
        })
    }

    /// Whether an asset may be used in a call, the money left aside.
    fn may_use(&self, inner: &Inner, open: &Open, served: &Served) -> Result<(), Fault> {
        let asset = served.asset;
        let forbidden = |code, words: String| Err(Fault::forbidden(code, words));
        if open.assets.contains(&asset) {
            let words = format!("asset {asset} is being called, and cannot be used in itself");
            return forbidden("call_cycle", words);
        }
        let top = inner.calls.get(&open.top()).ok_or_else(over)?;
        let named = |of: &Open| of.components.contains(&asset);
        if !named(open) || !named(top) {
            let words = format!("asset {asset} is not among what this call may use");
            return forbidden("not_declared", words);
        }
        if open.path.len() + 2 > MOST_LEVELS {
            let words = format!("calls are at most {MOST_LEVELS} within one another");
            return forbidden("call_too_deep", words);
        }
        if top.uses >= MOST_USES {
            let words = format!("a call has at most {MOST_USES} uses in it");
            return forbidden("too_many_uses", words);
        }
        let covers = self.books.covers(open.allowance, asset);
        covers.or_else(|why| {
            let words = format!("the call's allowance does not pay for asset {asset}: {why}");
            forbidden("licence_denied", words)
        })
    }
}

impl Hold {
    /// From now on others may be used in the call, by whoever knows what its id follows from.
    /// `purpose` is a word with its place in the terms of the call's asset.
    pub(crate) fn begin(&mut self, call: CallId, served: &Served, purpose: (&str, u16)) {
        let till = Arc::clone(&self.till);
        let newest = served.composition.clone().unwrap_or_default();
        let mut left = (self.units - self.own).min(newest.most_units);
        let mut components = newest.components;
        let mut inner = till.inner();
        let above = self.within.and_then(|within| inner.calls.get(&within));
        let (mut path, mut assets) = (Vec::new(), Vec::new());
        if let (Some(above), Some(within)) = (above, self.within) {
            path = [above.path.as_slice(), &[within]].concat();
            assets = above.assets.clone();
        } else {
            // Its payer has read what was declared when the allowance was granted.
            let known = till.books.composition(self.allowance).unwrap_or_default();
            left = left.min(known.most_units);
            components = known.components;
        }
        assets.push(self.asset);
        let open = Open {
            id: call,
            asset: self.asset,
            path,
            assets,
            allowance: self.allowance,
            payer: self.payer,
            key: self.key,
            purpose: purpose.0.to_owned(),
            place: purpose.1,
            components,
            scope: self.once.map_or(call, |once| once.scope),
            left,
            held: self.units,
            uses: 0,
            children: Vec::new(),
            below: Vec::new(),
        };
        inner.calls.insert(call, open);
        self.call = Some(call);
    }
}

pub(super) fn over() -> Fault {
    let words = "the call that this token was given for is over";
    Fault::forbidden("call_over", words)
}
