//! A request as the gateway understands it: which route, which model, how much at most.

use crate::Fault;
use crate::fault::briefly;
use crate::rows::Wanted;
use crate::usage::text_bytes;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most answers to one question.
const MOST_CHOICES: u64 = 128;

/// What is asked of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/completions`.
    Completion,
    /// `/v1/embeddings`.
    Embedding,
    /// `/v1/responses`.
    Response,
    /// `/v1/classify`.
    Classification,
    /// `/v1/rows`.
    Rows,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::Completion,
        Self::Embedding,
        Self::Response,
        Self::Classification,
        Self::Rows,
    ];

    /// By the path behind `/v1/`.
    pub fn of(path: &str) -> Option<Self> {
        Some(match path {
            "chat/completions" => Self::Chat,
            "completions" => Self::Completion,
            "embeddings" => Self::Embedding,
            "responses" => Self::Response,
            "classify" => Self::Classification,
            "rows" => Self::Rows,
            _ => return None,
        })
    }

    /// The path behind `/v1/`.
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Completion => "completions",
            Self::Embedding => "embeddings",
            Self::Response => "responses",
            Self::Classification => "classify",
            Self::Rows => "rows",
        }
    }

    /// The field with what is asked.
    fn question(self) -> &'static str {
        match self {
            Self::Chat => "messages",
            Self::Completion => "prompt",
            Self::Embedding | Self::Response | Self::Classification => "input",
            Self::Rows => "where",
        }
    }

    /// Whether an answer may come in events.
    fn streams(self) -> bool {
        matches!(self, Self::Chat | Self::Completion | Self::Response)
    }
}

/// A body that was read.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked.
    pub route: Route,
    /// The model's name as it was given.
    pub model: String,
    /// Whether the answer comes in events.
    pub stream: bool,
    /// Most tokens of the answer, over all choices, or most rows; none, the model's own limit.
    pub output_most: Option<u64>,
    /// Bytes of the text that is asked.
    pub text_bytes: u64,
    /// Bytes of the whole body.
    pub body_bytes: u64,
    /// Which rows, where rows are asked for.
    pub rows: Option<Wanted>,
    fields: Map<String, Value>,
}

