//! Creations, starts and takeovers: what a process finds is held against what was promised.
use std::ops::Range;

use sequencer::Record;
use store::error::Error;
use store::{Kind, Store, Stored};

use super::{Backup, Life, Outcome};
use crate::bucket::SimBucket;
use crate::fault::Fault;
use crate::planted::Bug;
use crate::truth::{Violation, hold};
use crate::writer::{Failed, Writer, files_of};

const KEPT: &str = "acknowledged entries are kept";

impl Life {
    /// Starts the process of a machine, or creates the log where there is none.
    pub(super) fn start(&mut self, at: usize) -> Outcome {
        if self.random.chance(200_000) {
            let calls = u64::from(self.random.below(60));
            let fault = self
                .random
                .pick(&[Fault::Crash, Fault::Crash, Fault::Error]);
            self.machines[at].faults.arm(calls, fault);
        }
        if self.truth.size() == 0 && self.machines[0].disk_is_blank() {
            return self.create();
        }
        self.backfill_disks();
        if self.machines[at].disk_is_blank() {
            return Ok("it waits for its secrets".to_owned());
        }
        let failures = self.machines[at].faults.failures();
        let place = self.machines[at].place(self.bug);
        for (other, machine) in self.machines.iter_mut().enumerate() {
            machine.is_replaced = other != at && machine.writer.is_some();
        }
        match Writer::open(&place, self.bug) {
            Ok(writer) => self.arrive(at, writer),
            Err(Failed::Store(error)) => {
                let halted = self.halt(at, failures, error)?;
                self.give_space(at);
                Ok(halted)
            }
            Err(Failed::Entry(seq, rejection)) => {
                let injected = self.machines[at].faults.failures() > failures;
                hold(injected, "replay equals live", || {
                    format!("entry {seq} is refused: {rejection}")
                })?;
                self.machines[at].stop(false);
                Ok(format!("entry {seq} could not be read"))
            }
        }
    }

    /// An operator frees space before the next try.
    fn give_space(&mut self, at: usize) {
        let machine = &mut self.machines[at];
        if machine.is_full {
            machine.disk.leave_free(None);
            machine.is_full = false;
        }
    }

    fn create(&mut self) -> Outcome {
        let failures = self.machines[0].faults.failures();
        match Writer::create(&self.machines[0].place(self.bug), self.bug) {
            Ok(writer) => {
                self.machines[0].writer = Some(writer);
                let image = self.machines[0].disk.durable();
                for machine in &mut self.machines[1..] {
                    machine.disk.restore(&image);
                }
                Ok("the log is created".to_owned())
            }
            Err(error) => self.halt(0, failures, error),
        }
    }

    /// A process has come up: it must find all that was promised, and no more than one batch
    /// beyond it.
    fn arrive(&mut self, at: usize, writer: Writer) -> Outcome {
        let size = writer.store.head().size;
        if self.machines[at].faults.is_dead() {
            return Ok("it comes up and dies".to_owned());
        }
        let was_quiet = self.machines[at].faults.set_quiet(true);
        let checked = self.check_found(&writer);
        self.machines[at].faults.set_quiet(was_quiet);
        checked?;
        let witnessed = self.witness.size();
        hold(witnessed <= size, "the witness knows no longer log", || {
            format!("it has cosigned {witnessed} entries, {size} are here")
        })?;
        self.machines[at].writer = Some(writer);
        self.check_durable(at, 200_000)?;
        Ok(format!("{} has {size} entries", self.machines[at].name))
    }

    /// A standby is provisioned with the secrets of the first machine, once there are any.
    fn backfill_disks(&mut self) {
        let blank = |machine: &crate::machine::Machine| machine.disk_is_blank();
        let (first, others) = self.machines.split_at(1);
        for machine in others.iter().filter(|machine| blank(machine)) {
            machine.disk.restore(&first[0].disk.durable());
        }
    }

    fn check_found(&mut self, writer: &Writer) -> Result<(), Violation> {
        let broken = |error: Error| Violation::new(KEPT, error);
        let size = writer.store.head().size;
        let promised = self.truth.size();
        hold(size >= promised, KEPT, || {
            format!("{size} entries are there of {promised}")
        })?;
        self.take_limbo(writer, promised..size)?;
        let mut seq = 0;
        for stored in writer.store.entries(0..size).map_err(broken)? {
            let stored = stored.map_err(broken)?;
            let kept = &self.truth.kept[seq];
            let same_entry = stored.entry == kept.record.entry;
            let same_body = kept.erased || stored.body.as_ref() == Some(&kept.record.body);
            hold(same_entry && same_body, KEPT, || {
                format!("entry {seq} has changed")
            })?;
            let beside = files_of(&kept.record);
            for (hash, bytes) in stored.attachments.iter().zip(beside) {
                let read = writer.store.attachments().read(hash).map_err(broken)?;
                hold(read == *bytes, KEPT, || {
                    format!("a file of entry {seq} has changed")
                })?;
            }
            let counts = (stored.attachments.len(), beside.len());
            hold(counts.0 == counts.1, KEPT, || {
                format!("a file of entry {seq} is lost")
            })?;
            seq += 1;
        }
        hold(seq as u64 == size, KEPT, || {
            format!("only {seq} of {size} entries read")
        })?;
        let root = self.truth.root(size);
        hold(root == Some(writer.store.head().root), KEPT, || {
            "the tree has another root".to_owned()
        })?;
        let state = writer.sequencer.state();
        let rounds = state.campaigns.iter().flat_map(|it| &it.rounds);
        for round in rounds.filter(|round| !round.forgotten) {
            let openings = round
                .openings
                .map(|hash| writer.store.openings().read(&hash.0));
            let read = openings.transpose().map_err(broken)?;
            hold(read != Some(None), KEPT, || {
                "the openings of a round are lost".to_owned()
            })?;
        }
        hold(state.size == size, "replay equals live", || {
            format!("the state is after {} entries of {size}", state.size)
        })?;
        self.truth.check_state(state)
    }

