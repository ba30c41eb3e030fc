//! How far the reading of a chain is, told to whoever waits for it: a slow server is not silent.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use crate::endpoint::PART_MS;
use crate::remote::Time;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The contracts' events are read up to a block.
    Events {
        /// Height of that block.
        read: u64,
        /// Height of the last one.
        last: u64,
    },
    /// The contracts have answered so many questions.
    Answers(u64),
}

/// Tells steps about once a minute, and nothing where all is read sooner.
pub struct Pace {
    time: Arc<dyn Time>,
    tell: Box<dyn Fn(Step)>,
    told_ms: Cell<u64>,
    answers: Cell<u64>,
}

impl Pace {
    /// Begins now.
    pub fn new(time: Arc<dyn Time>, tell: impl Fn(Step) + 'static) -> Self {
        Self {
            told_ms: Cell::new(time.now_ms()),
            tell: Box::new(tell),
            answers: Cell::new(0),
            time,
        }
    }

    pub(super) fn time(&self) -> &dyn Time {
        &*self.time
    }

    /// One more question was answered.
    pub(super) fn answered(&self) {
        self.answers.set(self.answers.get() + 1);
        if self.time.now_ms().saturating_sub(self.told_ms.get()) >= PART_MS {
            self.tell(Step::Answers(self.answers.get()));
        }
    }

    pub(super) fn tell(&self, step: Step) {
        self.told_ms.set(self.time.now_ms());
        (self.tell)(step);
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pace({} answers)", self.answers.get())
    }
}
