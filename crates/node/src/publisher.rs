//! The publisher's thread: tiles, the log's signatures, the witnesses', then the checkpoint.

use crate::Error;
use crate::queue::Job;
use crate::shared::Shared;
use crate::signing::Signing;
use crate::ticket::{Reply, ticket};
use crate::witness::{Circle, Cosigned};
use proof::cosignature::{CosignerKey, Policy};
use proof::merkle::Head;
use protocol::Command;
use protocol::operation::NoteWitness;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Files, Publication};

pub(crate) struct Publisher {
    shared: Arc<Shared>,
    circle: Circle,
    files: Arc<dyn Files>,
    /// Size and time of the last checkpoint that was noted in the log.
    noted: Option<(u64, u64)>,
    /// True if the last checkpoint lacks cosignatures, so that it is asked for again.
    short: bool,
}

impl Publisher {
    pub(crate) fn new(shared: Arc<Shared>, circle: Circle, files: Arc<dyn Files>) -> Self {
        // The one in place may be from before these witnesses were asked.
        let standing = shared.public.checkpoint_note().ok();
        let short = standing.is_some_and(|note| {
            circle.count(&String::from_utf8_lossy(&note)) < shared.settings.quorum
        });
        if short {
            shared.bell.durable();
        }
        Self {
            shared,
            circle,
            files,
            noted: None,
            short,
        }
    }

    /// Runs until the bell says stop; the last checkpoint covers everything that was acknowledged.
    pub(crate) fn run(mut self) {
        let every_ms = self.shared.settings.publish_every_ms;
        let every = (every_ms < u64::MAX).then(|| Duration::from_millis(every_ms));
        let mut earliest = every.map(|_| Instant::now());
        loop {
            let rung = self.shared.bell.wait(earliest);
            earliest = every.and_then(|every| Instant::now().checked_add(every));
            let problem = match self.turn() {
                Ok(problem) => problem,
                Err(error) => Some(error.to_string()),
            };
            if problem.is_some() {
                self.shared.bell.durable();
            }
            self.shared.report("publisher", problem);
            let complaint = self.shared.read(|state| self.circle.complaint(state));
            self.shared.tell("witnesses", complaint);
            for reply in rung.asked {
                reply.send(self.shared.published());
            }
            if rung.stop {
                self.shared.queue.push(Job::End);
                return;
            }
        }
    }

    /// One checkpoint, if there is something new. Gives a sentence on what keeps it back.
    fn turn(&mut self) -> Result<Option<String>, Error> {
        let Some(publication) = self.ask(Job::Publication) else {
            return Ok(None);
        };
        let publication = publication?;
        let head = publication.head();
        let Some(signing) = self.ask(|reply| Job::Signing(head.size, reply)) else {
            return Ok(None);
        };
        let signing = signing?;
        let again = signing.carries_over() || self.short;
        if head.size <= self.shared.published() && !again {
            return Ok(None);
        }
        publication.write(&*self.files)?;
        let note = signing.sign(head)?;
        let cosigned = self.circle.cosign(&self.shared, head, &note);
        let quorum = self.shared.settings.quorum;
        let short = (cosigned.names.len() < quorum).then(|| {
            let names = cosigned.names.len();
            format!(
                "{names} of {quorum} witnesses have cosigned the log of {} entries",
                head.size
            )
        });
        self.short = short.is_some();
        if self.short && !self.shared.settings.publish_without_quorum {
            return Ok(short);
        }
        self.put(&publication, &signing, &cosigned)?;
        self.note_witness(&head, &cosigned);
        Ok(short)
    }

    /// What becomes of a job of the writer; `None` if the writer has ended.
    fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Option<T> {
        let (reply, answer) = ticket();
        self.shared.queue.push(job(reply));
        answer.wait(Duration::MAX)?.ok()
    }

    fn put(
        &self,
        publication: &Publication,
        signing: &Signing,
        cosigned: &Cosigned,
    ) -> Result<(), Error> {
        let (shared, head) = (&self.shared, publication.head());
        let origin = signing.signer().verifier().name();
        if let Ok(standing) = shared.public.checkpoint_unverified()
            && standing.origin == origin
            && standing.head.size > head.size
        {
            let (size, own) = (standing.head.size, head.size);
            shared.fail(format!(
                "another writer has published {size} entries, this one has {own}"
            ));
            return Ok(());
        }
        publication.put_checkpoint(&*self.files, &cosigned.note)?;
        shared.publish(head.size);
        shared.sign_with(signing.signer().clone());
        shared.queue.push(Job::Published(head));
        signing.publish(&shared.public, &*self.files)
    }

    /// Tells the log the time that its witnesses have seen, now and then while entries come.
    fn note_witness(&mut self, head: &Head, cosigned: &Cosigned) {
        let shared = &self.shared;
        let now_ms = shared.clock.now_ms();
        let every_ms = shared.settings.note_witness_every_ms;
        // The entry that notes a checkpoint must not be a reason for the next one.
        let due = self.noted.is_none_or(|(size, time_ms)| {
            head.size > size + 1 && now_ms.abs_diff(time_ms) >= every_ms
        });
        let key = shared.signer().map(|signer| signer.verifier().to_string());
        let witnessed = shared.read(|state| {
            // A key whose entry is not durable yet is not the log's.
            let own = state.log_key(head.size) == key.as_deref();
            state.witnessed.clone().filter(|_| own)
        });
        let Some(witnessed) = witnessed.filter(|it| due && head.size > it.size) else {
            return;
        };
        let keys: Result<Vec<CosignerKey>, _> =
            witnessed.keys.iter().map(|key| key.parse()).collect();
        let policy = keys.and_then(|keys| Policy::new(keys, usize::from(witnessed.quorum)));
        let enough = policy.is_ok_and(|policy| policy.check(cosigned.note.as_bytes()).is_ok());
        if enough {
            let checkpoint = cosigned.note.clone();
            self.noted = Some((head.size, now_ms));
            let job = Job::Operate {
                doing: "note a witnessed checkpoint",
                order: Box::new(Command::NoteWitness(NoteWitness { checkpoint }).into()),
                reply: None,
            };
            // A node that is ending takes nothing behind its last checkpoint.
            shared.queue.ask(job).ok();
        }
    }
}