impl Request {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// 400 with the field that is missing or wrong.
    pub fn read(route: Route, body: &[u8]) -> Result<Self, Fault> {
        let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
            // What stands in the place of an object is repeated in the error, however long.
            let why = briefly(&error.to_string());
            Fault::invalid("invalid_json", format!("the body is no JSON object: {why}"))
        })?;
        let model = match fields.get("model") {
            Some(Value::String(model)) if !model.is_empty() => model.clone(),
            _ => return Err(Fault::field("model", "`model` names a model")),
        };
        let rows = match route {
            Route::Rows => Some(Wanted::read(&fields)?),
            _ => None,
        };
        let question = route.question();
        let asked = fields.get(question).filter(|asked| !asked.is_null());
        if asked.is_none() && rows.is_none() {
            return Err(Fault::field(question, format!("`{question}` is missing")));
        }
        if route == Route::Chat && asked.is_none_or(|it| it.as_array().is_none_or(Vec::is_empty)) {
            return Err(Fault::field("messages", "`messages` is a list of messages"));
        }
        let stream = match fields.get("stream") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(stream)) => *stream,
            Some(_) => return Err(Fault::field("stream", "`stream` is true or false")),
        };
        let names = ["max_completion_tokens", "max_output_tokens", "max_tokens"];
        let each = names.iter().find_map(|name| fields.get(*name)?.as_u64());
        let choices = ["n", "best_of"]
            .iter()
            .filter_map(|name| fields.get(*name)?.as_u64());
        let choices = choices.max().unwrap_or(1);
        if choices == 0 || choices > MOST_CHOICES {
            return Err(Fault::field("n", format!("`n` is 1 to {MOST_CHOICES}")));
        }
        let tokens_most = each.map(|each| each.saturating_mul(choices));
        Ok(Self {
            route,
            model,
            stream: stream && route.streams(),
            output_most: rows.as_ref().map_or(tokens_most, |rows| Some(rows.limit)),
            text_bytes: asked.map_or(0, text_bytes),
            body_bytes: body.len() as u64,
            rows,
            fields,
        })
    }

    /// Of a table the payer may read so many of its first rows, or all.
    pub fn keep_to(&mut self, licensed: Option<u64>) {
        if let Some(rows) = &mut self.rows {
            rows.licensed = licensed;
        }
    }

    /// A field of the body.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The same request under the name that an upstream knows, its use always asked for.
    pub fn renamed(&self, model: &str) -> Vec<u8> {
        let (model, options) = (Value::from(model), self.stream_options());
        let fields = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value));
        let mut fields: BTreeMap<&str, &Value> = fields.collect();
        fields.insert("model", &model);
        if let Some(options) = &options {
            fields.insert("stream_options", options);
        }
        serde_json::to_vec(&fields).expect("JSON that was read can be written")
    }

    /// What is told of an answer in events; `None` where nothing is added to what was asked.
    fn stream_options(&self) -> Option<Value> {
        let told = matches!(self.route, Route::Chat | Route::Completion);
        let options = (self.stream && told).then(|| self.fields.get("stream_options"))?;
        let mut options = options
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        options.insert("include_usage".to_owned(), true.into());
        Some(options.into())
    }

    /// The texts that are asked, each on its own: of a chat its last message alone.
    ///
    /// # Errors
    /// 400 for a question that is neither a text nor a list of texts.
    pub fn texts(&self) -> Result<Vec<String>, Fault> {
        let name = self.route.question();
        let wrong = || Fault::field(name, format!("`{name}` is a text or a list of texts"));
        let asked = self.fields.get(name).ok_or_else(wrong)?;
        if self.route == Route::Chat {
            let last = asked.as_array().and_then(|messages| messages.last());
            let content = last.and_then(|message| message.get("content"));
            return Ok(vec![content.and_then(parts).ok_or_else(wrong)?]);
        }
        match asked {
            Value::String(text) => Ok(vec![text.clone()]),
            Value::Array(texts) if !texts.is_empty() => {
                let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

/// The text of a message: a string, or the texts among its parts.
fn parts(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            Some(texts.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_body_is_read_or_the_field_is_named() {
        let read = |body: &str| Request::read(Route::Chat, body.as_bytes());
        let good = read(r#"{"model":"m","messages":[{"content":"hi"}],"max_tokens":5,"n":2}"#);
        assert_eq!(good.unwrap().output_most, Some(10));
        for (body, code, param) in [
            ("{", "invalid_json", None),
            ("[]", "invalid_json", None),
            (r#"{"messages":[{}]}"#, "missing_field", Some("model")),
            (r#"{"model":"m"}"#, "missing_field", Some("messages")),
            (
                r#"{"model":"m","messages":[]}"#,
                "missing_field",
                Some("messages"),
            ),
            (
                r#"{"model":"m","messages":[{}],"stream":1}"#,
                "missing_field",
                Some("stream"),
            ),
            (
                r#"{"model":"m","messages":[{}],"n":0}"#,
                "missing_field",
                Some("n"),
            ),
        ] {
            let fault = read(body).unwrap_err();
            assert_eq!((fault.code, fault.param), (code, param), "{body}");
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_body_is_not_repeated_at_length() {
        let body = format!("\"{}\"", "é".repeat(1 << 20));
        let fault = Request::read(Route::Chat, body.as_bytes()).unwrap_err();
        assert_eq!(fault.code, "invalid_json");
        assert!(fault.message.contains("é…"), "{}", fault.message);
        assert!(fault.message.chars().count() < 200);
    }

    #[test]
    fn an_upstream_gets_all_that_was_asked_under_its_own_name() {
        let body = br#"{"model":"m","messages":[{"content":"hi"}],"stream":true,"tools":[1]}"#;
        let request = Request::read(Route::Chat, body).unwrap();
        let sent: Value = serde_json::from_slice(&request.renamed("other")).unwrap();
        assert_eq!(sent["model"], "other");
        assert_eq!(sent["tools"], json!([1]));
        assert_eq!(sent["stream_options"], json!({"include_usage": true}));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let paths = "chat/completions completions embeddings responses classify rows";
            for path in paths.split(' ') {
                if let Ok(request) = Request::read(Route::of(path).unwrap(), &body) {
                    request.texts().ok();
                }
            }
        }
    }
}
