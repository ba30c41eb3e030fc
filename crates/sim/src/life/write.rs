//! Steps of a running process: batches, snapshots, erasures.
use ledger::work::Stage;
use ledger::{Offer, Verified};
use proof::merkle::{Frontier, Head, leaf_hash};
use protocol::operation::Erasure;
use protocol::{Command, Hash, Rejection};
use sequencer::{Admission, Batch};
use store::error::Error;
use store::{Kind, Store};

use super::{Life, Outcome};
use crate::client;
use crate::planted::Bug;
use crate::truth::{Violation, hold};
use crate::writer::Writer;

/// Commands of one batch that wait for their answer.
type Sent = Vec<(Offer, u64)>;

impl Life {
    /// Some clients send, and all of them are answered when their batch is durable. A node decides
    /// the next batch while one is on its way to the disk; now and then this does, too.
    pub(super) fn batch(&mut self, at: usize) -> Outcome {
        let Some(mut writer) = self.machines[at].writer.take() else {
            return Ok("nobody is there".to_owned());
        };
        let before = self.machines[at].faults.failures();
        let most = if self.random.chance(300_000) { 2 } else { 1 };
        let mut batches = Vec::new();
        let mut done = Ok(());
        while done.is_ok() && batches.len() < most {
            let mut sent = Sent::new();
            done = self.admit_some(at, &mut writer, &mut sent)?;
            batches.push((writer.take_batch(), sent));
            if writer.is_root_due() {
                break;
            }
        }
        if done.is_ok() {
            done = self.commit_all(&mut writer, &mut batches)?;
        }
        if let Err(error) = done {
            for (offer, _) in batches.into_iter().flat_map(|(_, sent)| sent) {
                self.clients.no_answer(offer);
            }
            drop(writer);
            return self.halt(at, before, error);
        }
        writer.note_root();
        let end = writer.sequencer.durable();
        let wrote = batches.iter().any(|(batch, _)| !batch.records.is_empty());
        if let Some(due) = writer.due_root.filter(|due| due.size == end) {
            self.truth.check_state(writer.sequencer.state())?;
            // A writer that is replaced finds out only once it has something to write.
            hold(!wrote || due.size == self.truth.size(), "entries", || {
                "a batch got lost".into()
            })?;
        }
        self.truth.check_books(writer.sequencer.state())?;
        self.machines[at].writer = Some(writer);
        self.check_durable(at, 60_000)?;
        let sizes = batches.iter().map(|(batch, _)| batch.records.len());
        let sizes: Vec<String> = sizes.map(|size| size.to_string()).collect();
        Ok(format!("{} entries, {end} now", sizes.join(" and ")))
    }

    /// Makes batches durable in order, and answers those who wait for each; behind one that fails
    /// nothing may follow.
    fn commit_all(
        &mut self,
        writer: &mut Writer,
        batches: &mut [(Batch, Sent)],
    ) -> Result<Result<(), Error>, Violation> {
        let mut done = Ok(());
        for (batch, sent) in batches {
            if !batch.records.is_empty()
                && let Err(error) = self.commit(writer, batch)?
            {
                done = Err(error);
                if self.bug == Some(Bug::GoesOnBehindFailure) {
                    continue;
                }
                break;
            }
            for (offer, seq) in sent.drain(..) {
                self.answer(offer, seq)?;
            }
        }
        Ok(done)
    }

    /// An answer to a client names the place where its command stands, for good.
    fn answer(&mut self, offer: Offer, seq: u64) -> Result<(), Violation> {
        let place = self.truth.place(&client::digest(&offer.signed.submission));
        hold(place == Some(seq), "nonces", || {
            format!("a client is told {seq}, its command stands at {place:?}")
        })?;
        self.clients.answer(offer, seq);
        Ok(())
    }

