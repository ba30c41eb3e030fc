//! The steward at the chains: each is settled on by itself, and none holds another up.

use super::Steward;
use crate::Error;
use crate::door::Door as _;
use crate::posting::Stand;
use ledger::chain::FIRST;
use protocol::{ChainIndex, EpochId};

/// Most epochs of a chain that may be neither final nor vetoed; the contract's number.
const MOST_LIVE: usize = 4;

impl Steward {
    /// Looks at the first chain; where there are others, what is wrong with it is its own problem
    /// too.
    pub(super) fn follow_first(&mut self) -> Result<bool, Error> {
        if self.office.chains().count() == 1 && !self.office.is_away(FIRST) {
            return self.office.follow_chain(FIRST);
        }
        if self.office.rests(FIRST) {
            return Ok(false);
        }
        let began_ms = self.office.door().now_ms();
        let looked = self.office.follow_chain(FIRST);
        self.office.is_slow(FIRST, began_ms);
        Ok(self.office.noted(FIRST, looked)? == Some(true))
    }

    /// Looks at the chains beside the first, and gives those that can be settled on. What is wrong
    /// with one is its own problem.
    pub(super) fn follow_further(&mut self) -> Result<Vec<ChainIndex>, Error> {
        let mut ready = Vec::new();
        for chain in self.office.chains().skip(1) {
            if !self.office.rests(chain) {
                let began_ms = self.office.door().now_ms();
                let looked = self.office.follow_chain(chain);
                self.office.is_slow(chain, began_ms);
                if self.office.noted(chain, looked)? == Some(true) {
                    ready.push(chain);
                }
            }
        }
        Ok(ready)
    }

    /// Epochs on their way are taken on; a new one begins when it is time, there is something, and
    /// a chain has nothing left to do.
    pub(super) fn settle(&mut self, ready: &[ChainIndex]) -> Result<(), Error> {
        let (mut idle, mut failed) = (false, Ok(()));
        let several = self.office.chains().count() > 1;
        for chain in ready.iter().copied() {
            let settled = self.settle_on(chain);
            if several {
                if let Some(done) = self.office.noted(chain, settled)? {
                    self.office.is_well(chain);
                    idle |= done;
                }
                continue;
            }
            match settled {
                Ok(done) => idle |= done,
                Err(error) => failed = Err(error),
            }
        }
        self.workplace.keep_from_paying(self.office.stopped());
        if idle && self.is_epoch_due() {
            let closed = self.office.close_epoch().map(drop);
            failed = failed.and(closed);
        }
        failed
    }

    /// Takes the epochs of one chain on, as many at once as the contract lets be not final. True
    /// where there were none.
    fn settle_on(&mut self, chain: ChainIndex) -> Result<bool, Error> {
        let began_ms = self.office.door().now_ms();
        let unfinished = self.office.unfinished(chain);
        let idle = unfinished.is_empty();
        let (mut is_next, mut stopped) = (true, None);
        for id in unfinished.take(MOST_LIVE).map(EpochId) {
            if self.office.is_slow(chain, began_ms) {
                return Ok(idle);
            }
            match self.office.take_on(chain, id, is_next)? {
                Stand::Through => {
                    self.office.passed(chain, id.0);
                    self.office.refund_covered(chain)?;
                }
                Stand::Waits => is_next = false,
                Stand::Stopped(why) => {
                    stopped = Some((id, why));
                    break;
                }
            }
        }
        self.office.is_slow(chain, began_ms);
        self.office.stops(chain, stopped);
        Ok(idle)
    }
}
