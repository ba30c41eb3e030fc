//! Carries metered uses into the log: cut into segments, each written down before it is sent.

use super::posted::Posted;
use crate::answer::Unanswered;
use crate::door::Order;
use crate::ticket::Ticket;
use crate::{Error, Host, meter};
use gateway::till::{Due, Plan};
use gateway::{Fault, Till};
use protocol::service::SetGateway;
use protocol::{AccountId, AllowanceId, AssetId, Command, SessionKey, UsageRow, codec};
use protocol::{Rejection, entry::Entry};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::Place;
use store::attachment::Attachments;
use store::tail::Tail;

/// Time between two looks, in milliseconds.
const TURN_MS: u64 = 200;
/// Age of the oldest row at which a segment is cut, in milliseconds.
const CUT_MS: u64 = 1_000;
/// Most rows of a segment.
const MOST_ROWS: usize = 250_000;
/// Most sums of a segment, one for each allowance and purpose: an entry has room for about twice
/// as many.
const MOST_SUMS: usize = 500;
/// How long a refused segment waits before it is sent again, in milliseconds.
const REST_MS: u64 = 5_000;
/// How long a running node may take for one segment.
const PATIENCE: Duration = Duration::from_secs(120);
/// The operator's account.
const OPERATOR: AccountId = AccountId(0);

/// The operator's part in a thread of its own.
pub struct Poster {
    host: Host,
    till: Arc<Till>,
    tail: Tail,
    posted: Arc<Posted>,
    attachments: Attachments,
    /// Nothing is sent before this time.
    rests_until_ms: u64,
    /// Most rows of the next segment of an asset whose last ones were refused.
    most: BTreeMap<AssetId, usize>,
}

impl Poster {
    pub(super) fn open(
        host: Host,
        till: Arc<Till>,
        place: &Place,
        posted: Arc<Posted>,
    ) -> Result<Self, Error> {
        Ok(Self {
            host,
            till,
            tail: Tail::open_public(place, 0)?,
            posted,
            attachments: Attachments::new(place.files()),
            rests_until_ms: 0,
            most: BTreeMap::new(),
        })
    }

    /// Takes turns until `pause` says that the node stops. What the rules refuse is reported and
    /// tried again.
    ///
    /// # Errors
    /// Anything else: the journal does not read, or a use cannot be written down.
    pub fn run(mut self, mut pause: impl FnMut(u64) -> bool) -> Result<(), Error> {
        loop {
            let problem = match self.turn() {
                Ok(()) => None,
                Err(Error::Stopped(_)) => return Ok(()),
                Err(error @ Error::Rejected { .. }) => {
                    self.rests_until_ms = self.host.now_ms() + REST_MS;
                    Some(error.to_string())
                }
                Err(error) => {
                    self.host.report("gateway", Some(error.to_string()));
                    return Err(error);
                }
            };
            if problem.is_some() || self.host.now_ms() >= self.rests_until_ms {
                self.host.report("gateway", problem);
            }
            if pause(TURN_MS) {
                return Ok(());
            }
        }
    }

    /// Learns what the log has, names the gateway's key, and sends what is old enough.
    pub fn turn(&mut self) -> Result<(), Error> {
        self.follow()?;
        if self.host.now_ms() < self.rests_until_ms {
            return Ok(());
        }
        self.announce()?;
        self.ripen()?;
        let mut refused = None;
        for due in self.till.due() {
            match self.cut(&due) {
                Err(error @ Error::Rejected { .. }) => refused = Some(error),
                other => other?,
            }
        }
        refused.map_or(Ok(()), Err)
    }

    fn follow(&mut self) -> Result<(), Error> {
        let through = self.host.applied_through();
        while self.tail.next_seq() < through {
            let found = self.tail.poll_to(through)?;
            if found.is_empty() {
                return Ok(());
            }
            for stored in found {
                let entry: Entry = codec::decode(&stored.entry)
                    .map_err(|_| Error::Corrupt(format!("entry {} does not decode", stored.seq)))?;
                if let Command::PostSegment(post) = &entry.signed.submission.command {
                    self.posted.note(stored.seq, entry.time_ms, post);
                }
            }
        }
        Ok(())
    }

    /// The log must name the key before anything is served under it.
    fn announce(&mut self) -> Result<(), Error> {
        let key = SessionKey(self.till.key());
        let due = self.host.read(|state| {
            let service = &state.sections.service;
            let named = service.keys.last().map(|(_, key)| *key);
            !service.assets.is_empty() && named != Some(key)
        });
        if due {
            self.operate(
                "name the gateway's key",
                Command::SetGateway(SetGateway { key }),
            )?;
        }
        Ok(())
    }

    /// Uses on credit follow once vouchers have brought the log money for them.
    fn ripen(&self) -> Result<(), Error> {
        let host = &self.host;
        let credit = |allowance: AllowanceId| {
            host.read(|state| {
                let (account, token) = state.credit_behind(allowance)?;
                Some((account, state.credit(account, token).units()))
            })
        };
        self.till.ripen(&credit).map_err(broken)
    }

    fn cut(&mut self, due: &Due) -> Result<(), Error> {
        let asset = due.asset;
        if let Some(plan) = due.plan {
            // An earlier run has sent it, or not: the log knows.
            return if self.posted.has(asset, plan.root, plan.log_size) {
                self.till.posted(asset).map_err(broken)
            } else {
                self.till.void(asset).map_err(broken)
            };
        }
        let age_ms = self.host.now_ms().saturating_sub(due.oldest_ms);
        if age_ms < CUT_MS && due.rows < MOST_ROWS {
            return Ok(());
        }
        let mut rows = self.chargeable(asset)?;
        let most = self.most.get(&asset).copied().unwrap_or(MOST_ROWS);
        rows.truncate(most);
        if rows.is_empty() {
            return Ok(());
        }
        let number = self
            .host
            .read(|state| state.asset(asset).map(|it| it.segments));
        self.send(asset, number.unwrap_or(0), rows)
    }

