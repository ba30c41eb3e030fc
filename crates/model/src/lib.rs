//! Built-in models: hashed features and a softmax classifier, trained and read bit-reproducibly.
//!
//! An auditor who trains again from the same examples, shape and training options gets the same
//! artefact bytes, and so the same SHA-256. `docs/spec/model.md` is normative for every step.
//! Nothing here reads a clock, a file or a random number, and no probability leaves as a float
//! that matters to anyone's money: [`softmax::Softmax::predict_ppm`] rounds once, for all.

pub mod feature;

pub mod softmax;

pub mod classifier;
pub mod embedding;
pub mod learn;
pub mod ngram;

mod artefact;
mod error;
mod random;

pub use classifier::Classifier;
pub use error::Error;
pub use learn::{Learnt, learn};
pub use ngram::Ngram;
