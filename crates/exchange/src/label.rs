//! What people and models say of a unit, and what was concluded from it.

use serde_json::{Value as Json, json};

use crate::unit::Unit;

/// One judgement, of one of the five kinds of question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// One class of several.
    Choice(String),
    /// Any number of classes.
    Choices(Vec<String>),
    /// Points on a scale that begins at 0 or 1.
    Rating(u32),
    /// Which of two is better, and why.
    Pair {
        /// The better one.
        preferred: Preferred,
        /// Named reasons; may be empty.
        reasons: Vec<String>,
    },
    /// Free text.
    Text(String),
}

/// The outcome of a comparison of `a` on the left with `b` on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preferred {
    /// The first of the two.
    Left,
    /// The second of the two.
    Right,
    /// Neither.
    Tie,
}

impl Preferred {
    /// `left`, `right` or `tie`.
    pub fn name(self) -> &'static str {
        match self {
            Preferred::Left => "left",
            Preferred::Right => "right",
            Preferred::Tie => "tie",
        }
    }
}

impl Label {
    /// The label as one cell of a table: a class, a list of classes, points, a side, a text.
    pub fn cell(&self) -> Json {
        match self {
            Label::Choice(text) | Label::Text(text) => json!(text),
            Label::Choices(classes) => json!(classes),
            Label::Rating(points) => json!(points),
            Label::Pair { preferred, .. } => json!(preferred.name()),
        }
    }
}

/// One contributor's judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// An account's number, or whatever the source calls the person.
    pub contributor: String,
    /// What was said.
    pub label: Label,
    /// Time spent on it.
    pub lead_time_ms: Option<u64>,
    /// When, in ISO 8601, as the source writes it.
    pub created_at: Option<String>,
    /// What reviewers have decided about it, oldest first.
    pub reviews: Vec<Review>,
}

/// What a reviewer has decided about an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// An account's number, or whatever the source calls the person.
    pub reviewer: String,
    /// What was decided.
    pub decision: Decision,
    /// In words; may be empty.
    pub comment: String,
    /// When, in ISO 8601, as the source writes it.
    pub created_at: Option<String>,
}

/// What becomes of an answer that is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is right.
    Accepted,
    /// It is wrong, and this is right.
    Fixed(Label),
    /// It is wrong.
    Rejected,
}

/// A model's judgement that came with a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// What was said.
    pub label: Label,
    /// How sure the model is, on its own scale.
    pub score: Option<f64>,
    /// Name and version of the model.
    pub model: Option<String>,
}

/// A label that was inferred, with the chance that it is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// What was concluded.
    pub label: Label,
    /// Posterior probability in parts per million.
    pub probability_ppm: u32,
}

/// A unit with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// What was judged.
    pub unit: Unit,
    /// Most probable first, which is the consensus; empty where there is none.
    pub labels: Vec<Estimate>,
    /// What each contributor said.
    pub answers: Vec<Answer>,
}

impl Estimate {
    /// The probability as a number from 0 to 1 with at most six decimals.
    pub fn probability(&self) -> f64 {
        f64::from(self.probability_ppm) / 1e6
    }
}
