//! What holds for all tables: nothing is lost on the way, and no bytes cause a panic.

use super::super::Dataset;
use super::{Files, named};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use proptest::prelude::*;
use proptest::sample::SizeRange;

type Rows = Vec<[String; 3]>;

/// Few names, so that tasks and workers recur; with all that CSV and JSON must quote.
fn rows() -> impl Strategy<Value = Rows> {
    let name = prop_oneof![
        "[a-c]",
        "[ -~é\u{a0}\u{1f30a}\n\r\t]{1,6}",
        "[\",\n ]{0,3}x[\",\r ]{0,3}"
    ];
    let name = name.prop_filter("a name is not blank", |name| !name.trim().is_empty());
    let row = [name.clone(), name.clone(), name];
    prop::collection::vec(row, SizeRange::from(1..20)).prop_map(|mut rows| {
        rows.push(["t", "w", "one class"].map(String::from));
        rows.push(["t", "w", "another class"].map(String::from));
        rows
    })
}

fn csv_of(rows: &[[String; 3]], quotes: QuoteStyle, end: Terminator) -> Vec<u8> {
    let mut table = WriterBuilder::new()
        .quote_style(quotes)
        .terminator(end)
        .from_writer(Vec::new());
    table
        .write_record(["task", "worker", "label"])
        .expect("memory takes all");
    for row in rows {
        table.write_record(row).expect("memory takes all");
    }
    table.into_inner().expect("memory takes all")
}

fn json_of(rows: &[[String; 3]]) -> String {
    let object = |[task, worker, label]: &[String; 3]| {
        serde_json::json!({"task": task, "worker": worker, "label": label}).to_string()
    };
    rows.iter().map(|row| object(row) + "\n").collect()
}

fn read(name: &'static str, text: impl AsRef<[u8]>) -> Dataset {
    Files::answers(name, text)
        .read()
        .unwrap_or_else(|error| panic!("{error}"))
}

fn first_appearances(rows: &[[String; 3]], column: usize) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row[column].as_str()) {
            names.push(&row[column]);
        }
    }
    names
}

/// What tables of both formats are made of, good and bad.
const PIECES: &[&[u8]] = &[
    b"task,worker,label\n",
    b"t,w,a",
    b"\n",
    b"\r",
    b"\"",
    b",",
    b" ",
    b"{\"task\":1,",
    b"\"worker\":\"w\",",
    b"\"label\":\"b\"}",
    "ü".as_bytes(),
    b"\xff",
    b"\xef\xbb\xbf",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_written_table_reads_back_whole(rows in rows()) {
        let text = csv_of(&rows, QuoteStyle::Always, Terminator::Any(b'\n'));
        let dataset = read("a.csv", text);
        let written: Rows = named(&dataset).into_iter().map(|row| row.map(String::from)).collect();
        prop_assert_eq!(&written, &rows);
        prop_assert_eq!(&dataset.units, &first_appearances(&rows, 0));
        prop_assert_eq!(&dataset.workers, &first_appearances(&rows, 1));
        let mut classes = first_appearances(&rows, 2);
        classes.sort_unstable();
        prop_assert_eq!(&dataset.classes, &classes);

        let text = csv_of(&rows, QuoteStyle::Always, Terminator::CRLF);
        prop_assert_eq!(&read("a.csv", text), &dataset);
        prop_assert_eq!(&read("a.jsonl", json_of(&rows)), &dataset);
    }

    #[test]
    fn quotes_may_be_left_out_where_blanks_do_not_matter(rows in rows()) {
        let trimmed = |name: String| name.trim().to_owned();
        let rows: Rows = rows.into_iter().map(|row| row.map(trimmed)).collect();
        let dataset = read("a.csv", csv_of(&rows, QuoteStyle::Necessary, Terminator::CRLF));
        prop_assert_eq!(dataset, read("a.jsonl", json_of(&rows)));
    }

    #[test]
    fn no_bytes_cause_a_panic_and_every_message_has_two_lines(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..16),
        header: bool,
        name in prop::sample::select(vec!["a.csv", "a.jsonl", "a"]),
    ) {
        let start: &[u8] = if header { b"task,worker,label\n" } else { b"" };
        let text = [start, &pieces.concat()].concat();
        if let Err(error) = Files::answers(name, &text).read() {
            let message = error.to_string();
            let lines: Vec<&str> = message.lines().collect();
            prop_assert_eq!(lines.len(), 2, "{}", message);
            prop_assert!(lines[0].starts_with("cannot read answers: a"));
            prop_assert!(lines[1].starts_with("hint: "));
            let line = usize::try_from(error.line.unwrap_or(1)).expect("small");
            prop_assert!(line <= 1 + text.split(|&byte| byte == b'\n').count());
            prop_assert!(error.column.unwrap_or(1) <= 2 + text.len() as u64);
        }
    }
}
