//! `headwater call`: one question to a model or a table of a node, its answer, cost and receipt.

use crate::cli::models::{Call, Way};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::path::Path;

/// Most bytes of an answer.
const MAX_ANSWER_BYTES: u64 = 64 << 20;
/// How long an answer may take, in milliseconds: large models are slow.
const PATIENCE_MS: u64 = 600_000;

/// Asks and prints.
pub fn run(args: &Call) -> Result<()> {
    let (path, mut body) = match args.way {
        Way::Chat => {
            let message = json!({"role": "user", "content": args.text});
            ("v1/chat/completions", json!({"messages": [message]}))
        }
        Way::Complete => ("v1/completions", json!({"prompt": args.text})),
        Way::Classify => ("v1/classify", json!({"input": args.text})),
        Way::Embed => ("v1/embeddings", json!({"input": args.text})),
        Way::Rows => ("v1/rows", rows(args)?),
    };
    body["model"] = args.model.clone().into();
    let bearer = format!("Bearer {}", args.key);
    let mut headers = vec![
        ("content-type", "application/json"),
        ("authorization", &bearer),
    ];
    if let Some(purpose) = &args.purpose {
        headers.push(("x-headwater-purpose", purpose));
    }
    if let Some(once) = &args.once {
        headers.push(("idempotency-key", once));
    }
    let most = args.most.map(|units| units.to_string());
    if let Some(most) = &most {
        headers.push(("x-headwater-max-units", most));
    }
    let url = format!("{}/{path}", args.url.trim_end_matches('/'));
    let client = http::Client::new(http::Settings {
        request_ms: PATIENCE_MS,
        ..http::Settings::default()
    });
    let answer = client.post_with(&url, &headers, body.to_string().into(), MAX_ANSWER_BYTES)?;
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let told = Told::of(&answer, &document);
    if !answer.is_success() {
        // What was used before it failed is paid: its receipts are the caller's all the same.
        if let Some(told) = &told {
            told.print(args.output.as_deref())?;
        }
        bail!("{}", refused(&answer, &document));
    }
    anyhow::ensure!(!document.is_null(), "`{url}` does not answer in JSON");
    println!("{}", said(args.way, &document));
    told.unwrap_or_default().print(args.output.as_deref())
}

/// The question for rows.
fn rows(args: &Call) -> Result<Value> {
    let mut body = json!({"from": args.from, "limit": args.limit});
    if !args.text.is_empty() {
        let (column, text) = args.text.split_once('=').with_context(|| {
            format!(
                "`{}` chooses no rows\nhint: write `COLUMN=TEXT`, or `\"\"` for all",
                args.text
            )
        })?;
        body["where"] = json!({column: text});
    }
    Ok(body)
}

/// Code and words of an answer that is no success; those of an upstream may be of any form.
fn refused(answer: &http::Answer, document: &Value) -> String {
    let error = &document["error"];
    if error["message"].is_string() {
        return format!("{}: {}", words(&error["code"]), words(&error["message"]));
    }
    format!("the model's upstream answers {}", answer.status)
}

/// Cost and receipts of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    cost: Option<String>,
    own: Option<String>,
    salt: Option<String>,
    /// Of what was used in it, in the order of their counters, and of the whole.
    receipts: Vec<String>,
}

impl Told {
    /// As the headers say it, or the document of an error; none where nothing was paid.
    fn of(answer: &http::Answer, document: &Value) -> Option<Self> {
        let header = |name: &str| answer.header(name).map(str::to_owned);
        let told = &document["headwater"];
        let field = |name: &str| told[name].as_str().map(str::to_owned);
        let (below, own) = match header("x-headwater-receipt") {
            Some(own) => {
                let below = header("x-headwater-children").unwrap_or_default();
                let texts = below.split(',').filter(|text| !text.is_empty());
                (texts.map(str::to_owned).collect(), own)
            }
            None => {
                let below = told["children"].as_array().into_iter().flatten();
                let texts = below.filter_map(Value::as_str).map(str::to_owned);
                (texts.collect::<Vec<String>>(), field("receipt")?)
            }
        };
        Some(Self {
            cost: header("x-headwater-cost").or_else(|| field("cost_units")),
            own: header("x-headwater-own-cost").or_else(|| field("own_units")),
            salt: header("x-headwater-salt").or_else(|| field("salt")),
            receipts: [below, vec![own]].concat(),
        })
    }

