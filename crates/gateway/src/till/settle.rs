//! Ends of calls: a use is written down, or what was set aside is free again.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use protocol::usage::{TokenSource, Tokens};
use protocol::{AccountId, AllowanceId, AssetId, UsageRow};

use super::ended::Ended;
use super::inner::Inner;
use super::open::{CallId, Open, over};
use super::{CREDIT_GRACE_MS, Hold, Till, Told, Used, not_written};
use crate::payment::NO_KEY;
use crate::record::{Paid, Record};
use crate::spool::Written;
use crate::tree::{Tree, children_root};
use crate::{Fault, Receipt};

/// What a call has used that has come to nothing.
const NOTHING: Used = Used {
    purpose: 0,
    amount_units: 0,
    input: [0; 32],
    output: [0; 32],
    tokens: Tokens {
        input: 0,
        output: 0,
        source: TokenSource::Counted,
    },
    whole: false,
};

/// A receipt that is not signed yet, all below it, and when it may be.
struct Noted {
    receipt: Receipt,
    below: Vec<Receipt>,
    written: Written,
}

impl Till {
    /// Writes a use down and signs its receipt once that is durable. What was set aside and not
    /// used is free again. Uses within the call that still run are cut off: they cost nothing.
    ///
    /// # Errors
    /// 500 where it could not be written down: nobody is told of a use that may be lost. 403 where
    /// the call that it was made in is over: then it costs nothing.
    pub async fn commit(&self, mut hold: Hold, used: Used) -> Result<Told, Fault> {
        if used.amount_units > hold.own {
            return Err(Fault::broken(
                "a call has cost more than was set aside for it",
            ));
        }
        let noted = self.note_use(&mut self.inner(), &mut hold, &used)?;
        self.tell(noted).await
    }

    /// Ends a call that has come to nothing. What was used in it is paid, it costs nothing itself,
    /// and a receipt says so; none where nothing was used in it.
    ///
    /// # Errors
    /// 500 where that could not be written down.
    pub(crate) async fn fail(&self, mut hold: Hold) -> Result<Option<Told>, Fault> {
        match hold.end() {
            Some(noted) => Ok(Some(self.tell(noted).await?)),
            None => Ok(None),
        }
    }

    async fn tell(&self, noted: Noted) -> Result<Told, Fault> {
        if noted.written.await.is_err() {
            self.broken.store(true, Ordering::Release);
            return Err(not_written());
        }
        let key = &self.signing.key;
        Ok(Told {
            text: noted.receipt.sign(key),
            receipt: noted.receipt,
            below: noted.below.iter().map(|it| it.sign(key)).collect(),
        })
    }

    fn note_use(&self, inner: &mut Inner, hold: &mut Hold, used: &Used) -> Result<Noted, Fault> {
        let within = hold.within.map(|(within, _)| within);
        if within.is_some_and(|it| !inner.calls.contains_key(&it)) {
            return Err(over());
        }
        let own = hold.call.and_then(|call| self.shut(inner, call));
        let tree = place(within, own.as_ref(), false);
        let whose = (hold.asset, hold.payer, hold.allowance);
        let paid = paid(inner, hold);
        let mut receipt = self.receipt(inner, whose, used, tree);
        if paid != Paid::Allowance {
            receipt.due_ms = receipt.due_ms.saturating_add(CREDIT_GRACE_MS);
        }
        let record = Record::Use {
            asset: hold.asset,
            payer: hold.payer,
            counter: receipt.counter,
            key: hold.key,
            row: receipt.row,
            once: hold.once,
            paid,
        };
        hold.open = false;
        let below = pay(inner, hold, (own, &receipt));
        let written = self.append(inner, &record);
        let noted = Noted {
            receipt,
            below,
            written,
        };
        self.shelve(inner, hold, &noted);
        Ok(noted)
    }

    /// The payer's next receipt, of a use of an asset that ends now.
    fn receipt(
        &self,
        inner: &Inner,
        (asset, payer, allowance): (AssetId, AccountId, AllowanceId),
        used: &Used,
        tree: Option<Tree>,
    ) -> Receipt {
        let row = UsageRow {
            receipt: [0; 32],
            allowance: allowance.0,
            purpose: used.purpose,
            time_ms: self.books.now_ms(),
            amount_units: used.amount_units,
            input: used.input,
            output: used.output,
            tokens: Some(used.tokens),
        };
        let receipt = Receipt {
            space: self.signing.space,
            asset,
            payer,
            counter: inner.next_counter(payer),
            whole: used.whole,
            due_ms: row.time_ms.saturating_add(self.signing.due_ms),
            row,
            tree,
        };
        receipt.numbered()
    }

    /// Keeps the receipts of a whole composed call for a while: whoever asked may be gone.
    fn shelve(&self, inner: &mut Inner, hold: &Hold, noted: &Noted) {
        if hold.within.is_none() && noted.receipt.tree.is_some() && hold.key != NO_KEY {
            // Nothing is added to the file, and this is told once all before it is durable.
            let written = self.spool.append(Vec::new());
            inner.ended.keep(Ended {
                key: hold.key,
                receipt: noted.receipt,
                below: noted.below.clone(),
                written: Some(written),
            });
        }
    }

