//! Rules of a campaign: what is collected of a contributor, when it is too much, what follows.
//!
//! A rule says what happens to somebody who works too fast or against what is known. It gives and
//! takes no money: what a block earns is the ledger's to say.

pub mod fault;
mod judge;
#[cfg(test)]
mod tests;
mod words;

pub use fault::faults;
pub use judge::{Fired, Judge, Seen};

use serde::{Deserialize, Serialize};

/// Most rules of one campaign.
pub const MOST: usize = 32;

/// A line of a campaign's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is measured.
    pub collector: Collector,
    /// On which side of `value` it fires.
    pub is: Compare,
    /// The line, in the collector's unit.
    pub value: u64,
    /// Observations without which the rule says nothing; it fires again only after as many more,
    /// ten at least.
    #[serde(default = "one")]
    pub after: u32,
    /// What follows.
    pub action: Action,
    /// How long a cool-down lasts.
    #[serde(default)]
    pub minutes: u32,
}

/// What is measured of a contributor in the running round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// Share of hidden checks that were right, in ppm; looked at when a block is full.
    GoldPass,
    /// Lower 5 % bound of the accuracy on hidden checks, in ppm; looked at when a block is full.
    GoldBound,
    /// Median time of the last `after` tasks, in milliseconds. Time runs from when the task was
    /// given or the one before it was done, whichever is later.
    TaskTime,
    /// The same, as a share of the median of everybody in the round, in ppm.
    TaskTimeShare,
    /// Answers in a row that were the same.
    SameInRow,
    /// Tasks skipped in a row.
    SkippedInRow,
    /// Tasks whose time ran out.
    Abandoned,
    /// Share of tasks answered as the majority of two or more proven people, in ppm; looked at
    /// when a block is full. Proven are those whose earlier work in the skill shows them skilled.
    Agreement,
}

/// A side of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Less than the value.
    Below,
    /// The value or more.
    AtLeast,
}

/// What a rule does to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Tells them in the player.
    Warn,
    /// One task at a time, and only what others leave.
    LowerPriority,
    /// Has the tasks of their newest block reviewed once they are judged.
    Review,
    /// No tasks for some minutes.
    CoolDown,
    /// No tasks for the rest of the round.
    Pause,
}

impl Collector {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::GoldPass,
        Self::GoldBound,
        Self::TaskTime,
        Self::TaskTimeShare,
        Self::SameInRow,
        Self::SkippedInRow,
        Self::Abandoned,
        Self::Agreement,
    ];

    /// Whether its numbers would tell which tasks are checks while their round runs.
    pub fn is_hidden(self) -> bool {
        matches!(self, Self::GoldPass | Self::GoldBound | Self::Agreement)
    }

    fn is_share(self) -> bool {
        self.is_hidden() || self == Self::TaskTimeShare
    }
}

impl Rule {
    fn holds(&self, value: u64) -> bool {
        match self.is {
            Compare::Below => value < self.value,
            Compare::AtLeast => value >= self.value,
        }
    }

    /// Until when what it does lasts, for one that fires at `now_ms`; 0 for what holds nothing up.
    pub fn until_ms(&self, now_ms: u64) -> u64 {
        match self.action {
            Action::Warn | Action::Review => 0,
            Action::LowerPriority | Action::Pause => u64::MAX,
            Action::CoolDown => now_ms.saturating_add(u64::from(self.minutes) * 60_000),
        }
    }
}

fn one() -> u32 {
    1
}
