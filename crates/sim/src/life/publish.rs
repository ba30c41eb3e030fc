//! Publishing in its order: tiles, signature, witness, checkpoint; each step may be the last one.
use proof::witness::{AddCheckpoint, Refusal};
use store::PublicLog;
use store::error::Error;

use super::{Life, Outcome};
use crate::planted;
use crate::truth::{Violation, hold};
use crate::writer::{Publishing, Writer};

/// How far one step has brought a checkpoint.
enum Moved {
    On(&'static str),
    Failed(Error),
    /// The witness knows a longer log than this process has: it must not go on.
    Behind(u64),
}

impl Life {
    /// Brings the checkpoint in hand some steps further, or begins one.
    pub(super) fn publish(&mut self, at: usize) -> Outcome {
        let Some(mut writer) = self.machines[at].writer.take() else {
            return Ok("nobody is there".to_owned());
        };
        let failures = self.machines[at].faults.failures();
        let mut last = "";
        for _ in 0..self.random.pick(&[1, 2, 5, 5, 5]) {
            match self.publish_on(at, &mut writer)? {
                Moved::On("") => break,
                Moved::On(step) => last = step,
                Moved::Failed(error) => {
                    drop(writer);
                    return self.halt(at, failures, error);
                }
                Moved::Behind(size) => {
                    let replaced = self.machines[at].is_replaced;
                    hold(replaced, "the witness knows no longer log", || {
                        format!("it has cosigned {size} entries")
                    })?;
                    drop(writer);
                    self.machines[at].stop(false);
                    return Ok(format!("halts: the witness has seen {size} entries"));
                }
            }
        }
        self.machines[at].writer = Some(writer);
        Ok(last.to_owned())
    }

    fn publish_on(&mut self, at: usize, writer: &mut Writer) -> Result<Moved, Violation> {
        let Some(mut publishing) = writer.publishing.take() else {
            if writer.store.head().size == 0 {
                return Ok(Moved::On(""));
            }
            writer.publishing = Some(Publishing {
                publication: writer.store.publication(),
                is_written: false,
                note: None,
                is_witnessed: false,
            });
            return Ok(Moved::On("begun"));
        };
        let files = planted::files(self.bug, writer.store.files());
        let moved = match &publishing.note {
            _ if !publishing.is_written => match publishing.publication.write(&*files) {
                Ok(()) => {
                    publishing.is_written = true;
                    Moved::On("tiles are written")
                }
                Err(error) => Moved::Failed(error),
            },
            None => {
                publishing.sign(&self.people.signer);
                let head = publishing.publication.head();
                self.truth.sign(&head)?;
                self.machines[at].writer = None;
                self.check_durable(at, 1_000_000)?;
                Moved::On("signed")
            }
            Some(note) if !publishing.is_witnessed => {
                let log = PublicLog::new(files);
                let moved = self.ask_witness(&log, &publishing, note)?;
                publishing.is_witnessed = matches!(moved, Moved::On("witnessed"));
                moved
            }
            Some(note) => match publishing.publication.put_checkpoint(&*files, note) {
                Ok(checkpoint) => {
                    writer.store.published(checkpoint.head);
                    self.published_size = checkpoint.head.size;
                    return Ok(Moved::On("published"));
                }
                Err(error) => Moved::Failed(error),
            },
        };
        writer.publishing = Some(publishing);
        Ok(moved)
    }

    /// Sends the checkpoint to the witness; the way there or back may lose it.
    fn ask_witness(
        &mut self,
        log: &PublicLog,
        publishing: &Publishing,
        note: &str,
    ) -> Result<Moved, Violation> {
        let head = publishing.publication.head();
        let known = self.witness.size();
        if known > head.size {
            return Ok(Moved::Behind(known));
        }
        let proof = match log.consistency(known, &head) {
            Ok(proof) => proof,
            Err(error) => return Ok(Moved::Failed(error)),
        };
        let request = AddCheckpoint::new(known, proof, note.to_owned());
        let request = request.map_err(|fault| Violation::new("witnesses agree", fault))?;
        if self.random.chance(100_000) {
            return Ok(Moved::On("the request is lost"));
        }
        match self.witness.add(&request) {
            Ok(()) if self.random.chance(100_000) => Ok(Moved::On("the cosignature is lost")),
            Ok(()) => Ok(Moved::On("witnessed")),
            Err(refusal) => {
                let why = match refusal {
                    Refusal::Inconsistent(why) => why,
                    other => format!("{other:?}"),
                };
                Err(Violation::new("witnesses agree", why))
            }
        }
    }
}
