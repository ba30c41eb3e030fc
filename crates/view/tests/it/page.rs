//! `docs/spec/view.md` lists the tables that are made, and SQLite has them as the page says.

use expect_test::expect_file;
use std::fmt::Write as _;
use std::time::Duration;
use view::Projection;
use view::console::{Cell, Console, Limits};
use view::projection::schema::tables;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/view.md");

#[test]
fn the_page_lists_every_table_and_column() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (head, _) = page.split_once("## Tables\n").unwrap();
    let mut text = format!("{head}## Tables\n");
    for table in tables() {
        let meaning = table.meaning;
        write!(text, "\n### {}\n{meaning}\n\n", table.name).unwrap();
        text += "| column | type | meaning |\n|---|---|---|\n";
        for (name, kind, says) in &table.columns {
            writeln!(text, "| `{name}` | {kind} | {says} |").unwrap();
        }
    }
    expect_file![PAGE].assert_eq(&text);
}

#[test]
fn every_table_and_column_has_a_meaning_and_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    Projection::open(&path).unwrap();
    let limits = Limits {
        rows: 1_000,
        time: Duration::from_secs(60),
    };
    let mut console = Console::open(&path, limits).unwrap();
    let mut words = |sql: &str| -> Vec<String> {
        let rows = console.ask(sql).unwrap().rows;
        rows.iter().map(|row| row[0].to_string()).collect()
    };
    let made = words(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')
         AND name NOT LIKE 'unit_words_%' AND name NOT LIKE 'asset_words_%'
         AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    let mut listed: Vec<String> = tables().iter().map(|table| table.name.to_owned()).collect();
    listed.sort();
    assert_eq!(made, listed);
    for table in tables() {
        assert!(table.meaning.len() > 8, "{}", table.name);
        assert!(
            table.columns.iter().all(|(.., says)| says.len() >= 3),
            "{}",
            table.name
        );
        let columns = console
            .ask(&format!("SELECT * FROM {}", table.name))
            .unwrap()
            .columns;
        let names: Vec<&str> = table.columns.iter().map(|(name, ..)| *name).collect();
        assert_eq!(columns, names, "{}", table.name);
    }
    let amounts = tables().into_iter().flat_map(|table| table.columns);
    for (name, kind, _) in amounts.filter(|(name, kind, _)| name.ends_with("units") && kind != &"")
    {
        let counts = ["gold_units", "unit_count"].contains(&name);
        assert_eq!(kind, if counts { "INTEGER" } else { "ANY" }, "{name}");
    }
    assert!(matches!(
        console.ask("SELECT through FROM position").unwrap().rows[..],
        [ref row] if row[..] == [Cell::Integer(0)]
    ));
}
