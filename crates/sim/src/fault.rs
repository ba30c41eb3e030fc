//! What goes wrong on a machine, and when: a countdown over all its calls to disk and bucket.
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::random::Random;

/// What happens once the countdown is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process ends in the middle of the call; no later call of it does anything.
    Crash,
    /// The call fails and the process goes on: an I/O error, a lost answer.
    Error,
}

/// How much of a failed call takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// As if it had never been made.
    Nothing,
    /// A part, where a call has parts; else nothing.
    Part,
    /// All of it: only the answer is lost.
    Whole,
    /// All of it, some calls later: only a bucket does this.
    Late,
}

/// How often the calls of a machine fail by themselves, in parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Calls to the bucket whose answer is lost.
    pub lost_ppm: u32,
    /// Calls to the bucket that it refuses, as if permission were withdrawn.
    pub denied_ppm: u32,
}

/// The faults of one machine, shared by its disk and its end of the bucket.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug)]
struct Plan {
    random: Random,
    calls: u64,
    failures: u64,
    armed: Option<(u64, Fault)>,
    dead: bool,
    quiet: bool,
    rates: Rates,
}

/// What a call has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Works,
    Fails(Effect),
}

impl Faults {
    /// No faults until some are armed; whatever they then do follows from the seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Plan {
            random: Random::new(seed),
            calls: 0,
            failures: 0,
            armed: None,
            dead: false,
            quiet: false,
            rates: Rates::default(),
        })))
    }

    /// Lets the call after `calls` more meet a fault.
    pub fn arm(&self, calls: u64, fault: Fault) {
        self.plan().armed = Some((calls, fault));
    }

    /// Takes back what was armed and has not happened.
    pub fn disarm(&self) {
        self.plan().armed = None;
    }

    /// Sets how often calls to the bucket fail by themselves.
    pub fn set_rates(&self, rates: Rates) {
        self.plan().rates = rates;
    }

    /// Lets every call work while it is set, as when somebody else looks; gives what it was.
    pub fn set_quiet(&self, quiet: bool) -> bool {
        std::mem::replace(&mut self.plan().quiet, quiet)
    }

    /// Whether the process has met its crash.
    pub fn is_dead(&self) -> bool {
        self.plan().dead
    }

    /// Starts a new process on the machine.
    pub fn revive(&self) {
        let mut plan = self.plan();
        plan.dead = false;
        plan.armed = None;
    }

    /// Calls made so far, failed ones included.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// Calls that have failed by these faults so far.
    pub fn failures(&self) -> u64 {
        self.plan().failures
    }

    /// One call to the disk; `Err` where there is no process any more.
    pub(crate) fn disk_turn(&self) -> io::Result<Turn> {
        let mut plan = self.plan();
        match plan.countdown()? {
            Some(effect) => Ok(Turn::Fails(effect)),
            None => Ok(Turn::Works),
        }
    }

    /// One call to the bucket; also says whether it is refused for want of permission.
    pub(crate) fn bucket_turn(&self) -> io::Result<(Turn, bool)> {
        let mut plan = self.plan();
        if let Some(effect) = plan.countdown()? {
            return Ok((Turn::Fails(effect), false));
        }
        let rates = match plan.quiet {
            true => Rates::default(),
            false => plan.rates,
        };
        if rates.denied_ppm > 0 && plan.random.chance(rates.denied_ppm) {
            plan.failures += 1;
            return Ok((Turn::Fails(Effect::Nothing), true));
        }
        if rates.lost_ppm > 0 && plan.random.chance(rates.lost_ppm) {
            plan.failures += 1;
            let effects = [Effect::Nothing, Effect::Whole, Effect::Whole, Effect::Late];
            let effect = plan.random.pick(&effects);
            return Ok((Turn::Fails(effect), false));
        }
        Ok((Turn::Works, false))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().expect("one thread, and no panic inside")
    }
}

impl Plan {
    fn countdown(&mut self) -> io::Result<Option<Effect>> {
        if self.dead {
            return Err(io::Error::other("the process has ended"));
        }
        self.calls += 1;
        if self.quiet {
            return Ok(None);
        }
        match &mut self.armed {
            Some((0, fault)) => {
                self.dead = *fault == Fault::Crash;
                self.armed = None;
                self.failures += 1;
                let effects = [Effect::Nothing, Effect::Part, Effect::Whole, Effect::Late];
                Ok(Some(self.random.pick(&effects)))
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(None)
            }
            None => Ok(None),
        }
    }
}