    /// Ends all that runs within a call, and takes the call itself out of those that run.
    fn shut(&self, inner: &mut Inner, call: CallId) -> Option<Open> {
        let running = mem::take(&mut inner.calls.get_mut(&call)?.running);
        for id in running {
            // The innermost first: each counts where it was made.
            let Some(open) = self.shut(inner, id) else {
                continue;
            };
            let top = open.top();
            if self.fail_open(inner, open).is_none() {
                inner.give_back(top);
            }
        }
        let open = inner.calls.remove(&call)?;
        let within = open.path.last();
        if let Some(above) = within.and_then(|within| inner.calls.get_mut(within)) {
            above.running.retain(|id| *id != call);
        }
        Some(open)
    }

    /// A call that comes to nothing: what was used in it counts where it was made itself.
    fn fail_open(&self, inner: &mut Inner, open: Open) -> Option<Noted> {
        if open.children.is_empty() {
            return None;
        }
        let used = Used {
            purpose: open.place,
            ..NOTHING
        };
        let within = open.path.last().copied();
        let tree = place(within, Some(&open), true);
        let whose = (open.asset, open.payer, open.allowance);
        let receipt = self.receipt(inner, whose, &used, tree);
        if let Some(above) = within.and_then(|within| inner.calls.get_mut(&within)) {
            above.add(&open.below, &receipt);
        }
        let record = Record::Counter(open.payer, receipt.counter);
        let written = self.append(inner, &record);
        Some(Noted {
            receipt,
            below: open.below,
            written,
        })
    }

    /// Under the lock, so that the file has receipts in the order of their counters.
    pub(super) fn append(&self, inner: &mut Inner, record: &Record) -> Written {
        inner.replay(record);
        let bytes = record.bytes();
        inner.written_bytes += bytes.len() as u64;
        self.spool.append(bytes)
    }
}

/// What a use is charged to: all that is used in a call is paid by the voucher of the one at the
/// top.
fn paid(inner: &Inner, hold: &Hold) -> Paid {
    let top = hold.within.and_then(|(_, top)| inner.calls.get(&top));
    let own = hold.drawn.as_ref().map(|drawn| drawn.drawing);
    let drawing = own.or_else(|| top.and_then(|top| top.drawing));
    drawing.map_or(Paid::Allowance, |drawing| Paid::Credit {
        drawing,
        ends: own.is_some(),
    })
}

/// Moves what a use has cost from what is set aside to what was used, and frees the rest of it;
/// `own` is the call that ends with it. Gives what was used in that.
fn pay(inner: &mut Inner, hold: &Hold, (own, receipt): (Option<Open>, &Receipt)) -> Vec<Receipt> {
    let Some((within, top)) = hold.within else {
        let held = own.as_ref().map_or(hold.units, |open| open.held);
        inner.release(hold.allowance, hold.key, held);
        return own.map(|open| open.below).unwrap_or_default();
    };
    let below = own.map(|open| open.below).unwrap_or_default();
    let amount = receipt.row.amount_units;
    inner.release(hold.allowance, hold.key, amount);
    if let Some(above) = inner.calls.get_mut(&within) {
        let rest = hold.units.saturating_sub(receipt.whole_units());
        above.left = above.left.saturating_add(rest);
        above.add(&below, receipt);
    }
    if let Some(top) = inner.calls.get_mut(&top) {
        top.held = top.held.saturating_sub(amount);
    }
    below
}

fn place(within: Option<CallId>, own: Option<&Open>, failed: bool) -> Option<Tree> {
    if within.is_none() && own.is_none() {
        return None;
    }
    let children = own.map_or(&[][..], |open| open.children.as_slice());
    let ids: Vec<[u8; 32]> = children.iter().map(|(id, _)| *id).collect();
    Some(Tree {
        within,
        call: own.map(|open| open.id),
        children: u16::try_from(children.len()).unwrap_or(u16::MAX),
        children_units: own.map_or(0, Open::children_units),
        children_root: own.map_or([0; 32], |_| children_root(&ids)),
        failed,
    })
}

impl Hold {
    /// Gives back what was set aside and not used.
    fn end(&mut self) -> Option<Noted> {
        self.open = false;
        let till = Arc::clone(&self.till);
        let mut inner = till.inner();
        let own = self.call.and_then(|call| till.shut(&mut inner, call));
        // What ended with the call around it has been counted there.
        let cut_off = self.call.is_some() && own.is_none();
        let (held, spent) = own
            .as_ref()
            .map_or((self.units, 0), |open| (open.held, open.children_units()));
        let noted = own.and_then(|open| till.fail_open(&mut inner, open));
        let Some((within, top)) = self.within else {
            inner.release(self.allowance, self.key, held);
            if let Some(noted) = &noted {
                till.shelve(&mut inner, self, noted);
            }
            return noted;
        };
        // Where that call is over, all that it had set aside is free already.
        if let Some(above) = inner.calls.get_mut(&within) {
            let rest = self.units.saturating_sub(spent);
            above.left = above.left.saturating_add(rest);
        }
        if noted.is_none() && !cut_off {
            inner.give_back(top);
        }
        noted
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.open {
            self.end();
        }
    }
}
