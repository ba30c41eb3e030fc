//! From the lines of the peer's script to the rows of the table.

use crate::figure::{Table, short};
use anyhow::{Context as _, Result};
use serde_json::Value;

/// Our row, their step, the field of it, and its unit.
const ROWS: [(&str, &str, &str, &str); 16] = [
    (
        "answers/s, signed and durable, 1 client",
        "submit_1client",
        "/ops_per_s",
        "",
    ),
    (
        "submit p50, 1 client",
        "submit_1client",
        "/submit/p50_ms",
        " ms",
    ),
    (
        "submit p99, 1 client",
        "submit_1client",
        "/submit/p99_ms",
        " ms",
    ),
    (
        "server CPU per answer, 1 client",
        "submit_1client",
        "/server_cpu_ms_per_req",
        " ms",
    ),
    (
        "answers/s, signed and durable, 16 clients",
        "submit_16clients",
        "/ops_per_s",
        "",
    ),
    (
        "submit p50, 16 clients",
        "submit_16clients",
        "/submit/p50_ms",
        " ms",
    ),
    (
        "submit p99, 16 clients",
        "submit_16clients",
        "/submit/p99_ms",
        " ms",
    ),
    (
        "server CPU per answer, 16 clients",
        "submit_16clients",
        "/server_cpu_ms_per_req",
        " ms",
    ),
    (
        "next task p50, 1 client, 60,000 units",
        "next_1client_p10k",
        "/next/p50_ms",
        " ms (10,000)",
    ),
    (
        "next task p99, 1 client, 60,000 units",
        "next_1client_p10k",
        "/next/p99_ms",
        " ms (10,000)",
    ),
    (
        "next task p50, 1 client, 1,000,000 units",
        "next_1client_p100k",
        "/next/p50_ms",
        " ms (100,000)",
    ),
    (
        "next task p99, 1 client, 1,000,000 units",
        "next_1client_p100k",
        "/next/p99_ms",
        " ms (100,000)",
    ),
    ("import of 100,000 texts", "import100k", "/seconds", " s"),
    (
        "memory at the import's peak",
        "import100k",
        "/peak_mb",
        " MB",
    ),
    (
        "export of 10,000 labelled as JSON",
        "export10k_JSON",
        "/seconds",
        " s",
    ),
    ("memory idle", "mem", "/rss_mb", " MB"),
];

/// Keeps what the script has measured.
pub fn keep(table: &mut Table, column: usize, lines: &str) -> Result<()> {
    let lines: Result<Vec<Value>, _> = lines.lines().map(serde_json::from_str).collect();
    let lines = lines.context("a line of the script is no JSON")?;
    for (row, step, field, unit) in ROWS {
        let line = lines.iter().find(|line| line["step"] == step);
        if let Some(number) = line.and_then(|line| line.pointer(field)?.as_f64()) {
            table.theirs(row, column, format!("{}{unit}", short(number)));
        }
    }
    Ok(())
}

/// Keeps what sixteen annotators have seen.
pub fn keep_crowd(table: &mut Table, column: usize, crowd: &str) -> Result<()> {
    let last = crowd
        .lines()
        .last()
        .context("sixteen annotators said nothing")?;
    let crowd: Value = serde_json::from_str(last)?;
    let number = |name: &str| {
        crowd
            .pointer(name)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    let ms = |name: &str| format!("{} ms (10,000)", short(number(name)));
    table.theirs(
        "next task p50, 16 clients, 60,000 units",
        column,
        ms("/next/p50_ms"),
    );
    table.theirs(
        "next task p99, 16 clients, 60,000 units",
        column,
        ms("/next/p99_ms"),
    );
    let given = number("/tasks_given");
    let twice = given - number("/tasks_distinct");
    let row = "given twice, of 100,000 with 5 kills";
    table.theirs(
        row,
        column,
        format!("{} of {}, no kill", short(twice), short(given)),
    );
    Ok(())
}
