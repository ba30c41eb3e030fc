//! What is written comes back, whatever the format; what others write is read.

use proptest::prelude::*;
use std::fs;
use std::path::Path;
use table::{Column, Request, Sheet, Values, Want, read, write};

pub const ANSWERS: &[Want<'static>] = &[
    Want {
        role: "task",
        column: "task",
        needed: true,
        means: "what was judged",
    },
    Want {
        role: "worker",
        column: "worker",
        needed: false,
        means: "who judged it",
    },
    Want {
        role: "label",
        column: "label",
        needed: true,
        means: "what it was judged to be",
    },
];

pub fn answers(path: &Path) -> Result<Sheet, table::Error> {
    read(
        path,
        Request {
            columns: ANSWERS,
            others: true,
        },
    )
}

fn texts(sheet: &Sheet, role: &str) -> Vec<String> {
    let column = sheet.column(role);
    (0..sheet.rows())
        .map(|row| column.text(row).to_owned())
        .collect()
}

/// A cell as people have them: letters, separators, quotes, line ends within.
fn cell() -> impl Strategy<Value = String> {
    "[a-c0-9éß,;\"' \n\t{}\\[\\]]{0,8}x".prop_map(|text| text.trim().to_owned())
}

proptest! {
    #[test]
    fn a_table_is_the_same_in_every_format(
        rows in prop::collection::vec((cell(), cell(), any::<i64>()), 1..20)
    ) {
        let column = |of: &dyn Fn(&(String, String, i64)) -> String| rows.iter().map(of).collect();
        let columns = [
            Column::texts("task", column(&|row| row.0.clone())),
            Column::texts("label", column(&|row| row.1.clone())),
            Column::integers("n", rows.iter().map(|row| row.2).collect()),
        ];
        let folder = tempfile::tempdir().unwrap();
        for ending in ["csv", "jsonl", "parquet"] {
            let path = folder.path().join(format!("t.{ending}"));
            write::write(&path, &columns).unwrap();
            let sheet = answers(&path).unwrap();
            prop_assert_eq!(sheet.rows(), rows.len());
            prop_assert!(sheet.find("worker").is_none());
            prop_assert_eq!(texts(&sheet, "task"), column(&|row| row.0.clone()), "{}", ending);
            prop_assert_eq!(texts(&sheet, "label"), column(&|row| row.1.clone()), "{}", ending);
            let number = &sheet.others()[0];
            let found: Vec<&str> = (0..rows.len()).map(|row| number.text(row)).collect();
            prop_assert_eq!(found, rows.iter().map(|row| row.2.to_string()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        ending in 0..4_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(["t.csv", "t.jsonl", "t.parquet", "t"][ending]);
        fs::write(&path, bytes).unwrap();
        drop(answers(&path));
    }
}

#[test]
fn values_are_text_whatever_their_type() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.json");
    let lines = concat!(
        "{\"task\": 1, \"label\": true}\n\n",
        "{\"label\": [[0, 2, \"PER\"]], \"task\": \"b\", \"worker\": null}\n"
    );
    fs::write(&path, lines).unwrap();
    let sheet = answers(&path).unwrap();
    assert_eq!(texts(&sheet, "task"), ["1", "b"]);
    assert_eq!(texts(&sheet, "label"), ["true", "[[0,2,\"PER\"]]"]);
    assert_eq!(texts(&sheet, "worker"), ["", ""]);
}

#[test]
fn a_byte_order_mark_and_tabs_are_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.tsv");
    fs::write(&path, "\u{feff}label\ttask \r\nyes\tt1\r\nno\tt2").unwrap();
    let sheet = answers(&path).unwrap();
    assert_eq!(texts(&sheet, "task"), ["t1", "t2"]);
    let (names, codes) = sheet.column("label").sorted();
    assert_eq!(
        (names, codes),
        (vec!["no".to_owned(), "yes".to_owned()], vec![1, 0])
    );
}

#[test]
fn reals_are_written_so_that_they_come_back_exactly() {
    let values = vec![0.1, -1e300, 3.0, 1.0 / 3.0];
    let folder = tempfile::tempdir().unwrap();
    for ending in ["csv", "jsonl", "parquet"] {
        let path = folder.path().join(format!("t.{ending}"));
        let label = Column {
            name: "label".to_owned(),
            values: Values::Reals(values.clone()),
        };
        let task = Column::integers("task", vec![1, 2, 3, 4]);
        write::write(&path, &[task, label]).unwrap();
        let sheet = answers(&path).unwrap();
        assert_eq!(
            sheet.numbers(sheet.column("label")).unwrap(),
            values,
            "{ending}"
        );
    }
}
