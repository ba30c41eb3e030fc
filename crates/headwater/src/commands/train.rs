//! `headwater train`: a built-in model from a file of texts and labels, measured on a fifth of it.

use crate::cli::models::{Kind, Train};
use anyhow::{Context as _, Result, bail};
use model::feature::{self, Scheme};
use model::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};
use model::{Classifier, Ngram, embedding};
use std::collections::BTreeMap;

/// Every so many-th example is kept for the measurement.
const HELD_OUT: usize = 5;

/// Trains, measures, writes.
pub fn run(args: &Train) -> Result<()> {
    let bytes = match args.kind {
        Kind::Classifier => classifier(args)?,
        Kind::Ngram => {
            let rows = read(args)?;
            let model = Ngram::train(rows.iter().map(|(text, _)| text.as_str()))?;
            println!("texts    {}", rows.len());
            model.to_bytes()
        }
        Kind::Embedding => embedding::to_bytes(),
    };
    let shown = args.output.display();
    std::fs::write(&args.output, &bytes).with_context(|| format!("cannot write `{shown}`"))?;
    println!("model    {shown}, {} bytes", bytes.len());
    println!("content  {}", hex::encode(proof::hash::sha256(&[&bytes])));
    Ok(())
}

fn classifier(args: &Train) -> Result<Vec<u8>> {
    let rows = read(args)?;
    let mut names: Vec<String> = rows.iter().map(|(_, label)| label.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !name.is_empty());
    if names.len() < 2 {
        bail!(
            "there are {} classes; a classifier needs two\n\
             hint: name the column of labels with --label",
            names.len()
        );
    }
    let number: BTreeMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    let labelled = rows.iter().filter(|(_, label)| !label.is_empty());
    let examples: Vec<Example> = labelled
        .map(|(text, label)| Example {
            features: feature::text(text, args.bits),
            label: number[label.as_str()],
            weight_ppm: WHOLE_PPM,
        })
        .collect();
    let shape = Shape {
        scheme: Scheme::Text,
        bits: args.bits,
        classes: u32::try_from(names.len())?,
    };
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    for (place, example) in examples.iter().enumerate() {
        if place % HELD_OUT == HELD_OUT - 1 {
            held.push(example);
        } else {
            kept.push(example.clone());
        }
    }
    let judged = Softmax::train(shape, &kept, &Training::default())?;
    let right = held
        .iter()
        .filter(|it| judged.label(&it.features) == it.label);
    println!("examples {} of {} classes", examples.len(), names.len());
    println!(
        "right    {} of {} that a model of the other examples has not seen",
        right.count(),
        held.len()
    );
    // What is served has seen them all.
    let softmax = Softmax::train(shape, &examples, &Training::default())?;
    Ok(Classifier::new(names, softmax)?.to_bytes())
}

/// Text and label of every row; a label that is missing is empty.
fn read(args: &Train) -> Result<Vec<(String, String)>> {
    let shown = args.examples.display();
    let bytes = std::fs::read(&args.examples).with_context(|| format!("cannot read `{shown}`"))?;
    let is_json = bytes.trim_ascii_start().first() == Some(&b'{');
    let rows = if is_json {
        json_lines(args, &bytes)
    } else {
        csv_rows(args, &bytes)
    };
    let rows = rows.with_context(|| format!("cannot read examples of `{shown}`"))?;
    if rows.is_empty() {
        bail!("`{shown}` has no rows");
    }
    Ok(rows)
}

fn json_lines(args: &Train, bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let mut rows = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row: serde_json::Value =
            serde_json::from_slice(line).with_context(|| format!("line {}", number + 1))?;
        let text = row[&args.text].as_str();
        let text = text.with_context(|| format!("line {} has no `{}`", number + 1, args.text))?;
        let label = row[&args.label].as_str().unwrap_or_default();
        rows.push((text.to_owned(), label.to_owned()));
    }
    Ok(rows)
}

fn csv_rows(args: &Train, bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let text = column(&args.text);
    let text = text.with_context(|| format!("there is no column `{}`", args.text))?;
    let label = column(&args.label);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let label = label
            .and_then(|label| record.get(label))
            .unwrap_or_default();
        let text = record.get(text).unwrap_or_default();
        rows.push((text.to_owned(), label.to_owned()));
    }
    Ok(rows)
}
