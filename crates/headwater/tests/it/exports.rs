//! What a requester takes home: three forms of the same rows, and nothing that was not paid for.

use crate::replayed::{Replayed, tables};
use crate::run::{headwater, text};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use table::{Column, Values, parquet};

fn csv_rows(path: &Path) -> Vec<Vec<String>> {
    let mut table = csv::Reader::from_path(path).unwrap();
    table
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn jsonl_rows(path: &Path, columns: &[&str]) -> Vec<Vec<String>> {
    let cell = |object: &serde_json::Value, column: &&str| match &object[*column] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |line: &str| {
        let object = serde_json::from_str(line).unwrap();
        columns.iter().map(|column| cell(&object, column)).collect()
    };
    fs::read_to_string(path).unwrap().lines().map(row).collect()
}

fn parquet_rows(path: &Path, names: &[&str]) -> Vec<Vec<String>> {
    let columns = parquet::read(fs::read(path).unwrap()).unwrap();
    assert_eq!(
        columns
            .iter()
            .map(|column| &column.name)
            .collect::<Vec<_>>(),
        names
    );
    let cell = |column: &Column, row: usize| match &column.values {
        Values::Integers(values) => values[row].to_string(),
        Values::Texts(values) => values[row].clone(),
        Values::Reals(values) => values[row].to_string(),
    };
    (0..columns[0].rows())
        .map(|row| columns.iter().map(|column| cell(column, row)).collect())
        .collect()
}

#[test]
fn three_forms_hold_the_accepted_answers_and_no_others() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let exports: Vec<_> = fs::read_dir(dir.join("exports")).unwrap().collect();
    let [Ok(folder)] = &exports[..] else {
        panic!("one folder")
    };
    let folder = folder.path();
    let labels = check(
        &folder,
        "labels",
        &["unit", "label", "probability_ppm", "answers"],
    );
    let answers = check(
        &folder,
        "answers",
        &["unit", "contributor", "label", "block"],
    );

    let report = headwater(["audit", text(&dir), "--json", "--log-key", &it.log_key]).json();
    assert!(
        report["blocks_rejected"].as_u64() > Some(0),
        "the spammer is found: {report}"
    );
    let spammer = "account-7";
    assert!(
        answers.iter().all(|row| row[1] != spammer),
        "a rejected answer is delivered"
    );
    for account in 1..=8 {
        let id = account.to_string();
        let account = headwater(["account", &id, "--json", "--data", text(&dir)]).json();
        let released = account["work"][0]["released"].as_u64().unwrap_or(0);
        let rows = answers
            .iter()
            .filter(|row| row[1] == format!("account-{id}"))
            .count();
        assert_eq!(rows as u64, released * 20, "account {id}");
    }
    let units: BTreeSet<&String> = labels.iter().map(|row| &row[0]).collect();
    assert_eq!(units.len(), labels.len(), "one label for each unit");
    assert!(answers.iter().all(|row| units.contains(&row[0])));
    let counted: usize = labels
        .iter()
        .map(|row| row[3].parse::<usize>().unwrap())
        .sum();
    assert_eq!(counted, answers.len());
}

fn check(folder: &Path, name: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let rows = csv_rows(&folder.join(format!("{name}.csv")));
    assert!(!rows.is_empty(), "{name}");
    assert_eq!(
        rows,
        jsonl_rows(&folder.join(format!("{name}.jsonl")), columns)
    );
    assert_eq!(
        rows,
        parquet_rows(&folder.join(format!("{name}.parquet")), columns)
    );
    rows
}

#[test]
fn without_gold_every_answer_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let [answers, _] = tables(folder.path(), 40, 6);
    let dir = folder.path().join("node");
    let args = [
        "replay",
        "--json",
        "--data",
        text(&dir),
        "--answers",
        text(&answers),
    ];
    let report = headwater(args).json();
    assert_eq!(report["accuracy"], serde_json::Value::Null);
    let exports = fs::read_dir(dir.join("exports"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert_eq!(csv_rows(&exports.join("answers.csv")).len(), 240);
    assert_eq!(csv_rows(&exports.join("labels.csv")).len(), 40);
}