    /// Lets clients send until the batch is full, or the store fails.
    fn admit_some(
        &mut self,
        at: usize,
        writer: &mut Writer,
        sent: &mut Sent,
    ) -> Result<Result<(), Error>, Violation> {
        let now_ms = self.machines[at].now_ms(self.true_ms);
        for _ in 0..self.random.between(1, 6) {
            let state = writer.sequencer.state();
            let root = writer.due_root.take();
            let offer = match root.filter(|_| state.genesis.is_some()) {
                Some(due) => Some(self.clients.post_root(state, due)),
                None => self.clients.next(state, now_ms, &mut self.random),
            };
            let Some(offer) = offer else { continue };
            let verified = Verified::check(offer.clone());
            let verified = verified.map_err(|it| Violation::new("clients sign", it))?;
            let failures = self.machines[at].faults.failures();
            match writer.admit(now_ms, verified) {
                Ok(Ok(Admission::New(seq))) => sent.push((offer, seq)),
                Ok(Ok(Admission::Repeated(seq))) if seq < self.truth.size() => {
                    self.answer(offer, seq)?;
                }
                Ok(Ok(Admission::Repeated(seq))) => sent.push((offer, seq)),
                Ok(Err(Rejection::MissingDocument))
                    if self.machines[at].faults.failures() > failures =>
                {
                    self.clients.no_answer(offer);
                }
                Ok(Err(rule)) => *self.refused.entry(rule.code()).or_default() += 1,
                Err(error) => {
                    self.clients.no_answer(offer);
                    return Ok(Err(error));
                }
            }
            if writer.is_root_due() {
                break;
            }
        }
        Ok(Ok(()))
    }

    /// Makes a batch durable, after which it is promised.
    fn commit(
        &mut self,
        writer: &mut Writer,
        batch: &Batch,
    ) -> Result<Result<(), Error>, Violation> {
        match self.bug {
            Some(Bug::SignedEarly) => self.sign_early(batch)?,
            Some(Bug::FollowerFedEarly) => self.follower.feed(batch),
            Some(Bug::AnsweredEarly) => self.promise(batch)?,
            _ => {}
        }
        self.truth.limbo.push(batch.records.clone());
        let head = match writer.append(batch) {
            Ok(head) => head,
            Err(error) => return Ok(Err(error)),
        };
        self.truth.limbo.pop();
        if self.bug != Some(Bug::AnsweredEarly) {
            self.promise(batch)?;
        }
        let root = self.truth.root(head.size);
        hold(root == Some(head.root), "entries", || {
            format!("the store has another root after {} entries", head.size)
        })?;
        Ok(Ok(()))
    }

    fn promise(&mut self, batch: &Batch) -> Result<(), Violation> {
        let mut records = batch.records.iter().cloned();
        records.try_for_each(|record| self.truth.extend(record))
    }

    fn sign_early(&mut self, batch: &Batch) -> Result<(), Violation> {
        let kept = self.truth.kept.iter().map(|kept| &kept.record);
        let mut frontier = Frontier::default();
        for record in kept.chain(&batch.records) {
            frontier.append(leaf_hash(&record.entry));
        }
        let (size, root) = (frontier.size(), frontier.root());
        self.truth.sign(&Head { size, root })
    }

    /// A process that met an error ends; without a reason for the error, a promise is broken.
    pub(super) fn halt(&mut self, at: usize, failures: u64, error: Error) -> Outcome {
        let machine = &mut self.machines[at];
        let injected = machine.faults.failures() > failures || machine.is_full;
        let excused = match error.kind {
            Kind::Corrupt => machine.is_replaced,
            _ => injected || machine.is_replaced,
        };
        hold(excused, "no failure without a fault", || error.to_string())?;
        let cut = self.random.chance(300_000);
        machine.stop(cut);
        Ok(format!("{} halts: {error}", machine.name))
    }

    /// What a crash would leave now holds all that is promised; looked at this often, as it opens
    /// a copy of the store.
    pub(super) fn check_durable(&mut self, at: usize, ppm: u32) -> Result<(), Violation> {
        let machine = &self.machines[at];
        if !self.random.chance(ppm) {
            return Ok(());
        }
        const DURABLE: &str = "what is promised is durable";
        let opened = Store::open(&machine.durable());
        let (_, recovered) = opened.map_err(|error| Violation::new(DURABLE, error))?;
        let (size, promised) = (recovered.head.size, self.truth.size());
        hold(size >= promised, DURABLE, || {
            format!("a crash would leave {size} of {promised} entries")
        })
    }

