//! Tables as units: columns by their meaning, and rows that are set aside.

use std::error::Error as _;
use std::io::Cursor;

use exchange::{Fault, Label, Mapping, Outcome, Reader, Row, Source};
use table::{Error, Format, Rows};

pub fn read(
    text: &str,
    format: Format,
    mapping: Mapping,
) -> Result<(Vec<Row>, Vec<Fault>, Outcome), Error> {
    let input = Box::new(Cursor::new(text.to_owned()));
    let rows = Rows::read("t", input, Some(format), 1 << 20)?;
    let mut reader = Reader::over(rows, Source::Table(mapping))?;
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for row in &mut reader {
        match row {
            Ok(row) => taken.push(row),
            Err(fault) => refused.push(fault),
        }
    }
    let outcome = reader.finish()?;
    assert_eq!(outcome.taken, taken.len() as u64);
    assert_eq!(outcome.refused, refused.len() as u64);
    Ok((taken, refused, outcome))
}

const CSV: Format = Format::Csv(b',');

#[test]
fn columns_become_what_the_mapping_says() {
    let text = "key,question,one,two,truth\nk1,q,x,y,left\nk2,q2,x2,y2,\n";
    let mapping = Mapping::pair(Some("question"), "one", "two")
        .id("key")
        .gold("truth");
    let (rows, _, _) = read(text, CSV, mapping).unwrap();
    assert_eq!(rows[0].unit.name, "k1");
    assert_eq!(rows[0].unit.payload(), r#"{"a":"x","b":"y","prompt":"q"}"#);
    assert_eq!(rows[0].gold, Some(Label::Choice("left".to_owned())));
    assert_eq!((rows[1].gold.as_ref(), rows[1].place), (None, 3));
    // All columns but those of id and known label, which contributors must not see.
    let mapping = Mapping::default().id("key").gold("truth");
    let (rows, _, _) = read(text, CSV, mapping).unwrap();
    assert_eq!(
        rows[1].unit.payload(),
        r#"{"one":"x2","question":"q2","two":"y2"}"#
    );
    let (rows, _, _) = read(text, CSV, Mapping::text("one")).unwrap();
    assert_eq!(
        (rows[1].unit.name.as_str(), rows[1].unit.payload().as_str()),
        ("2", r#"{"text":"x2"}"#)
    );
}

#[test]
fn rows_are_refused_with_place_column_and_reason() {
    let long = "i".repeat(2_000);
    let text = format!(
        r#"{{"id": "a", "text": "1"}}
{{"id": "a", "text": "2"}}
{{"text": "3"}}
{{"id": {{}}, "text": "4"}}
{{"id": 5}}
{{"id": "{long}", "text": "6"}}
{{"id": 7, "text": [1, {{"b": null}}], "gold": {{}}}}
not json
{{"id": 9, "text": [1, {{"b": null}}], "gold": ["x"]}}
"#
    );
    let mapping = Mapping::text("text").id("id").gold("gold");
    let (rows, faults, outcome) = read(&text, Format::Json, mapping).unwrap();
    let said: Vec<(u64, Option<&str>, &str)> = (faults.iter())
        .map(|fault| (fault.place, fault.column.as_deref(), fault.what.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (2, Some("id"), "the id `a` is there twice"),
            (3, Some("id"), "the id is missing"),
            (4, Some("id"), "the id is an object, not a text or a number"),
            (5, Some("text"), "the column `text` is missing"),
            (6, Some("id"), "the id is longer than 1024 bytes"),
            (7, Some("gold"), "the known label is an object"),
            (8, None, "not a row: expected ident at line 1 column 2"),
        ]
    );
    assert_eq!(faults[0].excerpt, "id: a, text: 2");
    assert_eq!(outcome.faults, faults);
    assert_eq!(rows[1].unit.payload(), r#"{"text":"[1,{\"b\":null}]"}"#);
    assert_eq!(rows[1].gold, Some(Label::Choices(vec!["x".to_owned()])));
}

/// What is said of a file that cannot be read at all.
fn refused(text: &str, format: Format, mapping: Mapping) -> String {
    let error = read(text, format, mapping).map(|_| ()).unwrap_err();
    format!("{error}: {}", error.source().unwrap())
}

#[test]
fn a_file_that_does_not_fit_says_what_is_there() {
    let by_id = Mapping::text("body").id("id");
    let said = refused("id,text\n1,x\n", CSV, by_id.clone());
    assert!(
        said.contains("the column `body` is missing: there are `id`, `text`"),
        "{said}"
    );
    let said = refused("{\"id\":1,\"text\":\"x\"}\n", Format::Json, by_id.clone());
    assert!(
        said.contains("the column `body` is missing: there are `id`, `text`"),
        "{said}"
    );
    let said = refused("id,body,id\n1,x,2\n", CSV, by_id.clone());
    assert!(said.contains("two columns are called `id`"), "{said}");
    let said = refused("<html>", Format::Json, by_id.clone());
    assert!(said.contains("it is not JSON"), "{said}");
    let said = refused("[{\"id\":1,\"body\":\"x\"},", Format::Json, by_id.clone());
    assert!(
        said.contains("after row 1: the array does not end"),
        "{said}"
    );
    let said = refused("", CSV, by_id.clone());
    assert!(said.contains("the file is empty"), "{said}");
    let said = refused("no", Format::Parquet, by_id);
    assert!(said.contains("write the Parquet file again"), "{said}");
}

#[test]
fn faults_are_counted_beyond_the_first_thousand() {
    let mut text = String::from("id,text\n0,x\n");
    text.extend(std::iter::repeat_n("0,x\n", 1_500));
    let mapping = Mapping::default().id("id");
    let (_, _, outcome) = read(&text, CSV, mapping).unwrap();
    assert_eq!(
        (outcome.taken, outcome.refused, outcome.faults.len()),
        (1, 1_500, 1_000)
    );
    assert_eq!(outcome.faults[999].place, 1_002);
}
