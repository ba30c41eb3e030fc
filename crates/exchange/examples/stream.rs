//! Times and memory of imports and exports of any length, each in a process of its own.
//!
//! `stream make FORMAT ROWS PATH` writes a file of 213-byte rows, `stream take FORMAT PATH` imports
//! it, `stream export ROWS PATH` writes labelled units as Label Studio JSON. Formats are `jsonl`,
//! `csv`, `parquet` and `studio`.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use exchange::studio::{CompletedBy, Form, Project, TaskWriter};
use exchange::{
    Annotations, Answer, Estimate, Label, Labelled, Mapping, Question, Reader, Source, Studio, Unit,
};
use serde_json::{Value, json};
use table::Schema;
use table::schema::Kind;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let start = Instant::now();
    match words.as_slice() {
        ["make", format, rows, path] => make(format, rows.parse()?, path)?,
        ["take", format, path] => take(format, path)?,
        ["export", rows, path] => export(rows.parse()?, path)?,
        _ => {
            return Err(
                "say `make FORMAT ROWS PATH`, `take FORMAT PATH` or `export ROWS PATH`".into(),
            );
        }
    }
    let [user, system] = cpu_seconds();
    println!(
        "{}: {:.3} s, {user:.2} s user and {system:.2} s system, {} kB at its peak",
        words.join(" "),
        start.elapsed().as_secs_f64(),
        peak_kb()
    );
    Ok(())
}

/// A text that makes a row of 213 bytes as JSON.
fn text(number: u64) -> String {
    let mut text = format!("message {number}: ");
    while text.len() < 181 {
        text.push_str("the parcel, which \"should\" be here, is not; ");
    }
    text.truncate(181 - (number.to_string().len()).min(20));
    text
}

fn cells(number: u64) -> Vec<(String, Value)> {
    vec![
        ("id".to_owned(), json!(format!("row-{number}"))),
        ("text".to_owned(), json!(text(number))),
    ]
}

fn make(format: &str, rows: u64, path: &str) -> Result<(), Box<dyn Error>> {
    let out = BufWriter::new(File::create(path)?);
    if format == "studio" {
        return written(out, rows);
    }
    let schema = Schema::new([("id", Kind::Text), ("text", Kind::Text)]);
    let mut writer = match format {
        "csv" => table::Writer::csv(out, schema)?,
        "parquet" => table::Writer::parquet(out, schema)?,
        _ => table::Writer::lines(out),
    };
    for number in 0..rows {
        writer.write(&cells(number))?;
    }
    writer.finish()?;
    Ok(())
}

fn take(format: &str, path: &str) -> Result<(), Box<dyn Error>> {
    let source = match format {
        "studio" => Source::Studio(Studio {
            annotations: Annotations::Answers,
            ..Studio::default()
        }),
        // Without ids nothing is kept of a row that is past.
        "unnamed" => Source::Table(Mapping::text("text")),
        _ => Source::Table(Mapping::text("text").id("id")),
    };
    let mut reader = Reader::open(Path::new(path), source)?;
    let mut bytes = 0;
    for row in reader.by_ref().flatten() {
        bytes += row.unit.payload().len();
    }
    let outcome = reader.finish()?;
    println!(
        "{} taken, {} refused, {bytes} bytes of payload",
        outcome.taken, outcome.refused
    );
    Ok(())
}

fn export(rows: u64, path: &str) -> Result<(), Box<dyn Error>> {
    written(BufWriter::new(File::create(path)?), rows)
}

fn written(out: impl Write + Send, rows: u64) -> Result<(), Box<dyn Error>> {
    let classes = ["lost", "late", "other"].map(str::to_owned);
    let project = Project {
        form: Form::new(Question::Choice(classes.to_vec()), &["text"])?,
        number: 1,
        model: "headwater-ds@1".to_owned(),
        exported_at: "2026-02-28T12:00:00Z".to_owned(),
        completed_by: CompletedBy::Named,
    };
    let mut tasks = TaskWriter::new(out, project);
    for number in 0..rows {
        let label = Label::Choice(classes[number as usize % 3].clone());
        tasks.write(&Labelled {
            unit: Unit {
                name: format!("row-{number}"),
                fields: vec![("text".to_owned(), text(number).as_str().into())],
            },
            labels: vec![Estimate {
                label: label.clone(),
                probability_ppm: 971_234,
            }],
            answers: vec![Answer {
                contributor: (number % 50).to_string(),
                label,
                lead_time_ms: Some(2_345),
                created_at: None,
                reviews: Vec::new(),
            }],
        })?;
    }
    tasks.finish()?;
    Ok(())
}

/// CPU time so far, in user and system mode, in Linux's hundredths of a second.
fn cpu_seconds() -> [f64; 2] {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = after
        .split_whitespace()
        .filter_map(|it| it.parse().ok())
        .collect();
    // The state in front is a letter, so user time, the 14th field, is the 11th number here.
    [10, 11].map(|at| ticks.get(at).copied().unwrap_or_default() / 100.0)
}

fn peak_kb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap_or("?")
        .trim()
        .trim_end_matches(" kB")
        .to_owned()
}
