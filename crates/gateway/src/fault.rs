//! What went wrong, in the shape that OpenAI's clients read, with a stable code of our own.

use serde_json::{Value, json};

/// Most letters of a text of somebody else's that a message repeats.
const SHOWN_LETTERS: usize = 100;

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status code.
    pub status: u16,
    /// The family, as OpenAI's clients know it.
    pub kind: &'static str,
    /// Stable; programs go by it.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// The field of the request that is meant.
    pub param: Option<&'static str>,
    /// In how many seconds the same request may succeed.
    pub retry_after_s: Option<u64>,
    /// What is told of the payment, as a header of x402: its name and its text.
    pub payment: Option<Box<(&'static str, String)>>,
    /// Receipts of what was used before a composed call came to nothing.
    pub used: Option<Box<Value>>,
}

impl Fault {
    fn new(status: u16, kind: &'static str, code: &'static str, message: String) -> Self {
        Self {
            status,
            kind,
            code,
            message,
            param: None,
            retry_after_s: None,
            payment: None,
            used: None,
        }
    }

    /// 400: the request is not what the route takes.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", code, message.into())
    }

    /// 400 for one field.
    pub fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param),
            ..Self::invalid("missing_field", message)
        }
    }

    /// 413: more was sent than is read.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("a request has at most {limit} bytes");
        Self::new(413, "invalid_request_error", "request_too_large", message)
    }

    /// 401: there is no such key.
    pub fn no_key() -> Self {
        let message = "send a key of this gateway as `Authorization: Bearer hw_m_...`; \
                       this one is missing, unknown, expired or revoked";
        Self::new(
            401,
            "authentication_error",
            "invalid_api_key",
            message.to_owned(),
        )
    }

    /// 402: nothing is set aside that could pay.
    pub fn unpaid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(402, "payment_required", code, message.into())
    }

    /// 409: what is shown has been used for something else.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(409, "conflict", code, message.into())
    }

    /// 503: whether a payment was taken is not known yet.
    pub fn pending(message: impl Into<String>) -> Self {
        Self::new(503, "payment_pending", "settlement_unknown", message.into())
    }

    /// 403: it is known who asks, and they may not.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(403, "permission_error", code, message.into())
    }

    /// 404: no such model is in service, or it is, and cannot be called for a reason.
    pub fn no_model(name: &str, absence: Option<&str>) -> Self {
        let name = briefly(name);
        let message = match absence {
            None => format!("no model `{name}` is in service; `GET /v1/models` lists them"),
            Some(why) => format!("the model `{name}` is in service and cannot be called: {why}"),
        };
        Self {
            param: Some("model"),
            ..Self::new(404, "invalid_request_error", "model_not_found", message)
        }
    }

    /// 404 for what is no model.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(404, "invalid_request_error", "not_found", message.into())
    }

    /// 429: later.
    pub fn later(code: &'static str, message: impl Into<String>, after_s: u64) -> Self {
        Self {
            retry_after_s: Some(after_s),
            ..Self::new(429, "rate_limit_error", code, message.into())
        }
    }

    /// 502: no upstream has answered well.
    pub fn upstream(message: impl Into<String>) -> Self {
        Self::new(502, "upstream_error", "upstream_error", message.into())
    }

    /// 504: no upstream has answered in time.
    pub fn upstream_late(message: impl Into<String>) -> Self {
        Self::new(504, "upstream_error", "upstream_timeout", message.into())
    }

    /// 500: the gateway itself.
    pub fn broken(message: impl Into<String>) -> Self {
        Self::new(500, "api_error", "gateway_broken", message.into())
    }

    /// Whether the same request may be answered a little later without being paid for twice: what a
    /// client goes by that sends again by itself what has failed.
    pub fn may_retry(&self) -> bool {
        let passes = match self.status {
            502 | 504 => true,
            // A client that pays by itself would sign another payment, beside one that may have
            // been taken.
            503 => false,
            _ => self.retry_after_s.is_some(),
        };
        passes && self.used.is_none()
    }

    /// The document that says so.
    pub fn json(&self) -> Value {
        let mut document = json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }});
        if let Some(used) = &self.used {
            document["headwater"] = (**used).clone();
        }
        document
    }
}

/// The beginning of a text that comes from outside, as a message repeats it.
pub(crate) fn briefly(text: &str) -> String {
    let mut letters = text.chars();
    let mut shown: String = letters.by_ref().take(SHOWN_LETTERS).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_repeated_up_to_a_hundred_letters() {
        let whole = "é".repeat(SHOWN_LETTERS);
        assert_eq!(briefly(&whole), whole);
        assert_eq!(briefly(&format!("{whole}é")), format!("{whole}…"));
        let message = Fault::no_model(&"m".repeat(1 << 20), None).message;
        assert!(message.len() < 200, "{message}");
    }

    #[test]
    fn a_client_tries_again_what_passes_by_itself_and_pays_for_nothing_twice() {
        let later = |fault: Fault| Fault {
            retry_after_s: Some(1),
            ..fault
        };
        let used = |fault: Fault| Fault {
            used: Some(Box::default()),
            ..fault
        };
        let upstream = || Fault::upstream("down");
        let late = || Fault::upstream_late("slow");
        let busy = || Fault::later("rate_limited", "busy", 1);
        for fault in [
            upstream(),
            late(),
            busy(),
            later(Fault::conflict("call_runs", "")),
        ] {
            assert!(fault.may_retry(), "{fault:?}");
            assert!(!used(fault).may_retry(), "what was used is paid");
        }
        for fault in [
            Fault::invalid("invalid_json", ""),
            Fault::no_key(),
            Fault::unpaid("insufficient_credit", ""),
            Fault::forbidden("call_over", ""),
            Fault::no_model("m", None),
            Fault::missing(""),
            Fault::conflict("already_answered", ""),
            Fault::too_large(1),
            Fault::broken(""),
            later(Fault::pending("")),
        ] {
            assert!(!fault.may_retry(), "{fault:?}");
        }
    }
}
