//! The operator's upkeep of a log: its keys give way to others, and what must go is erased.

use crate::door::Order;
use crate::keyring::Duty;
use crate::{Error, Intake, Log};
use protocol::operation::{Erasure, RotateLogKey, RotateOperator, handover_bytes};
use protocol::{AccountId, Command, Rejection, SessionKey, Signature};
use sequencer::{Admission, Verified};
use store::Store;

impl Intake {
    /// Signs and admits a command of the operator.
    pub fn operate(
        &mut self,
        now_ms: u64,
        order: Order,
    ) -> Result<Result<Admission, Rejection>, Error> {
        let mut offer = self.sign_as(Some(AccountId(0)), order.command)?;
        (offer.body, offer.attachments) = (order.body, order.attachments);
        match Verified::check(offer) {
            Ok(offer) => self.admit(now_ms, offer),
            Err(rejection) => Ok(Err(rejection)),
        }
    }

    /// Admits a rotation of a key. The new key is saved first, so that whatever happens the log
    /// never names a key that is lost; a rotation that did not get into the log uses it again.
    pub fn rotate(
        &mut self,
        now_ms: u64,
        duty: Duty,
    ) -> Result<Result<Admission, Rejection>, Error> {
        let place = self.place();
        let mut fresh = [0; 32];
        place.disk.random(&mut fresh);
        let dir = place.dir.clone();
        match duty {
            Duty::Log => {
                let keys = 0..self.state().log_keys.len();
                let used = 1 + keys.filter_map(|at| self.state().rotation(at)).count();
                let seed = self.keys.prepare(&dir, duty, used, fresh)?;
                let key = self.keys.log_signer_of(&seed).verifier().to_string();
                self.operate(now_ms, Command::RotateLogKey(RotateLogKey { key }).into())
            }
            Duty::Operator => {
                let old = SessionKey(self.operator()?.public());
                let used = self.keys.operators_until(&old);
                let seed = self.keys.prepare(&dir, duty, used, fresh)?;
                let new = proof::signature::SessionKey::from_seed(&seed);
                let key = SessionKey(new.public());
                let bytes = handover_bytes(self.keys.space(), old, key);
                let possession = Signature(new.sign(&bytes));
                let rotate = RotateOperator { key, possession };
                let admitted = self.operate(now_ms, Command::RotateOperator(rotate).into())?;
                self.find_nonce();
                Ok(admitted)
            }
        }
    }
}

impl Log {
    /// [`Intake::operate`]; it is in the log after [`Log::commit`].
    pub fn operate(
        &mut self,
        now_ms: u64,
        order: Order,
    ) -> Result<Result<Admission, Rejection>, Error> {
        self.check_whole()?;
        self.intake.operate(now_ms, order)
    }

    /// [`Intake::rotate`]; it is in the log after [`Log::commit`].
    pub fn rotate(
        &mut self,
        now_ms: u64,
        duty: Duty,
    ) -> Result<Result<Admission, Rejection>, Error> {
        self.check_whole()?;
        self.intake.rotate(now_ms, duty)
    }

    /// Lets the log take the name that its keys have, where it has begun anew under another one,
    /// and gives the entry, which is durable. Nothing may be signed under the new name before that.
    pub(crate) fn take_name(&mut self, now_ms: u64) -> Result<Vec<Vec<u8>>, Error> {
        let named = self.state().log_keys.last();
        if named.is_none_or(|key| key.name() == self.keys().origin()) {
            return Ok(Vec::new());
        }
        let key = self.keys().log_key().to_string();
        let rotate = Command::RotateLogKey(RotateLogKey { key });
        if let Err(rejection) = self.operate(now_ms, rotate.into())? {
            return Err(Error::Rejected {
                doing: "go on under another name",
                rejection,
            });
        }
        self.commit()
    }

    /// Finishes erasures whose tombstones stand at `start` or later: a crash may have come between.
    pub(crate) fn erase_again(&mut self, start: u64) -> Result<(), Error> {
        let erased = self.state().erased.iter();
        let recent: Vec<Erasure> = erased
            .filter(|(_, tombstone)| tombstone.seq >= start)
            .map(|(what, _)| *what)
            .collect();
        recent
            .iter()
            .try_for_each(|what| erase(&mut self.store, what))
    }
}

/// Deletes what a tombstone names, which must be durable.
pub(crate) fn erase(store: &mut Store, what: &Erasure) -> Result<(), Error> {
    match what {
        Erasure::Openings(hash) => store.openings().erase(&hash.0)?,
        Erasure::Body(seq) => {
            store.erase_body(*seq)?;
        }
    }
    Ok(())
}
