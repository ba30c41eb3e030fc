//! What the console answers, and what it never does.

use std::path::Path;
use std::time::Duration;
use view::console::{Cell, Console, Limits};
use view::error::Kind;
use view::{Projection, Questions};

fn console(path: &Path, rows: usize, time: Duration) -> Console {
    if !path.exists() {
        Projection::open(path).unwrap();
    }
    Console::open(path, Limits { rows, time }).unwrap()
}

#[test]
fn questions_are_answered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    let mut console = console(&path, 3, Duration::from_secs(60));
    let good = [
        "SELECT 1",
        "  select through from position;",
        "WITH x(n) AS (VALUES (1)) SELECT * FROM x",
        "VALUES (1)",
        "EXPLAIN QUERY PLAN SELECT * FROM entries WHERE account = 1",
        "SELECT count(*) FROM unit_words WHERE unit_words MATCH 'word'",
        "SELECT name, sql FROM sqlite_schema",
        "SELECT json_extract('[1]', '$[0]'), sum_units(units) FROM totals",
    ];
    for sql in good {
        assert!(!console.ask(sql).unwrap().columns.is_empty(), "{sql}");
    }
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
               SELECT i, i / 2.0, 'x', NULL, x'0a' FROM n";
    let answer = console.ask(sql).unwrap();
    assert!(answer.cut);
    assert_eq!(answer.rows.len(), 3);
    let cells = [
        Cell::Integer(1),
        Cell::Decimal("0.5".to_owned()),
        Cell::Text("x".to_owned()),
        Cell::Null,
        Cell::Blob(vec![10]),
    ];
    assert_eq!(answer.rows[0], cells);
    assert_eq!(
        Cell::Text(format!("{:029}", 1_u128 << 70)).to_string(),
        (1_u128 << 70).to_string()
    );
}

#[test]
fn nothing_else_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    let other = dir.path().join("other.sqlite");
    let mut console = console(&path, 10, Duration::from_secs(60));
    let bad = [
        "INSERT INTO tokens VALUES (9, 'x')".to_owned(),
        "WITH x AS (SELECT 1) DELETE FROM entries".to_owned(),
        "UPDATE position SET through = 7".to_owned(),
        "DROP TABLE entries".to_owned(),
        "CREATE TEMP TABLE t (x)".to_owned(),
        "EXPLAIN DELETE FROM entries".to_owned(),
        "PRAGMA query_only = OFF".to_owned(),
        "PRAGMA journal_mode".to_owned(),
        "BEGIN".to_owned(),
        "VACUUM".to_owned(),
        format!("VACUUM INTO '{}'", other.display()),
        format!("ATTACH '{}' AS other", other.display()),
        "SELECT load_extension('x')".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT 1; DROP TABLE entries".to_owned(),
        "SELECT * FROM no_such_table".to_owned(),
        "SELECT no_such_column FROM entries".to_owned(),
        "SELECT '".to_owned(),
        String::new(),
        "-- nothing".to_owned(),
    ];
    for sql in bad {
        let error = console.ask(&sql).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{sql}: {error}");
        assert!(console.ask("SELECT 1").is_ok(), "it goes on after {sql}");
    }
    assert!(!other.exists());
    assert_eq!(
        console
            .ask("SELECT (SELECT through FROM position), count(*) FROM tokens")
            .unwrap()
            .rows,
        [[Cell::Integer(0), Cell::Integer(0)]]
    );
}

#[test]
fn errors_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    let mut console = console(&path, 10, Duration::ZERO);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   SELECT count(*) FROM n";
    let words = [
        (endless, "takes longer"),
        ("SELECT 1; SELECT 2", "one question at a time"),
        ("DELETE FROM entries", "begin with SELECT"),
        ("SELECT * FROM bloks", "--schema"),
    ];
    for (sql, words) in words {
        let error = console.ask(sql).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("\nhint: "),
            "{sql}: {error}"
        );
    }
}

#[test]
fn a_file_that_is_no_view_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        rows: 1,
        time: Duration::from_secs(1),
    };
    let missing = Console::open(&dir.path().join("none"), limits).unwrap_err();
    assert_eq!(missing.kind, Kind::Unavailable);
    let path = dir.path().join("some");
    std::fs::write(&path, vec![1; 4_096]).unwrap();
    let error = Console::open(&path, limits).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    assert!(error.to_string().contains("some"));
}

#[test]
fn an_empty_view_answers_every_typed_question_with_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    Projection::open(&path).unwrap();
    let questions = Questions::open(&path).unwrap();
    assert_eq!(questions.through().unwrap(), 0);
    let campaigns = questions.campaigns(&Default::default(), None, 0).unwrap();
    assert_eq!((campaigns.rows.len(), campaigns.more), (0, false));
    assert_eq!(questions.dashboard(0).unwrap(), None);
    assert_eq!(questions.totals().unwrap(), []);
    for words in [
        "",
        "a",
        "a b",
        "\"",
        "a\" OR \"b",
        "* ^ : NEAR(",
        "-x",
        "é…",
    ] {
        let filter = view::question::UnitFilter::Matching(words.to_owned());
        assert!(
            questions
                .units(0, &filter, None, 10)
                .unwrap()
                .rows
                .is_empty()
        );
    }
}
