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
use std::sync::Arc;
use std::time::Duration;
use store::Place;
use store::tail::Tail;

/// Time between two looks, in milliseconds.
const TURN_MS: u64 = 200;
/// Age of the oldest row at which a segment is cut, in milliseconds.
const CUT_MS: u64 = 1_000;
/// Most rows of a segment.
const MOST_ROWS: usize = 250_000;
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
    /// Nothing is sent before this time.
    rests_until_ms: u64,
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
            tail: Tail::open(place, 0)?,
            posted,
            rests_until_ms: 0,
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
        let rows = self.chargeable(asset)?;
        if rows.is_empty() {
            return Ok(());
        }
        let number = self
            .host
            .read(|state| state.asset(asset).map(|it| it.segments));
        let number = number.unwrap_or(0);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let segment = meter::segment(asset, number, rows);
        let segment = segment.map_err(|error| Error::Corrupt(error.to_string()))?;
        let Some(segment) = segment else {
            return Err(Error::Corrupt(
                "uses cost more than there is money".to_owned(),
            ));
        };
        let plan = Plan {
            number,
            count,
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
            Ok(()) => self.till.posted(asset).map_err(broken),
            Err(error @ Error::Rejected { .. }) => {
                self.till.void(asset).map_err(broken)?;
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
            let lives = |row: &UsageRow| {
                let allowance = state.allowances.get(AllowanceId(row.allowance).index());
                allowance.is_some_and(|it| !it.ended && it.expires_ms > now_ms.max(state.time_ms))
            };
            let lost = rows.iter().filter(|row| !posts || !lives(row));
            lost.map(|row| row.receipt).collect()
        });
        if lost.is_empty() {
            return Ok(rows);
        }
        for receipt in lost {
            self.till.forget(asset, receipt).map_err(broken)?;
        }
        Ok(self.till.oldest(asset, MOST_ROWS))
    }

    fn operate(&self, doing: &'static str, order: impl Into<Order>) -> Result<(), Error> {
        let entry = answered(self.host.operate(order).map_err(stopped)?)?;
        let rejected = |rejection: Rejection| Error::Rejected { doing, rejection };
        answered(self.host.applied(entry.map_err(rejected)?))?;
        Ok(())
    }
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
