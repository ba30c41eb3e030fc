//! What the writer's thread has decided, on its way to the committer's.

use crate::Error;
use crate::answer::Answer;
use crate::queue::Operated;
use crate::ticket::Reply;
use proof::merkle::Head;
use protocol::operation::Erasure;
use sequencer::Batch;
use store::Publication;

/// Records, and who is answered once they are durable.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) batch: Batch,
    pub(crate) answers: Vec<(Reply<Vec<Answer>>, Vec<Answer>)>,
    pub(crate) operated: Vec<(Reply<Operated>, Operated)>,
    /// What is deleted after its tombstone, which stands at this index, is durable.
    pub(crate) erasures: Vec<(Erasure, u64, Reply<Operated>)>,
    pub(crate) publications: Vec<Reply<Result<Publication, Error>>>,
    pub(crate) published: Option<Head>,
    pub(crate) attests: Vec<Reply<Result<(), Error>>>,
}

impl Turn {
    /// Adds what was decided next, to share a sync.
    pub(crate) fn add(&mut self, next: Self) {
        self.batch.add(next.batch);
        self.answers.extend(next.answers);
        self.operated.extend(next.operated);
        self.erasures.extend(next.erasures);
        self.publications.extend(next.publications);
        self.published = next.published.or(self.published);
        self.attests.extend(next.attests);
    }

    /// Submissions that it answers.
    pub(crate) fn submissions(&self) -> usize {
        self.answers.iter().map(|(_, answers)| answers.len()).sum()
    }
}
