//! What the exported tables look like, byte for byte.

use super::{AnswerRow, ExportRow, Row, write_csv, write_jsonl};
use expect_test::{Expect, expect};

fn check<R: Row + Copy>(rows: &[R], csv: Expect, jsonl: Expect) {
    let mut out = Vec::new();
    write_csv(&mut out, rows.iter().copied()).expect("memory takes all");
    csv.assert_eq(&String::from_utf8(out).expect("UTF-8"));
    let mut out = Vec::new();
    write_jsonl(&mut out, rows.iter().copied()).expect("memory takes all");
    jsonl.assert_eq(&String::from_utf8(out).expect("UTF-8"));
}

#[test]
fn labels_are_quoted_where_they_must_be() {
    let rows = [
        ExportRow {
            unit: "t1",
            label: "a, b",
            probability_ppm: 934_512,
            answers: 5,
        },
        ExportRow {
            unit: "t\"2\"",
            label: "née\n",
            probability_ppm: 1_000_000,
            answers: 0,
        },
    ];
    check(
        &rows,
        expect![[r#"
        unit,label,probability_ppm,answers
        t1,"a, b",934512,5
        "t""2""","née
        ",1000000,0
    "#]],
        expect![[r#"
        {"unit":"t1","label":"a, b","probability_ppm":934512,"answers":5}
        {"unit":"t\"2\"","label":"née\n","probability_ppm":1000000,"answers":0}
    "#]],
    );
}

#[test]
fn answers_name_contributor_and_block() {
    let row = AnswerRow {
        unit: "t1",
        contributor: "c-7",
        label: "yes",
        block: 3,
    };
    check(
        &[row],
        expect![[r#"
        unit,contributor,label,block
        t1,c-7,yes,3
    "#]],
        expect![[r#"
        {"unit":"t1","contributor":"c-7","label":"yes","block":3}
    "#]],
    );
}

#[test]
fn a_table_without_rows_has_its_header() {
    check::<ExportRow<'_>>(
        &[],
        expect![[r#"
        unit,label,probability_ppm,answers
    "#]],
        expect![[r#""#]],
    );
}
