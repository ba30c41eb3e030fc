//! `headwater quality`: what crowds know, from tables: one file per question, and what they share.

mod answers;
mod grid;
mod infer;
mod method;
mod output;
mod page;
mod picture;

use crate::cli::quality::{Quality, Question};
use anyhow::Result;

/// Answers the question.
pub fn run(args: &Quality) -> Result<()> {
    match &args.question {
        Question::Infer(args) => infer::run(args),
    }
}
