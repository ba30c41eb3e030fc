//! `headwater train`: a built-in model from a file of texts and labels, measured on a fifth of it.

use crate::cli::models::{Kind, Train};
use anyhow::{Context as _, Result, anyhow, bail};
use model::{Ngram, embedding};

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
    let learnt = model::learn(&read(args)?, args.bits).map_err(|error| match error {
        model::Error::Shape { classes, .. } if classes < 2 => anyhow!(
            "there are {classes} classes; a classifier needs two\n\
             hint: name the column of labels with --label"
        ),
        other => other.into(),
    })?;
    let classes = learnt.classifier.names().len();
    println!("examples {} of {classes} classes", learnt.examples);
    println!(
        "right    {} of {} that a model of the other examples has not seen",
        learnt.right, learnt.held
    );
    Ok(learnt.classifier.to_bytes())
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
