//! Runs of the simulator: lives one after another, all from one seed.
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use proof::hash::sha256;

use crate::client::people::People;
use crate::life::{Counts, Life};
use crate::planted::Bug;
use crate::random::Random;
use crate::truth::Violation;

/// Steps that a failure's trace goes back.
const TRACED: usize = 50;

/// Where logs keep their journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// In each life as chance says.
    #[default]
    Either,
    /// On a local disk.
    Disk,
    /// In a bucket that two machines use.
    Bucket,
}

/// How a run differs from the usual one.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where logs keep their journal.
    pub backend: Backend,
    /// After at most so many steps, now and then four times as many, a log is audited and a new one
    /// begun.
    pub life_steps: u32,
    /// A bug to be found, in tests of the simulator itself.
    pub bug: Option<Bug>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            backend: Backend::Either,
            life_steps: 400,
            bug: None,
        }
    }
}

/// What a run without a broken promise has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Steps taken.
    pub steps: u64,
    /// Logs that lived and were audited.
    pub lives: u64,
    /// How often each kind of step was taken.
    pub counts: Counts,
    /// What entries did of what a run is meant to see, such as stakes that were slashed.
    pub seen: Counts,
    /// SHA-256 over every step and its outcome: equal runs have equal ones.
    pub fingerprint: [u8; 32],
}

/// The first broken promise of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The run's seed.
    pub seed: u64,
    /// The step after which it was seen, from 1.
    pub step: u64,
    /// Which promise, and what was seen.
    pub violation: Violation,
    /// The steps before, one line each.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        let Self {
            seed,
            step,
            violation,
            ..
        } = self;
        write!(f, "seed {seed}, step {step}: {violation}")
    }
}

impl std::error::Error for Failure {}

/// What a run has written down.
struct Log {
    step: u64,
    lives: u64,
    counts: Counts,
    seen: Counts,
    fingerprint: [u8; 32],
    trace: VecDeque<String>,
}

/// Takes so many steps and stops at the first broken promise. The same seed does the same on every
/// machine.
pub fn run(seed: u64, steps: u64, settings: Settings) -> Result<Outcome, Box<Failure>> {
    let people = Rc::new(People::new());
    let mut random = Random::new(seed);
    let mut log = Log {
        step: 0,
        lives: 0,
        counts: Counts::new(),
        seen: Counts::new(),
        fingerprint: [0; 32],
        trace: VecDeque::new(),
    };
    while log.step < steps {
        let with_bucket = match settings.backend {
            Backend::Disk => false,
            Backend::Bucket => true,
            Backend::Either => random.chance(500_000),
        };
        // Some live long enough for money to go its whole way: worked for, paid, used, claimed.
        let longer = if random.chance(100_000) { 4 } else { 1 };
        let length = longer * random.between(settings.life_steps / 4, settings.life_steps);
        let length = u64::from(length).min(steps - log.step);
        let mut life = Life::new(people.clone(), random.bits(), with_bucket, settings.bug);
        if let Err(violation) = live(&mut life, length, &mut log) {
            return Err(Box::new(Failure {
                seed,
                step: log.step,
                violation,
                trace: log.trace.into(),
            }));
        }
        log.lives += 1;
    }
    Ok(Outcome {
        steps: log.step,
        lives: log.lives,
        counts: log.counts,
        seen: log.seen,
        fingerprint: log.fingerprint,
    })
}

fn live(life: &mut Life, length: u64, log: &mut Log) -> Result<(), Violation> {
    log.note("life", &format!("number {}", log.lives + 1));
    for _ in 0..length {
        log.step += 1;
        let done = life.step()?;
        *log.counts.entry(done.deed).or_default() += 1;
        log.note(done.deed, &done.outcome);
    }
    let outcome = life.end()?;
    log.note("end", &outcome);
    for (what, count) in life.seen() {
        *log.seen.entry(what).or_default() += count;
    }
    let (time_ms, root) = life.digest();
    log.mix(&[&time_ms.to_be_bytes(), &root.unwrap_or_default()]);
    Ok(())
}

impl Log {
    fn note(&mut self, deed: &str, outcome: &str) {
        self.mix(&[deed.as_bytes(), outcome.as_bytes()]);
        if self.trace.len() == TRACED {
            self.trace.pop_front();
        }
        self.trace
            .push_back(format!("{:>7}  {deed}: {outcome}", self.step));
    }

    fn mix(&mut self, parts: &[&[u8]]) {
        self.fingerprint = sha256(&[&self.fingerprint, parts[0], parts[1]]);
    }
}
