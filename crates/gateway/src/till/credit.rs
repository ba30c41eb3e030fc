//! Vouchers on prepaid credit: the newest of each key, what was served for it, and what waits.
//!
//! A key's vouchers are cumulative, and so is what was served for them: the difference is what the
//! next call may use. A voucher is written down before its call runs, and pays for one call.

use std::collections::{BTreeMap, BTreeSet};

use proof::voucher::Signed;
use protocol::{AccountId, AllowanceId, AssetId};

use super::inner::Waiting;
use crate::record::{Record, Stored};

/// How much longer a use on credit may take to the log, in milliseconds: its voucher comes first.
pub const CREDIT_GRACE_MS: u64 = 2 * 3_600_000;
/// Most vouchers of a key that are remembered as having paid for nothing, the newest ones.
const MOST_OPEN: usize = 16;
/// Most keys of a payer that sign vouchers here: the chain is asked of all of them at once.
pub(super) const MOST_KEYS: usize = 100;

/// Which key of whose credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreditKey {
    /// Address of the payer.
    pub payer: [u8; 20],
    /// Address of whoever signs its vouchers: the payer, or a key that it has lent.
    pub key: [u8; 20],
}

/// The voucher that one call uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Whose.
    pub key: CreditKey,
    /// Which of them.
    pub cumulative: u128,
}

/// What the chain and the log have of a payer, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backing {
    /// The payer's account in the log.
    pub account: AccountId,
    /// What uses of the asset are charged to.
    pub allowance: AllowanceId,
    /// Base units of credit that the payer has given no notice of.
    pub free_units: u128,
    /// What was ever redeemed of each key, in base units; nothing of those that are left out.
    pub redeemed: BTreeMap<[u8; 20], u128>,
}

/// How far a key has come, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// All that was ever served for its vouchers.
    pub served: u128,
    /// The highest sum that it has signed.
    pub signed: u128,
    /// What calls that run may still use of it.
    pub held: u128,
}

/// Why a voucher pays for no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undrawn {
    /// It has paid for a call, pays for one that runs, a later one has taken its place, or it
    /// stands on the chain, where anybody could have read it.
    Used,
    /// It is higher than all before, and lower than what this call may cost besides.
    Low,
    /// It is higher than this call asks for: nobody takes more than the price.
    High,
    /// The credit, as far as it cannot leave, does not hold it beside all that is signed.
    Short,
    /// It is a further key's, and the payer has as many as one may have.
    Keys,
}

/// A voucher to be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redeemable {
    /// The payer's account in the log.
    pub account: AccountId,
    /// The newest of its key.
    pub signed: Signed,
    /// What was served for this key's vouchers, in base units.
    pub served: u128,
    /// Time of the oldest use of the account that waits for vouchers, in milliseconds since 1970.
    pub oldest_ms: Option<u64>,
}

/// What is known of a key.
#[derive(Debug)]
pub(crate) struct Line {
    pub account: AccountId,
    /// Of the highest sum.
    pub newest: Signed,
    pub served: u128,
    /// Sums whose vouchers have paid for no call yet.
    pub open: BTreeSet<u128>,
    /// What calls that run may still use, by their vouchers.
    running: BTreeMap<u128, u128>,
}

/// All keys, and uses whose vouchers have still to be redeemed.
#[derive(Debug, Default)]
pub(super) struct Credits {
    pub lines: BTreeMap<CreditKey, Line>,
    pub parked: BTreeMap<AllowanceId, Vec<(AssetId, Waiting)>>,
}

impl Line {
    fn signed(&self) -> u128 {
        self.newest.voucher.cumulative
    }

    fn standing(&self) -> Standing {
        Standing {
            served: self.served,
            signed: self.signed(),
            held: self
                .running
                .values()
                .fold(0, |sum, it| sum.saturating_add(*it)),
        }
    }

    /// Whether it was lent until a time that is over: the Escrow takes nothing for it any more.
    fn has_ended(&self, now_s: u64) -> bool {
        let lent = self.newest.lent;
        lent.is_some_and(|lent| lent.key.expires_at_s < now_s)
    }

