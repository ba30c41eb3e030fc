//! An epoch on one of the chains: posted, debited, final, released.

use crate::Error;
use crate::deposit::amount;
use crate::door::Door;
use crate::office::{Office, Role};
use crate::settling::Stop;
use chain::Backend as _;
use chain::escrow::{DEBITS_PER_TX, Debit};
use chain::settlement::{Post, Status, Total};
use ledger::State;
use ledger::chain::{FIRST, Site};
use protocol::chain::FurtherChain;
use protocol::{Amount, ChainIndex, Command, EpochId, Rejection};
use std::collections::{BTreeMap, BTreeSet};
use store::PublicLog;
use store::claims::Claims;

/// How far an epoch has come on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// At its end.
    Through,
    /// On its way.
    Waits,
    /// It goes no further, nor does all that would be posted upon it.
    Stopped(Stop),
}

impl<D: Door> Office<D> {
    /// Third step: the log is published up to the epoch, then its root goes to the contract.
    /// Returns the gas used.
    pub fn post_epoch(&mut self, id: EpochId) -> Result<u64, Error> {
        self.post_on(FIRST, id)
    }

    /// [`Office::post_epoch`] on any of the chains. What is signed is the same on all of them, and
    /// at each try: it follows from the log. Two different statements would cost the bond.
    pub fn post_on(&mut self, chain: ChainIndex, id: EpochId) -> Result<u64, Error> {
        let (log_size, checkpoint_root) = self.log_of(chain, id)?;
        let data_hash = Claims::new(self.door.files()).digest(id.0)?;
        let missing = || {
            Error::Corrupt(format!(
                "the file `claims/{id}.json` is missing\nhint: restore it from a backup or a copy \
                 of the public log"
            ))
        };
        let data_hash = data_hash.ok_or_else(missing)?;
        let (root, log_time_ms, totals) = {
            let state = self.door.state();
            let site = state.site(chain);
            let found = state.epoch(id).zip(site);
            let (epoch, site) = found.ok_or_else(unknown)?;
            (epoch.root.0, epoch.time_ms, totals(&state, &site, id))
        };
        let poster = self.signer(chain, Role::Post);
        let on = self.on_mut(chain)?;
        let post = Post {
            id: id.0,
            parent: on.head()?,
            root,
            totals,
            checkpoint_root,
            log_size,
            log_time_ms,
            data_hash,
        };
        Ok(on.post(&poster, &post)?.gas_used)
    }

    /// Size and root of the log under an epoch: those with the entry that closed it. An epoch from
    /// before a chain joined may have been posted over a longer log by an earlier version, so what
    /// the first chain has counts there, or what was signed for it and is on its way. What was
    /// never signed for the first chain will be as this version signs it.
    fn log_of(&mut self, chain: ChainIndex, id: EpochId) -> Result<(u64, [u8; 32]), Error> {
        let head = self.door.publish()?.head;
        let (size, is_earlier) = {
            let state = self.door.state();
            let epoch = state.epoch(id).ok_or_else(unknown)?;
            let since = state.site(chain).map_or(0, |site| site.since);
            (epoch.log_size, id.0 <= since)
        };
        if is_earlier {
            if let Some(posted) = self.chain.posted(id.0)? {
                return Ok((posted.post.log_size, posted.post.checkpoint_root));
            }
            let poster = self.signer(FIRST, Role::Post).address();
            let is_signed = self.chain.status(id.0)?.is_some()
                || self
                    .chain
                    .devnet
                    .earlier(poster, &format!("post {id}"))
                    .is_some();
            if is_signed {
                let why = format!("epoch {id} waits for its post on the first chain");
                return Err(Error::Chain(chain::Error::waiting(why)));
            }
        }
        let log = PublicLog::new(self.door.files());
        Ok((size, log.root_at(size, &head)?))
    }

    /// Fourth step: what the epoch owes is taken out of deposits, unless it has been already.
    /// Returns the sum over all deposits.
    pub fn debit_epoch(&mut self, id: EpochId) -> Result<Amount, Error> {
        self.debit_on(FIRST, id)
    }

    /// [`Office::debit_epoch`] on any of the chains, of its own deposits. Behind the end of the
    /// window the contract takes nothing more, and nothing is sent.
    pub fn debit_on(&mut self, chain: ChainIndex, id: EpochId) -> Result<Amount, Error> {
        let owed = self.owed(chain, id);
        let lacking = self.lacking(chain, id)?;
        let mut open: BTreeSet<u64> = lacking.iter().map(|debit| debit.id).collect();
        let unshown = self.unshown(chain, id, &open)?;
        open.retain(|deposit| !unshown.contains(deposit));
        // Parts follow from the log alone, so that none is ever taken under two names.
        for (part, owed) in owed.chunks(DEBITS_PER_TX).enumerate() {
            // Of what nobody takes back the server need not be asked again at each look.
            let open = owed.iter().filter(|it| open.contains(&it.id)).copied();
            let missing = self.missing((chain, id), &open.collect::<Vec<_>>())?;
            if !missing.is_empty() && !self.is_over(chain, id)? {
                let debitor = self.signer(chain, Role::Debit);
                let on = self.on_mut(chain)?;
                on.debit_part(&debitor, (id.0, part), &missing)?;
            }
        }
        amount(owed.iter().map(|debit| debit.amount).sum())
    }

