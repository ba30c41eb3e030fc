//! `quality infer --kind`, `quality value` and `quality dedup`: JSON out, and refusals in words.

use crate::run::{Ran, headwater, text};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn asked(folder: &Path, question: &str, table: &str, more: &[&str]) -> Ran {
    let path = folder.join("table.csv");
    fs::write(&path, table).unwrap();
    let args = ["quality", question, text(&path)];
    headwater(args.iter().chain(more))
}

fn found(question: &str, table: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let more = [more, &["--json"]].concat();
    asked(folder.path(), question, table, &more).json()
}

#[test]
fn each_kind_of_label_has_its_own_consensus() {
    let rows = |labels: [&str; 3]| {
        let row = |(worker, label): (usize, &str)| format!("t,w{worker},\"{label}\"\n");
        "task,worker,label\n".to_owned()
            + &labels.into_iter().enumerate().map(row).collect::<String>()
    };
    let label = |kind: &str, labels| {
        let found = found("infer", &rows(labels), &["--kind", kind]);
        found["labels"][0]["label"].clone()
    };
    let span = r#"[[2,4,""LOC""]]"#;
    assert_eq!(
        label("spans", [span, span, span]),
        json!(r#"[[2,4,"LOC"]]"#)
    );
    let boxes = [
        "[[0,0,10,10]]",
        "[[0,0,10,12]]",
        "[[1,0,10,10],[50,50,60,60]]",
    ];
    assert_eq!(label("boxes", boxes), json!("[[0.0,0.0,10.0,10.0]]"));
    assert_eq!(label("number", ["1", "2", "6"]), json!(3.0));
    let texts = ["a cat sat", "the cat sat", "the cat sits"];
    assert_eq!(label("text", texts), json!("the cat sat"));
}

#[test]
fn rows_and_contributors_have_their_value() {
    let folder = tempfile::tempdir().unwrap();
    let test = folder.path().join("test.csv");
    fs::write(&test, "x,label\n0,a\n9,b\n").unwrap();
    let table = "x,label,contributor\n0,a,ann\n1,b,eve\n9,b,ann\n";
    let found = found(
        "value",
        table,
        &["--test", text(&test), "--neighbours", "1"],
    );
    assert_eq!(found["utility_nano"], json!(1_000_000_000_i64));
    let values = found["rows"].as_array().unwrap().iter();
    let values: Vec<i64> = values
        .map(|row| row["value_nano"].as_i64().unwrap())
        .collect();
    // By hand: at 0 only the row at 0 is right, and gets 1; at 9 the rows at 9 and at 1 are, and
    // get a half each; means over both.
    assert_eq!(values, [500_000_000, 250_000_000, 250_000_000]);
    assert_eq!(found["contributors"][0]["value_nano"], json!(750_000_000));
}

#[test]
fn a_text_said_twice_is_found() {
    let table =
        "id,text\n1,the quick brown fox\n2,something else is here\n3,The quick; brown fox!\n";
    let found = found("dedup", table, &[]);
    assert_eq!(found["near_duplicates"], json!(1));
    assert_eq!(found["texts"][2]["first"], json!("1"));
}

#[test]
fn labels_of_another_kind_are_refused_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let table = "task,worker,label\nt,w,hello\n";
    for kind in ["spans", "boxes", "number"] {
        let said = asked(folder.path(), "infer", table, &["--kind", kind]).bad(2);
        assert!(
            said.contains("line 2") && said.contains("`hello`"),
            "{said}"
        );
    }
    let crossed = "task,worker,label\nt,w,\"[[5,5,1,9]]\"\n";
    let said = asked(folder.path(), "infer", crossed, &["--kind", "boxes"]).bad(2);
    assert!(said.contains("without area"), "{said}");
}
