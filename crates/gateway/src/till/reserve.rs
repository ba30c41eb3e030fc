//! Money set aside before a call runs: of an allowance, or of what the call around it has left.

use std::sync::Arc;

use protocol::AllowanceId;

use super::inner::Inner;
use super::open::{CallId, Open, over};
use super::{Drawn, Hold, LEASE_GRACE_MS, Till};
use crate::books::{Composition, Left, Served};
use crate::engine::Engine;
use crate::listed::Model;
use crate::{Fault, Key};

/// Most calls within one another, the one at the top among them.
const MOST_LEVELS: usize = 4;
/// Most uses in one call with all below it: their receipts must fit the head of an answer.
pub(super) const MOST_USES: usize = 24;

/// What a call may cost at most, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// The call itself.
    pub own: u128,
    /// The call with all that it uses, as its caller says; at least `own`.
    pub limit: Option<u128>,
    /// Whether whoever answers is able to use others.
    pub uses: bool,
    /// All that a payment holds which is good for this call alone; 0 where nothing was paid so.
    pub paid: u128,
}

impl Most {
    /// A call that costs so much and uses no others.
    pub fn flat(own: u128) -> Self {
        Self {
            own,
            limit: None,
            uses: false,
            paid: 0,
        }
    }

    /// A call of a model that costs so much itself, without any other limit.
    pub(crate) fn of(own: u128, model: &Model) -> Self {
        Self {
            // What runs here uses nothing.
            uses: matches!(*model.engine, Engine::Upstreams(_)),
            ..Self::flat(own)
        }
    }

    /// What is set aside, and what may be used of others for which part of it, by what was
    /// declared.
    pub(crate) fn parts(&self, declared: Option<Composition>) -> (u128, Option<Composition>) {
        let mut most = self.limit.unwrap_or(u128::MAX);
        if self.paid > 0 {
            most = most.min(self.paid);
        }
        let room = most.saturating_sub(self.own);
        let uses = declared.filter(|_| self.uses).map(|it| Composition {
            most_units: it.most_units.min(room),
            ..it
        });
        let below = uses.as_ref().map_or(0, |it| it.most_units);
        (self.own.saturating_add(below).max(self.paid), uses)
    }
}

impl Till {
    /// Sets money aside for one call: from the first of the key's allowances for the asset that has
    /// as much. What a call may use of others, and for how much, was declared when the allowance
    /// was granted, and nothing that was declared later changes it.
    ///
    /// # Errors
    /// 429 for a key that calls too often or has spent its budget, 402 where no allowance pays,
    /// 500 once a use could not be written down.
    pub fn reserve(
        self: &Arc<Self>,
        key: &Key,
        served: &Served,
        most: Most,
    ) -> Result<Hold, Fault> {
        self.reserve_of(key, served, most, None)
    }

    /// The same of a voucher's money, where one pays.
    pub(crate) fn reserve_of(
        self: &Arc<Self>,
        key: &Key,
        served: &Served,
        most: Most,
        drawn: Option<Drawn>,
    ) -> Result<Hold, Fault> {
        self.check()?;
        let now_ms = self.books.now_ms();
        let mut inner = self.inner();
        inner.count(key, now_ms)?;
        inner.within_budget(key, most.own)?;
        let mut why = None;
        for allowance in &key.allowances {
            // Asked under the lock: what the log has charged meanwhile only makes this less.
            let left = match self.left(*allowance, (key, served), now_ms) {
                Ok(Some(left)) => left,
                Ok(None) => continue,
                Err(reason) => {
                    why = why.or(Some(reason));
                    continue;
                }
            };
            let declared = most.uses.then(|| self.books.composition(*allowance));
            let (units, uses) = most.parts(declared.flatten());
            let free = match &drawn {
                Some(drawn) if left.on_credit => drawn.units,
                _ => inner.free(*allowance, left.units),
            };
            if free < units {
                let words = "the allowance does not hold what this call may cost at most";
                why = Some(("insufficient_credit", words));
                continue;
            }
            inner.within_budget(key, units)?;
            inner.hold(*allowance, key.id, units);
            return Ok(Hold {
                till: Arc::clone(self),
                asset: served.asset,
                payer: key.account,
                allowance: *allowance,
                key: key.id,
                units,
                own: most.own,
                within: None,
                uses,
                call: None,
                once: None,
                drawn,
                open: true,
            });
        }
        Err(unpaid(served, why))
    }

