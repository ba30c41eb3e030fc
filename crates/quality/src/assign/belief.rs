//! What is believed of each unit while answers still come in.

use crate::consensus::Consensus;
use crate::dawid_skene::{Variant, dawid_skene};
use crate::table::{Answers, Error};

/// Calibrated posteriors from the answers so far; `known` has one entry per unit.
///
/// # Errors
/// [`Error::Length`] or [`Error::UnknownClass`] when `known` does not fit the table.
pub fn belief(answers: &Answers, known: &[Option<u32>]) -> Result<Consensus, Error> {
    Ok(dawid_skene(answers, known, Variant::Map)?.consensus)
}
