//! What cannot be in a draft: found before any money is set aside.

use super::Draft;
use protocol::brief::Kind;
use serde::Serialize;

/// Something in a draft that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The field at fault, as the API names it.
    pub field: &'static str,
    /// What is wrong with it, and what would do.
    pub what: String,
}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Check(Vec<Fault>);

impl Check {
    pub(super) fn hold(&mut self, good: bool, field: &'static str, what: &str) {
        if !good {
            let what = what.to_owned();
            self.0.push(Fault { field, what });
        }
    }

    fn share(&mut self, ppm: u32, field: &'static str) {
        self.hold(ppm < 1_000_000, field, "less than 1,000,000 is needed");
    }

    pub(super) fn part(&mut self, ppm: u32, field: &'static str) {
        self.hold(ppm <= 1_000_000, field, "at most 1,000,000");
    }
}

impl Draft {
    /// Everything in the settings that the ledger would refuse, as far as it shows without it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut check = Check::default();
        self.check_question(&mut check);
        self.check_price(&mut check);
        self.check_judging(&mut check);
        self.check_terms(&mut check);
        self.check_conduct(&mut check);
        check.0
    }

    fn check_question(&self, check: &mut Check) {
        let title = (1..=120).contains(&self.title.len());
        check.hold(title, "title", "a name of 1 to 120 bytes is needed");
        let skill = word(&self.skill);
        check.hold(skill, "skill", "1 to 40 of a-z, 0-9 and - are needed");
        let few = if self.kind == Kind::Text { 0 } else { 2 };
        let many = if self.kind == Kind::Choices {
            16
        } else {
            1_000
        };
        check.hold(
            (few..=many).contains(&self.classes.len()),
            "classes",
            "two or more are needed, at most 1,000 (16 where several may be right)",
        );
        let mut sorted = self.classes.clone();
        sorted.sort();
        sorted.dedup();
        let plain = sorted.len() == self.classes.len();
        let named = self.classes.iter().all(|it| !it.trim().is_empty());
        check.hold(plain && named, "classes", "each needs a name of its own");
    }

    fn check_price(&self, check: &mut Check) {
        let priced = !self.price_units.is_zero() || self.contributors_ppm > 0;
        let share = "a price above 0, or a share in the label set for those who work, is needed";
        check.hold(priced, "price_units", share);
        check.hold(self.overlap > 0, "overlap", "one answer at least is needed");
        let panel = self.panel.is_empty() || self.panel.len() % 2 == 1 && self.panel.len() <= 15;
        check.hold(
            panel,
            "panel",
            "an odd number of accounts, at most 15, or none",
        );
        let paid = self.panel.is_empty() || !self.verdict_units.is_zero();
        check.hold(paid, "verdict_units", "a panel is paid for its verdicts");
    }

    fn check_judging(&self, check: &mut Check) {
        check.share(self.gold_ppm, "gold_ppm");
        check.share(self.target_ppm, "target_ppm");
        check.share(self.slash_below_ppm, "slash_below_ppm");
        let length = (1..=1_000).contains(&self.block_length);
        check.hold(length, "block_length", "1 to 1,000 answers make a block");
        let beta = (1..1_000_000).contains(&self.beta_ppm);
        check.hold(beta, "beta_ppm", "1 to 999,999 is needed");
        let reference = (1..=1_000_000).contains(&self.reference_ppm);
        check.hold(reference, "reference_ppm", "1 to 1,000,000 is needed");
    }

    fn check_terms(&self, check: &mut Check) {
        check.part(self.floor_ppm, "floor_ppm");
        check.part(self.contributors_ppm, "contributors_ppm");
        let purposes = !self.purposes.is_empty() && self.purposes.iter().all(|it| word(it));
        check.hold(purposes, "purposes", "words of a-z, 0-9 and - are needed");
    }
}

fn word(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(letter)
}
