//! Composed calls that run: what may be used in each, and what is left for it.

use std::sync::Arc;

use protocol::{AccountId, AllowanceId, AssetId};

use super::{Drawing, Hold, Till};
use crate::{Fault, Receipt};

/// A composed call; whoever knows the secret that it follows from may use others in it.
pub type CallId = [u8; 32];

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
    /// At the top: the voucher that pays for it, where one does.
    pub drawing: Option<Drawing>,
    /// At the top: uses that run or were charged.
    pub uses: usize,
    /// Calls that were made directly in it, may use others themselves, and run.
    pub running: Vec<CallId>,
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
        // What was used in it meanwhile has a counter between those.
        self.below.sort_unstable_by_key(|it| it.counter);
    }

    /// What all that was used directly in it has cost.
    pub fn children_units(&self) -> u128 {
        let units = self.children.iter().map(|(_, units)| *units);
        units.fold(0, u128::saturating_add)
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
}

impl Hold {
    /// Whether others may be used in the call.
    pub(crate) fn may_use(&self) -> bool {
        self.uses.is_some()
    }

    /// From now on others may be used in the call, by whoever knows what its id follows from.
    /// `purpose` is a word with its place in the terms of the call's asset.
    ///
    /// # Errors
    /// 403 where the call that it is made in has ended meanwhile: what that had set aside is free
    /// again, and nothing may be spent of it. 500 where more could be spent in it than is set
    /// aside.
    pub(crate) fn begin(&mut self, call: CallId, purpose: (&str, u16)) -> Result<(), Fault> {
        let uses = self.uses.take().unwrap_or_default();
        let most = self.own.checked_add(uses.most_units);
        if most.is_none_or(|most| most > self.units) {
            let words = "a call could spend more than was set aside for it";
            return Err(Fault::broken(words));
        }
        let till = Arc::clone(&self.till);
        let mut inner = till.inner();
        let (mut path, mut assets) = (Vec::new(), Vec::new());
        if let Some((within, _)) = self.within {
            let above = inner.calls.get_mut(&within).ok_or_else(over)?;
            path = [above.path.as_slice(), &[within]].concat();
            assets = above.assets.clone();
            above.running.push(call);
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
            components: uses.components,
            scope: self.once.map_or(call, |once| once.scope),
            left: uses.most_units,
            held: self.units,
            drawing: self.drawn.as_ref().map(|drawn| drawn.drawing),
            uses: 0,
            running: Vec::new(),
            children: Vec::new(),
            below: Vec::new(),
        };
        inner.calls.insert(call, open);
        self.call = Some(call);
        Ok(())
    }
}

pub(super) fn over() -> Fault {
    let words = "the call that this token was given for is over";
    Fault::forbidden("call_over", words)
}
