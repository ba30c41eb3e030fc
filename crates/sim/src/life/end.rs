//! The end of a life: all is well again, everything is published, and outsiders check it.
use audit::Options;

use super::{Life, Outcome};
use crate::outside::Public;
use crate::truth::{Violation, hold};

const CLAIMS: &str = "claim files";

/// Steps that a healthy log may need until it runs and all is published.
const PATIENCE: usize = 60;

impl Life {
    /// Heals every machine, publishes, and lets reader, auditor and books agree.
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
        self.check_whole()?;
        self.clients.check_noted(self.truth.books.redemptions())?;
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

    /// The state is the one of the books, which were kept from the first entry on.
    fn check_whole(&mut self) -> Result<(), Violation> {
        let Some(writer) = &self.machines[0].writer else {
            return Ok(());
        };
        for (epoch, file) in (1..).zip(&self.truth.books.claims) {
            // What a crash kept from being written is made up for, as a node does at a start.
            let claims = writer.store.claims();
            let put = claims.put(epoch, &|out| out.write_all(file));
            put.map_err(|it| Violation::new(CLAIMS, it))?;
        }
        let live = writer.sequencer.state();
        hold(live.size == self.truth.size(), "replay equals live", || {
            format!("the state is after {} entries", live.size)
        })?;
        self.truth.check_state(live)
    }
}
