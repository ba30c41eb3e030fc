//! Events in ranges of blocks, as long as a server takes them and whoever asks has time.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::answer::{self, Seen};
use super::fault::Fault;
use super::{Endpoint, Failure, hexed, quantity};
use crate::Error;
use crate::remote::Time;

/// Most blocks whose events are asked for at once.
pub(super) const MOST_BLOCKS: u64 = 2_000;
/// How long events are read at once, in milliseconds: what is left comes when they are next asked
/// for, and meanwhile it can be said how far it is.
pub const PART_MS: u64 = 60_000;
/// Most contracts that are named in a question: servers take few hundred.
const MOST_CONTRACTS: usize = 100;

/// Events of a range of blocks, as far as they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// In order.
    pub seen: Vec<Seen>,
    /// The first height that was not read: behind the range's end where all of it was.
    pub next: u64,
}

impl Endpoint {
    /// The events of these contracts from one height to another, both included, in order, or a
    /// first part of them: after each answer `goes_on` says whether more may be asked, and what
    /// was read before a failure is given back without it. Ranges that the server finds too long
    /// are halved, and the next call begins with what it took: so a caller with little time comes
    /// further with each one.
    ///
    /// # Errors
    /// Where nothing was read; `Unavailable` too for a single block that the server finds too long.
    pub fn logs(
        &self,
        (first, last): (u64, u64),
        contracts: &[[u8; 20]],
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Part, Error> {
        let (mut seen, mut next) = (Vec::new(), first);
        while next <= last {
            let span = self.span();
            let to = last.min(next.saturating_add(span - 1));
            let asked = to - next + 1;
            let taken = match self.logs_of_each((next, to), contracts) {
                Err(_) if next > first => break,
                Err(error) => return Err(error),
                Ok(Some(some)) => {
                    seen.extend(some);
                    next = to + 1;
                    // Blocks with many events are no reason to go on in small steps for ever.
                    (asked == span).then_some(span + span / 4 + 1)
                }
                Ok(None) => Some(asked.div_ceil(2)),
            };
            if let Some(span) = taken {
                self.span.store(span.min(MOST_BLOCKS), Ordering::Relaxed);
            }
            if !goes_on() {
                break;
            }
        }
        Ok(Part { seen, next })
    }

    /// [`Endpoint::logs`] for about [`PART_MS`]: after that long nothing more is asked, and what is
    /// under way has the time limit of one request.
    ///
    /// # Errors
    /// As for [`Endpoint::logs`].
    pub fn part(
        &self,
        blocks: (u64, u64),
        contracts: &[[u8; 20]],
        time: &dyn Time,
    ) -> Result<Part, Error> {
        let began_ms = time.now_ms();
        let goes_on = || time.now_ms().saturating_sub(began_ms) < PART_MS;
        self.logs(blocks, contracts, &goes_on)
    }

    /// How many blocks' events are asked for at once: fewer where the server refuses more.
    pub fn span(&self) -> u64 {
        self.span.load(Ordering::Relaxed)
    }

    /// The events of a range, of however many contracts; none where the server wants a shorter one.
    fn logs_of_each(
        &self,
        heights: (u64, u64),
        contracts: &[[u8; 20]],
    ) -> Result<Option<Vec<Seen>>, Error> {
        let mut seen = Vec::new();
        for contracts in contracts.chunks(MOST_CONTRACTS) {
            let Some(some) = self.some_logs(heights, contracts)? else {
                return Ok(None);
            };
            seen.extend(some);
        }
        seen.sort_by_key(|seen| (seen.place.height, seen.index));
        Ok(Some(seen))
    }

    /// One answer's worth of events; none where the server wants a shorter range.
    fn some_logs(
        &self,
        (from, to): (u64, u64),
        contracts: &[[u8; 20]],
    ) -> Result<Option<Vec<Seen>>, Error> {
        let method = "eth_getLogs";
        let addresses: Vec<String> = contracts.iter().map(|it| hexed(it)).collect();
        let filter = json!([{
            "fromBlock": quantity(from), "toBlock": quantity(to), "address": addresses,
        }]);
        let answer = match self.attempt(method, &filter) {
            Err(Failure::Answered(fault)) if fault.is_about_size() => {
                return match from < to {
                    true => Ok(None),
                    false => Err(self.refuses_a_block(from, &fault)),
                };
            }
            answer => answer.map_err(|failure| self.error(method, failure))?,
        };
        let fits = |seen: &Seen| {
            (from..=to).contains(&seen.place.height) && contracts.contains(&seen.log.address)
        };
        let logs = answer::logs(&answer).filter(|logs| logs.iter().all(fits));
        self.shaped(method, logs).map(Some)
    }

    fn refuses_a_block(&self, height: u64, fault: &Fault) -> Error {
        Error::busy(format!(
            "{} for block `{height}` alone: {}\nhint: what was read before is kept, and the next \
             look goes on there; use another server, or raise this one's limit for `eth_getLogs`",
            self.asking("eth_getLogs"),
            fault.message
        ))
    }
}
