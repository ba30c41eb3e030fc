//! The end of a life: all is well again, everything is published, and outsiders check it.
use audit::Options;
use ledger::State;
use ledger::claims::Owed;
use protocol::{Command, Entry, codec};

use super::{Life, Outcome};
use crate::client::people::SPACE;
use crate::outside::Public;
use crate::truth::{Violation, hold};
use crate::writer::Stored;

const CLAIMS: &str = "claim files";

/// Steps that a healthy log may need until it runs and all is published.
const PATIENCE: usize = 60;

impl Life {
    /// Heals every machine, publishes, and lets reader, auditor and a rebuild from zero agree.
    pub fn end(&mut self) -> Outcome {
        for machine in &mut self.machines {
            machine.stop(false);
            machine.faults.set_quiet(true);
            machine.disk.leave_free(None);
            machine.is_full = false;
            if let Some(bucket) = &machine.bucket {
                bucket.land_all();
            }
        }
        let mut tries = 0;
        while self.machines[0].writer.is_none() || self.truth.size() == 0 {
            self.true_ms += 1;
            let at = 0;
            match self.machines[at].writer {
                None => self.start(at)?,
                Some(_) => self.batch(at)?,
            };
            tries += 1;
            hold(tries < PATIENCE, "a healthy log comes up", || {
                "it does not".to_owned()
            })?;
        }
        while self.published_size < self.truth.size() {
            self.publish(0)?;
            tries += 1;
            hold(tries < 2 * PATIENCE, "a healthy log is published", || {
                format!("{} of {} are", self.published_size, self.truth.size())
            })?;
        }
        self.read(0)?;
        self.follow(0)?;
        self.follower.check(&self.truth)?;
        self.rebuild()?;
        self.audit()
    }

    fn audit(&self) -> Outcome {
        let place = self.machines[0].outside();
        let source = Public::new(place.files());
        let key = &self.people.log_key;
        let report = audit::audit(&source, key, Options::default(), &mut |_| ());
        let report = report.map_err(|fault| {
            let what = format!("{}: {}", fault.code, fault.what);
            Violation::new("an audit agrees", what)
        })?;
        hold(
            report.log_size == self.truth.size(),
            "an audit agrees",
            || format!("it counts {} entries", report.log_size),
        )?;
        Ok(format!("{} entries are audited", report.log_size))
    }

    /// From the first entry to the last, the state is the one that was kept.
    fn rebuild(&mut self) -> Result<(), Violation> {
        let Some(writer) = &self.machines[0].writer else {
            return Ok(());
        };
        let mut state = State::new(SPACE);
        for (seq, kept) in (0u64..).zip(&self.truth.kept) {
            let entry: Entry = codec::decode(&kept.record.entry)
                .map_err(|_| Violation::new("replay equals live", seq))?;
            let events = ledger::decide(&state, &entry, &Stored(&writer.store));
            let events = events.map_err(|rejection| {
                Violation::new("replay equals live", format!("entry {seq}: {rejection}"))
            })?;
            if let Command::CloseEpoch(close) = &entry.signed.submission.command {
                // What a crash kept from being written is made up for, as a node does at a start.
                let owed = Owed::of(&state).map_err(|it| Violation::new(CLAIMS, it))?;
                let file = owed.file(close.epoch, close.root);
                let put = writer
                    .store
                    .claims()
                    .put(close.epoch.0, &|out| write!(out, "{file}"));
                put.map_err(|it| Violation::new(CLAIMS, it))?;
            }
            ledger::apply::apply(&mut state, &entry, &events);
        }
        let live = writer.sequencer.state().root();
        hold(state.root() == live, "replay equals live", || {
            format!("a rebuild of {} entries differs", state.size)
        })?;
        self.truth.check_state(&state)
    }
}
