//! What a crash has left half done between log and chain is finished, before anything new begins.

use crate::Error;
use crate::door::Door;
use crate::office::Office;
use chain::settlement::Status;
use protocol::EpochId;
use store::claims::Claims;

impl<D: Door> Office<D> {
    /// Finishes what the last process began: an epoch on its way to the chain, deposits and refunds
    /// that the log does not know of yet. Returns a sentence about each; none after a clean end.
    pub fn catch_up_with_chain(&mut self) -> Result<Vec<String>, Error> {
        let mut done = Vec::new();
        let next = self.next_epoch();
        if Claims::new(self.door.files()).read(next.0)?.is_some() {
            let (id, statement) = self.write_claims()?;
            self.log_epoch(id, &statement)?;
        }
        if self.chain.devnet.devnet().is_err() {
            // A start need not wait for another's chain: the steward does the same, turn by turn.
            return Ok(done);
        }
        let epochs = self.door.state().epochs.len() as u64;
        for number in 1..=epochs {
            if self.resume_epoch(EpochId(number))? {
                done.push(format!(
                    "epoch {number} was half settled and has been finished"
                ));
            }
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

    /// Takes an epoch as far as it can go now. True if that was news and it is at its end.
    pub(crate) fn resume_epoch(&mut self, id: EpochId) -> Result<bool, Error> {
        let released = self
            .door
            .state()
            .epoch(id)
            .is_some_and(|epoch| epoch.released);
        let status = self.status(id)?;
        if released || matches!(status, Some(Status::Vetoed | Status::Halted)) {
            return Ok(false);
        }
        if status.is_none() {
            self.post_epoch(id)?;
        }
        if status != Some(Status::Final) {
            self.debit_epoch(id)?;
        }
        self.finish_epoch(id)
    }
}
