//! Known answers: from what a requester writes to the labels of a task's units.

use super::Draft;
use ledger::phrases;
use ledger::told::{Gap, Statement};
use protocol::brief::Kind;

phrases! {
    pub(super) TEXT_UNKNOWN = Colon "text-unknown",
        "free text is not held against known answers";
    NO_SUCH_ANSWER = Colon "no-such-answer", "`{answer}` is none of the campaign's answers";
}

/// A known answer that is no answer to the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub Statement);

/// The labels of a task's units, one for each, by what is known of the task. Where several options
/// may be right they stand one after the other, separated by `|`; none is an empty text.
pub fn classes_of(draft: &Draft, known: &str) -> Result<Vec<u16>, Unknown> {
    let position = |name: &str| draft.classes.iter().position(|class| class == name);
    match draft.kind {
        Kind::Text => Err(Unknown(Statement::plain(TEXT_UNKNOWN))),
        Kind::Choices => {
            let mut labels = vec![0; draft.classes.len()];
            for name in known.split('|').map(str::trim).filter(|it| !it.is_empty()) {
                let place = position(name).ok_or_else(|| missing(name))?;
                labels[place] = 1;
            }
            Ok(labels)
        }
        Kind::Choice | Kind::Rating | Kind::Comparison => {
            let place = position(known.trim()).ok_or_else(|| missing(known))?;
            Ok(vec![u16::try_from(place).expect("few classes")])
        }
    }
}

fn missing(name: &str) -> Unknown {
    let answer = [("answer", Gap::Name(name.to_owned()))];
    Unknown(Statement::new(NO_SUCH_ANSWER, answer))
}
