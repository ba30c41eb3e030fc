//! `headwater quality`: what crowds know, from tables: one file per question, and what they share.

mod agree;
mod answers;
mod contest;
mod dedup;
mod detect;
mod grid;
mod infer;
mod method;
mod output;
mod page;
mod picture;
mod plan;
mod rank;
mod span;
mod structured;
mod value;

use crate::cli::quality::{Kind, Quality, Question};
use anyhow::Result;

/// Answers the question.
pub fn run(args: &Quality) -> Result<()> {
    match &args.question {
        Question::Infer(args) if args.kind != Kind::Classes => structured::run(args),
        Question::Infer(args) => infer::run(args),
        Question::Rank(args) => rank::run(args),
        Question::Agree(args) => agree::run(args),
        Question::Value(args) => value::run(args),
        Question::Dedup(args) => dedup::run(args),
        Question::Detect(args) => detect::run(args),
        Question::Plan(args) => plan::run(args),
    }
}