    pub(super) fn snapshot(&mut self, at: usize) -> Outcome {
        let failures = self.machines[at].faults.failures();
        let Some(writer) = &self.machines[at].writer else {
            return Ok("nobody is there".to_owned());
        };
        let size = writer.sequencer.state().size;
        if !self.machines[at].is_replaced {
            self.truth.check_state(writer.sequencer.state())?;
        }
        match writer.save_snapshot() {
            Ok(()) => Ok(format!("of the state after {size} entries")),
            Err(error) => self.halt(at, failures, error),
        }
    }

    /// Destroys a private body for good, and says so in the log.
    pub(super) fn erase(&mut self, at: usize) -> Outcome {
        let failures = self.machines[at].faults.failures();
        let size = self.truth.size();
        let seq = self.random.long_below(size);
        let private = self.truth.kept.get(seq as usize);
        let Some(kept) = private.filter(|it| !it.record.body.is_empty() && !it.erased) else {
            return Ok("nothing to erase".to_owned());
        };
        debug_assert!(!kept.erased, "chosen so");
        let Some(writer) = &mut self.machines[at].writer else {
            return Ok("nobody is there".to_owned());
        };
        let state = writer.sequencer.state();
        let tombstone = self.clients.tombstone(state, Erasure::Body(seq));
        let erased = writer.store.erase_body(seq);
        self.truth.kept[seq as usize].erased = true;
        self.clients.no_answer(tombstone);
        match erased {
            Ok(_) => Ok(format!("the body of entry {seq}")),
            Err(error) => self.halt(at, failures, error),
        }
    }

    /// Deletes a sidecar whose tombstone is promised, or asks for the tombstone of another.
    pub(super) fn forget(&mut self, at: usize) -> Outcome {
        let failures = self.machines[at].faults.failures();
        let Some(writer) = &self.machines[at].writer else {
            return Ok("nobody is there".to_owned());
        };
        let (openings, state) = (writer.store.openings(), &self.truth.books.state);
        let rounds = || state.campaigns.iter().flat_map(|campaign| &campaign.rounds);
        for erased in state.erased.keys() {
            let Erasure::Openings(hash) = erased else {
                continue;
            };
            // Rounds in which nobody has worked may open alike here, and one may be newer.
            if rounds().any(|it| !it.forgotten && it.openings == Some(*hash)) {
                continue;
            }
            let deleted = match openings.read(&hash.0) {
                Ok(None) => continue,
                Ok(Some(_)) => openings.erase(&hash.0),
                Err(error) => Err(error),
            };
            return match deleted {
                Ok(()) => Ok(format!("deleted {hash}")),
                Err(error) => self.halt(at, failures, error),
            };
        }
        let settled = state.campaigns.iter();
        let settled = settled.filter(|campaign| campaign.stage == Stage::Settled);
        let whole = settled.flat_map(|campaign| campaign.rounds.iter().filter(|it| !it.forgotten));
        let hashes = whole.filter_map(|round| round.openings);
        // Of what opens alike in several rounds there is one tombstone only.
        let once = |hash: &Hash| !state.erased.contains_key(&Erasure::Openings(*hash));
        let hashes: Vec<Hash> = hashes.filter(once).collect();
        if hashes.is_empty() {
            return Ok("nothing to forget".to_owned());
        }
        let hash = self.random.pick(&hashes);
        let state = writer.sequencer.state();
        let mut tombstone = self.clients.tombstone(state, Erasure::Openings(hash));
        if let Command::Erase(erase) = &tombstone.signed.submission.command
            && let Some(gold) = &erase.gold
        {
            let Ok(units) = writer.store.attachments().read(&gold.units.0) else {
                return Ok("the units cannot be read".to_owned());
            };
            tombstone.attachments.push(units);
        }
        self.clients.no_answer(tombstone);
        Ok(format!("a tombstone of {hash}"))
    }
}
