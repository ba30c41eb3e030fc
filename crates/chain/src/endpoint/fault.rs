//! What a server says instead of a result: codes differ between servers, so words count too.

use serde_json::Value;

use super::answer;

/// Longest message that is shown.
const MOST_LETTERS: usize = 300;
/// A code of our own, for an answer that is none.
const STRANGE: i64 = i64::MIN;

/// An error of JSON-RPC 2.0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    code: i64,
    /// For people, without control characters.
    pub message: String,
    data: Value,
}

/// The result within an answer to the request with this number.
pub(super) fn result(answer: &[u8], id: u64) -> Result<Value, Fault> {
    let strange = |why: &str| Fault {
        code: STRANGE,
        message: why.to_owned(),
        data: Value::Null,
    };
    let mut answer: Value =
        serde_json::from_slice(answer).map_err(|_| strange("the answer is no JSON"))?;
    if answer["error"].is_object() {
        let fault = answer["error"].take();
        let message = fault["message"].as_str().unwrap_or("no reason");
        // A server's words reach a terminal: nothing in them may steer it.
        let message = message.chars().filter(|letter| !letter.is_control());
        return Err(Fault {
            code: fault["code"].as_i64().unwrap_or(0),
            message: message.take(MOST_LETTERS).collect(),
            data: fault["data"].clone(),
        });
    }
    if answer["id"] != id {
        return Err(strange("the answer is one to another request"));
    }
    match answer.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(strange("the answer has no result")),
    }
}

impl Fault {
    /// Whether the same question may be answered later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.code, -32_603 | -32_005 | -32_016 | -32_097 | 429)
            || self.says(&["timeout", "timed out", "header not found", "rate limit"])
            || self.says(&["too many requests", "try again", "temporarily", "syncing"])
    }

    /// Whether a shorter range of blocks may be answered.
    pub(super) fn is_about_size(&self) -> bool {
        let about_size = [
            "range",
            "limit",
            "too many",
            "too large",
            "more than",
            "exceed",
        ];
        let about_haste = self.code == 429 || self.says(&["rate limit", "requests", "second"]);
        !about_haste && (self.code == -32_005 || self.says(&about_size))
    }

    /// Whether a contract said no.
    pub(super) fn is_revert(&self) -> bool {
        self.code == 3 || self.says(&["revert"])
    }

    /// Whether the answer itself is broken.
    pub(super) fn is_strange(&self) -> bool {
        self.code == STRANGE
    }

    /// Whether a transaction was handed in before.
    pub(super) fn is_known(&self) -> bool {
        self.says(&["already known", "known transaction", "already imported"])
            || self.says(&["already in mempool", "already exists"])
    }

    /// Whether a transaction's nonce is used up.
    pub(super) fn is_used(&self) -> bool {
        self.says(&[
            "nonce too low",
            "nonce is too low",
            "old nonce",
            "already been mined",
        ])
    }

    /// The bytes with which a contract refused, wherever this server puts them.
    pub(super) fn output(&self) -> Option<Vec<u8>> {
        let inner = &self.data;
        let places = [inner, &inner["data"], &inner["result"]];
        places.into_iter().find_map(|place| {
            let text = place.as_str()?;
            let digits = text.strip_prefix("Reverted ").unwrap_or(text);
            answer::bytes(&Value::from(digits))
        })
    }

    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    }
}
