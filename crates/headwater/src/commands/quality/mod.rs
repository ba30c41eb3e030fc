//! `headwater quality`: what crowds know, from tables: one file per question, and what they share.

mod agree;
mod answers;
<<<<<<< HEAD
mod contest;
=======
mod dedup;
>>>>>>> 87b882b (headwater: quality value and dedup; infer spans, boxes, numbers, text)
mod grid;
mod infer;
mod method;
mod output;
mod page;
mod picture;
<<<<<<< HEAD
mod rank;
mod span;
=======
mod structured;
mod value;
>>>>>>> 87b882b (headwater: quality value and dedup; infer spans, boxes, numbers, text)

use crate::cli::quality::{Kind, Quality, Question};
use anyhow::Result;

/// Answers the question.
pub fn run(args: &Quality) -> Result<()> {
    match &args.question {
        Question::Infer(args) if args.kind != Kind::Classes => structured::run(args),
        Question::Infer(args) => infer::run(args),
<<<<<<< HEAD
        Question::Rank(args) => rank::run(args),
        Question::Agree(args) => agree::run(args),
=======
        Question::Value(args) => value::run(args),
        Question::Dedup(args) => dedup::run(args),
>>>>>>> 87b882b (headwater: quality value and dedup; infer spans, boxes, numbers, text)
    }
}
