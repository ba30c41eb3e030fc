//! The server of a C2SP tlog-witness: one record per log, durable before anything is cosigned.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use node::Clock;
use proof::cosignature::{self, Cosigner, CosignerKey};
use proof::merkle::Head;
use proof::note::VerifierKey;
use proof::witness::{AddCheckpoint, Answer, Refusal, judge};
use proof::{Checkpoint, note};
use store::Files;

use crate::problem::Problem;

/// Most bytes of a request; a note may have as many.
const MAX_REQUEST_BYTES: usize = 1_000_000;

/// Who a witness is, and whom it watches.
pub struct Settings {
    /// Sign under one name, with one or two algorithms.
    pub cosigners: Vec<Cosigner>,
    /// Keys of the logs; two keys of one name are of one log.
    pub logs: Vec<VerifierKey>,
    /// Gives cosignatures their time.
    pub clock: Arc<dyn Clock>,
}

/// A witness over its records, of which it must be the only writer.
pub struct Witness {
    settings: Settings,
    files: Arc<dyn Files>,
    records: Mutex<BTreeMap<String, Record>>,
}

/// The latest checkpoint that was cosigned for a log.
struct Record {
    head: Head,
    /// With the signatures of log and witness.
    note: String,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Witness").field(&self.keys()).finish()
    }
}

impl Witness {
    /// Reads the records of its logs. One that is no checkpoint of its log, or that this witness
    /// has not cosigned, is corrupt: to begin anew would let a log fork.
    pub fn open(files: Arc<dyn Files>, settings: Settings) -> Result<Self, store::Error> {
        let mut records = BTreeMap::new();
        let keys: Vec<CosignerKey> = own_keys(&settings);
        for log in &settings.logs {
            let name = record_name(log.name());
            let Some(bytes) = files.read(&name)? else {
                continue;
            };
            let corrupt = |why: String| {
                let doing = format!("accept the record `{name}` of the log `{}`", log.name());
                store::Error::corrupt(doing, why)
            };
            let record = read_record(bytes, log.name(), &keys).map_err(corrupt)?;
            records.insert(log.name().to_owned(), record);
        }
        Ok(Self {
            settings,
            files,
            records: Mutex::new(records),
        })
    }

    /// What those who trust it check its cosignatures with.
    pub fn keys(&self) -> Vec<CosignerKey> {
        own_keys(&self.settings)
    }

    /// Answers the body of an `add-checkpoint` request. After an error nothing was cosigned.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<Answer, store::Error> {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(fault) => return Ok(Answer::Refused(Refusal::Malformed(fault.to_string()))),
        };
        // Held until the record is durable: of two requests the second is judged by the first.
        let mut records = self.records();
        let known = records.get(request.origin()).map(|record| &record.head);
        let accepted = match judge(known, &self.settings.logs, &request) {
            Ok(accepted) => accepted,
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        let lines = self.cosign(accepted.text())?;
        let note = cosignature::add(&accepted.note, &lines, &self.keys())?;
        self.files
            .put(&record_name(request.origin()), note.as_bytes())?;
        let head = accepted.head;
        records.insert(request.origin().to_owned(), Record { head, note });
        Ok(Answer::Cosigned(lines))
    }

    /// The latest cosigned checkpoint of the log whose origin has this SHA-256, in hex.
    pub fn checkpoint(&self, origin_hash: &str) -> Option<String> {
        let records = self.records();
        let mut records = records.iter();
        let found = records.find(|(origin, _)| hash(origin) == origin_hash);
        found.map(|(_, record)| record.note.clone())
    }

    fn cosign(&self, text: &str) -> Result<String, store::Error> {
        let time_s = self.settings.clock.now_ms() / 1_000;
        let sign = |cosigner: &Cosigner| cosigner.cosign(text, time_s);
        let lines: Result<String, _> = self.settings.cosigners.iter().map(sign).collect();
        lines.map_err(|fault| store::Error::unavailable("cosign", fault.to_string()))
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /add-checkpoint` and `GET /{origin hash}/checkpoint`.
pub fn routes(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add))
        .route("/{origin}/checkpoint", get(latest))
        .with_state(witness)
}

async fn add(State(witness): State<Arc<Witness>>, body: Body) -> Result<Response, Problem> {
    let body = to_bytes(body, MAX_REQUEST_BYTES).await.map_err(|_| {
        let limit = MAX_REQUEST_BYTES;
        Problem::too_large(format!("a request has at most {limit} bytes"))
    })?;
    let answered = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    let answer = answered.map_err(|_| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Problem::new(status, "broken", "the checkpoint could not be judged")
    })??;
    let status = StatusCode::from_u16(answer.status()).expect("the specification's codes are such");
    let kind = [(header::CONTENT_TYPE, answer.content_type())];
    Ok((status, kind, answer.body()).into_response())
}

async fn latest(
    State(witness): State<Arc<Witness>>,
    Path(origin): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    match witness.checkpoint(&origin) {
        Some(note) => Ok((headers, note)),
        None => Err(Problem::missing("no checkpoint of such a log was cosigned")),
    }
}

fn own_keys(settings: &Settings) -> Vec<CosignerKey> {
    let keys = settings.cosigners.iter().map(Cosigner::key);
    keys.cloned().collect()
}

fn read_record(bytes: Vec<u8>, origin: &str, keys: &[CosignerKey]) -> Result<Record, String> {
    let words = |fault: proof::Fault| fault.to_string();
    let text = note::text_unverified(&bytes).map_err(words)?;
    let (checkpoint, _) = Checkpoint::parse_extended(text).map_err(words)?;
    if checkpoint.origin != origin {
        return Err(format!("it is of the log `{}`", checkpoint.origin));
    }
    if cosignature::verified(&bytes, keys)
        .map_err(words)?
        .is_empty()
    {
        return Err("this witness has not cosigned it; was its key replaced?".to_owned());
    }
    let note = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let head = checkpoint.head;
    Ok(Record { head, note })
}

fn record_name(origin: &str) -> String {
    format!("logs/{}", hash(origin))
}

/// SHA-256 in hex, as the monitoring path of the specification names a log.
fn hash(origin: &str) -> String {
    protocol::Hash(proof::hash::sha256(&[origin.as_bytes()])).to_string()
}
