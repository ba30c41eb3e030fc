//! Tables row by row: what is written comes back, bad rows cost themselves, memory is bounded.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};

use proptest::prelude::*;
use serde_json::{Value, json};
use table::rows::{Fault, ROW_BYTES, Rows};
use table::{Error, Format, Schema, Writer};

type Cells = Vec<(String, Value)>;

fn rows_of(rows: Rows) -> Result<(Vec<Cells>, Vec<Fault>), Error> {
    let (mut good, mut bad, mut rows) = (Vec::new(), Vec::new(), rows);
    while let Some(line) = rows.advance()? {
        match line {
            Ok(row) => good.push(row.cells),
            Err(fault) => bad.push(fault),
        }
    }
    assert!(rows.advance()?.is_none(), "it stays at its end");
    Ok((good, bad))
}

fn read(
    bytes: Vec<u8>,
    format: Format,
    row_bytes: usize,
) -> Result<(Vec<Cells>, Vec<Fault>), Error> {
    // Small pieces: a row may end anywhere within one.
    let input = BufReader::with_capacity(7, Cursor::new(bytes));
    rows_of(Rows::read("t", Box::new(input), Some(format), row_bytes)?)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(|real: f64| json!(real)),
        "[a-cé\"\\\\,{}\\[\\]\n\u{1F600}]{0,9}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn json_comes_back_whatever_is_in_it(
        rows in prop::collection::vec(prop::collection::vec(value(), 1..5), 0..12)
    ) {
        let rows: Vec<Cells> = rows.into_iter()
            .map(|row| (0..).zip(row).map(|(n, value)| (format!("k\"{n}"), value)).collect())
            .collect();
        let (mut lines, mut array) = (Writer::lines(Vec::new()), Writer::array(Vec::new()));
        for row in &rows {
            lines.write(row).unwrap();
            array.write(row).unwrap();
        }
        for bytes in [lines.finish().unwrap(), array.finish().unwrap()] {
            let (good, bad) = read(bytes, Format::Json, ROW_BYTES).unwrap();
            prop_assert_eq!(&good, &rows);
            prop_assert!(bad.is_empty());
        }
    }

    #[test]
    fn parquet_keeps_types_and_gaps(
        rows in prop::collection::vec(
            (any::<Option<bool>>(), any::<Option<i64>>(), any::<Option<i32>>(), "[aé\n]{0,4}"),
            1..40,
        )
    ) {
        let rows: Vec<Cells> = rows.into_iter().map(|(b, i, r, t)| {
            let real = r.map(|r| f64::from(r) / 3.0);
            [("b", json!(b)), ("i", json!(i)), ("r", json!(real)), ("t", json!(t))]
                .map(|(name, value)| (name.to_owned(), value)).to_vec()
        }).collect();
        let mut schema = Schema::new([("b", table::schema::Kind::Boolean)]);
        schema.see([("i", &json!(1)), ("r", &json!(0.5)), ("t", &json!(""))]);
        let mut writer = Writer::parquet(Vec::new(), schema).unwrap();
        for row in &rows {
            writer.write(row).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let (good, _) = read(bytes.clone(), Format::Parquet, ROW_BYTES).unwrap();
        prop_assert_eq!(&good, &rows);
        let input = Box::new(Cursor::new(bytes));
        let mut some = Rows::read("t", input, Some(Format::Parquet), ROW_BYTES).unwrap();
        some.keep(&["t", "i", "nowhere"]).unwrap();
        prop_assert_eq!(some.columns().unwrap(), ["i", "t"]);
        let (good, _) = rows_of(some).unwrap();
        prop_assert_eq!(good[0].len(), 2);
        prop_assert_eq!(&good[0][1].1, &rows[0][3].1);
    }

    #[test]
    fn csv_comes_back_as_text(
        rows in prop::collection::vec(("[a-c\",\r\n;é]{0,6}", "[ a']{0,4}"), 0..12)
    ) {
        let rows: Vec<Cells> = rows.into_iter()
            .map(|(a, b)| vec![("a".to_owned(), a.into()), ("b".to_owned(), b.into())])
            .collect();
        let text = table::schema::Kind::Text;
        let mut writer = Writer::csv(Vec::new(), Schema::new([("a", text), ("b", text)])).unwrap();
        for row in &rows {
            writer.write(row).unwrap();
        }
        let (good, bad) = read(writer.finish().unwrap(), Format::Csv(b','), ROW_BYTES).unwrap();
        prop_assert_eq!(good, rows);
        prop_assert!(bad.is_empty());
    }

    #[test]
    fn no_bytes_make_a_stream_panic(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(b'"'), Just(b'{'), Just(b'[')],
            0..200,
        ),
        format in 0..3_usize,
    ) {
        let format = [Format::Csv(b','), Format::Json, Format::Parquet][format];
        drop(read(bytes, format, 50));
    }
}

