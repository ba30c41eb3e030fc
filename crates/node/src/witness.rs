//! Witnesses as the node asks them: each cosigns a checkpoint once it is shown to be consistent.

use crate::health::WitnessHealth;
use crate::shared::Shared;
use ledger::told::{Gap, Joint, Statement, Told};
use ledger::{State, phrases};
use proof::cosignature::{self, CosignerKey};
use proof::merkle::Head;
use proof::witness::{AddCheckpoint, Answer, Refusal};
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use store::PublicLog;

phrases! {
    NO_COSIGNATURE = Semicolon "no-cosignature", "witness `{name}` does not cosign";
    STILL_ASKED = Colon "still-asked", "it still has an earlier checkpoint";
    SEEN_MORE = Colon "seen-more",
        "it has seen {known} entries, this log has published {size}";
    CONTRADICTS = Colon "contradicts",
        "it contradicts itself about what it has cosigned last";
    ANSWERS = Colon "answers", "it answers {status}";
}

/// A C2SP tlog-witness, reached by whatever carries bytes to it.
pub trait Witness: Debug + Send + Sync {
    /// What it signs with, under its name.
    fn key(&self) -> &CosignerKey;

    /// Sends the body of an `add-checkpoint` request. A sentence says why there is no answer.
    fn add_checkpoint(&self, request: &[u8], timeout: Duration) -> Result<Answer, String>;
}

/// What a witness thinks of a checkpoint that it may have seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opinion {
    /// It knows no more than this checkpoint, at this time by its own clock, in milliseconds since
    /// 1970; 0 where its lines are not good.
    Agrees(u64),
    /// It has cosigned a checkpoint of this size.
    Knows(u64),
    /// It has cosigned another tree of the same size.
    Differs(String),
    /// Nothing can be learnt from it now.
    Silent(String),
}

/// All configured witnesses.
#[derive(Debug, Default)]
pub(crate) struct Circle {
    members: Vec<Arc<Member>>,
}

#[derive(Debug)]
struct Member {
    witness: Arc<dyn Witness>,
    /// The size that it has cosigned last, as far as is known.
    known: AtomicU64,
    /// True while a thread waits for it.
    asked: AtomicBool,
    health: Mutex<WitnessHealth>,
    /// What it has said against this log last; nothing once it cosigns.
    objection: Mutex<Option<Vec<Statement>>>,
}

/// Why there is no cosignature.
struct NotCosigned {
    why: Vec<Statement>,
    /// True if the witness says that this log is not the one it knows.
    objects: bool,
}

