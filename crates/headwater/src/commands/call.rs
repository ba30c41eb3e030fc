//! `headwater call`: one question to a model of a node, its answer, cost and receipt.

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
    let document: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("`{url}` does not answer in JSON"))?;
    if !answer.is_success() {
        let error = &document["error"];
        let (code, message) = (words(&error["code"]), words(&error["message"]));
        bail!("{code}: {message}");
    }
    println!("{}", said(args.way, &document));
    told(&answer, args.output.as_deref())
}

/// Cost and receipts of an answer; with a file, the receipts go there.
fn told(answer: &http::Answer, output: Option<&Path>) -> Result<()> {
    let header = |name: &str| answer.header(name).unwrap_or("none");
    let receipt = header("x-headwater-receipt");
    let below = answer.header("x-headwater-children").unwrap_or_default();
    let below: Vec<&str> = below.split(',').filter(|text| !text.is_empty()).collect();
    println!("cost     {} units", header("x-headwater-cost"));
    if let Some(own) = answer.header("x-headwater-own-cost") {
        let uses = below.len();
        println!("         {own} of them for the call itself, the rest for {uses} uses in it");
    }
    println!("salt     {}", header("x-headwater-salt"));
    match output {
        Some(path) => {
            let all = [&below[..], &[receipt]].concat().join("\n");
            std::fs::write(path, all + "\n")
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
