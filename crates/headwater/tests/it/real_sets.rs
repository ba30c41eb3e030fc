//! All public crowd data sets, from the CSV to a verified audit.

use crate::replayed::{arguments, tables};
use crate::run::{Ran, feed, headwater, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Dawid-Skene without gold, as crowd-kit has it.
const SETS: [(&str, f64); 6] = [
    ("rte", 0.9275),
    ("temp", 0.942),
    ("duck_bluebird", 0.889),
    ("product", 0.940),
    ("dog", 0.843),
    ("adult2", 0.766),
];

fn crowd() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there are no public crowd data sets at ../shared/data/crowd");
    None
}

fn replay(dir: &Path, set: &Path, more: &[&str]) -> Ran {
    let (answers, gold) = (set.join("answers.csv"), set.join("gold.csv"));
    let args = [
        "replay",
        "--json",
        "--data",
        text(dir),
        "--answers",
        text(&answers),
    ];
    let args = args.into_iter().chain(["--gold", text(&gold)]);
    headwater(args.chain(more.iter().copied()))
}

#[test]
fn without_gold_the_accuracy_is_crowd_kits() {
    let Some(crowd) = crowd() else { return };
    for (name, accuracy) in SETS {
        let folder = tempfile::tempdir().unwrap();
        let report = replay(folder.path(), &crowd.join(name), &["--gold-share", "0"]).json();
        let found = report["accuracy"].as_f64().unwrap();
        assert!(
            (found - accuracy).abs() <= 0.000_5,
            "{name}: {found} is not {accuracy}"
        );
        assert_eq!(report["audit"], "verified", "{name}");
        assert_eq!(report["accepted"], report["answers"], "{name}");
    }
}

#[test]
fn with_gold_the_money_adds_up_and_the_audit_agrees() {
    let Some(crowd) = crowd() else { return };
    for (name, _) in SETS {
        let folder = tempfile::tempdir().unwrap();
        let ran = replay(folder.path(), &crowd.join(name), &[]);
        let warnings = ran.err.lines().count();
        assert_eq!(
            warnings,
            if name == "adult2" { 2 } else { 0 },
            "{name}: {}",
            ran.err
        );
        let report = ran.json();
        check(name, &report);
        let key = report["log_key"].as_str().unwrap();
        let audit = headwater(["audit", text(folder.path()), "--log-key", key]).good();
        assert!(audit.starts_with("verified"), "{name}: {audit}");
        let fifth = if key.ends_with('A') { "B" } else { "A" };
        let wrong = format!("{}{fifth}", &key[..key.len() - 1]);
        let wrong = headwater(["audit", text(folder.path()), "--log-key", &wrong]);
        assert_ne!(wrong.code, Some(0), "{name}");
    }
}

fn check(name: &str, report: &Value) {
    let number = |key: &str| {
        report[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: `{key}` in {report}"))
    };
    assert_eq!(report["dataset"], name);
    assert_eq!(report["audit"], "verified", "{name}");
    for key in [
        "units",
        "answers",
        "contributors",
        "royalty_units",
        "log_size",
    ] {
        assert!(number(key) > 0, "{name}: {key}");
    }
    for key in ["accuracy", "accuracy_majority"] {
        let share = report[key].as_f64().unwrap();
        assert!((0.7..=1.0).contains(&share), "{name}: {key} {share}");
    }
    assert_eq!(report["root"].as_str().map(str::len), Some(64), "{name}");
    assert!(number("accepted") <= number("answers"), "{name}");
    let price = 10_000;
    assert!(number("paid_units") <= price * number("accepted"), "{name}");
    assert_eq!(
        number("paid_units") + number("refunded_units"),
        price * number("answers"),
        "{name}"
    );
}

#[test]
fn a_second_replay_continues_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, tables) = (folder.path().join("node"), tables(folder.path(), 40, 6));
    let args = arguments(&dir, &tables).into_iter().chain(["--json"]);
    let first = headwater(args.clone()).json();
    let second = headwater(args).json();
    assert_eq!(first["log_key"], second["log_key"]);
    assert_eq!(
        (&first["audit"], &second["audit"]),
        (&"verified".into(), &"verified".into())
    );
    assert!(second["log_size"].as_u64() > first["log_size"].as_u64());
    for key in [
        "answers",
        "accepted",
        "paid_units",
        "refunded_units",
        "accuracy",
    ] {
        assert_eq!(first[key], second[key], "{key}");
    }
}

#[test]
fn the_same_input_and_seed_give_the_same_log_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path(), 40, 6);
    let csv = std::fs::read_to_string(&tables[0]).unwrap();
    let object = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let [task, worker, label] = cells[..] else {
            panic!("three cells")
        };
        serde_json::json!({"label": label, "worker": worker, "task": task}).to_string() + "\n"
    };
    let jsonl: String = csv.lines().skip(1).map(object).collect();
    let lines = folder.path().join("tiny/answers.jsonl");
    std::fs::write(&lines, &jsonl).unwrap();
    let run = |name: &str, answers: &Path, seed: &str, input: &str| {
        let dir = folder.path().join(name);
        let tables = [answers.to_owned(), tables[1].clone()];
        let args = arguments(&dir, &tables)
            .into_iter()
            .chain(["--json", "--seed", seed]);
        let mut report = feed(args, input.as_bytes()).json();
        report.as_object_mut().unwrap().remove("dataset");
        report
    };
    let first = run("a", &tables[0], "7", "");
    assert_eq!(first, run("b", &tables[0], "7", ""));
    assert_ne!(first["root"], run("c", &tables[0], "8", "")["root"]);
    assert_eq!(first, run("d", &lines, "7", ""));
    let stdin = Path::new("-");
    let piped = run("e", stdin, "7", &csv);
    assert_eq!(piped, run("f", stdin, "7", &jsonl));
    // The data set's name, which is the campaign's title, is all that a pipe changes.
    for key in ["accuracy", "accepted", "paid_units", "log_size"] {
        assert_eq!(first[key], piped[key], "{key}");
    }
}
