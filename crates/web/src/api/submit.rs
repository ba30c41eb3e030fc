//! `POST /api/v1/submit`: signed submissions in, promises and signed refusals out.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use node::Ticket;
use node::answer::{Answer, Unanswered};
use node::host::{Checked, Host};
use node::workplace::{Pass, Sealed, sealing};
use protocol::entry::{MAX_ENTRY_BYTES, Signed};
use protocol::{CampaignId, Command, Hash, Rejection, codec};
use sequencer::Offer;
use std::collections::BTreeSet;

use super::{Front, blocking};
use crate::problem::Problem;
use crate::whole::whole;
use crate::wire::{self, MAX_REQUEST_BYTES, MAX_SUBMISSIONS, Outcome, Outcomes, Sent};
use crate::work::refused;

/// So many answers are told without a thread of their own.
const FEW: usize = 8;
/// So many signatures are checked without one: handing them over would take about as long.
const FEW_SIGNATURES: usize = 2;
/// Most bytes of a request whose signatures are.
const FEW_BYTES: usize = 4_096;

/// Each submission stands for itself, and all are decided in their order; sent again they are
/// answered again and change nothing.
pub(super) async fn submit(
    State(front): State<Front>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Outcomes>, Problem> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let read = match kind.split(';').next().unwrap_or_default().trim() {
        "application/cbor" => wire::decode,
        "application/json" => wire::decode_json,
        _ => return Err(unknown_kind(kind)),
    };
    let body = to_bytes(body, MAX_REQUEST_BYTES).await.map_err(|_| {
        let limit = MAX_REQUEST_BYTES;
        Problem::too_large(format!(
            "a request has at most {limit} bytes; hint: send fewer submissions at once"
        ))
    })?;
    // Whoever hangs up is not told, but what is in the log must be counted all the same: a task
    // that is answered would else be given to somebody else.
    let is_small = body.len() <= FEW_BYTES;
    let answers = whole(settle(front, read(&body), is_small)).await??;
    Ok(Json(Outcomes { answers }))
}

async fn settle(
    front: Front,
    sent: Result<Vec<Sent>, String>,
    is_small: bool,
) -> Result<Vec<Outcome>, Problem> {
    let sent = sent.map_err(|why| Problem::invalid("malformed", why))?;
    if sent.len() > MAX_SUBMISSIONS {
        let count = sent.len();
        return Err(Problem::too_large(format!(
            "{count} submissions stand in one request, at most {MAX_SUBMISSIONS} may"
        )));
    }
    let looked = if is_small && sent.len() <= FEW_SIGNATURES {
        look(&front, sent)
    } else {
        let front = front.clone();
        blocking(move || look(&front, sent)).await?
    };
    let asked = ask(&front, looked).await?;
    let few = asked.doors.len() <= FEW;
    let answers = asked.ticket.await.map_err(unanswered)?;
    let doors = asked.doors;
    // Few answers are told at once: they hold up nobody for long.
    let (told, words) = if few {
        tell(&front, doors, &answers)
    } else {
        let front = front.clone();
        blocking(move || tell(&front, doors, &answers)).await?
    };
    drop(asked.passes);
    for kept in words {
        front.heard(kept.await);
    }
    Ok(told)
}

/// Words that the desk keeps before their author is answered.
type Words = Ticket<Result<(), String>>;

/// Counts what is in the log, and says so.
fn tell(front: &Front, doors: Vec<Door>, answers: &[Answer]) -> (Vec<Outcome>, Vec<Words>) {
    let mut answers = answers.iter();
    let mut words = Vec::new();
    let told = doors.into_iter().map(|door| match door {
        Door::Shut(denied) => denied,
        Door::Open { reason, counts } => {
            let answer = answers.next().expect("one answer for one submission");
            if let Answer::Accepted(accepted) = answer {
                words.extend(front.note(&counts, accepted.index));
            }
            outcome(&front.host, answer, reason)
        }
    });
    (told.collect(), words)
}

/// The node's answers to come, and what was found of each submission before.
struct Asked {
    ticket: Ticket<Vec<Answer>>,
    doors: Vec<Door>,
    /// Held until the answers are in the log or refused.
    passes: Vec<Pass>,
}

/// How far a submission gets by itself.
enum Door {
    /// The desk lets it through to the rules.
    Open {
        /// Why it is refused without looking at the state, where it is.
        reason: Option<String>,
        /// What the desk takes note of once it is in the log.
        counts: Counts,
    },
    /// The desk says no, in words of its own: no rule of the log was asked.
    Shut(Outcome),
}

/// What an accepted submission is to the desk; nothing, for most commands.
#[derive(Default)]
struct Counts {
    /// Answers to tasks.
    sealed: Option<Sealed>,
    /// The offer, where it says something to a panel.
    said: Option<Box<Offer>>,
}

/// What the node is asked, and what was found of each submission before.
fn look(front: &Front, sent: Vec<Sent>) -> (Vec<Checked>, Vec<Door>) {
    let mut asked = Vec::with_capacity(sent.len());
    let doors = sent.into_iter().map(|sent| {
        let (checked, reason) = check(sent);
        match front.desk(&checked) {
            Ok(counts) => {
                asked.push(checked);
                Door::Open { reason, counts }
            }
            Err(denied) => Door::Shut(denied),
        }
    });
    let doors = doors.collect();
    (asked, doors)
}

async fn ask(front: &Front, (asked, doors): (Vec<Checked>, Vec<Door>)) -> Result<Asked, Problem> {
    let campaigns = sealed_in(&asked);
    let passes = match front.passes_at_once(&campaigns) {
        Some(passes) => passes,
        None => {
            let front = front.clone();
            blocking(move || front.passes(&campaigns)).await?
        }
    };
    let ticket = front.host.submit_checked(asked).map_err(unanswered)?;
    Ok(Asked {
        ticket,
        doors,
        passes,
    })
}

