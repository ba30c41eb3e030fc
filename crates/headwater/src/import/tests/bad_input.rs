//! Every message about a bad table, word for word.

use super::super::lines::{LINE_BYTES, Lines};
use super::super::{Repeats, Request, Table, read};
use super::Files;
use expect_test::{ExpectFile, expect_file};
use std::cell::Cell;
use std::io::{BufReader, Read};
use std::path::Path;
use std::rc::Rc;

/// The start of each table and the message about it.
fn check(tables: &[Files], messages: ExpectFile) {
    let message = |files: &Files| {
        let error = files.read().expect_err("the table is bad");
        format!("{}{error}\n\n", files.shown())
    };
    messages.assert_eq(&tables.iter().map(message).collect::<String>());
}

fn csv(text: impl AsRef<[u8]>) -> Files {
    Files::answers("a.csv", text)
}

fn json(text: impl AsRef<[u8]>) -> Files {
    Files::answers("a.jsonl", text)
}

fn gold(text: impl AsRef<[u8]>) -> Files {
    csv("task,worker,label\nt1,w1,a\nt2,w1,b\n").gold("g.csv", text)
}

#[test]
fn a_table_without_rows() {
    let tables = [
        csv(""),
        csv("\n \n\r\n"),
        csv("\u{feff}"),
        csv("task,worker,label\r\n"),
        json(""),
        gold("task,label"),
        gold(""),
    ];
    check(&tables, expect_file!["bad/a_table_without_rows.txt"]);
}

#[test]
fn a_header_that_lacks_a_column() {
    let tables = [
        csv("task,annotator,label\nt,w,a\n"),
        csv("task;worker;label\nt;w;a\n"),
        csv("a,b,c,d,e,f,g,h,i,j,k,l\n"),
        csv("task,worker,label,label\nt,w,a,b\n"),
        csv(",".repeat(20_000)),
        gold("task,worker\n"),
    ];
    check(
        &tables,
        expect_file!["bad/a_header_that_lacks_a_column.txt"],
    );
}

#[test]
fn a_row_of_the_wrong_shape() {
    let tables = [
        csv("task,worker,label\nt,w,a\nt,wörk\n"),
        csv("task,worker,label\nt,w,a,b\n"),
        csv("task,worker,label\n,w,a\n"),
        csv("task,worker,label\nt, ,a\n"),
        csv("task,worker,label\nt,w,\" \"\n"),
    ];
    check(&tables, expect_file!["bad/a_row_of_the_wrong_shape.txt"]);
}

#[test]
fn quotes_and_lines_that_do_not_end() {
    let tables = [
        csv("task,worker,label\nt,w,\"a\nt,w,b\n"),
        csv("task,worker,label\nt,\"ü\"x,a\n"),
        csv("task,worker,label\rt,w,a\r"),
        csv(format!(
            "task,worker,label\nt,w,\"{}",
            "long\n".repeat(300_000)
        )),
        csv(format!(
            "task,worker,label\nt,w,a\nt,w,{}",
            "é".repeat(600_000)
        )),
        json("x".repeat(2_000_000)),
    ];
    check(
        &tables,
        expect_file!["bad/quotes_and_lines_that_do_not_end.txt"],
    );
}

#[test]
fn bytes_that_are_no_text() {
    let tables = [
        csv(b"task,worker,label\nt1,w1,a\nt\xc3\xbc,w\xff,b\n"),
        csv(b"\xff\xfet\0a\0s\0k\0"),
        csv(b"\x1f\x8b\x08\0\0"),
        json(b"{\"task\":\"\xe9\"}"),
    ];
    check(&tables, expect_file!["bad/bytes_that_are_no_text.txt"]);
}

#[test]
fn objects_that_are_no_rows() {
    let tables = [
        json("{\"task\":1,\"worker\":2,\"label\":\n"),
        json("{\"task\":1,\"worker\":2,\"label\":3} 4\n"),
        json("[{\"task\":1}]\n"),
        json("\"task\"\n"),
        json(format!("\"{}\"", "long".repeat(100))),
        json("{\"task\":1,\"who\":2,\"label\":3}\n"),
        json("{}\n"),
        json("{\"task\":1,\"worker\":2,\"label\":1.5}\n"),
        json("{\"task\":\"ü\",\"worker\":null,\"label\":1}\n"),
        json("{\"task\":1,\"worker\":2,\"label\":{\"a\":1}}\n"),
        json("{\"task\":1,\"worker\":2,\"label\":1,\"label\":2}\n"),
        json("{\"task\":1,\"worker\":\"worker\", \"label\" : \" \"}\n"),
        json("[".repeat(100_000)),
    ];
    check(&tables, expect_file!["bad/objects_that_are_no_rows.txt"]);
}

#[test]
fn labels_that_are_no_classes() {
    let tables = [
        csv("label,worker,task\na,w,t1\nB,w,t2\n").classes("a,b"),
        csv("label,worker,task\na,w,t1\n")
            .gold("g.csv", "task,label\nt9,c\n")
            .classes("a,b"),
        csv("task,worker,label\nt,w,a\nt,v,a\n"),
        csv(format!(
            "task,worker,label\n{}",
            (0..=65_535)
                .map(|label| format!("t,w,{label}\n"))
                .collect::<String>()
        )),
        csv(format!(
            "task,worker,label\nt,w,\"\u{1b}[2J\n{}\"",
            "x".repeat(80)
        ))
        .classes("a,b"),
    ];
    check(&tables, expect_file!["bad/labels_that_are_no_classes.txt"]);
}

#[test]
fn gold_and_repeats_that_contradict() {
    let tables = [
        gold("task,label\nt1,a\nt2,b\nt1,b\n"),
        gold("task,label\nT1,a\nT2,b\n"),
        csv("worker,task,label\nw,t,a\nv,t,b\nw,t,b\n").repeats(Repeats::Error),
    ];
    check(
        &tables,
        expect_file!["bad/gold_and_repeats_that_contradict.txt"],
    );
}

#[test]
fn paths_that_are_no_files() {
    let message = |[answers, gold]: [&str; 2]| {
        let gold = Some(Path::new(gold));
        let answers = Path::new(answers);
        let request = Request {
            answers,
            gold,
            repeats: Repeats::Keep,
            classes: None,
        };
        let error = read(&request).expect_err("the path is bad");
        format!("{error}\n\n")
    };
    let paths = [
        ["no/such.csv", "-"],
        ["/", "-"],
        ["/dev/null", "-"],
        ["a\n.csv", "-"],
        ["-", "-"],
    ];
    let messages = paths.map(message).concat();
    expect_file!["bad/paths_that_are_no_files.txt"].assert_eq(&messages);
}

#[test]
fn one_endless_line_is_refused_after_its_first_mebibyte() {
    struct Counted(Rc<Cell<usize>>);
    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'x');
            self.0.set(self.0.get() + buffer.len());
            Ok(buffer.len())
        }
    }
    let count = Rc::new(Cell::new(0));
    let input = Box::new(BufReader::new(Counted(Rc::clone(&count))));
    let error = Lines::new(input, Table::Answers, "endless".into()).advance();
    let error = error.expect_err("the line is too long");
    assert_eq!(
        (error.line, error.column),
        (Some(1), Some(1 + LINE_BYTES as u64))
    );
    assert_eq!(error.what, "the line is longer than 1 MiB");
    assert!(
        count.get() < LINE_BYTES + (1 << 17),
        "{} bytes were read",
        count.get()
    );
}
