//! How a campaign deals with people: rules, qualification, training, review.
//!
//! None of it is a promise of the log.

use super::Draft;
use super::fault::Check;
use super::known::TEXT_UNKNOWN;
use crate::level::Level;
use crate::rule::{self, Rule};
use ledger::phrases;
use protocol::brief::Kind;
use serde::{Deserialize, Serialize};

phrases! {
    SCREENING_SHARE = Colon "screening-share",
        "what must a screening show? a share above 0 is needed";
    TRAINING_ALONE = Colon "training-alone", "a training campaign asks for no other";
    NO_CHECKS = Colon "no-checks",
        "there are no hidden checks in training and in free text, so no rule can rest on them";
}

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
            check.add("conduct.rules", what);
        }
        check.part("conduct.screening_ppm", own.screening_ppm);
        check.part("conduct.review_share_ppm", own.review_share_ppm);
        check.part("conduct.review_below_ppm", own.review_below_ppm);
        let shown = own.screening.is_none() || own.screening_ppm > 0;
        check.hold("conduct.screening_ppm", shown, SCREENING_SHARE);
        let known = !own.training || self.kind != Kind::Text;
        check.hold("conduct.training", known, TEXT_UNKNOWN);
        let alone = !own.training || own.screening.is_none();
        check.hold("conduct.screening", alone, TRAINING_ALONE);
        let gold = own.rules.iter().any(|rule| rule.collector.is_hidden());
        let checked = !gold || self.kind != Kind::Text && !own.training;
        check.hold("conduct.rules", checked, NO_CHECKS);
    }
}
