//! What one route takes and answers, declared beside the table of who may ask it.

use super::schema::Schema;

/// A route as its users see it. Parameters of the path and what every route may answer follow from
/// the path and the table.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `GET` stands for `HEAD` too.
    pub method: &'static str,
    /// As axum writes it.
    pub path: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Parameters behind the `?`: name, shape, meaning; none must be there but those whose meaning
    /// begins with `required`.
    pub query: &'static [(&'static str, Schema, &'static str)],
    /// What is sent.
    pub body: Option<Sent>,
    /// Answers that are no problem.
    pub answers: &'static [Answer],
    /// Codes of problems of its own; what all routes have in common is not named again.
    pub problems: &'static [&'static str],
    /// Whether an `Idempotency-Key` makes a second request one with the first.
    pub once: bool,
}

/// A body that is sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// In JSON; `None` where only other forms are read.
    pub json: Option<Schema>,
    /// Other media types that are read.
    pub others: &'static [&'static str],
    /// Whether it must be there.
    pub required: bool,
}

/// An answer that is no problem.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What it says, in a few words.
    pub words: &'static str,
    /// Its shape, where it is JSON.
    pub json: Option<Schema>,
    /// Other media types that it may have.
    pub others: &'static [&'static str],
}

impl Operation {
    /// A route that answers this and takes nothing.
    pub const fn new(
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        answers: &'static [Answer],
    ) -> Self {
        Self {
            method,
            path,
            summary,
            query: &[],
            body: None,
            answers,
            problems: &[],
            once: false,
        }
    }

    /// With parameters behind the `?`.
    pub const fn query(self, query: &'static [(&'static str, Schema, &'static str)]) -> Self {
        Self { query, ..self }
    }

    /// With a body of JSON, which must be there.
    pub const fn body(self, json: Schema) -> Self {
        let body = Sent {
            json: Some(json),
            others: &[],
            required: true,
        };
        Self {
            body: Some(body),
            ..self
        }
    }

    /// With whatever body.
    pub const fn sent(self, body: Sent) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// With these codes of problems.
    pub const fn problems(self, problems: &'static [&'static str]) -> Self {
        Self { problems, ..self }
    }

    /// It makes something: an `Idempotency-Key` keeps a second request from making another.
    pub const fn once(self) -> Self {
        Self { once: true, ..self }
    }
}

impl Answer {
    /// With a status, a few words on what it says, and the shape of its members.
    pub const fn json(status: u16, words: &'static str, json: Schema) -> Self {
        Self {
            status,
            words,
            json: Some(json),
            others: &[],
        }
    }

    /// An answer of another type.
    pub const fn other(status: u16, words: &'static str, others: &'static [&'static str]) -> Self {
        Self {
            status,
            words,
            json: None,
            others,
        }
    }

    /// An answer without a body.
    pub const fn empty(status: u16, words: &'static str) -> Self {
        Self::other(status, words, &[])
    }
}
