//! `headwater sql`: answers in three forms, the questions of the guide, and what it refuses.

use crate::agreement;
use crate::replayed::Replayed;
use crate::run::{headwater, normal, text};
use expect_test::{expect, expect_file};
use node::{Log, projection};
use std::path::Path;
use std::time::Duration;
use store::Place;
use view::console::{Cell, Console, Limits};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/sql.md");

fn console(path: &Path) -> Console {
    let limits = Limits {
        rows: usize::MAX,
        time: Duration::from_secs(600),
    };
    Console::open(path, limits).unwrap()
}

fn dump(path: &Path) -> Vec<Vec<Vec<Cell>>> {
    let mut console = console(path);
    let tables = view::projection::schema::tables();
    let rows = |table: &view::projection::schema::Table| {
        let columns: Vec<_> = (1..=table.columns.len()).map(|it| it.to_string()).collect();
        let (name, order) = (table.name, columns.join(", "));
        console
            .ask(&format!("SELECT * FROM {name} ORDER BY {order}"))
            .unwrap()
            .rows
    };
    tables.iter().map(rows).collect()
}

/// The view of a directory, brought up to its log, says what the log makes from nothing.
pub fn same_as_rebuilt(dir: &Path) {
    let fresh = tempfile::tempdir().unwrap();
    let path = fresh.path().join("view.sqlite");
    let place = Place::directory(dir);
    let own = projection::fill(&place, &projection::path(dir))
        .unwrap()
        .unwrap();
    assert_eq!(own.notices, [""; 0], "it never had to begin again");
    let filled = projection::fill(&place, &path).unwrap().unwrap();
    assert_eq!(own.through, filled.through);
    assert_eq!(dump(&projection::path(dir)), dump(&path));
}

#[test]
fn the_demo_makes_a_view_that_says_what_its_state_says() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    headwater(["demo", "--data", text(&dir)]).good();
    let answer = headwater(["sql", "SELECT through FROM position", "--data", text(&dir)]);
    let log = Log::open(&Place::directory(&dir)).unwrap().log;
    assert!(answer.good().contains(&log.state().size.to_string()));
    let mut console = console(&projection::path(&dir));
    agreement::check(log.state(), &mut console);
    same_as_rebuilt(&dir);
}

#[test]
fn the_questions_of_the_guide_are_answered() {
    let replayed = Replayed::new("21");
    let dir = replayed.folder.path().join("node");
    let guide = std::fs::read_to_string(GUIDE).unwrap();
    let questions = guide.split("```sql\n").skip(1);
    let questions: Vec<&str> = questions
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(questions.len(), 5);
    let mut said = String::new();
    for sql in questions {
        let answer = headwater(["sql", sql, "--data", text(&dir), "--rows", "6"]).good();
        assert!(answer.lines().count() > 2, "{sql} has no answer:\n{answer}");
        said += &format!("{sql}\n{answer}\n");
    }
    expect_file!["words/sql.txt"].assert_eq(&normal(&said, replayed.folder.path()));
}

#[test]
fn answers_come_as_a_table_as_json_and_as_csv() {
    let replayed = Replayed::new("22");
    let dir = replayed.folder.path().join("node");
    let sql = "SELECT 7 AS number, 'a, \"b\"' AS text, NULL AS absent, 1 / 4.0 AS part,
                      '00000000009223372036854775808' AS units
               UNION ALL SELECT 10, 'longer', 1, NULL, 5";
    let ask = |more: &[&str]| {
        let args = ["sql", sql, "--data", text(&dir)].into_iter();
        headwater(args.chain(more.iter().copied())).good()
    };
    expect![[r#"
        number  text    absent  part  units
        ------  ------  ------  ----  -------------------
             7  a, "b"          0.25  9223372036854775808
            10  longer       1        5
    "#]]
    .assert_eq(&ask(&[]));
    expect![[r#"
        {"number":7,"text":"a, \"b\"","absent":null,"part":0.25,"units":"9223372036854775808"}
        {"number":10,"text":"longer","absent":1,"part":null,"units":5}
    "#]]
    .assert_eq(&ask(&["--json"]));
    expect![[r#"
        number,text,absent,part,units
        7,"a, ""b""",,0.25,9223372036854775808
        10,longer,1,,5
    "#]]
    .assert_eq(&ask(&["--csv"]));
    let schema = headwater(["sql", "--schema"]).good();
    assert_eq!(schema, view::projection::schema::SCHEMA);
}

#[test]
fn what_is_refused_says_what_to_do() {
    let replayed = Replayed::new("23");
    let dir = replayed.folder.path().join("node");
    let mut said = String::new();
    for args in [
        &["DELETE FROM entries"][..],
        &["SELECT 1; SELECT 2"],
        &["SELECT * FROM bloks"],
        &["SELECT FROM"],
        &[
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i FROM n) SELECT max(i) FROM n",
            "--time",
            "1",
        ],
        &[],
        &["SELECT 1", "--json", "--csv"],
    ] {
        let all = ["sql", "--data", text(&dir)]
            .into_iter()
            .chain(args.iter().copied());
        said += &format!(
            "$ headwater sql {}\n{}\n",
            args.join(" "),
            headwater(all).bad(2)
        );
    }
    let none = replayed.folder.path().join("none");
    said += &headwater(["sql", "SELECT 1", "--data", text(&none)]).bad(2);
    expect_file!["words/sql_bad.txt"].assert_eq(&normal(&said, replayed.folder.path()));
}
