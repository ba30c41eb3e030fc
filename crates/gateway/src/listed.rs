//! What can be called: an asset with its name, who answers for it, and how it is listed.

use std::sync::Arc;

use protocol::Amount;
use serde_json::{Value, json};

use crate::books::Served;
use crate::engine::Engine;
use crate::pace::Latency;

/// A model or a table that can be called.
#[derive(Debug)]
pub struct Model {
    /// What callers name it.
    pub name: String,
    /// The asset behind it.
    pub served: Served,
    /// Who answers.
    pub engine: Arc<Engine>,
    /// Most tokens of an answer, or most rows, where the caller says nothing.
    pub output_most: u32,
}

impl Model {
    /// Whether its answers are rows.
    fn has_rows(&self) -> bool {
        matches!(*self.engine, Engine::Rows)
    }

    /// What a question of so many bytes costs with an answer of so many tokens or rows; nothing is
    /// counted of what is asked for rows.
    pub(crate) fn price(&self, input_bytes: u64, output: u64) -> Option<Amount> {
        let input = if self.has_rows() { 0 } else { input_bytes };
        self.served.price.of(input, output)
    }

    /// The purpose at a place in its terms.
    pub(crate) fn purpose(&self, place: u16) -> &str {
        let word = self.served.purposes.get(usize::from(place));
        word.map_or("", String::as_str)
    }

    /// What `GET /v1/models` says of it.
    pub(crate) fn document(&self, latency: Option<Latency>) -> Value {
        let served = &self.served;
        let (mut tokens, mut rows) = (None, None);
        if let Some(prices) = served.price.tokens {
            let [input, output] =
                [prices.input_units, prices.output_units].map(|it| it.to_string());
            match self.has_rows() {
                true => rows = Some(output),
                false => tokens = Some(json!({"input_units": input, "output_units": output})),
            }
        }
        let latency = latency.map(
            |own| json!({"calls": own.calls, "median_us": own.median_us, "p95_us": own.p95_us}),
        );
        json!({
            "id": self.name,
            "object": "model",
            "created": 0,
            "owned_by": "headwater",
            "headwater": {
                "asset": served.asset.0,
                "title": served.title,
                "content": served.content.to_string(),
                "engine": self.engine.word(),
                "price_units": served.price.flat_units.to_string(),
                "per_million_tokens": tokens,
                "per_million_rows": rows,
                "purposes": served.purposes,
                "latency": latency,
                "uses": served.composition.as_ref().map(|it| json!({
                    "assets": it.components.iter().map(|asset| asset.0).collect::<Vec<_>>(),
                    "most_units": it.most_units.to_string(),
                })),
            },
        })
    }
}
