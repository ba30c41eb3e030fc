//! The operator's fee on revenue, as it was announced.

use crate::State;
use crate::section::Part;
use alloc::vec::Vec;
use protocol::fee::{FEE_NOTICE_MS, MOST_FEE_PPM, SetFee};
use protocol::{AccountId, Ppm, Rejection};
use serde::{Deserialize, Serialize};

/// What the operator takes of revenue, and from when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fees {
    /// Begin, part and receiver; ascending by begin.
    announced: Vec<(u64, Ppm, AccountId)>,
}

impl Part for Fees {
    fn is_empty(&self) -> bool {
        self.announced.is_empty()
    }
}

impl Fees {
    /// The part that epochs which close at this time pay, and to whom; zero where none was
    /// announced.
    pub fn at(&self, time_ms: u64) -> (Ppm, AccountId) {
        let begun = self
            .announced
            .iter()
            .take_while(|(from, ..)| *from <= time_ms);
        let newest = begun.last();
        newest.map_or((Ppm::ZERO, AccountId(0)), |(_, fee, account)| {
            (*fee, *account)
        })
    }

    /// What is announced and has not begun: from when, how much, for whom.
    pub fn coming(&self, time_ms: u64) -> impl Iterator<Item = (u64, Ppm, AccountId)> {
        let announced = self.announced.iter().copied();
        announced.filter(move |(from, ..)| *from > time_ms)
    }

    /// What was announced for the same time or later is off.
    pub(crate) fn announce(&mut self, set: &SetFee) {
        self.announced.retain(|(from, ..)| *from < set.from_ms);
        self.announced.push((set.from_ms, set.fee, set.account));
    }
}

/// Whether the operator may announce this now. Lower fees begin at once; a higher one, or another
/// receiver, only after a notice, unless nothing is registered yet that could pay it.
pub(crate) fn check(state: &State, set: &SetFee, now_ms: u64) -> Result<(), Rejection> {
    if state.account(set.account).is_none() {
        return Err(Rejection::UnknownAccount);
    }
    if set.fee.ppm() > MOST_FEE_PPM || set.from_ms < now_ms {
        return Err(Rejection::OutOfRange);
    }
    let fees = &state.sections.fees;
    let before = fees
        .coming(now_ms)
        .filter(|(from, ..)| *from <= set.from_ms);
    let (now, paid) = fees.at(now_ms);
    let lowest = before.map(|(_, fee, _)| fee).fold(now, Ppm::min);
    let known = set.fee <= lowest && (set.account == paid || set.fee == Ppm::ZERO);
    let noticed = set.from_ms - now_ms >= FEE_NOTICE_MS;
    if known || noticed || state.assets.is_empty() {
        Ok(())
    } else {
        Err(Rejection::OutOfRange)
    }
}
