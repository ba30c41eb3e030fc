//! What the till remembers: counters, money that is set aside, and rows on their way to the log.

use std::collections::{BTreeMap, VecDeque};

use protocol::{AccountId, AllowanceId, AssetId, UsageRow};

use super::credit::Credits;
use super::ended::Shelf;
use super::known::Known;
use super::open::{CallId, Open};
use super::{Due, Plan};
use crate::record::{Answered, Once, Paid, Record};
use crate::{Fault, Key};

const MINUTE_MS: u64 = 60_000;

/// A row with what a new file must say of it.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub payer: AccountId,
    pub counter: u64,
    pub key: i64,
    pub row: UsageRow,
}

impl Waiting {
    fn record(&self, asset: AssetId, paid: Paid) -> Record {
        Record::Use {
            asset,
            payer: self.payer,
            counter: self.counter,
            key: self.key,
            row: self.row,
            once: None,
            paid,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Rows {
    rows: VecDeque<Waiting>,
    plan: Option<Plan>,
}

/// Everything behind the till's lock; all of it but what is held follows from the file.
#[derive(Debug, Default)]
pub(super) struct Inner {
    held: BTreeMap<AllowanceId, u128>,
    held_by_key: BTreeMap<i64, u128>,
    unposted: BTreeMap<AllowanceId, u128>,
    spent: BTreeMap<i64, u128>,
    counters: BTreeMap<AccountId, u64>,
    assets: BTreeMap<AssetId, Rows>,
    /// When each key's bucket of requests is full again, in milliseconds.
    full_ms: BTreeMap<i64, u64>,
    /// Calls under idempotency keys that were charged.
    answered: Known,
    /// Vouchers on prepaid credit.
    pub(super) credits: Credits,
    /// Composed calls that have ended.
    pub(super) ended: Shelf,
    /// Composed calls that run.
    pub(super) calls: BTreeMap<CallId, Open>,
    /// Bytes of the file since it began.
    pub(super) written_bytes: u64,
}

impl Inner {
    /// Takes one request out of a key's bucket, which holds a minute's.
    pub fn count(&mut self, key: &Key, now_ms: u64) -> Result<(), Fault> {
        let Some(per_minute) = key.per_minute else {
            return Ok(());
        };
        let every_ms = MINUTE_MS / u64::from(per_minute.max(1));
        let known_ms = self.full_ms.get(&key.id).copied().unwrap_or(0);
        let most_ms = now_ms.saturating_add(MINUTE_MS);
        let full_ms = known_ms.clamp(now_ms, most_ms).saturating_add(every_ms);
        let over_ms = full_ms.saturating_sub(most_ms);
        if over_ms > 0 || per_minute == 0 {
            let message = format!("the key may send {per_minute} requests a minute");
            let after_s = over_ms.div_ceil(1_000).max(1);
            let fault = Fault::later("rate_limited", message, after_s);
            return Err(Fault {
                // A key that may send none may not send one later either.
                retry_after_s: fault.retry_after_s.filter(|_| per_minute > 0),
                ..fault
            });
        }
        self.full_ms.insert(key.id, full_ms);
        Ok(())
    }

    /// Whether a key's budget has so much left.
    pub fn within_budget(&self, key: &Key, units: u128) -> Result<(), Fault> {
        let Some(budget) = key.budget_units else {
            return Ok(());
        };
        let held = self.held_by_key.get(&key.id).copied().unwrap_or(0);
        let asked = self.spent(key.id).saturating_add(units);
        if asked.saturating_add(held) <= budget {
            return Ok(());
        }
        let message = format!("the key's budget of {budget} units does not hold this call");
        let fault = Fault::later("budget_exceeded", message, 60);
        Err(Fault {
            // What is set aside may come back; what is spent never does.
            retry_after_s: fault.retry_after_s.filter(|_| asked <= budget),
            ..fault
        })
    }

    /// What may still be set aside of an allowance that holds so much in the log.
    pub fn free(&self, allowance: AllowanceId, left: u128) -> u128 {
        let held = self.held.get(&allowance).copied().unwrap_or(0);
        let unposted = self.unposted.get(&allowance).copied().unwrap_or(0);
        left.saturating_sub(held.saturating_add(unposted))
    }

    pub fn hold(&mut self, allowance: AllowanceId, key: i64, units: u128) {
        raise(&mut self.held, allowance, units);
        raise(&mut self.held_by_key, key, units);
    }

    pub fn release(&mut self, allowance: AllowanceId, key: i64, units: u128) {
        lower(&mut self.held, &allowance, units);
        lower(&mut self.held_by_key, &key, units);
    }

    pub fn next_counter(&self, payer: AccountId) -> u64 {
        let last = self.counters.get(&payer).copied().unwrap_or(0);
        last.saturating_add(1)
    }

    pub fn spent(&self, key: i64) -> u128 {
        self.spent.get(&key).copied().unwrap_or(0)
    }

    /// Does what a record says; the same now and when the file is read again.
    pub fn replay(&mut self, record: &Record) {
        match *record {
            Record::Use { .. } => self.used(record),
            Record::Plan {
                asset,
                number,
                count,
                root,
                log_size,
            } => {
                self.assets.entry(asset).or_default().plan = Some(Plan {
                    number,
                    count,
                    root,
                    log_size,
                });
            }
            Record::Posted(asset) => self.posted(asset),
            Record::Void(asset) => self.assets.entry(asset).or_default().plan = None,
            Record::Lost(asset, receipt) => {
                let rows = &mut self.assets.entry(asset).or_default().rows;
                let place = rows
                    .iter()
                    .position(|waiting| waiting.row.receipt == receipt);
                if let Some(lost) = place.and_then(|place| rows.remove(place)) {
                    self.pay(&lost.row);
                }
            }
            Record::Counter(payer, counter) => {
                self.counters.insert(payer, counter);
            }
            Record::Spent(key, units) => {
                self.spent.insert(key, units);
            }
            Record::Answered(answered) => self.answered.add(answered),
            Record::Voucher(ref stored) => self.credits.store(stored),
            Record::Open(key, cumulative) => self.credits.reopen(key, cumulative),
            Record::Ripe(allowance, count) => {
                for (asset, waiting) in self.credits.ripen(allowance, count as usize) {
                    self.queue(asset, waiting);
                }
            }
        }
    }

    /// The planned rows of an asset wait no more.
    fn posted(&mut self, asset: AssetId) {
        let rows = self.assets.entry(asset).or_default();
        let count = rows.plan.take().map_or(0, |plan| plan.count as usize);
        let gone: Vec<_> = rows.rows.drain(..count.min(rows.rows.len())).collect();
        for waiting in gone {
            self.pay(&waiting.row);
        }
    }

    /// The call that a key has been charged for under an idempotency key, if it is still known.
    pub fn answered(&self, key: i64, once: &Once) -> Option<Answered> {
        self.answered.find(key, once)
    }

    /// A use that came to nothing counts no more in the call at the top, if that still runs.
    pub fn give_back(&mut self, top: CallId) {
        if let Some(top) = self.calls.get_mut(&top) {
            top.uses = top.uses.saturating_sub(1);
        }
    }

    /// A use that was written down.
    fn used(&mut self, record: &Record) {
        let Record::Use {
            asset,
            payer,
            counter,
            key,
            row,
            once,
            paid,
        } = *record
        else {
            return;
        };
        if let Some(once) = once {
            self.answered.add(Answered {
                key,
                once,
                receipt: row.receipt,
                time_ms: row.time_ms,
            });
        }
        let highest = self.counters.entry(payer).or_default();
        *highest = counter.max(*highest);
        raise(&mut self.spent, key, row.amount_units);
        let waiting = Waiting {
            payer,
            counter,
            key,
            row,
        };
        match paid {
            Paid::Allowance => self.queue(asset, waiting),
            Paid::Credit { drawing, ends } => {
                self.credits.spend(&drawing, row.amount_units, ends);
                self.credits.park(asset, waiting);
            }
            Paid::Waits => self.credits.park(asset, waiting),
        }
    }

    /// A use that is on its way to the log.
    fn queue(&mut self, asset: AssetId, waiting: Waiting) {
        let allowance = AllowanceId(waiting.row.allowance);
        raise(&mut self.unposted, allowance, waiting.row.amount_units);
        let rows = &mut self.assets.entry(asset).or_default().rows;
        rows.push_back(waiting);
    }

    /// A row that waits no more.
    fn pay(&mut self, row: &UsageRow) {
        let allowance = AllowanceId(row.allowance);
        lower(&mut self.unposted, &allowance, row.amount_units);
    }

    /// How many of the oldest uses on credit the log has money for, by allowance. What is on its
    /// way there already comes first.
    pub fn ripe(
        &self,
        credit: &dyn Fn(AllowanceId) -> Option<(AccountId, u128)>,
    ) -> Vec<(AllowanceId, u32)> {
        if self.credits.parked.is_empty() {
            return Vec::new();
        }
        let mut left: BTreeMap<AccountId, u128> = BTreeMap::new();
        // Every allowance of an account is charged to the same credit.
        for allowance in self.unposted.keys().chain(self.credits.parked.keys()) {
            if let Some((account, units)) = credit(*allowance) {
                left.entry(account).or_insert(units);
            }
        }
        for (allowance, units) in &self.unposted {
            if let Some(left) = credit(*allowance).and_then(|(it, _)| left.get_mut(&it)) {
                *left = left.saturating_sub(*units);
            }
        }
        let mut ripe = Vec::new();
        for (allowance, rows) in &self.credits.parked {
            let Some(left) = credit(*allowance).and_then(|(it, _)| left.get_mut(&it)) else {
                continue;
            };
            let mut count = 0;
            for (_, waiting) in rows {
                let Some(rest) = left.checked_sub(waiting.row.amount_units) else {
                    break;
                };
                (*left, count) = (rest, count + 1);
            }
            if count > 0 {
                ripe.push((*allowance, count));
            }
        }
        ripe
    }

    /// The records of a file that says all of this.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // The rows that follow are added again.
        let mut waits: BTreeMap<i64, u128> = BTreeMap::new();
        let parked = || self.credits.parked.values().flatten();
        let queued = self.assets.values().flat_map(|rows| &rows.rows);
        for waiting in queued.chain(parked().map(|(_, waiting)| waiting)) {
            raise(&mut waits, waiting.key, waiting.row.amount_units);
        }
        for (key, spent) in &self.spent {
            let again = waits.get(key).copied().unwrap_or(0);
            bytes.extend(Record::Spent(*key, spent.saturating_sub(again)).bytes());
        }
        for (payer, counter) in &self.counters {
            bytes.extend(Record::Counter(*payer, *counter).bytes());
        }
        for answered in self.answered.all() {
            bytes.extend(Record::Answered(*answered).bytes());
        }
        bytes.extend(self.credits.snapshot());
        for (asset, waiting) in parked() {
            bytes.extend(waiting.record(*asset, Paid::Waits).bytes());
        }
        for (asset, rows) in &self.assets {
            for waiting in &rows.rows {
                bytes.extend(waiting.record(*asset, Paid::Allowance).bytes());
            }
            if let Some(plan) = rows.plan {
                let record = Record::Plan {
                    asset: *asset,
                    number: plan.number,
                    count: plan.count,
                    root: plan.root,
                    log_size: plan.log_size,
                };
                bytes.extend(record.bytes());
            }
        }
        bytes
    }

    pub fn due(&self) -> Vec<Due> {
        let waiting = self.assets.iter().filter(|(_, rows)| !rows.rows.is_empty());
        let due = waiting.map(|(asset, rows)| Due {
            asset: *asset,
            rows: rows.rows.len(),
            oldest_ms: rows.rows.front().map_or(0, |waiting| waiting.row.time_ms),
            plan: rows.plan,
        });
        due.collect()
    }

    pub fn oldest(&self, asset: AssetId, most: usize) -> Vec<UsageRow> {
        let rows = self
            .assets
            .get(&asset)
            .into_iter()
            .flat_map(|rows| &rows.rows);
        rows.take(most).map(|waiting| waiting.row).collect()
    }
}

/// Adds to a sum; each part is an amount of the log, below 2^96, so that no real one saturates.
fn raise<K: Ord>(sums: &mut BTreeMap<K, u128>, key: K, units: u128) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(units);
}

/// Takes off what was added before, and forgets what is nothing.
fn lower<K: Ord>(sums: &mut BTreeMap<K, u128>, key: &K, units: u128) {
    if let Some(sum) = sums.get_mut(key) {
        *sum = sum.saturating_sub(units);
        if *sum == 0 {
            sums.remove(key);
        }
    }
}