    /// With a file, the receipts go there.
    fn print(&self, output: Option<&Path>) -> Result<()> {
        let or_none = |text: &Option<String>| text.as_deref().map_or("none".to_owned(), plain);
        println!("cost     {} units", or_none(&self.cost));
        if let Some(own) = &self.own {
            let (own, uses) = (plain(own), self.receipts.len().saturating_sub(1));
            println!("         {own} of them for the call itself, the rest for {uses} uses in it");
        }
        println!("salt     {}", or_none(&self.salt));
        match output {
            Some(path) => {
                std::fs::write(path, self.receipts.join("\n") + "\n")
                    .with_context(|| format!("cannot write `{}`", path.display()))?;
                println!("receipt  {}", path.display());
            }
            None => println!("receipt  {}", or_none(&self.receipts.last().cloned())),
        }
        Ok(())
    }
}

fn words(value: &Value) -> String {
    plain(value.as_str().unwrap_or("the node says nothing"))
}

/// A server's words reach a terminal: nothing in them may steer it.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control());
    letters.take(500).collect()
}

fn said(way: Way, document: &Value) -> String {
    let first = &document["choices"][0];
    match way {
        Way::Chat => words(&first["message"]["content"]),
        Way::Complete => words(&first["text"]),
        Way::Classify => words(&document["data"][0]["label"]),
        Way::Embed => {
            let point = document["data"][0]["embedding"].as_array();
            format!("a point of {} numbers", point.map_or(0, Vec::len))
        }
        Way::Rows => {
            let rows = document["data"].as_array().into_iter().flatten();
            let next = document["next"].as_u64();
            let next = next.map(|from| format!("next     --from {from}"));
            let lines = rows.map(Value::to_string).chain(next);
            let shown = lines.map(|line| line.replace(char::is_control, ""));
            shown.collect::<Vec<_>>().join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_of_what_was_paid_are_kept_whatever_came_of_the_call() {
        let told = json!({
            "receipt": "whole", "children": ["one", "two"], "cost_units": "23",
            "own_units": "0", "salt": "s",
        });
        let error = json!({"message": "gone", "code": "upstream_error"});
        let document = json!({"error": error, "headwater": told});
        let answer = |headers: &[(&str, &str)]| http::Answer {
            status: 502,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
        };
        let found = Told::of(&answer(&[]), &document).unwrap();
        assert_eq!(found.receipts, ["one", "two", "whole"]);
        assert_eq!(found.cost.as_deref(), Some("23"));
        // An upstream's own words of its refusal bring them in the head.
        let head = answer(&[
            ("x-headwater-receipt", "whole"),
            ("x-headwater-children", "one,two"),
            ("x-headwater-cost", "23"),
            ("x-headwater-own-cost", "0"),
            ("x-headwater-salt", "s"),
        ]);
        assert_eq!(Told::of(&head, &Value::Null).as_ref(), Some(&found));
        assert_eq!(Told::of(&answer(&[]), &json!({"error": {}})), None);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("call.receipts");
        found.print(Some(&path)).unwrap();
        let kept = std::fs::read_to_string(path).unwrap();
        assert_eq!(kept, "one\ntwo\nwhole\n");
        assert_eq!(refused(&head, &document), "upstream_error: gone");
        assert_eq!(
            refused(&head, &Value::Null),
            "the model's upstream answers 502"
        );
    }
}
