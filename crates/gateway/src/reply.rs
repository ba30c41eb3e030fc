//! An answer of the gateway, whichever server carries it.

use bytes::Bytes;
use serde_json::Value;

use crate::Fault;
use crate::stream::Reading;

/// Header of an error: whether OpenAI's clients send the same request again by themselves.
const RETRY: &str = "x-should-retry";

/// What a caller gets over HTTP, before any server's own types are known.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// What it brings.
    pub body: Body,
}

/// A body at once, or piece by piece.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Events as they come; whoever drops this cancels what still runs for it.
    Events(Reading),
}

impl Reply {
    /// A JSON document, sent at once without line breaks.
    pub fn json(status: u16, document: &Value) -> Self {
        let body = Bytes::from(document.to_string());
        Self::whole(status, "application/json", body)
    }

    /// Bytes sent at once; `kind` is their media type, as `application/json`.
    pub fn whole(status: u16, kind: &str, body: Bytes) -> Self {
        Self {
            status,
            headers: vec![("content-type", kind.to_owned())],
            body: Body::Whole(body),
        }
    }

    /// A stream of events.
    pub fn events(events: Reading) -> Self {
        Self {
            status: 200,
            headers: vec![
                ("content-type", "text/event-stream".to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body: Body::Events(events),
        }
    }

    /// For an answer that is no success and has cost something: OpenAI's clients, which send again
    /// by themselves what has failed, do not.
    pub fn never_again(mut self) -> Self {
        self.headers.retain(|(name, _)| *name != RETRY);
        self.with(RETRY, false)
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        let reply = Self::json(fault.status, &fault.json());
        let mut reply = reply.with(RETRY, fault.may_retry());
        if let Some(seconds) = fault.retry_after_s {
            reply = reply.with("retry-after", seconds);
        }
        match fault.payment {
            Some(told) => reply.with(told.0, told.1),
            None => reply,
        }
    }
}
