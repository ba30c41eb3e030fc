//! How many tokens a use has taken: what an upstream says, held against what can be true.

use protocol::usage::{TokenSource, Tokens};
use serde_json::Value;

/// Bytes of text that the gateway's own count takes for one token, rounded up.
const TOKEN_BYTES: u64 = 4;

/// The gateway's own count of a text of so many bytes: the same for streams and whole answers.
pub fn counted(text_bytes: u64) -> u64 {
    text_bytes.div_ceil(TOKEN_BYTES)
}

/// Bytes of all strings within a value, but those of pictures and sounds that stand in it as data
/// URLs.
pub fn text_bytes(value: &Value) -> u64 {
    match value {
        Value::String(text) if text.starts_with("data:") => 0,
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.values().map(text_bytes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Bytes of what an answer, or an event of one, says: choices without their bookkeeping, or the
/// output of a response.
pub fn answer_bytes(value: &Value) -> u64 {
    let fields = ["message", "delta", "text"];
    let choices = value.get("choices").and_then(Value::as_array);
    let said = choices.into_iter().flatten().flat_map(|choice| {
        let named = fields.iter().filter_map(move |name| choice.get(*name));
        named.map(spoken)
    });
    let response = value.get("output").or_else(|| value.get("delta"));
    said.sum::<u64>() + response.map_or(0, spoken)
}

/// All strings but the role, which every answer begins with.
fn spoken(value: &Value) -> u64 {
    let role = value.get("role").map_or(0, text_bytes);
    text_bytes(value) - role
}

/// Tokens asked and answered, by an upstream's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Asked.
    pub input: u64,
    /// Answered.
    pub output: u64,
}

/// What a document says of its use, in the words of chat, completions, embeddings or responses.
pub fn said(value: &Value) -> Option<Said> {
    let inner = value.get("response").and_then(|inner| inner.get("usage"));
    let usage = value
        .get("usage")
        .filter(|usage| usage.is_object())
        .or(inner)?;
    let number = |names: [&str; 2]| names.iter().find_map(|name| usage.get(*name)?.as_u64());
    Some(Said {
        input: number(["prompt_tokens", "input_tokens"])?,
        output: number(["completion_tokens", "output_tokens"]).unwrap_or(0),
    })
}

/// What limits every count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that were asked: a token has at least one.
    pub input_bytes: u64,
    /// Bytes of text that were answered.
    pub output_bytes: u64,
    /// Output tokens that were set aside for.
    pub output_most: u64,
}

/// The counts of a use, from what was said, or from what the gateway has seen.
pub fn settle(said: Option<Said>, input_text: u64, limits: Limits) -> Tokens {
    let own = Said {
        input: counted(input_text),
        output: counted(limits.output_bytes),
    };
    let claim = said.unwrap_or(own);
    let input = claim.input.min(limits.input_bytes);
    let output = claim
        .output
        .min(limits.output_bytes)
        .min(limits.output_most);
    let narrow = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let (input, output) = (narrow(input), narrow(output));
    let capped = u64::from(input) < claim.input || u64::from(output) < claim.output;
    let source = match said {
        _ if capped => TokenSource::Capped,
        Some(_) => TokenSource::Upstream,
        None => TokenSource::Counted,
    };
    Tokens {
        input,
        output,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_upstream_is_believed_within_what_can_be_true() {
        let limits = Limits {
            input_bytes: 100,
            output_bytes: 40,
            output_most: 30,
        };
        let of = |input, output| settle(Some(Said { input, output }), 80, limits);
        let tokens = |input, output, source| Tokens {
            input,
            output,
            source,
        };
        assert_eq!(of(9, 8), tokens(9, 8, TokenSource::Upstream));
        assert_eq!(of(101, 8), tokens(100, 8, TokenSource::Capped));
        assert_eq!(of(9, 41), tokens(9, 30, TokenSource::Capped));
        assert_eq!(
            settle(None, 81, limits),
            tokens(21, 10, TokenSource::Counted)
        );
    }

    #[test]
    fn an_answer_counts_by_what_it_says() {
        let whole = json!({"id": "x", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "12345678"}}]});
        assert_eq!(answer_bytes(&whole), 8);
        let chunk = json!({"choices": [{"delta": {"content": "1234"}}]});
        assert_eq!(answer_bytes(&chunk), 4);
        assert_eq!(answer_bytes(&json!({"choices": [{"text": "123"}]})), 3);
        assert_eq!(said(&json!({"usage": null})), None);
        let usage = json!({"response": {"usage": {"input_tokens": 3, "output_tokens": 4}}});
        assert_eq!(
            said(&usage),
            Some(Said {
                input: 3,
                output: 4
            })
        );
    }
}