    /// One more of its vouchers has not paid for anything.
    fn remember(&mut self, cumulative: u128) {
        self.open.insert(cumulative);
        while self.open.len() > MOST_OPEN {
            self.open.pop_first();
        }
    }
}

impl Standing {
    /// What a voucher must be good for so that a call which may cost so much runs. It is always
    /// more than the last: each call has a voucher of its own.
    pub fn next(&self, units: u128) -> u128 {
        let needed = self.served.saturating_add(self.held).saturating_add(units);
        needed.max(self.signed.saturating_add(1))
    }
}

impl Credits {
    /// Where a key stands, by what is known here and what the chain says: a file that is older
    /// than that serves nothing twice.
    pub fn standing(&self, key: CreditKey, redeemed: u128) -> Standing {
        let known = self.lines.get(&key).map(Line::standing);
        let known = known.unwrap_or_default();
        match redeemed > known.signed {
            true => Standing {
                served: redeemed,
                signed: redeemed,
                held: 0,
            },
            false => known,
        }
    }

    /// Keys of a payer that have signed something here.
    pub fn of(&self, payer: [u8; 20]) -> impl Iterator<Item = (&CreditKey, &Line)> {
        let at = |key| CreditKey { payer, key };
        self.lines.range(at([0; 20])..=at([0xff; 20]))
    }

    /// Whether a voucher was kept before and pays for no call of so many units any more: whatever
    /// the chain says of the credit by now.
    pub fn is_used(&self, signed: &Signed, units: u128) -> bool {
        let Some(line) = self.lines.get(&CreditKey::of(signed)) else {
            return false;
        };
        let (cumulative, stands) = (signed.voucher.cumulative, line.standing());
        let runs = line.running.contains_key(&cumulative);
        let open = line.open.contains(&cumulative) && !runs;
        let left = stands.signed.saturating_sub(stands.served);
        let enough = left.saturating_sub(stands.held) >= units;
        cumulative <= stands.signed && !(open && enough)
    }

    /// Whether a voucher pays for a call of at most so many units; if so, what is to be written
    /// down before that runs, which is nothing for one that is known.
    pub fn draw(
        &self,
        signed: &Signed,
        backing: &Backing,
        (units, now_s): (u128, u64),
    ) -> Result<Option<Record>, Undrawn> {
        let key = CreditKey::of(signed);
        let cumulative = signed.voucher.cumulative;
        let redeemed = |key: &CreditKey| backing.redeemed.get(&key.key).copied().unwrap_or(0);
        // What the chain has taken was served, also where this file is older than that.
        if self.is_used(signed, units) || cumulative <= redeemed(&key) {
            return Err(Undrawn::Used);
        }
        let line = self.lines.get(&key);
        if line.is_none() && self.of(key.payer).count() >= MOST_KEYS {
            return Err(Undrawn::Keys);
        }
        let stands = self.standing(key, redeemed(&key));
        let known = line.is_some_and(|line| cumulative <= line.signed());
        if !known && cumulative < stands.next(units) {
            return Err(Undrawn::Low);
        }
        if !known && cumulative > stands.signed.saturating_add(units) {
            return Err(Undrawn::High);
        }
        // Of one that is known too: credit may have left since, while nothing was served for it.
        let others = self.of(key.payer);
        let others = others.filter(|(other, line)| **other != key && !line.has_ended(now_s));
        let owed = others.map(|(other, line)| line.signed().saturating_sub(redeemed(other)));
        let owed = owed.fold(0, u128::saturating_add);
        let mine = cumulative.max(stands.signed).saturating_sub(redeemed(&key));
        if owed.saturating_add(mine) > backing.free_units {
            return Err(Undrawn::Short);
        }
        let record = Record::Voucher(Stored {
            account: backing.account,
            signed: *signed,
            served: stands.served,
        });
        Ok((!known).then_some(record))
    }