    /// What an epoch owes out of the deposits of a chain.
    fn owed(&self, chain: ChainIndex, id: EpochId) -> Vec<Debit> {
        let state = self.door.state();
        let debits = state.epoch(id).map_or(&[][..], |epoch| &epoch.debits);
        let numbered = debits.iter().map(|(fund, amount)| {
            let (on, number) = state.number_of(*fund);
            let amount = amount.units();
            (on, Debit { id: number, amount })
        });
        let own = numbered.filter(|(on, _)| *on == chain);
        own.map(|(_, debit)| debit).collect()
    }

    /// What an epoch owes out of the deposits of a chain and has not got, as far as nobody takes it
    /// back. As long as a final one lacks anything, the pot holds less than the log would make
    /// payable, and no later root could be posted.
    pub(crate) fn lacking(&self, chain: ChainIndex, id: EpochId) -> Result<Vec<Debit>, Error> {
        let mut owed = self.owed(chain, id);
        if !owed.is_empty() {
            let got = self.on(chain)?.got(id.0)?;
            owed.retain(|debit| got.get(&debit.id).is_none_or(|units| *units < debit.amount));
        }
        Ok(owed)
    }

    /// Whether the window of an open epoch has ended by the chain's own clock.
    pub(crate) fn is_over(&mut self, chain: ChainIndex, id: EpochId) -> Result<bool, Error> {
        let ready_s = self.on(chain)?.ready_at_s(id.0)?;
        Ok(self.chain_now_s(chain)? >= ready_s)
    }

    /// What of this no debit has taken. Of a disputed one the contract takes nothing more.
    pub(crate) fn missing(
        &self,
        (chain, id): (ChainIndex, EpochId),
        owed: &[Debit],
    ) -> Result<Vec<Debit>, Error> {
        let on = self.on(chain)?;
        let ids: Vec<u64> = owed.iter().map(|debit| debit.id).collect();
        let taken = on.debits_of(id.0, &ids)?;
        let taken: BTreeMap<u64, u128> = taken.iter().map(|it| (it.id, it.amount)).collect();
        let mut missing = Vec::new();
        for debit in owed {
            let before = taken.get(&debit.id).copied().unwrap_or(0);
            let amount = debit.amount.saturating_sub(before);
            if amount > 0 && (before > 0 || !on.is_disputed(id.0, debit.id)?) {
                missing.push(Debit {
                    id: debit.id,
                    amount,
                });
            }
        }
        Ok(missing)
    }

    /// Fifth step: when the window has passed the epoch is final; false where it has not.
    pub fn finalize_epoch(&mut self, id: EpochId) -> Result<bool, Error> {
        self.finalize_on(FIRST, id)
    }

    fn finalize_on(&mut self, chain: ChainIndex, id: EpochId) -> Result<bool, Error> {
        if self.on(chain)?.status(id.0)? == Some(Status::Final) {
            return Ok(true);
        }
        let ready_ms = (self.on(chain)?.ready_at_s(id.0)? + 1) * 1_000;
        if !self.door.reach(ready_ms) || !self.chain_reaches(chain, ready_ms)? {
            return Ok(false);
        }
        self.follow_time_on(chain)?;
        let relay = self.signer(chain, Role::Relay);
        self.on_mut(chain)?.finalize(&relay, id.0)?;
        Ok(true)
    }

    /// Whether another's chain has come to a time by its own clock; the devnet goes by ours.
    fn chain_reaches(&mut self, chain: ChainIndex, time_ms: u64) -> Result<bool, Error> {
        match self.on_mut(chain)?.devnet.remote() {
            None => Ok(true),
            Some(remote) => Ok(remote.now_s()?.saturating_mul(1_000) >= time_ms),
        }
    }

    /// Sixth step: the contracts move the debits into the pot. The log's note of it comes last.
    pub fn release_epoch(&mut self, id: EpochId) -> Result<(), Error> {
        self.release_on(FIRST, id)
    }

    fn release_on(&mut self, chain: ChainIndex, id: EpochId) -> Result<(), Error> {
        let relay = self.signer(chain, Role::Relay);
        let on = self.on_mut(chain)?;
        let tokens = on.deployment.tokens.clone();
        on.release(&relay, id.0, &tokens)?;
        Ok(())
    }

