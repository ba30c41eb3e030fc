//! Submissions as they travel: an array of signed bytes with what goes beside them, CBOR or JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Most bytes of one request.
pub const MAX_REQUEST_BYTES: usize = 16 << 20;
/// Most submissions of one request.
pub const MAX_SUBMISSIONS: usize = 4_096;

/// One submission in a request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Sent {
    /// The deterministic encoding of [`protocol::entry::Signed`].
    #[n(0)]
    pub signed: ByteVec,
    /// The private body; left out where there is none.
    #[n(1)]
    pub body: Option<ByteVec>,
    /// Public documents that the command names; left out where there are none.
    #[n(2)]
    pub attachments: Option<Vec<ByteVec>>,
}

/// The same in JSON, with all bytes in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    signed: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    attachments: Vec<String>,
}

/// What a client hears of one of its submissions, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It is an entry of the log.
    Accepted {
        /// Where it stands.
        index: u64,
        /// Whether it had been sent before.
        repeated: bool,
        /// The log's signed word that a public checkpoint covers it in time.
        promise: String,
    },
    /// A rule said no.
    Rejected {
        /// Stable, in `snake_case`.
        code: String,
        /// For people.
        message: String,
        /// The log's signed word that it refused.
        refusal: String,
    },
    /// The desk said no before any rule was asked: the task is not the account's to answer, or
    /// nothing more is settled on the chain of the deposit that would pay. Nothing is signed, since
    /// no log is spoken of.
    Denied {
        /// Stable, in `snake_case`.
        code: String,
        /// For people.
        message: String,
    },
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// One for each submission.
    pub answers: Vec<Outcome>,
}

/// The CBOR body of a request.
pub fn encode(sent: &[Sent]) -> Vec<u8> {
    minicbor::to_vec(sent).expect("encoding into memory has no way to fail")
}

/// Reads a CBOR body: one array and nothing after it.
pub fn decode(bytes: &[u8]) -> Result<Vec<Sent>, String> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let sent: Result<Vec<Sent>, _> = decoder.decode();
    let sent = sent.map_err(|error| format!("the body is no CBOR array of maps: {error}"))?;
    if decoder.position() < bytes.len() {
        return Err("bytes follow the CBOR array".to_owned());
    }
    Ok(sent)
}

/// Reads a JSON body.
pub fn decode_json(bytes: &[u8]) -> Result<Vec<Sent>, String> {
    let texts: Vec<Text> = serde_json::from_slice(bytes)
        .map_err(|error| format!("the body is no JSON array of submissions: {error}"))?;
    texts.into_iter().map(from_text).collect()
}

fn from_text(text: Text) -> Result<Sent, String> {
    let bytes = |field: &str, text: &str| {
        let read = BASE64.decode(text).map(ByteVec::from);
        read.map_err(|error| format!("`{field}` is no base64: {error}"))
    };
    let attachments: Result<Vec<_>, _> = text
        .attachments
        .iter()
        .map(|attachment| bytes("attachments", attachment))
        .collect();
    Ok(Sent {
        signed: bytes("signed", &text.signed)?,
        body: Some(bytes("body", &text.body)?),
        attachments: Some(attachments?),
    })
}
