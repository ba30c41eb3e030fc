//! What contributors are shown and asked: the kind of question, instructions, examples.

use alloc::{collections::BTreeSet, string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The brief of a campaign; it stands in the units' document, and is frozen with it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Brief {
    /// The kind of question.
    #[n(0)]
    pub kind: Kind,
    /// What to do, in Markdown.
    #[n(1)]
    pub instructions: String,
    /// Worked examples, with the reason for each answer.
    #[n(2)]
    pub examples: Vec<Example>,
    /// Reasons to tick beside a comparison; empty where none are asked for.
    #[n(3)]
    pub reasons: Vec<String>,
    /// What may be ticked where several choices are right; empty for all other kinds.
    #[n(4)]
    pub options: Vec<String>,
}

/// Kinds of questions. All are answered by a class of the campaign, beside which may stand a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of the classes.
    #[n(0)]
    Choice,
    /// Any number of [`Brief::options`]: a task is one unit for each of them, in their order, and
    /// the classes are no and yes.
    #[n(1)]
    Choices,
    /// One of the classes, which have an order.
    #[n(2)]
    Rating,
    /// Which of two candidates is better; the classes say so, and perhaps that neither is.
    #[n(3)]
    Comparison,
    /// Free text beside the class 0; class 1 says that the task cannot be done.
    #[n(4)]
    Text,
}

/// A task that is answered already, to learn from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What is shown, as in [`crate::document::Unit::text`].
    #[n(0)]
    pub text: String,
    /// The right answer in words.
    #[n(1)]
    pub answer: String,
    /// Why it is right.
    #[n(2)]
    pub why: String,
}

impl Brief {
    /// Units of the ledger that make one task.
    pub fn units_per_task(&self) -> u32 {
        match self.kind {
            Kind::Choices => u32::try_from(self.options.len()).unwrap_or(u32::MAX).max(1),
            _ => 1,
        }
    }

    /// Whether it can be asked of so many units with so many classes, judged by gold or not: free
    /// text has no gold to be held against, and two options of one name could not be told apart.
    pub fn fits(&self, units: u32, classes: usize, judged: bool) -> bool {
        let grouped = units.is_multiple_of(self.units_per_task());
        match self.kind {
            Kind::Choices => self.distinct_options() > 1 && classes == 2 && grouped,
            Kind::Text => self.options.is_empty() && classes == 2 && !judged,
            _ => self.options.is_empty(),
        }
    }

    /// How many options there are; none if one stands there twice.
    fn distinct_options(&self) -> usize {
        let names: BTreeSet<&String> = self.options.iter().collect();
        if names.len() == self.options.len() {
            names.len()
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn brief(kind: Kind, options: usize) -> Brief {
        Brief {
            kind,
            instructions: String::new(),
            examples: Vec::new(),
            reasons: Vec::new(),
            options: (0..options).map(|at| format!("option {at}")).collect(),
        }
    }

    #[test]
    fn a_brief_fits_its_units() {
        assert!(brief(Kind::Choice, 0).fits(7, 3, true));
        assert!(!brief(Kind::Choice, 2).fits(8, 3, true), "options");
        assert!(brief(Kind::Choices, 3).fits(9, 2, true));
        assert!(!brief(Kind::Choices, 3).fits(10, 2, true), "a broken task");
        assert!(!brief(Kind::Choices, 3).fits(9, 3, true), "classes");
        assert!(!brief(Kind::Choices, 1).fits(9, 2, true), "one option");
        let mut twice = brief(Kind::Choices, 3);
        twice.options[2] = twice.options[0].clone();
        assert!(!twice.fits(9, 2, true), "one option twice");
        assert!(brief(Kind::Text, 0).fits(9, 2, false));
        assert!(!brief(Kind::Text, 0).fits(9, 2, true), "judged by gold");
        assert_eq!(brief(Kind::Choices, 3).units_per_task(), 3);
        assert_eq!(brief(Kind::Rating, 0).units_per_task(), 1);
    }
}
