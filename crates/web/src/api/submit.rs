//! `POST /api/v1/submit`: signed submissions in, promises and signed refusals out.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use node::answer::{Answer, Unanswered};
use node::host::{Checked, Host};
use node::workplace::{Pass, sealing};
use protocol::entry::{MAX_ENTRY_BYTES, Signed};
use protocol::{CampaignId, Command, Hash, Rejection, codec};
use sequencer::Offer;
use std::collections::BTreeSet;

use super::{Front, blocking, broken};
use crate::problem::Problem;
use crate::wire::{self, MAX_REQUEST_BYTES, MAX_SUBMISSIONS, Outcome, Outcomes, Sent};
use crate::work::refused;

/// So many answers are told without a thread of their own.
const FEW: usize = 8;

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
    let whole = tokio::spawn(settle(front, read(&body)));
    let answers = whole.await.map_err(|_| broken())??;
    Ok(Json(Outcomes { answers }))
}

async fn settle(front: Front, sent: Result<Vec<Sent>, String>) -> Result<Vec<Outcome>, Problem> {
    let asking = front.clone();
    let asked = blocking(move || ask(&asking, sent)).await??;
    let few = asked.doors.len() <= FEW;
    let answers = asked.ticket.await.map_err(unanswered)?;
    let tell = move || -> Vec<Outcome> {
        let mut answers = answers.iter();
        let told = |door: Door| match door {
            Door::Shut(denied) => denied,
            Door::Open { reason, sealed } => {
                let answer = answers.next().expect("one answer for one submission");
                if let (Answer::Accepted(accepted), Some(sealed)) = (answer, &sealed) {
                    front.note(sealed, accepted.index);
                }
                outcome(&front.host, answer, reason)
            }
        };
        let told = asked.doors.into_iter().map(told).collect();
        drop(asked.passes);
        told
    };
    // Few answers are told at once: they hold up nobody for long.
    if few {
        Ok(tell())
    } else {
        blocking(tell).await
    }
}

/// The node's answers to come, and what was found of each submission before.
struct Asked {
    ticket: node::Ticket<Vec<Answer>>,
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
        /// The offer, where it seals answers that the desk counts, or says something to a panel.
        sealed: Option<Box<Offer>>,
    },
    /// The desk says no, in words of its own: no rule of the log was asked.
    Shut(Outcome),
}

fn ask(front: &Front, sent: Result<Vec<Sent>, String>) -> Result<Asked, Problem> {
    let sent = sent.map_err(|why| Problem::invalid("malformed", why))?;
    if sent.len() > MAX_SUBMISSIONS {
        let count = sent.len();
        return Err(Problem::too_large(format!(
            "{count} submissions stand in one request, at most {MAX_SUBMISSIONS} may"
        )));
    }
    let mut asked = Vec::with_capacity(sent.len());
    let doors = sent.into_iter().map(|sent| {
        let (checked, reason) = check(sent);
        match front.desk(&checked) {
            Ok(sealed) => {
                asked.push(checked);
                Door::Open { reason, sealed }
            }
            Err(denied) => Door::Shut(denied),
        }
    });
    let doors = doors.collect();
    let passes = front.passes(&asked);
    let ticket = front.host.submit_checked(asked).map_err(unanswered)?;
    Ok(Asked {
        ticket,
        doors,
        passes,
    })
}

impl Front {
    /// Whether the desk has given out the tasks that a submission answers.
    fn desk(&self, checked: &Checked) -> Result<Option<Box<Offer>>, Outcome> {
        let (Some(workplace), Ok(verified)) = (&self.workplace, &checked.offer) else {
            return Ok(None);
        };
        let offer = verified.offer();
        if let Err(chain_id) = workplace.pays(offer) {
            return Err(Outcome::Denied {
                code: "chain_stopped".to_owned(),
                message: format!(
                    "this deposit stands on chain `{chain_id}`, on which nothing more is settled: \
                     what it would pay for would never be paid. Use a deposit on another chain"
                ),
            });
        }
        let campaign = match &offer.signed.submission.command {
            Command::SealAnswers(sealed) => sealed.campaign,
            Command::Appeal(appeal) => appeal.campaign,
            Command::GiveVerdict(verdict) => verdict.campaign,
            _ => return Ok(None),
        };
        match workplace.check(offer) {
            Ok(()) => Ok(Some(Box::new(offer.clone()))),
            Err(why) => {
                let problem = refused(campaign, why);
                let (code, message) = (problem.code().to_owned(), problem.detail().to_owned());
                Err(Outcome::Denied { code, message })
            }
        }
    }

    /// A pass for each campaign whose answers are among the submissions.
    fn passes(&self, asked: &[Checked]) -> Vec<Pass> {
        let Some(workplace) = &self.workplace else {
            return Vec::new();
        };
        let offers = asked
            .iter()
            .filter_map(|checked| checked.offer.as_ref().ok());
        let campaigns = offers.filter_map(|offer| sealing(offer.offer()));
        let campaigns: BTreeSet<CampaignId> = campaigns.collect();
        campaigns.into_iter().map(|id| workplace.pass(id)).collect()
    }

    fn note(&self, sealed: &Offer, entry: u64) {
        if let Some(workplace) = &self.workplace {
            workplace.note(sealed);
            workplace.heard(sealed, entry);
        }
    }
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
