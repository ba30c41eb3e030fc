//! Tables that look unusual and are good, and what is warned of.

use super::super::source::dataset_name;
use super::super::{Dataset, Repeats, Warning};
use super::{Files, named};
use std::path::Path;

const ROWS: [[&str; 3]; 3] = [["t1", "w1", "b"], ["t2", "w1", "a"], ["t1", "w2", "a"]];

fn read(files: &Files) -> Dataset {
    files.read().unwrap_or_else(|error| panic!("{error}"))
}

fn warned(dataset: &Dataset) -> Vec<String> {
    dataset.warnings.iter().map(Warning::to_string).collect()
}

#[test]
fn names_are_numbered_as_they_come_and_classes_are_sorted() {
    let dataset = read(&Files::answers(
        "a.csv",
        "task,worker,label\nt1,w1,b\nt2,w1,a\nt1,w2,a\n",
    ));
    assert_eq!(named(&dataset), ROWS);
    assert_eq!(dataset.name, "a");
    assert_eq!(
        (dataset.units, dataset.workers),
        (strings("t1,t2"), strings("w1,w2"))
    );
    assert_eq!(
        (dataset.classes, dataset.gold),
        (strings("a,b"), vec![None; 2])
    );
    assert_eq!(dataset.warnings, []);
}

#[test]
fn spellings_of_the_same_table_read_alike() {
    for (name, text) in [
        (
            "a.csv",
            "\u{feff}label,x,worker,task\r\nb,,w1,t1\r\na,,w1,t2\r\n\r\na,,w2,t1",
        ),
        (
            "a.csv",
            "\n\"task\", worker ,\"label\" \nt1,\tw1 , \"b\"\n\"t2\",w1,a\nt1,w2,\"a\"\t\n",
        ),
        (
            "a.csv",
            "task,worker,label,note\nt1,w1,b,\"two\nlines\"\nt2,w1,a,5\" x\nt1,w2,a,\"\"\"\"\n",
        ),
        ("a", "task,worker,label\nt1,w1,b\nt2,w1,a\nt1,w2,a\n"),
        (
            "a.jsonl",
            "{\"task\":\"t1\",\"worker\":\"w1\",\"label\":\"b\"}\n\
          \n{\"label\":\"a\",\"x\":[1,{\"task\":2}],\"worker\":\"w1\",\"task\":\"t2\"}\r\n\
          {\"t\\u0061sk\":\"\\u0074\\u0031\",\"worker\":\"w2\",\"label\":\"a\"}",
        ),
        (
            "a.txt",
            "\u{feff}\n {\"task\":\"t1\",\"worker\":\"w1\",\"label\":\"b\"}\n\
          {\"task\":\"t2\",\"worker\":\"w1\",\"label\":\"a\"}\n\
          {\"task\":\"t1\",\"worker\":\"w2\",\"label\":\"a\"}\n",
        ),
    ] {
        assert_eq!(named(&read(&Files::answers(name, text))), ROWS, "{text}");
    }
}

#[test]
fn integers_are_names_by_their_digits_and_sort_as_text() {
    let rows = [(1, 10), (2, -3), (3, 9)];
    let text =
        rows.map(|(task, label)| format!("{{\"task\":{task},\"worker\":0,\"label\":{label}}}"));
    let dataset = read(&Files::answers("a.ndjson", text.join("\n")));
    assert_eq!(dataset.classes, strings("-3,10,9"));
    assert_eq!(
        named(&dataset),
        [["1", "0", "10"], ["2", "0", "-3"], ["3", "0", "9"]]
    );
}

#[test]
fn blanks_belong_to_a_value_in_quotes() {
    let dataset = read(&Files::answers(
        "a.csv",
        "task,worker,label\nt, w ,a\nt,\" w \",\"a\r\n\"\n",
    ));
    assert_eq!(named(&dataset), [["t", "w", "a"], ["t", " w ", "a\r\n"]]);
}

#[test]
fn a_file_called_answers_is_named_after_its_folder() {
    let files = Files::answers("answers.csv", "task,worker,label\nt,w,a\nt,w,b\n");
    let folder = files
        .folder
        .path()
        .file_name()
        .expect("a folder")
        .to_string_lossy();
    assert_eq!(read(&files).name, folder);
    for (path, name) in [
        ("-", "stdin"),
        ("/answers.jsonl", "answers"),
        ("x/answers", "x"),
        ("x/answers.v2.csv", "answers.v2"),
        ("answers.csv", env!("CARGO_PKG_NAME")),
    ] {
        assert_eq!(dataset_name(Path::new(path)), name, "{path}");
    }
}

#[test]
fn repeats_are_kept_or_replaced_in_place() {
    let text = "task,worker,label\nu,w,b\nt,w,a\nt,w,b\nt,w,c\nv,w,a\n";
    let dataset = read(&Files::answers("a.csv", text));
    assert_eq!(dataset.answers.len(), 5);
    let kept = "2 answers repeat the task and worker of an earlier one: all are kept";
    assert_eq!(warned(&dataset), [kept]);

    let dataset = read(&Files::answers("a.csv", text).repeats(Repeats::Last));
    assert_eq!(
        named(&dataset),
        [["u", "w", "b"], ["t", "w", "c"], ["v", "w", "a"]]
    );
    let last = "2 answers repeat the task and worker of an earlier one: the last of each is kept";
    assert_eq!(warned(&dataset), [last]);
}

#[test]
fn gold_is_matched_and_its_oddities_are_counted() {
    let files = Files::answers("a.csv", "task,worker,label\nt1,w,b\nt2,w,d\nt3,w,b\n");
    let gold = "label,task\nc,t3\nb,t9\nd,t2\nc,t3\nx,t8\nb,t9\n";
    let dataset = read(&files.gold("g.csv", gold));
    assert_eq!(dataset.classes, strings("b,c,d"));
    assert_eq!(dataset.gold, [None, Some(2), Some(1)]);
    assert_eq!(named(&dataset)[1], ["t2", "w", "d"]);
    assert_eq!(dataset.gold_units().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        warned(&dataset),
        [
            "3 of 6 gold rows name tasks that have no answers",
            "2 of 6 gold rows say again what an earlier one says",
            "no answer uses the classes `c`, known from gold only",
        ]
    );
}

#[test]
fn named_classes_exist_even_if_nobody_uses_them() {
    let files = Files::answers("a.csv", "task,worker,label\nt,w,b\n").classes("c, a,b");
    let dataset = read(&files.gold("g.jsonl", "{\"task\":\"t\",\"label\":\"c\"}\n"));
    assert_eq!(dataset.classes, strings("a,b,c"));
    assert_eq!((dataset.answers[0].label, dataset.gold[0]), (1, Some(2)));
    assert_eq!(dataset.warnings, []);
}

#[test]
fn counts_have_commas_between_thousands() {
    for (unmatched, shown) in [
        (1, "1"),
        (999, "999"),
        (1_000, "1,000"),
        (1_234_567, "1,234,567"),
    ] {
        let warning = Warning::UnmatchedGold {
            unmatched,
            rows: 2_000_000,
        }
        .to_string();
        assert_eq!(
            warning,
            format!("{shown} of 2,000,000 gold rows name tasks that have no answers")
        );
    }
}

fn strings(names: &str) -> Vec<String> {
    names.split(',').map(str::to_owned).collect()
}