impl Front {
    /// Whether the desk has given out the tasks that a submission answers.
    fn desk(&self, checked: &Checked) -> Result<Counts, Outcome> {
        let (Some(workplace), Ok(verified)) = (&self.workplace, &checked.offer) else {
            return Ok(Counts::default());
        };
        let offer = verified.offer();
        if let Err(chain_id) = workplace.pays(offer) {
            return Err(denied(&stopped(chain_id)));
        }
        let (campaign, says) = match &offer.signed.submission.command {
            Command::SealAnswers(sealed) => (sealed.campaign, false),
            Command::Appeal(appeal) => (appeal.campaign, true),
            Command::GiveVerdict(verdict) => (verdict.campaign, true),
            _ => return Ok(Counts::default()),
        };
        match workplace.check(offer) {
            Ok(sealed) => Ok(Counts {
                sealed,
                said: says.then(|| Box::new(offer.clone())),
            }),
            Err(why) => Err(denied(&refused(campaign, why))),
        }
    }

    /// A pass for each campaign; `None` where one would have to be waited for.
    fn passes_at_once(&self, campaigns: &BTreeSet<CampaignId>) -> Option<Vec<Pass>> {
        let Some(workplace) = &self.workplace else {
            return Some(Vec::new());
        };
        let passes = campaigns.iter().map(|id| workplace.pass_at_once(*id));
        passes.collect()
    }

    /// The same; waits on this thread.
    fn passes(&self, campaigns: &BTreeSet<CampaignId>) -> Vec<Pass> {
        let workplaces = self.workplace.iter();
        let passes = workplaces.flat_map(|it| campaigns.iter().map(|id| it.pass(*id)));
        passes.collect()
    }

    fn note(&self, counts: &Counts, entry: u64) -> Option<Words> {
        let workplace = self.workplace.as_ref()?;
        if let Some(sealed) = &counts.sealed {
            workplace.note(sealed);
        }
        workplace.heard(counts.said.as_ref()?, entry)
    }

    /// What was accepted stays so where its words are lost: the node's health tells of it.
    fn heard(&self, kept: Result<Result<(), String>, Unanswered>) {
        let kept = kept.map_err(|lost| lost.to_string()).flatten();
        self.host.report("desk", kept.err());
    }
}

/// What the desk says no with.
fn denied(problem: &Problem) -> Outcome {
    Outcome::Denied {
        code: problem.code().to_owned(),
        message: problem.detail(),
    }
}

/// Nothing new is paid from a chain that has come to its end.
fn stopped(chain_id: u64) -> Problem {
    let detail = format!(
        "this deposit stands on chain `{chain_id}`, on which nothing more is settled: what it \
         would pay for would never be paid. Use a deposit on another chain"
    );
    Problem::new(StatusCode::CONFLICT, "chain_stopped", detail)
}

/// The campaigns whose answers are among the submissions.
fn sealed_in(asked: &[Checked]) -> BTreeSet<CampaignId> {
    let offers = asked
        .iter()
        .filter_map(|checked| checked.offer.as_ref().ok());
    let campaigns = offers.filter_map(|offer| sealing(offer.offer()));
    campaigns.collect()
}

pub(crate) fn check(sent: Sent) -> (Checked, Option<String>) {
    let bytes = sent.signed.len();
    let refused = |rejection, why| {
        let checked = Checked {
            submission: Hash(proof::hash::sha256(&[&sent.signed])),
            offer: Err(rejection),
        };
        (checked, Some(why))
    };
    if bytes > MAX_ENTRY_BYTES {
        let why = format!("{bytes} bytes are signed, an entry has at most {MAX_ENTRY_BYTES}");
        return refused(Rejection::TooLarge, why);
    }
    let signed: Signed = match codec::decode(&sent.signed) {
        Ok(signed) => signed,
        Err(error) => return refused(Rejection::Malformed, error.to_string()),
    };
    let body: Vec<u8> = sent.body.map_or_else(Vec::new, Into::into);
    let (bytes, limit) = (body.len(), store::store::MAX_BODY_BYTES);
    let attachments = sent.attachments.unwrap_or_default();
    let checked = Checked::of(Offer {
        signed,
        body,
        attachments: attachments.into_iter().map(Into::into).collect(),
    });
    // The node refuses it; its rule alone would not say how large is too large.
    let why = || format!("the private body has {bytes} bytes, at most {limit} are kept");
    (checked, (bytes > limit).then(why))
}

pub(crate) fn outcome(host: &Host, answer: &Answer, reason: Option<String>) -> Outcome {
    match answer {
        Answer::Accepted(accepted) => Outcome::Accepted {
            index: accepted.index,
            repeated: accepted.repeated,
            promise: host.promise(accepted),
        },
        Answer::Refused(refused) => Outcome::Rejected {
            code: refused.rejection.code().to_owned(),
            message: reason.unwrap_or_else(|| refused.rejection.to_string()),
            refusal: host.refusal(refused),
        },
    }
}

pub(crate) fn unanswered(why: Unanswered) -> Problem {
    let (code, words) = (why.code(), why.to_string());
    match why {
        Unanswered::NotWriter { .. } => Problem::new(StatusCode::MISDIRECTED_REQUEST, code, words),
        _ => Problem::busy(code, words, 1),
    }
}

fn unknown_kind(kind: &str) -> Problem {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let detail =
        format!("`{kind}` is not read here; send `application/cbor` or `application/json`");
    Problem::new(status, "unsupported_media_type", detail)
}
