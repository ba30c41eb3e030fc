//! Labels that are spans of tokens.

use super::{Found, LABEL, TASK, TOKENS, WORKER, misshapen, refused};
use anyhow::Result;
use quality::span::{Marker, Marking, Markings, Span, Spans, infer, majority};
use serde_json::json;
use std::collections::BTreeMap;
use table::{Coded, Column, Sheet};

/// Spans of one row: start, end and kind.
type Parts = Vec<(u32, u32, String)>;

/// Spans by the default or, for a vote, by the majority of each token.
pub fn find(sheet: &Sheet, vote: bool) -> Result<Found> {
    let [task, worker, label] = [TASK, WORKER, LABEL].map(|want| sheet.column(want.role));
    let mut parsed: Vec<Parts> = Vec::with_capacity(sheet.rows());
    for row in 0..sheet.rows() {
        let spans = serde_json::from_str(label.text(row));
        let shape = r#"[[3, 5, "person"]]"#;
        parsed.push(spans.map_err(|_| misshapen(sheet, row, shape))?);
    }
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, _, kind) in parsed.iter().flatten() {
        kinds.insert(kind, 0);
    }
    kinds
        .values_mut()
        .zip(0..)
        .for_each(|(number, next)| *number = next);
    let lengths = lengths(sheet, &parsed)?;
    let rows = parsed.iter().enumerate().map(|(row, spans)| Marking {
        unit: task.codes[row],
        worker: worker.codes[row],
        spans: spans
            .iter()
            .map(|(start, end, kind)| Span {
                start: *start,
                end: *end,
                kind: kinds[kind.as_str()],
            })
            .collect(),
    });
    let (workers, count) = (worker.values.len() as u32, kinds.len() as u32);
    let markings = Markings::new(lengths, workers, count, rows.collect());
    let markings = markings.map_err(|error| refused(sheet, &error))?;
    let (algorithm, found) = if vote {
        ("majority of tokens", majority(&markings))
    } else {
        ("Bayesian sequence combination", infer(&markings))
    };
    let names: Vec<&str> = kinds.keys().copied().collect();
    Ok(Found {
        algorithm: algorithm.to_owned(),
        labels: labels(task, &found, &names),
        workers: workers_of(worker, &found),
    })
}

/// Tokens per task: as many as are told, or reach to the end of the last span.
fn lengths(sheet: &Sheet, parsed: &[Parts]) -> Result<Vec<u32>> {
    let task = sheet.column(TASK.role);
    let mut lengths = vec![0; task.values.len()];
    let told = sheet
        .find(TOKENS.role)
        .map(|column| sheet.numbers(column))
        .transpose()?;
    for (row, spans) in parsed.iter().enumerate() {
        let told = told.as_ref().map_or(0, |told| told[row] as u32);
        let last = spans.iter().map(|span| span.1).max().unwrap_or(0);
        let length = &mut lengths[task.codes[row] as usize];
        *length = (*length).max(told).max(last);
    }
    Ok(lengths)
}

fn labels(task: &Coded, found: &Spans, kinds: &[&str]) -> Vec<Column> {
    let (mut labels, mut probabilities) = (Vec::new(), Vec::new());
    for spans in &found.units {
        let spans = spans.as_deref().unwrap_or(&[]);
        let label = spans.iter().map(|it| {
            let Span { start, end, kind } = it.span;
            json!([start, end, kinds[kind as usize]])
        });
        let probability = spans
            .iter()
            .map(|it| json!(f64::from(it.probability_ppm) / 1e6));
        labels.push(serde_json::Value::from_iter(label).to_string());
        probabilities.push(serde_json::Value::from_iter(probability).to_string());
    }
    vec![
        Column::texts("task", task.values.clone()),
        Column::texts("label", labels),
        Column::texts("probability", probabilities),
    ]
}

fn workers_of(worker: &Coded, found: &Spans) -> Vec<Column> {
    let markers = &found.markers;
    let numbers = |of: fn(&Marker) -> u32| markers.iter().map(|it| i64::from(of(it))).collect();
    let f1 = markers.iter().map(|it| f64::from(it.f1_ppm()) / 1e6);
    vec![
        Column::texts("worker", worker.values.clone()),
        Column::integers("answers", numbers(|it| it.markings)),
        Column::integers("spans", numbers(|it| it.spans)),
        Column::reals("f1", f1.collect()),
    ]
}
