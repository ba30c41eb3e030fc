//! The folder for a hub: shards by their number of rows, a card and metadata that say the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use exchange::folder::{
    Contents, Description, File, Licence, Origin, SHARD_ROWS, Shards, card, croissant, provenance,
};
use serde_json::{Value as Json, json};
use table::Schema;

#[derive(Clone, Default)]
struct Disk(std::sync::Arc<std::sync::Mutex<BTreeMap<String, Vec<u8>>>>);

struct Open(Disk, String);

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = (self.0.0).lock().unwrap();
        files.entry(self.1.clone()).or_default().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn row(number: u64) -> Vec<(String, Json)> {
    vec![
        ("text".to_owned(), json!(format!("t{number}"))),
        ("n".to_owned(), json!(number)),
    ]
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    let row = row(0);
    schema.see(row.iter().map(|(name, value)| (name.as_str(), value)));
    schema
}

#[test]
fn more_than_half_a_million_rows_are_two_files() {
    let disk = Disk::default();
    let named = Rc::new(RefCell::new(Vec::new()));
    let create = |path: &str| {
        named.borrow_mut().push(path.to_owned());
        Ok(Open(disk.clone(), path.to_owned()))
    };
    let rows = SHARD_ROWS + 3;
    let mut shards = Shards::new(schema(), rows, create).unwrap();
    for number in 0..rows {
        shards.write(&row(number)).unwrap();
    }
    shards.write(&row(rows)).unwrap_err();
    let found = shards.finish().unwrap();
    let counts: Vec<u64> = found.iter().map(|shard| shard.rows).collect();
    assert_eq!(counts, [SHARD_ROWS, 3]);
    let names = [
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
    ];
    assert_eq!(*named.borrow(), names);
    let last = disk.0.lock().unwrap()[names[1]].clone();
    let input = Box::new(io::Cursor::new(last));
    let mut rows = table::Rows::read("t", input, Some(table::Format::Parquet), 1 << 20).unwrap();
    let first = rows.advance().unwrap().unwrap().unwrap();
    assert_eq!(first.cells, row(SHARD_ROWS));
}

#[test]
fn a_count_that_was_not_kept_is_an_error() {
    let mut shards = Shards::new(schema(), 2, |_: &str| Ok(Vec::new())).unwrap();
    shards.write(&row(0)).unwrap();
    let error = shards.finish().unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        why.contains("2 records were announced, there are 1"),
        "{why}"
    );
    let empty = Shards::new(schema(), 0, |_: &str| Ok(Vec::new())).unwrap();
    let found = empty.finish().unwrap();
    assert_eq!((found.len(), found[0].rows), (1, 0));
}

fn described(licence: Licence) -> (String, Json) {
    let schema = schema();
    let shards = Shards::new(schema.clone(), 0, |_: &str| Ok(Vec::new())).unwrap();
    let shards = shards.finish().unwrap();
    let files = [File {
        path: shards[0].path.clone(),
        bytes: 12,
        sha256: "ab".repeat(32),
    }];
    let contents = Contents {
        schema: &schema,
        shards: &shards,
        files: &files,
    };
    let description = Description {
        name: "a".to_owned(),
        title: "Yes: no \"#\"\u{85}\u{2028}".to_owned(),
        licence,
        rai: vec![
            ("dataBiases".to_owned(), "one".to_owned()),
            ("dataBiases".to_owned(), "two".to_owned()),
        ],
        ..Description::default()
    };
    let metadata = croissant(&description, &contents).unwrap();
    let unknown = Description {
        rai: vec![("dataBias".to_owned(), String::new())],
        ..description.clone()
    };
    croissant(&unknown, &contents).unwrap_err();
    (card(&description, &contents, &Origin::default()), metadata)
}

#[test]
fn the_card_states_terms_and_survives_any_title() {
    let (text, metadata) = described(Licence::Spdx("CC-BY-4.0".to_owned()));
    assert!(text.starts_with("---\nlicense: \"cc-by-4.0\"\n"), "{text}");
    assert!(
        text.contains(r##"pretty_name: "Yes: no \"#\"\u0085\u2028""##),
        "{text}"
    );
    assert!(text.contains("num_examples: 0\n"), "{text}");
    assert_eq!(metadata["rai:dataBiases"], json!(["one", "two"]));
    assert_eq!(
        metadata["license"],
        "https://spdx.org/licenses/CC-BY-4.0.html"
    );
    let (text, metadata) = described(Licence::Other {
        name: "LicenseRef-x".to_owned(),
        link: "LICENSE.md".to_owned(),
    });
    let terms =
        "license: \"other\"\nlicense_name: \"LicenseRef-x\"\nlicense_link: \"LICENSE.md\"\n";
    assert!(text.contains(terms), "{text}");
    assert_eq!(metadata["license"], "LICENSE.md");
}

#[test]
fn the_page_of_origin_names_every_file() {
    let file = File {
        path: "README.md".to_owned(),
        bytes: 5,
        sha256: "00".repeat(32),
    };
    let origin = Origin {
        log_origin: "example.org/log".to_owned(),
        tree_size: 9,
        asset: Some(3),
        ..Origin::default()
    };
    let page = provenance(&origin, &[file]);
    assert_eq!(page["files"][0]["sha256"], "00".repeat(32));
    assert_eq!((&page["tree_size"], &page["asset"]), (&json!(9), &json!(3)));
    assert_eq!(page["campaign"], Json::Null);
}