    /// What the log has left of an allowance for an asset; `None` of one that is not for it, or
    /// why it pays no more, as code and words.
    fn left(
        &self,
        allowance: AllowanceId,
        (key, served): (&Key, &Served),
        now_ms: u64,
    ) -> Result<Option<Left>, (&'static str, &'static str)> {
        let left = self.books.left(allowance);
        let meant = |left: &Left| left.asset == served.asset && left.payer == key.account;
        let Some(left) = left.filter(meant) else {
            return Ok(None);
        };
        if left.expires_ms <= now_ms.saturating_add(LEASE_GRACE_MS) {
            return Err(("allowance_expired", "the allowance has ended or ends now"));
        }
        if !left.knew_prices {
            let words = "the allowance is older than the model's prices for tokens";
            return Err(("payment_required", words));
        }
        Ok(Some(left))
    }

    /// Sets money aside for a use within a call, of what that call has left.
    ///
    /// # Errors
    /// 403 where the call is over or its asset may not use this one, 402 where not enough is left.
    pub(crate) fn reserve_within(
        self: &Arc<Self>,
        within: CallId,
        served: &Served,
        most: Most,
    ) -> Result<Hold, Fault> {
        self.check()?;
        let now_ms = self.books.now_ms();
        let mut inner = self.inner();
        let open = inner.calls.get(&within).ok_or_else(over)?;
        self.may_use(&inner, open, served)?;
        let lasts = self.books.left(open.allowance);
        if lasts.is_none_or(|it| it.expires_ms <= now_ms.saturating_add(LEASE_GRACE_MS)) {
            let words = "the allowance of the call has ended or ends now";
            return Err(Fault::unpaid("allowance_expired", words));
        }
        let (units, uses) = within_left(open.left, served, most)?;
        let top = open.top();
        let hold = Hold {
            till: Arc::clone(self),
            asset: served.asset,
            payer: open.payer,
            allowance: open.allowance,
            key: open.key,
            units,
            own: most.own,
            within: Some((within, top)),
            uses,
            call: None,
            once: None,
            drawn: None,
            open: true,
        };
        if let Some(open) = inner.calls.get_mut(&within) {
            open.left = open.left.saturating_sub(units);
        }
        if let Some(top) = inner.calls.get_mut(&top) {
            top.uses += 1;
        }
        Ok(hold)
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

/// What is set aside for a use of what a call has left: all that the use may cost, and never what
/// happens to be left, so that others may be used meanwhile.
fn within_left(
    left: u128,
    served: &Served,
    most: Most,
) -> Result<(u128, Option<Composition>), Fault> {
    let (units, uses) = most.parts(served.composition.clone());
    if units <= left {
        return Ok((units, uses));
    }
    let (asset, own) = (served.asset, most.own);
    let mut words = format!(
        "{left} units are left of what this call may spend on others, and asset {asset} may cost \
         {own}"
    );
    if own <= left {
        words += " and what it uses itself; `x-headwater-max-units` limits both together";
    }
    Err(Fault::unpaid("insufficient_credit", words))
}

/// No allowance pays: why, and what helps.
fn unpaid(served: &Served, why: Option<(&'static str, &'static str)>) -> Fault {
    let asset = served.asset;
    let none = (
        "payment_required",
        "the key has no allowance for this model",
    );
    let (code, words) = why.unwrap_or(none);
    let hint = format!("{words}; grant one for asset {asset} and name it for the key");
    Fault::unpaid(code, hint)
}
