//! How a campaign deals with people: rules, qualification, training, review.
//!
//! None of it is a promise of the log.

use super::Draft;
use super::fault::Check;
use crate::level::Level;
use crate::rule::{self, Rule};
use protocol::brief::Kind;
use serde::{Deserialize, Serialize};

/// Settings of a campaign that the desk keeps to, beside what the ledger is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conduct {
    /// What happens to whom works too fast, skips too much, or against what is known.
    pub rules: Vec<Rule>,
    /// Known answers are told after each task, and all work is paid its flat price, as nothing
    /// judges it.
    pub training: bool,
    /// In a training campaign: the lower bound of the accuracy, in ppm, below which somebody is
    /// screened out. Elsewhere: what `screening` must have shown.
    pub screening_ppm: u32,
    /// The training campaign in which a contributor must have shown that.
    pub screening: Option<u32>,
    /// Lowest level with which somebody is given tasks, by the evidence of requesters that the
    /// campaign trusts.
    pub least_level: Level,
    /// Part of the judged tasks that go to review, drawn at random, in ppm.
    pub review_share_ppm: u32,
    /// Probability of a label below which its task goes to review, in ppm; 0 none.
    pub review_below_ppm: u32,
    /// Accounts that may review besides the requester and the panel.
    pub reviewers: Vec<u32>,
}

impl Draft {
    pub(super) fn check_conduct(&self, check: &mut Check) {
        let own = &self.conduct;
        for what in rule::faults(&own.rules) {
            check.hold(false, "conduct.rules", &what);
        }
        check.part(own.screening_ppm, "conduct.screening_ppm");
        check.part(own.review_share_ppm, "conduct.review_share_ppm");
        check.part(own.review_below_ppm, "conduct.review_below_ppm");
        check.hold(
            own.screening.is_none() || own.screening_ppm > 0,
            "conduct.screening_ppm",
            "what must a screening show? a share above 0 is needed",
        );
        check.hold(
            !own.training || self.kind != Kind::Text,
            "conduct.training",
            "free text is not held against known answers",
        );
        check.hold(
            !own.training || own.screening.is_none(),
            "conduct.screening",
            "a training campaign asks for no other",
        );
        let gold = own.rules.iter().any(|rule| rule.collector.is_hidden());
        check.hold(
            !gold || self.kind != Kind::Text && !own.training,
            "conduct.rules",
            "there are no hidden checks in training and in free text, so no rule can rest on them",
        );
    }
}