    /// A voucher that was written down, now or before.
    pub fn store(&mut self, stored: &Stored) {
        let line = Line {
            account: stored.account,
            newest: stored.signed,
            served: stored.served,
            open: BTreeSet::new(),
            running: BTreeMap::new(),
        };
        let line = self
            .lines
            .entry(CreditKey::of(&stored.signed))
            .or_insert(line);
        (line.account, line.newest, line.served) = (stored.account, stored.signed, stored.served);
        line.remember(stored.signed.voucher.cumulative);
    }

    /// Whether vouchers of a key may still pay for a call.
    pub fn has_open(&self, key: CreditKey) -> bool {
        let line = self.lines.get(&key);
        line.is_some_and(|line| !line.open.is_empty())
    }

    /// One more voucher of a key may pay for a call, or none of all that were kept.
    pub fn reopen(&mut self, key: CreditKey, cumulative: Option<u128>) {
        if let Some(line) = self.lines.get_mut(&key) {
            match cumulative {
                Some(cumulative) => line.remember(cumulative),
                None => line.open.clear(),
            }
        }
    }

    /// The records of a file that says all of this but what waits.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, line) in &self.lines {
            let newest = Record::Voucher(Stored {
                account: line.account,
                signed: line.newest,
                served: line.served,
            });
            bytes.extend(newest.bytes());
            bytes.extend(Record::Open(*key, None).bytes());
            for cumulative in &line.open {
                bytes.extend(Record::Open(*key, Some(*cumulative)).bytes());
            }
        }
        bytes
    }

    /// A call runs by a voucher that was kept, and may use so much.
    pub fn run(&mut self, drawing: Drawing, units: u128) {
        if let Some(line) = self.lines.get_mut(&drawing.key) {
            line.running.insert(drawing.cumulative, units);
        }
    }

    /// A use has cost something of the call's voucher; `ends` where it is the call itself.
    pub fn spend(&mut self, drawing: &Drawing, units: u128, ends: bool) {
        let Some(line) = self.lines.get_mut(&drawing.key) else {
            return;
        };
        line.served = line.served.saturating_add(units);
        if let Some(held) = line.running.get_mut(&drawing.cumulative) {
            *held = held.saturating_sub(units);
        }
        if ends {
            line.open.remove(&drawing.cumulative);
            line.running.remove(&drawing.cumulative);
        }
    }

    /// It runs no more.
    pub fn free(&mut self, drawing: &Drawing) {
        if let Some(line) = self.lines.get_mut(&drawing.key) {
            line.running.remove(&drawing.cumulative);
        }
    }

    /// A use that has to wait until money for it is in the log.
    pub fn park(&mut self, asset: AssetId, waiting: Waiting) {
        let allowance = AllowanceId(waiting.row.allowance);
        self.parked
            .entry(allowance)
            .or_default()
            .push((asset, waiting));
    }

    /// The oldest uses of an allowance wait no more.
    pub fn ripen(&mut self, allowance: AllowanceId, count: usize) -> Vec<(AssetId, Waiting)> {
        let Some(rows) = self.parked.get_mut(&allowance) else {
            return Vec::new();
        };
        let ripe = rows.drain(..count.min(rows.len())).collect();
        if rows.is_empty() {
            self.parked.remove(&allowance);
        }
        ripe
    }

    /// Time of each account's oldest use that waits, in milliseconds.
    pub fn oldest_ms(&self) -> BTreeMap<AccountId, u64> {
        let mut oldest = BTreeMap::new();
        for (_, waiting) in self.parked.values().filter_map(|rows| rows.first()) {
            let known = oldest.entry(waiting.payer).or_insert(u64::MAX);
            *known = waiting.row.time_ms.min(*known);
        }
        oldest
    }
}

impl CreditKey {
    /// The key of a voucher.
    pub fn of(signed: &Signed) -> Self {
        Self {
            payer: signed.voucher.payer,
            key: signed.voucher.key,
        }
    }
}
