//! `POST /api/v1/submit`: signed submissions in, promises and signed refusals out.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use node::Host;
use node::answer::{Answer, Refused, Unanswered};
use protocol::entry::{MAX_ENTRY_BYTES, Signed};
use protocol::{Hash, Rejection, codec};
use sequencer::Offer;

use super::{Front, blocking};
use crate::problem::Problem;
use crate::wire::{self, MAX_REQUEST_BYTES, MAX_SUBMISSIONS, Outcome, Outcomes, Sent};

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
    let host = front.host.clone();
    let (asked, refused) = blocking(move || ask(&host, read(&body))).await??;
    let answers = match asked {
        Some(ticket) => ticket.await.map_err(unanswered)?,
        None => Vec::new(),
    };
    let outcomes = blocking(move || outcomes(&front.host, &answers, refused)).await?;
    Ok(Json(Outcomes { answers: outcomes }))
}

/// One place of the request: asked of the node, or refused at the door with the reason in words.
type AtTheDoor = Option<(Refused, String)>;
type Asked = (Option<node::Ticket<Vec<Answer>>>, Vec<AtTheDoor>);

fn ask(host: &Host, sent: Result<Vec<Sent>, String>) -> Result<Asked, Problem> {
    let sent = sent.map_err(|why| Problem::invalid("malformed", why))?;
    if sent.len() > MAX_SUBMISSIONS {
        let count = sent.len();
        return Err(Problem::too_large(format!(
            "{count} submissions stand in one request, at most {MAX_SUBMISSIONS} may"
        )));
    }
    let mut refused = Vec::with_capacity(sent.len());
    let mut offers = Vec::with_capacity(sent.len());
    for sent in sent {
        match offer(sent) {
            Ok(offer) => {
                offers.push(offer);
                refused.push(None);
            }
            Err(turned) => {
                let mut refusal = host.refuse(&[], turned.rejection);
                refusal.submission = turned.submission;
                refused.push(Some((refusal, turned.why)));
            }
        }
    }
    if offers.is_empty() {
        return Ok((None, refused));
    }
    let ticket = host.submit(offers).map_err(unanswered)?;
    Ok((Some(ticket), refused))
}

/// A submission that does not reach the node.
struct Turned {
    submission: Hash,
    rejection: Rejection,
    why: String,
}

fn offer(sent: Sent) -> Result<Offer, Turned> {
    let turned = |submission, rejection, why| {
        Err(Turned {
            submission: Hash(submission),
            rejection,
            why,
        })
    };
    let bytes = sent.signed.len();
    let own = || proof::hash::sha256(&[&sent.signed]);
    if bytes > MAX_ENTRY_BYTES {
        let why = format!("{bytes} bytes are signed, an entry has at most {MAX_ENTRY_BYTES}");
        return turned(own(), Rejection::TooLarge, why);
    }
    let signed: Signed = match codec::decode(&sent.signed) {
        Ok(signed) => signed,
        Err(error) => return turned(own(), Rejection::Malformed, error.to_string()),
    };
    let body: Vec<u8> = sent.body.map_or_else(Vec::new, Into::into);
    let limit = store::store::MAX_BODY_BYTES;
    if body.len() > limit {
        let signing = signed.submission.signing_bytes();
        let submission = proof::promise::submission(&signing, &signed.signature.0);
        let bytes = body.len();
        let why = format!("the private body has {bytes} bytes, at most {limit} are kept");
        return turned(submission, Rejection::TooLarge, why);
    }
    let attachments = sent.attachments.unwrap_or_default();
    Ok(Offer {
        signed,
        body,
        attachments: attachments.into_iter().map(Into::into).collect(),
    })
}

/// Answers stand in the order of what was asked; what was refused at the door goes between them.
fn outcomes(host: &Host, answers: &[Answer], refused: Vec<AtTheDoor>) -> Vec<Outcome> {
    let mut answers = answers.iter();
    let outcome = |refused: AtTheDoor| match refused {
        Some((refused, why)) => rejected(host, &refused, why),
        None => match answers.next().expect("one answer for each that was asked") {
            Answer::Accepted(accepted) => Outcome::Accepted {
                index: accepted.index,
                repeated: accepted.repeated,
                promise: host.promise(accepted),
            },
            Answer::Refused(refused) => rejected(host, refused, refused.rejection.to_string()),
        },
    };
    refused.into_iter().map(outcome).collect()
}

fn rejected(host: &Host, refused: &Refused, message: String) -> Outcome {
    Outcome::Rejected {
        code: refused.rejection.code().to_owned(),
        message,
        refusal: host.refusal(refused),
    }
}

fn unanswered(why: Unanswered) -> Problem {
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
