//! `quality infer`: words, JSON, files and pictures, and tables that cannot be judged.

use crate::run::{feed, headwater, normal, text};
use expect_test::expect_file;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Forty messages of three kinds, nine readers: two answer always the same, one at random.
fn answers() -> String {
    let mut table = "task,worker,label\n".to_owned();
    for task in 0..40_u32 {
        for worker in 0..9_u32 {
            let slip = (task * 7 + worker * 11) % 13 == 0;
            let label = match worker {
                7 => 0,
                8 => (task.wrapping_mul(2_654_435_761) >> 13) % 3,
                _ if slip => (task + 1) % 3,
                _ => task % 3,
            };
            let label = ["billing", "delivery", "praise"][label as usize];
            writeln!(table, "m{task},reader {worker},{label}").unwrap();
        }
    }
    table
}

fn truth(tasks: std::ops::Range<u32>) -> String {
    let mut table = "task,label\n".to_owned();
    for task in tasks {
        let label = ["billing", "delivery", "praise"][task as usize % 3];
        writeln!(table, "m{task},{label}").unwrap();
    }
    table
}

fn write(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    text(&path).to_owned()
}

#[test]
fn labels_and_workers_in_words_and_in_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let table = write(folder, "answers.csv", &answers());
    let gold = write(folder, "gold.csv", &truth(0..8));
    let truth = write(folder, "truth.csv", &truth(0..40));
    let file = |name: &str| text(&folder.join(name)).to_owned();
    let (labels, workers) = (file("labels.parquet"), file("workers.csv"));
    let (page, pictures) = (file("page.html"), file("pictures"));
    let mut args = vec![
        "quality", "infer", &table, "--gold", &gold, "--truth", &truth,
    ];
    args.extend(["--output", &labels, "--workers", &workers]);
    args.extend(["--report", &page, "--svg", &pictures]);
    let words = headwater(&args).good();
    expect_file!["words/infer.txt"].assert_eq(&normal(&words, folder));
    let workers = fs::read_to_string(workers).unwrap();
    assert_eq!(
        workers.lines().next(),
        Some("worker,answers,skill,information")
    );
    assert_eq!(workers.lines().count(), 10);
    let again = headwater(["quality", "infer", &labels, "--json"]).bad(2);
    assert!(again.contains("the column `worker` is missing"), "{again}");
    let page = fs::read_to_string(page).unwrap();
    for part in ["What the crowd said", "<svg", "reader 7", "</html>"] {
        assert!(page.contains(part), "{part}");
    }
    for name in ["confusion", "workers", "reliability"] {
        let svg = fs::read_to_string(folder.join("pictures").join(format!("{name}.svg"))).unwrap();
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
    }
}

#[test]
fn json_says_who_knows_and_threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let table = write(folder.path(), "answers.csv", &answers());
    let json = |threads: &str| {
        headwater(["quality", "infer", &table, "--json", "--threads", threads]).json()
    };
    let found = json("1");
    assert_eq!(found, json("8"));
    assert_eq!(found["algorithm"], "headwater-infer@1");
    let labels = found["labels"].as_array().unwrap();
    assert_eq!(labels.len(), 40);
    for (task, row) in labels.iter().enumerate() {
        assert_eq!(
            row["label"],
            ["billing", "delivery", "praise"][task % 3],
            "{row}"
        );
        assert!(
            (0.34..=1.0).contains(&row["probability"].as_f64().unwrap()),
            "{row}"
        );
    }
    let workers = found["workers"].as_array().unwrap();
    let known = |worker: usize| workers[worker]["information"].as_f64().unwrap();
    assert!((0..7).all(|worker| known(worker) > 0.4), "{workers:?}");
    assert!(known(7) < 0.05 && known(8) < 0.2, "{workers:?}");
}

#[test]
fn every_method_gives_every_task_a_label() {
    let table = answers();
    let methods = [
        "auto",
        "majority",
        "wawa",
        "dawid-skene",
        "dawid-skene-crowdkit",
        "one-coin",
        "mace",
        "glad",
    ];
    for method in methods {
        let args = ["quality", "infer", "-", "--json", "--method", method];
        let found = feed(args, table.as_bytes()).json();
        assert_eq!(found["labels"].as_array().unwrap().len(), 40, "{method}");
        assert_eq!(found["workers"].as_array().unwrap().len(), 9, "{method}");
    }
}

#[test]
fn what_cannot_be_judged_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let table = write(folder, "answers.csv", &answers());
    let gold = write(folder, "gold.csv", &truth(0..3));
    let torn = write(folder, "torn.csv", "task,label\nm1,billing\nm1,praise\n");
    let other = write(folder, "other.csv", "task,label\nx,billing\n");
    let blank = write(folder, "blank.csv", "task,worker,label\nt,w,  \n");
    let named = write(folder, "named.csv", "question,worker,label\nt,w,a\n");
    let cases: &[(&[&str], &str)] = &[
        (
            &[&table, "--gold", &torn],
            "line 3: the task `m1` has another known label above",
        ),
        (
            &[&table, "--gold", &other],
            "no row names a task that has answers",
        ),
        (&[&blank], "line 2: the label is empty"),
        (&[&named], "as in `--column task=NAME`"),
        (
            &[&table, "--column", "tsk=question"],
            "there is no column `tsk` to rename",
        ),
        (
            &[&table, "--gold", &gold, "--method", "mace"],
            "no use for known labels",
        ),
        (
            &[&table, "-o", "labels.xlsx"],
            "end the name in `.csv`, `.jsonl` or `.parquet`",
        ),
        (&["none.csv"], "there is no such file"),
    ];
    for (args, expected) in cases {
        let said = headwater(["quality", "infer"].iter().chain(args.iter())).bad(2);
        assert!(said.contains(expected), "{said}\nexpected: {expected}");
        assert!(said.contains("hint: "), "{said}");
    }
    let renamed = headwater([
        "quality",
        "infer",
        &named,
        "--column",
        "task=question",
        "--json",
    ]);
    assert_eq!(renamed.json()["labels"][0]["label"], "a");
}
