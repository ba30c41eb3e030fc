//! What cannot be in a draft: found before any money is set aside.

use super::Draft;
use ledger::phrases;
use ledger::told::{Gap, Phrase, Statement};
use protocol::brief::Kind;

phrases! {
    SETTING = Semicolon "setting", "in {field}";
    PART_OF_LESS = Colon "part-of-less", "less than {most} is needed";
    PART_OF_ALL = Colon "part-of-all", "at most {most}";
    NAME_NEEDED = Colon "name-needed", "a name of 1 to 120 bytes is needed";
    WORD_NEEDED = Colon "word-needed", "1 to 40 of a-z, 0-9 and - are needed";
    CLASSES_NEEDED = Colon "classes-needed",
        "two or more are needed, at most 1,000 (16 where several may be right)";
    CLASSES_ALIKE = Colon "classes-alike", "each needs a name of its own";
    NOTHING_EARNED = Colon "nothing-earned",
        "a price above 0, or a share in the label set for those who work, is needed";
    ANSWER_NEEDED = Colon "answer-needed", "one answer at least is needed";
    PANEL_ODD = Colon "panel-odd", "an odd number of accounts, at most 15, or none";
    PANEL_PAID = Colon "panel-paid", "a panel is paid for its verdicts";
    BLOCK_LENGTH = Colon "block-length", "1 to 1,000 answers make a block";
    CHANCE_NEEDED = Colon "chance-needed", "1 to 999,999 is needed";
    SHARE_NEEDED = Colon "share-needed", "1 to 1,000,000 is needed";
    PURPOSES_NEEDED = Colon "purposes-needed", "words of a-z, 0-9 and - are needed";
}

/// Something in a draft that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field at fault, as the API names it.
    pub field: &'static str,
    /// What is wrong with it, and what would do: one thing, after the place that it stands at.
    pub what: Vec<Statement>,
}

impl Fault {
    /// One phrase about a field.
    pub(super) fn of(field: &'static str, what: Phrase) -> Self {
        Self {
            field,
            what: [Statement::plain(what)].into(),
        }
    }

    /// The field, and what is wrong with it.
    pub fn told(&self) -> Vec<Statement> {
        let field = [("field", Gap::Field(self.field.to_owned()))];
        let mut told = vec![Statement::new(SETTING, field)];
        told.extend(self.what.iter().cloned());
        told
    }
}

/// The whole, in parts per million.
const ALL_PPM: u32 = 1_000_000;

fn of_all(what: Phrase) -> Vec<Statement> {
    [Statement::new(what, [("most", Gap::Share(ALL_PPM))])].into()
}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Check(Vec<Fault>);

impl Check {
    pub(super) fn hold(&mut self, field: &'static str, good: bool, what: Phrase) {
        if !good {
            self.0.push(Fault::of(field, what));
        }
    }

    /// What is wrong at a place of a list.
    pub(super) fn add(&mut self, field: &'static str, what: Vec<Statement>) {
        self.0.push(Fault { field, what });
    }

    fn share(&mut self, field: &'static str, ppm: u32) {
        if ppm >= ALL_PPM {
            self.add(field, of_all(PART_OF_LESS));
        }
    }

    pub(super) fn part(&mut self, field: &'static str, ppm: u32) {
        if ppm > ALL_PPM {
            self.add(field, of_all(PART_OF_ALL));
        }
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
        check.hold("title", title, NAME_NEEDED);
        let skill = word(&self.skill);
        check.hold("skill", skill, WORD_NEEDED);
        let few = if self.kind == Kind::Text { 0 } else { 2 };
        let many = if self.kind == Kind::Choices {
            16
        } else {
            1_000
        };
        let count = (few..=many).contains(&self.classes.len());
        check.hold("classes", count, CLASSES_NEEDED);
        let mut sorted = self.classes.clone();
        sorted.sort();
        sorted.dedup();
        let plain = sorted.len() == self.classes.len();
        let named = self.classes.iter().all(|it| !it.trim().is_empty());
        check.hold("classes", plain && named, CLASSES_ALIKE);
    }

    fn check_price(&self, check: &mut Check) {
        let priced = !self.price_units.is_zero() || self.contributors_ppm > 0;
        check.hold("price_units", priced, NOTHING_EARNED);
        check.hold("overlap", self.overlap > 0, ANSWER_NEEDED);
        let panel = self.panel.is_empty() || self.panel.len() % 2 == 1 && self.panel.len() <= 15;
        check.hold("panel", panel, PANEL_ODD);
        let paid = self.panel.is_empty() || !self.verdict_units.is_zero();
        check.hold("verdict_units", paid, PANEL_PAID);
    }

    fn check_judging(&self, check: &mut Check) {
        check.share("gold_ppm", self.gold_ppm);
        check.share("target_ppm", self.target_ppm);
        check.share("slash_below_ppm", self.slash_below_ppm);
        let length = (1..=1_000).contains(&self.block_length);
        check.hold("block_length", length, BLOCK_LENGTH);
        let beta = (1..1_000_000).contains(&self.beta_ppm);
        check.hold("beta_ppm", beta, CHANCE_NEEDED);
        let reference = (1..=1_000_000).contains(&self.reference_ppm);
        check.hold("reference_ppm", reference, SHARE_NEEDED);
    }

    fn check_terms(&self, check: &mut Check) {
        check.part("floor_ppm", self.floor_ppm);
        check.part("contributors_ppm", self.contributors_ppm);
        let purposes = !self.purposes.is_empty() && self.purposes.iter().all(|it| word(it));
        check.hold("purposes", purposes, PURPOSES_NEEDED);
    }
}

fn word(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(letter)
}