impl Circle {
    pub(crate) fn new(witnesses: Vec<Arc<dyn Witness>>) -> Self {
        let member = |witness: Arc<dyn Witness>| {
            let name = witness.key().name().to_owned();
            Arc::new(Member {
                witness,
                known: AtomicU64::new(0),
                asked: AtomicBool::new(false),
                health: Mutex::new(WitnessHealth {
                    name,
                    ..WitnessHealth::default()
                }),
                objection: Mutex::default(),
            })
        };
        Self {
            members: witnesses.into_iter().map(member).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn health(&self) -> Vec<WitnessHealth> {
        let health = |member: &Arc<Member>| member.health().clone();
        self.members.iter().map(health).collect()
    }

    /// What witnesses say against this log, or that too few of those are asked by whose time the
    /// log goes.
    pub(crate) fn complaint(&self, state: &State) -> Option<Told> {
        let objections = self.members.iter().flat_map(|member| member.objection());
        let mut told: Vec<Statement> = objections.flatten().collect();
        if let Some(witnessed) = &state.witnessed {
            let is_asked = |key: &&String| {
                let mut keys = self.members.iter().map(|member| member.witness.key());
                keys.any(|own| own.to_string() == **key)
            };
            let asked = witnessed.keys.iter().filter(is_asked).count();
            if asked < usize::from(witnessed.quorum) {
                let (of, all) = (witnessed.quorum, witnessed.keys.len());
                let said = format!(
                    "log time needs {of} of the {all} witnesses that the log names, and this node \
                     asks {asked} of them: log time stands still ten minutes after what they have \
                     seen; name them with --witness, or others with `headwater witnesses`"
                );
                told.push(Statement::raw(said, Joint::Semicolon));
            }
        }
        (!told.is_empty()).then_some(Told(told))
    }

    /// Asks all witnesses at once what they know, with a signed checkpoint that asks for nothing
    /// new. One opinion for each, in their order.
    pub(crate) fn opinions(&self, head: &Head, note: &str, timeout: Duration) -> Vec<Opinion> {
        thread::scope(|scope| {
            let asked: Vec<_> = self
                .members
                .iter()
                .map(|member| scope.spawn(|| member.opinion(head, note, timeout)))
                .collect();
            let panicked = |_| Opinion::Silent("it could not be asked".to_owned());
            asked
                .into_iter()
                .map(|opinion| opinion.join().unwrap_or_else(panicked))
                .collect()
        })
    }

    /// Asks all witnesses at once to cosign, and gives the note with what came in time. Who is
    /// still busy with an earlier checkpoint is left out.
    pub(crate) fn cosign(&self, shared: &Arc<Shared>, head: Head, note: &str) -> Cosigned {
        let timeout = Duration::from_millis(shared.settings.witness_timeout_ms);
        let (answer, answers) = mpsc::channel();
        for (at, member) in self.members.iter().enumerate() {
            if member.asked.swap(true, Ordering::AcqRel) {
                member.failed(silent([Statement::plain(STILL_ASKED)]));
                continue;
            }
            let (own, shared) = (Arc::clone(member), Arc::clone(shared));
            let (answer, note) = (answer.clone(), note.to_owned());
            let asking = thread::Builder::new().name("witness".to_owned());
            let asking = asking.spawn(move || {
                let cosigned = own.cosign(&shared, &head, &note, timeout);
                own.asked.store(false, Ordering::Release);
                // Nobody listens any more if it took too long.
                answer.send((at, cosigned)).ok();
            });
            if let Err(error) = asking {
                member.asked.store(false, Ordering::Release);
                member.failed(machine(error));
            }
        }
        drop(answer);
        let deadline = Instant::now() + timeout;
        let mut came = BTreeMap::new();
        while let Ok((at, lines)) =
            answers.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            came.extend(lines.map(|lines| (at, lines)));
        }
        let mut cosigned = Cosigned {
            note: note.to_owned(),
            names: Vec::new(),
        };
        for (at, lines) in came {
            cosigned.add(self.members[at].witness.key(), &lines);
        }
        shared.note_witnesses(self.health());
        shared.witness_time.hear(self.time_ms(&cosigned.note));
        cosigned
    }

    /// When witnesses have cosigned a checkpoint, in milliseconds since 1970: the middle one of
    /// their times, so that one wrong clock moves nothing where there are three; 0 of none.
    pub(crate) fn time_ms(&self, note: &str) -> u64 {
        let times = self.cosigned_s(note).into_values();
        middle(times.collect()).saturating_mul(1_000)
    }

    /// How many of the witnesses have cosigned a checkpoint.
    pub(crate) fn count(&self, note: &str) -> usize {
        self.cosigned_s(note).len()
    }

    /// Who has cosigned a checkpoint, and when, in seconds since 1970.
    fn cosigned_s(&self, note: &str) -> BTreeMap<String, u64> {
        let cosigned = self.members.iter().filter_map(|member| {
            let key = member.witness.key();
            Some((key.name().to_owned(), cosigned_s(note, key)?))
        });
        cosigned.collect()
    }
}

/// A checkpoint with the cosignatures that came in time.
pub(crate) struct Cosigned {
    pub note: String,
    /// Different witnesses among them.
    pub names: Vec<String>,
}

impl Cosigned {
    fn add(&mut self, key: &CosignerKey, lines: &str) {
        let keys = std::slice::from_ref(key);
        if let Ok(note) = cosignature::add(&self.note, lines, keys) {
            self.note = note;
            if !self.names.iter().any(|name| name == key.name()) {
                self.names.push(key.name().to_owned());
            }
        }
    }
}

impl Member {
    fn health(&self) -> std::sync::MutexGuard<'_, WitnessHealth> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn objection(&self) -> Option<Vec<Statement>> {
        self.objecting().clone()
    }

    fn objecting(&self) -> std::sync::MutexGuard<'_, Option<Vec<Statement>>> {
        let objection = self.objection.lock();
        objection.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever is silent now still stands by what it has objected to before.
    fn failed(&self, NotCosigned { why, objects }: NotCosigned) {
        let mut health = self.health();
        let name = [("name", Gap::Name(health.name.clone()))];
        let mut told = vec![Statement::new(NO_COSIGNATURE, name)];
        told.extend(why);
        if objects {
            *self.objecting() = Some(told.clone());
        }
        health.problem = Some(Told(told));
    }

