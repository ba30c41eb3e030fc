//! Rules and their firings in words, for those who set them and those they are set for.

use super::{Action, Collector, Compare, Rule};

impl Collector {
    /// Its name for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::GoldPass => "hidden checks right",
            Self::GoldBound => "accuracy on hidden checks, lower bound",
            Self::TaskTime => "time per task",
            Self::TaskTimeShare => "time per task, of everybody's",
            Self::SameInRow => "same answer in a row",
            Self::SkippedInRow => "skipped in a row",
            Self::Abandoned => "tasks whose time ran out",
            Self::Agreement => "agreement with proven people",
        }
    }

    /// A value in the collector's unit, as people read it.
    pub fn shown(self, value: u64) -> String {
        match self {
            Self::TaskTime => format!("{}.{} s", value / 1_000, value % 1_000 / 100),
            _ if self.is_share() => format!("{}.{} %", value / 10_000, value % 10_000 / 1_000),
            _ => value.to_string(),
        }
    }
}

impl Action {
    /// What it means for whom it hits.
    pub fn words(self) -> &'static str {
        match self {
            Self::Warn => "a warning",
            Self::LowerPriority => "one task at a time, and only what others leave",
            Self::Review => "the newest block goes to review",
            Self::CoolDown => "no tasks for a while",
            Self::Pause => "no tasks for the rest of the round",
        }
    }
}

impl Rule {
    /// The rule in one line.
    pub fn words(&self) -> String {
        let side = match self.is {
            Compare::Below => "below",
            Compare::AtLeast => "at least",
        };
        let (what, line) = (self.collector.words(), self.collector.shown(self.value));
        let mut then = self.action.words().to_owned();
        if self.action == Action::CoolDown {
            then = format!("no tasks for {} minutes", self.minutes);
        }
        format!("{what} {side} {line} after {}: {then}", self.after)
    }

    /// What the requester is told of a firing.
    pub fn evidence(&self, value: u64, count: u32) -> String {
        let (what, shown) = (self.collector.words(), self.collector.shown(value));
        format!("{what} {shown} of {count}")
    }

    /// What whom it hits is told. While the round runs, numbers about hidden checks would tell
    /// which tasks they are: so nothing but the kind of rule is said of them then.
    pub fn told(&self, value: u64, count: u32, is_over: bool) -> String {
        let then = self.action.words();
        if self.collector.is_hidden() && !is_over {
            return format!("A quality check of your finished blocks led to this: {then}.");
        }
        format!(
            "{}, which led to this: {then}.",
            self.evidence(value, count)
        )
    }
}