    /// What is there beyond the promises is one batch that was sent and not answered.
    fn take_limbo(&mut self, writer: &Writer, news: Range<u64>) -> Result<(), Violation> {
        let entries = writer.store.entries(news).and_then(Iterator::collect);
        let found: Vec<Stored> = entries.map_err(|error| Violation::new(KEPT, error))?;
        let limbo = std::mem::take(&mut self.truth.limbo);
        let is_found = |batch: &Vec<Record>| {
            let sent = batch.iter().map(|record| &record.entry);
            sent.eq(found.iter().map(|stored| &stored.entry))
        };
        let batch = limbo.into_iter().find(is_found).unwrap_or_default();
        hold(batch.len() == found.len(), KEPT, || {
            format!("{} entries are there that nobody has sent", found.len())
        })?;
        let mut records = batch.into_iter();
        records.try_for_each(|record| self.truth.extend(record))
    }

    /// Another process starts while one is running: on the same machine the lock keeps it out, on
    /// another machine it takes over.
    pub(super) fn second_start(&mut self, at: usize) -> Outcome {
        let idle = (0..self.machines.len()).find(|other| self.machines[*other].writer.is_none());
        if let Some(other) = idle {
            return self.start(other);
        }
        if self.machines.len() > 1 {
            return Ok("both are running".to_owned());
        }
        let failures = self.machines[at].faults.failures();
        match Store::open(&self.machines[at].place(self.bug)) {
            Err(error) if error.kind == Kind::Unavailable => Ok("the lock holds".to_owned()),
            Err(error) => self.halt(at, failures, error),
            Ok(_) => Err(Violation::new("one writer", "a second process got in")),
        }
    }

    /// An old backup is put in place and started: the witness must keep it from signing. Then the
    /// operator finds the right disk again.
    pub(super) fn restore_old(&mut self, _: usize) -> Outcome {
        let Some(backup) = self.backup.take() else {
            return Ok("there is none".to_owned());
        };
        if self.witness.size() <= backup.size || backup.size == 0 {
            return Ok("nobody could tell it from the log".to_owned());
        }
        self.machines
            .iter_mut()
            .for_each(|machine| machine.stop(true));
        let now = Backup {
            size: self.truth.size(),
            disks: self.machines.iter().map(|it| it.disk.durable()).collect(),
            objects: self.machines[0].bucket.as_ref().map(SimBucket::objects),
        };
        self.give_space(0);
        self.put_back(&backup);
        self.machines[0].faults.set_quiet(true);
        let opened = Writer::open(&self.machines[0].place(self.bug), self.bug);
        let tried = match opened {
            Ok(writer) => self.go_on_from(writer),
            Err(Failed::Store(error)) => Err(Violation::new("a backup opens", error)),
            Err(Failed::Entry(seq, _)) => Err(Violation::new("a backup opens", seq)),
        };
        self.machines[0].faults.set_quiet(false);
        self.machines[0].stop(false);
        self.put_back(&now);
        tried?;
        Ok(format!(
            "{} entries of {} are refused",
            backup.size, now.size
        ))
    }

    /// What a process does that has opened an old log: it asks the witness first.
    fn go_on_from(&mut self, mut writer: Writer) -> Result<(), Violation> {
        let size = writer.store.head().size;
        if self.witness.size() > size && self.bug != Some(Bug::RollbackAccepted) {
            return Ok(());
        }
        let now_ms = self.machines[0].now_ms(self.true_ms);
        let state = writer.sequencer.state();
        let offer = self.clients.next(state, now_ms, &mut self.random);
        if let Some(offer) = offer.and_then(|offer| ledger::Verified::check(offer).ok()) {
            let admitted = writer.admit(now_ms, offer);
            if admitted.is_ok_and(|admission| admission.is_ok()) {
                let batch = writer.take_batch();
                writer.append(&batch).ok();
            }
        }
        self.truth.sign(&writer.store.head())?;
        Ok(())
    }

    fn put_back(&mut self, backup: &Backup) {
        for (machine, image) in self.machines.iter().zip(&backup.disks) {
            machine.disk.restore(image);
        }
        if let (Some(bucket), Some(objects)) = (&self.machines[0].bucket, &backup.objects) {
            bucket.restore(objects);
        }
    }
}