    /// Makes an epoch final once the challenge window has passed, releases its debits, and notes in
    /// the log that the money is there. What of this is done already is passed over. False where
    /// the window is still open and its end cannot be brought about.
    pub fn finish_epoch(&mut self, id: EpochId) -> Result<bool, Error> {
        self.finish_on(FIRST, id)
    }

    /// [`Office::finish_epoch`] on any of the chains.
    ///
    /// # Errors
    /// Also where the epoch can never be released as the log has it.
    pub fn finish_on(&mut self, chain: ChainIndex, id: EpochId) -> Result<bool, Error> {
        match self.finish(chain, id)? {
            Stand::Through => Ok(true),
            Stand::Waits => Ok(false),
            Stand::Stopped(why) => Err(why.error(id)),
        }
    }

    fn finish(&mut self, chain: ChainIndex, id: EpochId) -> Result<Stand, Error> {
        if !self.finalize_on(chain, id)? {
            return Ok(Stand::Waits);
        }
        // Its note comes last of all, and none comes of an epoch from before the chain joined.
        if id.0 <= self.door.state().released_on(chain) {
            return Ok(Stand::Through);
        }
        if self.on_mut(chain)?.devnet.remote().is_none() {
            self.release_on(chain, id)?;
        } else if !self.on(chain)?.is_released(id.0)? {
            // What the log says stays said: it waits until nobody can take the release back.
            self.release_on(chain, id)?;
            return Ok(Stand::Waits);
        }
        if !self.lacking(chain, id)?.is_empty() {
            if let Some(held) = self.held(chain, id)? {
                return Ok(Stand::Stopped(Stop::Disputed(held)));
            }
            if !self.show_debits(chain, id)? {
                return Ok(Stand::Stopped(Stop::Undebited));
            }
            // On another's chain, until nobody can take it back.
            if !self.lacking(chain, id)?.is_empty() {
                return Ok(Stand::Waits);
            }
        }
        let note = match chain {
            FIRST => Command::NoteRelease(id),
            further => Command::FurtherChain(FurtherChain::Release(further, id)),
        };
        self.operate("note a release", note)?;
        Ok(Stand::Through)
    }

    /// Takes an epoch as far as it can go on a chain now, and to its end only where all before it
    /// are through: the contract makes them final in order.
    pub(crate) fn take_on(
        &mut self,
        chain: ChainIndex,
        id: EpochId,
        is_next: bool,
    ) -> Result<Stand, Error> {
        let status = self.on(chain)?.status(id.0)?;
        match status {
            Some(Status::Vetoed) => return Ok(Stand::Stopped(Stop::Vetoed)),
            Some(Status::Halted) => return Ok(Stand::Stopped(Stop::Halted)),
            Some(_) if !self.is_own(chain, id)? => return Ok(Stand::Stopped(Stop::Foreign)),
            Some(_) => {}
            None => {
                self.post_on(chain, id)?;
            }
        }
        if status != Some(Status::Final) {
            self.debit_on(chain, id)?;
        }
        match is_next {
            true => self.finish(chain, id),
            false => Ok(Stand::Waits),
        }
    }

    /// Whether what stands on a chain under an epoch's number is this log's: one post is looked at
    /// once, as soon as nobody can take it back.
    fn is_own(&mut self, chain: ChainIndex, id: EpochId) -> Result<bool, Error> {
        if id.0 <= self.compared(chain) {
            return Ok(true);
        }
        let Some(posted) = self.on(chain)?.posted(id.0)? else {
            return Ok(true);
        };
        let root = self.door.state().epoch(id).map(|epoch| epoch.root.0);
        let data_hash = Claims::new(self.door.files()).digest(id.0)?;
        let own = Some(posted.post.root) == root && Some(posted.post.data_hash) == data_hash;
        if own {
            self.has_compared(chain, id);
        }
        Ok(own)
    }

    /// The epochs that are not through on a chain.
    pub(crate) fn unfinished(&self, chain: ChainIndex) -> std::ops::RangeInclusive<u64> {
        let state = self.door.state();
        let since = state.site(chain).map_or(0, |site| site.since);
        let through = self.standings[chain.index()].through;
        let done = if through < since {
            through
        } else {
            state.released_on(chain)
        };
        done + 1..=state.epochs.len() as u64
    }
}

/// The totals of an epoch in the tokens of one chain.
fn totals(state: &State, site: &Site<'_>, id: EpochId) -> Vec<Total> {
    let totals = state.epoch(id).map_or(&[][..], |epoch| &epoch.totals);
    let own = totals.iter().filter(|total| site.holds(total.token));
    let named = own.filter_map(|total| {
        Some(Total {
            token: state.token(total.token)?.0,
            amount: total.amount_units.units(),
        })
    });
    named.collect()
}

fn unknown() -> Error {
    Error::Rejected {
        doing: "post an epoch",
        rejection: Rejection::EpochOutOfOrder,
    }
}