    /// Writes the plan of a segment down, and sends it. One that is refused is halved: a deposit
    /// whose cap for the epoch is reached refuses all of it, so what comes before its rows goes
    /// ahead, and they follow with the next epoch.
    fn send(&mut self, asset: AssetId, number: u32, rows: Vec<UsageRow>) -> Result<(), Error> {
        let from_ms = rows.iter().map(|row| row.time_ms).min().unwrap_or(0);
        let rows_sent = rows.len();
        let segment = meter::segment(asset, number, rows);
        let segment = segment.map_err(|error| Error::Corrupt(error.to_string()))?;
        let Some(segment) = segment else {
            return Err(Error::Corrupt(
                "uses cost more than there is money".to_owned(),
            ));
        };
        let plan = Plan {
            number,
            count: u32::try_from(rows_sent).unwrap_or(u32::MAX),
            root: segment.command.rows_root,
            log_size: self.host.durable(),
        };
        self.till.plan(asset, plan).map_err(broken)?;
        let order = Order {
            command: Command::PostSegment(segment.command),
            body: Vec::new(),
            attachments: vec![segment.rows],
        };
        match self.operate("post a segment", order) {
            Ok(()) => {
                if let Some(most) = self.most.get_mut(&asset) {
                    *most = most.saturating_mul(2).min(MOST_ROWS);
                }
                self.till.posted(asset).map_err(broken)
            }
            Err(error @ Error::Rejected { .. }) => {
                self.most.insert(asset, (rows_sent / 2).max(1));
                self.till.void(asset).map_err(broken)?;
                self.forget_charged(asset, from_ms)?;
                Err(error)
            }
            // Whether it is in the log is found out at the next start.
            Err(error) => Err(error),
        }
    }

    /// The oldest rows of an asset that the rules still charge; the others are the operator's loss.
    fn chargeable(&self, asset: AssetId) -> Result<Vec<UsageRow>, Error> {
        let rows = self.till.oldest(asset, MOST_ROWS);
        let now_ms = self.host.now_ms();
        let lost: Vec<[u8; 32]> = self.host.read(|state| {
            let posts = state.poster(asset, now_ms.max(state.time_ms)) == Some(OPERATOR);
            let pays = |row: &UsageRow| {
                let allowance = AllowanceId(row.allowance);
                let pays = state.pays(allowance, asset, now_ms.max(state.time_ms));
                pays.is_ok()
            };
            let lost = rows.iter().filter(|row| !posts || !pays(row));
            lost.map(|row| row.receipt).collect()
        });
        if lost.is_empty() {
            return Ok(fitting(rows));
        }
        for receipt in lost {
            self.till.forget(asset, receipt).map_err(broken)?;
        }
        Ok(fitting(self.till.oldest(asset, MOST_ROWS)))
    }

    /// Forgets rows that the log has charged already: they come back with the spool of an older
    /// backup, and would be refused for ever with all that follow them.
    fn forget_charged(&self, asset: AssetId, from_ms: u64) -> Result<(), Error> {
        let charged = self.posted.charged(&self.attachments, asset, from_ms);
        let charged = charged.map_err(Error::Corrupt)?;
        for row in self.till.oldest(asset, MOST_ROWS) {
            if charged.contains(&row.receipt) {
                self.till.forget(asset, row.receipt).map_err(broken)?;
            }
        }
        Ok(())
    }

    fn operate(&self, doing: &'static str, order: impl Into<Order>) -> Result<(), Error> {
        let entry = answered(self.host.operate(order).map_err(stopped)?)?;
        let rejected = |rejection: Rejection| Error::Rejected { doing, rejection };
        answered(self.host.applied(entry.map_err(rejected)?))?;
        Ok(())
    }
}

/// The longest beginning of rows that has at most [`MOST_SUMS`] sums.
fn fitting(mut rows: Vec<UsageRow>) -> Vec<UsageRow> {
    let mut sums = BTreeSet::new();
    let over = rows.iter().position(|row| {
        sums.insert((row.allowance, row.purpose));
        sums.len() > MOST_SUMS
    });
    rows.truncate(over.unwrap_or(rows.len()));
    rows
}

fn broken(fault: Fault) -> Error {
    Error::Corrupt(fault.message)
}

fn answered<T>(ticket: Ticket<T>) -> Result<T, Error> {
    match ticket.wait(PATIENCE) {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(unanswered)) => Err(stopped(unanswered)),
        None => Err(Error::Stopped("the node does not answer".to_owned())),
    }
}

fn stopped(unanswered: Unanswered) -> Error {
    Error::Stopped(unanswered.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_ends_before_it_has_more_sums_than_an_entry_holds() {
        let row = |number: usize| UsageRow {
            receipt: [0; 32],
            allowance: u32::try_from(number / 2).unwrap(),
            purpose: 0,
            time_ms: 0,
            amount_units: 1,
            input: [0; 32],
            output: [0; 32],
            tokens: None,
        };
        let rows = |count: usize| (0..count).map(row).collect::<Vec<_>>();
        assert_eq!(fitting(rows(2 * MOST_SUMS)).len(), 2 * MOST_SUMS);
        assert_eq!(fitting(rows(3 * MOST_SUMS)), rows(2 * MOST_SUMS));
    }
}
