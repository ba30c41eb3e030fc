//! What becomes of a transaction between its signature and finality.

use super::journal::Signed;
use super::{Sender, Standing};
use crate::Error;
use crate::endpoint::answer::Place;
use crate::endpoint::{At, Handed};

/// After so long in no block the same bytes are handed in again, in milliseconds: a server may have
/// forgotten them.
const AGAIN_MS: u64 = 30_000;
/// Most outcomes that wait to be asked about; what is not told is on the chain all the same.
const MOST_OUTCOMES: usize = 64;

impl Sender {
    /// Looks for the receipt of any version. True once the transaction is done with: it stands in a
    /// final block, or another one has used its nonce there.
    pub(super) fn look(&mut self, nonce: u64, last: Place) -> Result<bool, Error> {
        let Some(flight) = self.flights.get(&nonce) else {
            return Ok(true);
        };
        let mut found = None;
        for version in flight.versions.iter().rev() {
            found = self.endpoint.receipt(version.hash)?;
            if found.is_some() {
                break;
            }
        }
        let Some(included) = found else {
            return self.gone(nonce, last);
        };
        let is_final = included.place.height <= last.height
            && self.endpoint.stands(included.place)? == Some(true);
        if is_final {
            self.floor = self.floor.max(nonce + 1);
        }
        if is_final && included.success {
            self.journal.finish(nonce, None)?;
            if let Some(flight) = self.flights.remove(&nonce) {
                if self.outcomes.len() >= MOST_OUTCOMES {
                    self.outcomes.pop_first();
                }
                self.outcomes.insert(flight.order.label, included);
            }
            self.problems.remove(&nonce);
            return Ok(true);
        }
        if is_final {
            return self.fail(nonce, "it was included and reverted");
        }
        self.problems.remove(&nonce);
        if let Some(flight) = self.flights.get_mut(&nonce) {
            flight.standing = Standing::Mined(included);
        }
        Ok(false)
    }

    /// No version is in a block. That another transaction has used the nonce is believed once the
    /// block in which that was seen is final.
    fn gone(&mut self, nonce: u64, last: Place) -> Result<bool, Error> {
        let used = self.endpoint.nonce(self.address(), At::Latest)? > nonce;
        let newest = match used {
            true => self.endpoint.block(At::Latest)?,
            false => None,
        };
        let Some(flight) = self.flights.get_mut(&nonce) else {
            return Ok(true);
        };
        flight.standing = Standing::Waiting;
        let Some(newest) = newest else {
            flight.used_at = None;
            return Ok(false);
        };
        let height = *flight.used_at.get_or_insert(newest.place.height);
        match last.height >= height {
            true => self.fail(nonce, "another transaction of this key has its nonce"),
            false => Ok(false),
        }
    }

    fn fail(&mut self, nonce: u64, why: &str) -> Result<bool, Error> {
        let Some(flight) = self.flights.get(&nonce) else {
            return Ok(true);
        };
        let order = flight.order.clone();
        self.journal.finish(nonce, Some(&order))?;
        self.flights.remove(&nonce);
        let label = order.label.clone();
        self.problems
            .insert(nonce, format!("`{label}` came to nothing: {why}"));
        self.settled.insert(label, order);
        Ok(true)
    }

    /// Moves on what waits: the oldest becomes dearer when it is stuck, all are handed in again.
    pub(super) fn push(&mut self, nonce: u64, oldest: bool, now_ms: u64) -> Result<(), Error> {
        let Some(flight) = self.flights.get(&nonce) else {
            return Ok(());
        };
        let stuck = now_ms.saturating_sub(flight.signed_ms) >= self.rule.stuck_ms;
        let handed = flight.handed_ms;
        if oldest && stuck && handed.is_some() {
            self.replace(nonce, now_ms)?;
        }
        let handed = self.flights.get(&nonce).and_then(|it| it.handed_ms);
        let due = handed.is_none_or(|handed| now_ms.saturating_sub(handed) >= AGAIN_MS);
        if due {
            self.hand_in(nonce, now_ms);
        }
        Ok(())
    }

    /// Signs the same again at a fee that nodes take in the place of the last one.
    fn replace(&mut self, nonce: u64, now_ms: u64) -> Result<(), Error> {
        let flight = self.flights.get(&nonce);
        let Some(last) = flight.and_then(|flight| flight.versions.last()).cloned() else {
            return Ok(());
        };
        let label = &last.order.label;
        let dearer = match self.rule.dearer(&self.endpoint, last.fee) {
            Ok(dearer) => dearer,
            // What gas costs keeps nothing else from being looked at.
            Err(error) => {
                let why = format!("`{label}` is stuck: {error}");
                self.problems.insert(nonce, why);
                return Ok(());
            }
        };
        let Some(fee) = dearer else {
            let most = self.rule.most_wei_per_gas;
            let why = format!(
                "`{label}` is stuck at the highest fee that is allowed, {most} wei per gas\nhint: \
                 wait, or raise `chain.max_fee_gwei`"
            );
            self.problems.insert(nonce, why);
            return Ok(());
        };
        let Signed { order, gas, .. } = last;
        let signed = self.signed(&order, (nonce, gas), fee, now_ms)?;
        self.journal.sign(&signed)?;
        self.note(signed, None);
        self.hand_in(nonce, now_ms);
        Ok(())
    }

    /// Hands the newest version in, and an older one where the newest is refused, as it is where
    /// the account has run out. What the server says is noted and changes nothing else: the receipt
    /// is what counts.
    pub(super) fn hand_in(&mut self, nonce: u64, now_ms: u64) {
        let Some(flight) = self.flights.get_mut(&nonce) else {
            return;
        };
        let label = &flight.order.label;
        let mut problem = None;
        for version in flight.versions.iter().rev() {
            match self.endpoint.hand_in(&version.raw) {
                Ok(Handed::Taken | Handed::NonceUsed) => {
                    problem = None;
                    break;
                }
                Ok(Handed::Refused(why)) => {
                    problem.get_or_insert_with(|| format!("`{label}` was not taken: {why}"));
                }
                Err(error) => {
                    problem = Some(format!("`{label}` may not have arrived: {error}"));
                    break;
                }
            }
        }
        flight.handed_ms = Some(now_ms);
        match problem {
            Some(problem) => self.problems.insert(nonce, problem),
            None => self.problems.remove(&nonce),
        };
    }
}