#[test]
fn bad_rows_cost_themselves_only() {
    let long = "x".repeat(60);
    let csv = format!("id,t\n1,a\n2\n3,{long}\n4,b\n\n5,\"c\nd\"\n6,e,f\n7,g\n");
    let (good, bad) = read(csv.into(), Format::Csv(b','), 40).unwrap();
    let ids: Vec<&Value> = good.iter().map(|row| &row[0].1).collect();
    assert_eq!(ids, ["1", "4", "5", "7"]);
    let said: Vec<(u64, &str)> = bad.iter().map(|it| (it.place, it.what.as_str())).collect();
    assert_eq!(
        said,
        [
            (3, "the row has 1 fields, the header 2"),
            (4, "the row is longer than 40 bytes"),
            (9, "the row has 3 fields, the header 2"),
        ]
    );
    let elements = format!("{{\"a\":1}},[],{{\"a\":\"],{long}\"}},{{bad}},{{\"a\":\"]}}\\\"\"}}");
    for (text, last) in [
        (format!("[{elements}]"), 5),
        (format!(" [ {elements} , ] "), 5),
    ] {
        let (good, bad) = read(text.into(), Format::Json, 40).unwrap();
        assert_eq!(good.len(), 2);
        assert_eq!(good[1], [("a".to_owned(), json!("]}\""))]);
        let places: Vec<u64> = bad.iter().map(|fault| fault.place).collect();
        assert_eq!((places, last), (vec![2, 3, 4], 5));
        assert_eq!(bad[1].what, "the row is longer than 40 bytes");
    }
    let lines = format!("\n{{\"a\":1}}\n{{\"a\":\"{long}\"}}\nno\n{{\"a\":\"\u{e9}\"}}");
    let mut bytes = lines.into_bytes();
    let (good, bad) = read(bytes.clone(), Format::Json, 40).unwrap();
    assert_eq!(good.len(), 2);
    assert_eq!((bad[0].place, bad[1].place), (3, 4));
    assert_eq!(bad[1].excerpt, "no");
    let at = bytes.len() - 3;
    bytes[at] = 0xff;
    let (_, bad) = read(bytes, Format::Json, 40).unwrap();
    assert_eq!((bad[2].place, bad[2].what.as_str()), (5, "it is not UTF-8"));
}

#[test]
fn a_bomb_of_nesting_is_a_bad_row() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let bomb = format!(
            "{{\"a\":{}1{}}}",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        let lines = format!("{bomb}\n{{\"a\":2}}\n");
        let array = format!("[{bomb},{{\"a\":2}}]");
        for text in [lines, array] {
            let (good, bad) = read(text.into(), Format::Json, ROW_BYTES).unwrap();
            assert_eq!((good.len(), bad.len()), (1, 1));
            assert!(bad[0].what.contains("recursion limit"), "{}", bad[0].what);
        }
    }
}

