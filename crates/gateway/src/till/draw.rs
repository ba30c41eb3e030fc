//! Calls on prepaid credit: a voucher is kept before its call runs, and redeemed by somebody else.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use proof::voucher::Signed;
use protocol::{AccountId, AllowanceId};

use super::credit::{Backing, CreditKey, Drawing, Redeemable, Standing, Undrawn};
use super::{Till, not_written};
use crate::Fault;
use crate::record::Record;

/// A voucher that a call uses; given back when it is dropped and the call was not charged.
pub struct Drawn {
    till: Arc<Till>,
    pub(super) drawing: Drawing,
    pub(super) units: u128,
}

impl Drawn {
    /// What its call may cost at most, in base units.
    pub fn units(&self) -> u128 {
        self.units
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.till.inner().credits.free(&self.drawing);
    }
}

impl Till {
    /// Takes a voucher for a call that may cost so much: from here on it is kept, whatever ends.
    ///
    /// # Errors
    /// Why it pays for none; 500 where it could not be written down.
    pub(crate) async fn draw(
        self: &Arc<Self>,
        signed: &Signed,
        backing: &Backing,
        units: u128,
    ) -> Result<Result<Drawn, Undrawn>, Fault> {
        self.check()?;
        let drawing = Drawing {
            key: CreditKey::of(signed),
            cumulative: signed.voucher.cumulative,
        };
        let written = {
            let mut inner = self.inner();
            let asked = (units, self.books.now_ms() / 1_000);
            let record = match inner.credits.draw(signed, backing, asked) {
                Ok(record) => record,
                Err(why) => return Ok(Err(why)),
            };
            let written = record.map(|record| self.append(&mut inner, &record));
            inner.credits.run(drawing, units);
            written
        };
        let drawn = Drawn {
            till: Arc::clone(self),
            drawing,
            units,
        };
        if let Some(written) = written
            && written.await.is_err()
        {
            self.broken.store(true, Ordering::Release);
            return Err(not_written());
        }
        Ok(Ok(drawn))
    }

    /// Whether a voucher was kept before and pays for no call of so many units any more.
    pub(crate) fn is_used(&self, signed: &Signed, units: u128) -> bool {
        self.inner().credits.is_used(signed, units)
    }

    /// Where a key stands; `redeemed` is what the chain was last seen to have taken of it.
    pub(crate) fn stands(&self, key: CreditKey, redeemed: u128) -> Standing {
        self.inner().credits.standing(key, redeemed)
    }

    /// Keys of a payer that have signed something here.
    pub(crate) fn credit_keys(&self, payer: [u8; 20]) -> Vec<[u8; 20]> {
        let inner = self.inner();
        inner.credits.of(payer).map(|(it, _)| it.key).collect()
    }

    /// The newest voucher of each key for which something was served.
    pub fn redeemable(&self) -> Vec<Redeemable> {
        let inner = self.inner();
        let oldest_ms = inner.credits.oldest_ms();
        let lines = inner.credits.lines.values().filter(|line| line.served > 0);
        let redeemable = lines.map(|line| Redeemable {
            account: line.account,
            signed: line.newest,
            served: line.served,
            oldest_ms: oldest_ms.get(&line.account).copied(),
        });
        redeemable.collect()
    }

    /// A key's newest voucher is going to stand on the chain, where anybody reads it: from now on
    /// none that was kept pays for another call. What they have left pays for a part of what comes.
    ///
    /// # Errors
    /// 500 where it could not be written down.
    pub fn disclose(&self, key: CreditKey) -> Result<(), Fault> {
        let has_open = self.inner().credits.has_open(key);
        match has_open {
            true => self.note(Record::Open(key, None)),
            false => Ok(()),
        }
    }

    /// Lets uses on credit go to the log as far as that has money for them: `credit` tells whose an
    /// allowance is, and what their credit there holds.
    ///
    /// # Errors
    /// 500 where it could not be written down.
    pub fn ripen(
        &self,
        credit: &dyn Fn(AllowanceId) -> Option<(AccountId, u128)>,
    ) -> Result<(), Fault> {
        let ripe = self.inner().ripe(credit);
        ripe.into_iter()
            .try_for_each(|(allowance, count)| self.note(Record::Ripe(allowance, count)))
    }
}
