//! Bytes of strangers: any are read to an end, with rows, faults or one error, without a panic.

use std::io::Cursor;

use exchange::{Annotations, Mapping, Reader, Source, Studio};
use proptest::prelude::*;
use table::{Format, Rows};

fn sources() -> [Source; 3] {
    let studio = Studio {
        annotations: Annotations::Answers,
        ..Studio::default()
    };
    [
        Source::Table(Mapping::default()),
        Source::Table(Mapping::text("data").id("id").gold("g")),
        Source::Studio(studio),
    ]
}

fn fed(bytes: &[u8]) {
    for format in [Format::Csv(b','), Format::Json, Format::Parquet] {
        for source in sources() {
            let input = Box::new(Cursor::new(bytes.to_vec()));
            let Ok(rows) = Rows::read("t", input, Some(format), 1 << 16) else {
                continue;
            };
            let Ok(mut reader) = Reader::over(rows, source) else {
                continue;
            };
            let count = reader.by_ref().count() as u64;
            if let Ok(outcome) = reader.finish() {
                assert_eq!(outcome.taken + outcome.refused, count);
            }
        }
    }
}

/// Pieces of tasks in any order: nearly JSON, often of the wrong type.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\n",
        "\"id\":",
        "\"data\":",
        "\"annotations\":[",
        "\"predictions\":",
        "\"result\":[",
        "\"type\":\"choices\",",
        "\"from_name\":\"c\",",
        "\"value\":{",
        "\"choices\":[\"x\"]",
        "\"was_cancelled\":true",
        "null",
        "1e999",
        "-1",
        "\"x\"",
        "\"\\ud800\"",
        "\"meta\":{\"hw_unit\":",
        "\"type\":\"rating\"",
        "{\"data\":{\"t\":1}}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fed(&bytes);
    }

    #[test]
    fn no_nearly_tasks_make_it_panic(text in pieces()) {
        fed(text.as_bytes());
    }
}

#[test]
fn a_deep_task_is_one_bad_row() {
    let bomb = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let text = format!("[{{\"data\": {{\"t\": {bomb}}}}}, {{\"data\": {{\"t\": 1}}}}]");
    let (rows, outcome) = crate::studio::read(&text, sources()[2].clone());
    let outcome = outcome.unwrap();
    assert_eq!((rows.len(), outcome.refused), (1, 1));
    assert!(outcome.faults[0].what.contains("recursion limit"));
}