#[test]
fn a_quote_that_never_closes_takes_no_memory() {
    // 64 MiB behind the quote; the limit on a row is the limit on memory.
    let endless = io::repeat(b'x').take(64 << 20);
    let input = BufReader::new(Cursor::new(&b"a,b\n1,\""[..]).chain(endless));
    let rows = Rows::read("t", Box::new(input), Some(Format::Csv(b',')), ROW_BYTES).unwrap();
    let (good, bad) = rows_of(rows).unwrap();
    assert_eq!((good.len(), bad.len()), (0, 1));
    assert_eq!(
        (bad[0].place, bad[0].what.as_str()),
        (2, "the row is longer than 1 MiB")
    );
}

#[test]
fn a_parquet_file_is_read_by_its_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let mut schema = Schema::default();
    schema.see([("n", &json!(1)), ("t", &json!(""))]);
    let mut writer = Writer::parquet(File::create(&path).unwrap(), schema).unwrap();
    for n in 0..70_000 {
        let cells = [
            ("n".to_owned(), json!(n)),
            ("t".to_owned(), json!(format!("t{n}"))),
        ];
        writer.write(&cells).unwrap();
    }
    let wrong = writer.write(&[("n".to_owned(), json!("x"))]).unwrap_err();
    assert!(
        std::error::Error::source(&wrong)
            .unwrap()
            .to_string()
            .contains("holds integers")
    );
    let unknown = writer.write(&[("m".to_owned(), json!(1))]).unwrap_err();
    assert!(
        std::error::Error::source(&unknown)
            .unwrap()
            .to_string()
            .contains("`m`")
    );
    assert_eq!(writer.rows(), 70_000);
    writer.finish().unwrap();
    let (good, bad) = rows_of(Rows::open(&path, ROW_BYTES).unwrap()).unwrap();
    assert_eq!((good.len(), bad.len()), (70_000, 0));
    assert_eq!(good[69_999][1].1, json!("t69999"));
    // A number counts as one byte: `t10000` is the first row of more than six.
    let (good, bad) = rows_of(Rows::open(&path, 6).unwrap()).unwrap();
    assert_eq!((good.len(), bad.len()), (10_000, 60_000));
    assert_eq!(
        (bad[0].place, bad[0].column.as_deref()),
        (10_001, Some("t"))
    );
    assert_eq!(bad[0].what, "the row is longer than 6 bytes");
}

#[test]
fn of_a_key_that_comes_twice_the_last_one_counts() {
    // Also among many members, which are looked up in another way than a few.
    for members in [1, 100] {
        let mut keys: Vec<String> = (0..members).map(|n| format!("\"k{n}\":{n}")).collect();
        keys.push(format!("\"k{}\":\"last\"", members - 1));
        let text = format!("{{{}}}", keys.join(","));
        let (good, _) = read(text.into(), Format::Json, ROW_BYTES).unwrap();
        assert_eq!(good[0].len(), members);
        assert_eq!(good[0][members - 1].1, json!("last"));
    }
}

#[test]
fn a_row_with_a_column_that_the_table_lacks_is_refused() {
    let schema = Schema::new([("a", table::schema::Kind::Text)]);
    let row = |name: &str, value| [(name.to_owned(), value)];
    let mut csv = Writer::csv(Vec::new(), schema.clone()).unwrap();
    let mut parquet = Writer::parquet(Vec::new(), schema).unwrap();
    csv.write(&row("b", json!(1))).unwrap_err();
    parquet.write(&row("b", json!(1))).unwrap_err();
    csv.write(&row("b", json!(null))).unwrap();
    parquet.write(&row("b", json!(null))).unwrap();
    assert_eq!(csv.finish().unwrap(), b"a\n\"\"\n");
    let rows = read(parquet.finish().unwrap(), Format::Parquet, ROW_BYTES)
        .unwrap()
        .0;
    assert_eq!(rows, [row("a", json!(null))]);
}
