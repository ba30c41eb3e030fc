//! What answers for an asset: a built-in model that is its content, upstreams, or its rows.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use model::{Classifier, Ngram, embedding};
use serde_json::{Value, json};

use crate::Fault;
use crate::request::{Request, Route};
use crate::rows::USUAL_ROWS;
use crate::upstream::Target;

/// Most texts of one request.
const MOST_TEXTS: usize = 100;
/// Longest answer of the language model, in words.
const MOST_WORDS: u64 = 1_024;
/// Longest one where the caller says nothing.
const WORDS: u64 = 64;

/// Who answers.
#[derive(Debug)]
pub enum Engine {
    /// A classifier, an n-gram language model or hash embeddings.
    BuiltIn(Arc<BuiltIn>),
    /// Asked in this order.
    Upstreams(Vec<Target>),
    /// The content is a table, and its rows are the answer.
    Rows,
}

impl Engine {
    /// Which kind it is, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::BuiltIn(built_in) => built_in.word(),
            Self::Upstreams(_) => "upstream",
            Self::Rows => "rows",
        }
    }

    /// Whether it answers a route at all, as far as that is known before it is asked.
    ///
    /// # Errors
    /// 400 where rows are asked of what has none, or anything else of what has nothing but rows.
    pub fn takes(&self, route: Route) -> Result<(), Fault> {
        match matches!(self, Self::Rows) == (route == Route::Rows) {
            true => Ok(()),
            false => Err(unsupported(self.word(), route)),
        }
    }

    /// Most tokens or rows of an answer where neither caller nor operator says how many.
    pub fn usual_output(&self) -> u32 {
        match self {
            Self::BuiltIn(_) | Self::Upstreams(_) => 4_096,
            Self::Rows => USUAL_ROWS,
        }
    }

    /// The route that most of its callers ask.
    pub fn usual_route(&self) -> Route {
        match self {
            Self::BuiltIn(built_in) => match **built_in {
                BuiltIn::Classifier(_) => Route::Classification,
                BuiltIn::Ngram(_) => Route::Completion,
                BuiltIn::Embedding => Route::Embedding,
            },
            Self::Upstreams(_) => Route::Chat,
            Self::Rows => Route::Rows,
        }
    }
}

/// A model that runs here.
#[derive(Debug)]
pub enum BuiltIn {
    /// Softmax over hashed features.
    Classifier(Classifier),
    /// Words by the two before them.
    Ngram(Ngram),
    /// Points by shared words and letters.
    Embedding,
}

/// What a built-in model has made of a request.
pub enum Produced {
    /// Texts that together are the answer, one event each where it is streamed.
    Texts(Vec<String>),
    /// A document, but for `id`, `created`, `model` and `usage`.
    Document(Value),
}

impl BuiltIn {
    /// By a file's first bytes; `None` for other files, an error for one that does not read.
    pub fn read(bytes: &[u8]) -> Option<Result<Self, String>> {
        let words = |error: model::Error| error.to_string();
        if Classifier::is_meant(bytes) {
            return Some(
                Classifier::from_bytes(bytes)
                    .map(Self::Classifier)
                    .map_err(words),
            );
        }
        if Ngram::is_meant(bytes) {
            return Some(Ngram::from_bytes(bytes).map(Self::Ngram).map_err(words));
        }
        embedding::is_meant(bytes).then_some(Ok(Self::Embedding))
    }

    /// Which of them it is, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Classifier(_) => "softmax-hash",
            Self::Ngram(_) => "ngram-lm",
            Self::Embedding => "hash-embed",
        }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// 400 for a route that is not this model's, and for questions that are no texts.
    pub fn answer(&self, request: &Request) -> Result<Produced, Fault> {
        let texts = request.texts()?;
        if texts.len() > MOST_TEXTS {
            return Err(Fault::field(
                "input",
                format!("at most {MOST_TEXTS} texts at a time"),
            ));
        }
        match (self, request.route) {
            (Self::Classifier(model), Route::Classification) => {
                let rows = texts.iter().enumerate();
                let rows = rows.map(|(index, text)| classified(model, index, text));
                let rows: Vec<Value> = rows.collect();
                Ok(Produced::Document(json!({"object": "list", "data": rows})))
            }
            (Self::Classifier(model), Route::Chat) => {
                let (_, label) = model.classify(&texts[0]);
                Ok(Produced::Texts(vec![model.names()[label].clone()]))
            }
            (Self::Ngram(model), Route::Chat | Route::Completion) => {
                if texts.len() > 1 {
                    return Err(Fault::field(
                        "prompt",
                        "this model takes one text at a time",
                    ));
                }
                let most = request.output_most.unwrap_or(WORDS).min(MOST_WORDS);
                let seed = request.field("seed").and_then(Value::as_u64).unwrap_or(0);
                let words = model.continues(&texts[0], seed);
                // A word has at least a byte, and a token at most four.
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let words = words.take(most).enumerate();
                let spaced = words.map(|(at, word)| match at {
                    0 => word,
                    _ => format!(" {word}"),
                });
                Ok(Produced::Texts(spaced.collect()))
            }
            (Self::Embedding, Route::Embedding) => {
                let form = request.field("encoding_format").and_then(Value::as_str);
                let rows = texts.iter().enumerate().map(|(index, text)| {
                    let point = embedding::embed(text);
                    let point = match form {
                        Some("base64") => BASE64.encode(embedding::packed(&point)).into(),
                        _ => json!(point),
                    };
                    json!({"object": "embedding", "index": index, "embedding": point})
                });
                let rows: Vec<Value> = rows.collect();
                Ok(Produced::Document(json!({"object": "list", "data": rows})))
            }
            _ => Err(unsupported(self.word(), request.route)),
        }
    }
}

fn unsupported(word: &str, route: Route) -> Fault {
    let path = route.path();
    let message = format!("this model is a `{word}` and does not answer `/v1/{path}`");
    Fault::invalid("route_not_supported", message)
}

fn classified(model: &Classifier, index: usize, text: &str) -> Value {
    let (ppm, label) = model.classify(text);
    let probs = model::classifier::shares(&ppm);
    json!({
        "index": index,
        "label": model.names()[label],
        "probs": probs,
        "num_classes": model.names().len(),
        "labels": model.names(),
    })
}
