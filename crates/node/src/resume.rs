//! What a crash has left half done between log and chain is finished, before anything new begins.

use crate::Error;
use crate::door::Door;
use crate::office::Office;
use crate::posting::Stand;
use ledger::chain::FIRST;
use protocol::EpochId;

impl<D: Door> Office<D> {
    /// Finishes what the last process began: an epoch on its way to the chain, deposits and refunds
    /// that the log does not know of yet. Returns a sentence about each; none after a clean end.
    pub fn catch_up_with_chain(&mut self) -> Result<Vec<String>, Error> {
        let mut done = Vec::new();
        self.finish_closing()?;
        if self.chain.devnet.devnet().is_err() {
            // A start need not wait for another's chain: the steward does the same, turn by turn.
            return Ok(done);
        }
        let epochs = self.door.state().epochs.len() as u64;
        for number in 1..=epochs {
            let id = EpochId(number);
            let released = self.door.state().released_on(FIRST);
            if number <= released {
                continue;
            }
            if self.take_on(FIRST, id, true)? != Stand::Through {
                // Others go on it in the steward's turns, as many at once as the contract lets.
                break;
            }
            done.push(format!(
                "epoch {number} was half settled and has been finished"
            ));
        }
        let credited = self.credit_deposits()?;
        if credited > 0 {
            done.push(format!(
                "{credited} deposits on the chain had no entry and were credited"
            ));
        }
        let refunds = self.note_refunds()?.len();
        if refunds > 0 {
            done.push(format!(
                "{refunds} refunds on the chain had no entry and were noted"
            ));
        }
        if !done.is_empty() {
            self.door.publish()?;
        }
        Ok(done)
    }
}
