//! Tables that cannot be used: each says where, why, and what to do.

use crate::formats::answers;
use std::error::Error as _;
use std::fs;
use table::write;

/// What reading says about a file of this name and content.
fn said(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let error = match answers(&path) {
        Err(error) => error,
        Ok(sheet) => sheet
            .numbers(sheet.column("label"))
            .expect_err("it must be refused"),
    };
    let text = format!("{error}: {}", error.source().unwrap());
    text.replace(&format!("{}/", folder.path().display()), "")
}

/// File name, content, and what is said of it.
const CASES: &[(&str, &[u8], &str)] = &[
    ("a.csv", b"", "the file is empty"),
    ("a.csv", b"task,label\n", "there is no row"),
    (
        "a.csv",
        b"task;label\n1;2\n",
        "`a.csv`: the column `task` is missing: there are `task;label`\nhint: separate",
    ),
    (
        "a.csv",
        b"task,answer\n1,2\n",
        "hint: name the column that says what it was judged to be, as in `--column label=NAME`",
    ),
    (
        "a.csv",
        b"task,label,label\n1,2,3\n",
        "two columns are called `label`",
    ),
    (
        "a.csv",
        b"task,label\n1,2\n3\n",
        "`a.csv` line 3: the row has 1 fields, the header 2",
    ),
    (
        "a.csv",
        b"task,label\n1,2\n3,   \n",
        "`a.csv` line 3: the label is empty\nhint: fill in what it was judged to be",
    ),
    (
        "a.csv",
        b"task,label\n1,\xff\n",
        "`a.csv` line 2: it is not UTF-8",
    ),
    (
        "a.csv",
        b"task,label\n1,2\n\"a\nb\",nan\n",
        "use `a.csv` line 3: the label `nan` is not a finite number",
    ),
    (
        "a.jsonl",
        b"{\"task\":1}\n",
        "the column `label` is missing: there are `task`",
    ),
    (
        "a.jsonl",
        b"{\"task\":1,\"label\":2}\n{\"task\":1,\n",
        "`a.jsonl` line 2: not a row: EOF while parsing",
    ),
    (
        "a.jsonl",
        b"[{\"task\":1,\"label\":2},[]]",
        "`a.jsonl` row 2: not a row: it is not an object\nhint: write an array of objects",
    ),
    (
        "a.json",
        b"[{\"task\":1,\"label\":2}",
        "read `a.json` after row 0: the array does not end: a `]` is missing",
    ),
    (
        "a.json",
        b"task,label\n",
        "it is not JSON\nhint: write one object per line, or an array of objects",
    ),
    (
        "a.jsonl",
        b"{\"task\":1,\"label\":2}\n{\"task\":1}\n",
        "`a.jsonl` line 2: the label is empty",
    ),
    ("a.parquet", b"PAR1 and no more", "read `a.parquet`"),
    (
        "a",
        b"PAR1 and no more",
        "columns compressed with Snappy or Zstandard are read",
    ),
];

#[test]
fn faults_are_named_with_their_place() {
    for (name, content, expected) in CASES {
        let found = said(name, content);
        assert!(
            found.contains(expected),
            "{name}: {found}\nexpected: {expected}"
        );
    }
}

#[test]
fn a_damaged_parquet_file_is_refused_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let label = table::Column::reals("label", vec![1.5, 2.5, 3.5]);
    write::write(
        &path,
        &[
            table::Column::texts("task", vec!["a".into(), "b".into(), "c".into()]),
            label,
        ],
    )
    .unwrap();
    let good = fs::read(&path).unwrap();
    for end in 0..good.len() {
        fs::write(&path, &good[..end]).unwrap();
        assert!(answers(&path).is_err(), "cut to {end} bytes");
    }
    for (at, value) in (0..good.len()).flat_map(|at| [0, 1, 8, 255].map(|value| (at, value))) {
        let mut bent = good.clone();
        bent[at] = value;
        fs::write(&path, &bent).unwrap();
        drop(answers(&path));
    }
}

#[test]
fn files_that_cannot_be_opened_or_named_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let said = |error: table::Error| format!("{error}: {}", error.source().unwrap());
    let missing = said(answers(&folder.path().join("no.csv")).unwrap_err());
    assert!(
        missing.ends_with("there is no such file\nhint: check the path"),
        "{missing}"
    );
    let directory = said(answers(folder.path()).unwrap_err());
    assert!(directory.contains("it is a directory"), "{directory}");
    let odd = said(write::write(&folder.path().join("t.xlsx"), &[]).unwrap_err());
    assert!(
        odd.contains("end the name in `.csv`, `.jsonl` or `.parquet`"),
        "{odd}"
    );
}
