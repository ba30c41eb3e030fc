//! `headwater call`: one question to a model of a node, its answer, cost and receipt.

use crate::cli::models::{Call, Way};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

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
    let url = format!("{}/{path}", args.url.trim_end_matches('/'));
    let client = http::Client::new(http::Settings {
        request_ms: PATIENCE_MS,
        ..http::Settings::default()
    });
    let answer = client.post_with(&url, &headers, body.to_string().into(), MAX_ANSWER_BYTES)?;
    let document: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("`{url}` does not answer in JSON"))?;
    if !answer.is_success() {
        let error = &document["error"];
        let (code, message) = (words(&error["code"]), words(&error["message"]));
        bail!("{code}: {message}");
    }
    println!("{}", said(args.way, &document));
    let header = |name: &str| answer.header(name).unwrap_or("none");
    let receipt = header("x-headwater-receipt");
    println!("cost     {} units", header("x-headwater-cost"));
    println!("salt     {}", header("x-headwater-salt"));
    match &args.output {
        Some(path) => {
            std::fs::write(path, format!("{receipt}\n"))
                .with_context(|| format!("cannot write `{}`", path.display()))?;
            println!("receipt  {}", path.display());
        }
        None => println!("receipt  {receipt}"),
    }
    Ok(())
}

fn words(value: &Value) -> String {
    // A server's words reach a terminal: nothing in them may steer it.
    let text = value.as_str().unwrap_or("the node says nothing");
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(500)
        .collect()
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
    }
}