    fn opinion(&self, head: &Head, note: &str, timeout: Duration) -> Opinion {
        let request = AddCheckpoint::new(head.size, Vec::new(), note.to_owned());
        let request = match request {
            Ok(request) => request,
            Err(fault) => return Opinion::Silent(fault.to_string()),
        };
        let bytes = request.text();
        match self.witness.add_checkpoint(bytes.as_bytes(), timeout) {
            Ok(Answer::Cosigned(lines)) => {
                self.known.store(head.size, Ordering::Release);
                let key = self.witness.key();
                let cosigned = cosignature::add(note, &lines, std::slice::from_ref(key)).ok();
                let time_s = cosigned.and_then(|cosigned| cosigned_s(&cosigned, key));
                Opinion::Agrees(time_s.unwrap_or(0).saturating_mul(1_000))
            }
            Ok(Answer::Refused(Refusal::OtherSize(size))) => {
                self.known.store(size, Ordering::Release);
                Opinion::Knows(size)
            }
            Ok(Answer::Refused(Refusal::Inconsistent(why))) => Opinion::Differs(why),
            Ok(answer) => Opinion::Silent(Told(refusal(&answer)).to_string()),
            Err(why) => Opinion::Silent(why),
        }
    }

    /// The lines of a verified cosignature, or nothing; the health says why.
    fn cosign(
        &self,
        shared: &Shared,
        head: &Head,
        note: &str,
        timeout: Duration,
    ) -> Option<String> {
        let cosigned = self.ask(&shared.public, head, note, timeout);
        let keys = std::slice::from_ref(self.witness.key());
        let cosigned = cosigned.and_then(|lines| {
            let verified = cosignature::add(note, &lines, keys);
            verified.map(|_| lines).map_err(machine)
        });
        match cosigned {
            Ok(lines) => {
                self.known.store(head.size, Ordering::Release);
                let mut health = self.health();
                health.size = head.size;
                health.last_success_ms = Some(shared.clock.now_ms());
                health.problem = None;
                *self.objecting() = None;
                Some(lines)
            }
            Err(why) => {
                self.failed(why);
                None
            }
        }
    }

    /// Proves from the size that it is believed to know; a conflict teaches the right one.
    fn ask(
        &self,
        public: &PublicLog,
        head: &Head,
        note: &str,
        timeout: Duration,
    ) -> Result<String, NotCosigned> {
        // What it said before was of another origin, or wrong: it is asked anew.
        let known = self.known.load(Ordering::Acquire);
        let mut known = if known > head.size { 0 } else { known };
        for _ in 0..2 {
            if known > head.size {
                let gaps = [
                    ("known", Gap::Count(known)),
                    ("size", Gap::Count(head.size)),
                ];
                return Err(against([Statement::new(SEEN_MORE, gaps)]));
            }
            let proof = public.consistency(known, head);
            let proof = proof.map_err(machine)?;
            let request = AddCheckpoint::new(known, proof, note.to_owned());
            let request = request.map_err(machine)?.text();
            let answer = self.witness.add_checkpoint(request.as_bytes(), timeout);
            match answer.map_err(machine)? {
                Answer::Cosigned(lines) => return Ok(lines),
                Answer::Refused(Refusal::OtherSize(size)) => {
                    known = size;
                    self.known.store(size, Ordering::Release);
                }
                answer @ Answer::Refused(Refusal::Inconsistent(_)) => {
                    return Err(against(refusal(&answer)));
                }
                answer => return Err(silent(refusal(&answer))),
            }
        }
        Err(against([Statement::plain(CONTRADICTS)]))
    }
}

/// When a witness has cosigned a checkpoint, in seconds since 1970.
fn cosigned_s(note: &str, key: &CosignerKey) -> Option<u64> {
    let verified = cosignature::verified(note.as_bytes(), std::slice::from_ref(key)).ok()?;
    verified.iter().map(|it| it.time_s).max()
}

/// The middle one of the times of witnesses, the earlier of two; 0 of none.
pub(crate) fn middle(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    let at = times.len().saturating_sub(1) / 2;
    times.get(at).copied().unwrap_or(0)
}

fn refusal(answer: &Answer) -> Vec<Statement> {
    let body = answer.body();
    let status = [("status", Gap::id(answer.status()))];
    let said = Statement::raw(body.trim_end(), Joint::Colon);
    [Statement::new(ANSWERS, status), said].into()
}

/// What a machine has said of why.
fn machine(why: impl Display) -> NotCosigned {
    silent([Statement::raw(why.to_string(), Joint::Colon)])
}

/// Nothing is said of the log.
fn silent(why: impl Into<Vec<Statement>>) -> NotCosigned {
    let (why, objects) = (why.into(), false);
    NotCosigned { why, objects }
}

/// The witness knows another log, or says so.
fn against(why: impl Into<Vec<Statement>>) -> NotCosigned {
    let (why, objects) = (why.into(), true);
    NotCosigned { why, objects }
}
