//! Every message about a bad table, word for word.

use super::super::lines::{LINE_BYTES, Lines};
use super::super::{Repeats, Request, Table, read};
use super::Files;
use expect_test::{Expect, expect};
use std::cell::Cell;
use std::io::{BufReader, Read};
use std::path::Path;
use std::rc::Rc;

/// The messages of these tables, in their order.
fn check(tables: &[Files], messages: Expect) {
    let message = |files: &Files| format!("{}\n", files.read().expect_err("the table is bad"));
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
    check(&tables, expect![[r#"
        cannot read answers: a.csv:1:1: the file is empty
        hint: give a table with the columns task, worker, label
        cannot read answers: a.csv:1:1: the file is empty
        hint: give a table with the columns task, worker, label
        cannot read answers: a.csv:1:1: the file is empty
        hint: give a table with the columns task, worker, label
        cannot read answers: a.csv:2:1: there is no answer below the header
        hint: give at least one row of task, worker and label
        cannot read answers: a.jsonl:1:1: the file is empty
        hint: give a table with the columns task, worker, label
        cannot read gold: g.csv:2:1: there is no row below the header
        hint: give at least one row of task and label
        cannot read gold: g.csv:1:1: the file is empty
        hint: give a table with the columns task, label
    "#]]);
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
    check(&tables, expect![[r#"
        cannot read answers: a.csv:1:1: the column `worker` is missing: there are `task`, `annotator`, `label`
        hint: give the column that says who judged it the name `worker`
        cannot read answers: a.csv:1:1: the column `task` is missing: there are `task;worker;label`
        hint: separate the columns with commas
        cannot read answers: a.csv:1:1: the column `task` is missing: there are `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j` and 2 more
        hint: give the column that says what was judged the name `task`
        cannot read answers: a.csv:1:19: `label` stands there twice
        hint: keep the `label` that says what it was judged to be
        cannot read answers: a.csv:1:16385: the row has more than 16384 fields
        hint: match the header; put a value that contains a comma in double quotes
        cannot read gold: g.csv:1:1: the column `label` is missing: there are `task`, `worker`
        hint: give the column that says what it was judged to be the name `label`
    "#]]);
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
    check(&tables, expect![[r#"
        cannot read answers: a.csv:3:7: the row has 2 of the 3 fields of the header
        hint: complete the row or remove it
        cannot read answers: a.csv:2:7: the row has more than 3 fields
        hint: match the header; put a value that contains a comma in double quotes
        cannot read answers: a.csv:2:1: the task is empty
        hint: write what was judged there, or remove the row
        cannot read answers: a.csv:2:3: the worker is empty
        hint: write who judged it there, or remove the row
        cannot read answers: a.csv:2:5: the label is empty
        hint: write what it was judged to be there, or remove the row
    "#]]);
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
    check(&tables, expect![[r#"
        cannot read answers: a.csv:2:5: the quote that opens here is not closed
        hint: close it, or write a quote within a value as two quotes
        cannot read answers: a.csv:2:6: `x` follows a closing quote
        hint: write a quote within a value as two quotes
        cannot read answers: a.csv:1:18: a carriage return stands within the line
        hint: save the file with the line ends LF or CRLF
        cannot read answers: a.csv:2:5: with the quote that opens here the row is longer than 1 MiB
        hint: close it, or write a quote within a value as two quotes
        cannot read answers: a.csv:3:524291: the line is longer than 1 MiB
        hint: end each row with a line feed; a row has one task, worker and label
        cannot read answers: a.jsonl:1:1048577: the line is longer than 1 MiB
        hint: end each row with a line feed; a row has one task, worker and label
    "#]]);
}

#[test]
fn bytes_that_are_no_text() {
    let tables = [
        csv(b"task,worker,label\nt1,w1,a\nt\xc3\xbc,w\xff,b\n"),
        csv(b"\xff\xfet\0a\0s\0k\0"),
        csv(b"\x1f\x8b\x08\0\0"),
        json(b"{\"task\":\"\xe9\"}"),
    ];
    check(&tables, expect![[r#"
        cannot read answers: a.csv:3:5: the byte 0xff is not UTF-8
        hint: save the file as UTF-8, uncompressed
        cannot read answers: a.csv:1:1: the byte 0xff is not UTF-8
        hint: save the file as UTF-8, uncompressed
        cannot read answers: a.csv:1:2: the byte 0x8b is not UTF-8
        hint: save the file as UTF-8, uncompressed
        cannot read answers: a.jsonl:1:10: the byte 0xe9 is not UTF-8
        hint: save the file as UTF-8, uncompressed
    "#]]);
}

#[test]
fn objects_that_are_no_rows() {
    let tables = [
        json("{\"task\":1,\"worker\":2,\"label\":\n"),
        json("{\"task\":1,\"worker\":2,\"label\":3} 4\n"),
        json("[{\"task\":1}]\n"),
        json("\"task\"\n"),
        json("{\"task\":1,\"who\":2,\"label\":3}\n"),
        json("{}\n"),
        json("{\"task\":1,\"worker\":2,\"label\":1.5}\n"),
        json("{\"task\":\"ü\",\"worker\":null,\"label\":1}\n"),
        json("{\"task\":1,\"worker\":2,\"label\":{\"a\":1}}\n"),
        json("{\"task\":1,\"worker\":2,\"label\":1,\"label\":2}\n"),
        json("{\"task\":1,\"worker\":\"worker\", \"label\" : \" \"}\n"),
        json("[".repeat(100_000)),
    ];
    check(&tables, expect![[r#"
        cannot read answers: a.jsonl:1:29: not a row: eOF while parsing a value
        hint: write one object per line, such as {"task":"t1","worker":"w1","label":"yes"}
        cannot read answers: a.jsonl:1:33: not a row: trailing characters
        hint: write one object per line, such as {"task":"t1","worker":"w1","label":"yes"}
        cannot read answers: a.jsonl:1:1: not a row: invalid type: sequence, expected an object
        hint: write one object per line, for instance with jq -c '.[]'
        cannot read answers: a.jsonl:1:6: not a row: invalid type: string "task", expected an object
        hint: write one object per line, such as {"task":"t1","worker":"w1","label":"yes"}
        cannot read answers: a.jsonl:1:1: the key `worker` is missing: there are `label`, `task`, `who`
        hint: give the key that says who judged it the name `worker`
        cannot read answers: a.jsonl:1:1: the key `task` is missing: there are none
        hint: give the key that says what was judged the name `task`
        cannot read answers: a.jsonl:1:32: not a row: invalid type: floating point `1.5`, expected a string or an integer
        hint: write one object per line, such as {"task":"t1","worker":"w1","label":"yes"}
        cannot read answers: a.jsonl:1:25: not a row: invalid type: null, expected a string or an integer
        hint: write one object per line, such as {"task":"t1","worker":"w1","label":"yes"}
        cannot read answers: a.jsonl:1:30: not a row: an object stands where a string or an integer is expected
        hint: write one object per line, such as {"task":"t1","worker":"w1","label":"yes"}
        cannot read answers: a.jsonl:1:22: `label` stands there twice
        hint: keep the `label` that says what it was judged to be
        cannot read answers: a.jsonl:1:30: the label is empty
        hint: write what it was judged to be there, or remove the row
        cannot read answers: a.jsonl:1:1: not a row: invalid type: sequence, expected an object
        hint: write one object per line, for instance with jq -c '.[]'
    "#]]);
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
    check(&tables, expect![[r#"
        cannot read answers: a.csv:3:1: `B` is not among the classes `a`, `b`
        hint: correct the row, or add the label to `--classes`
        cannot read gold: g.csv:2:4: `c` is not among the classes `a`, `b`
        hint: correct the row, or add the label to `--classes`
        cannot read answers: a.csv: there is nothing to choose: every label is `a`
        hint: name all the classes, as in `--classes yes,no`
        cannot read answers: a.csv:65537:5: there are more than 65,535 different labels
        hint: free text and numbers are not classes: give a column of choices
        cannot read answers: a.csv:2:5: `\u{1b}[2J\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not among the classes `a`, `b`
        hint: correct the row, or add the label to `--classes`
    "#]]);
}

#[test]
fn gold_and_repeats_that_contradict() {
    let tables = [
        gold("task,label\nt1,a\nt2,b\nt1,b\n"),
        gold("task,label\nT1,a\nT2,b\n"),
        csv("worker,task,label\nw,t,a\nv,t,b\nw,t,b\n").repeats(Repeats::Error),
    ];
    check(&tables, expect![[r#"
        cannot read gold: g.csv:4:4: the task `t1` has the gold label `b` here and `a` in line 2
        hint: remove the row that is wrong
        cannot read gold: g.csv: none of the 2 gold rows names a task that has answers
        hint: check that both tables are of the same data set and spell tasks alike
        cannot read answers: a.csv:4:3: line 2 has the same task and worker
        hint: remove one, or choose with `--repeats keep` or `--repeats last`
    "#]]);
}

#[test]
fn paths_that_are_no_files() {
    let message = |answers: &str, gold: Option<&str>| {
        let answers = Path::new(answers);
        let gold = gold.map(Path::new);
        let request = Request {
            answers,
            gold,
            repeats: Repeats::Keep,
            classes: None,
        };
        read(&request).expect_err("the path is bad").to_string()
    };
    expect![[r#"
        cannot read answers: no/such.csv: there is no such file
        hint: check the path"#]].assert_eq(&message("no/such.csv", None));
    expect![[r#"
        cannot read answers: /: it is a directory
        hint: name the file within it, such as `answers.csv`"#]].assert_eq(&message("/", None));
    expect![[r#"
        cannot read answers: /dev/null:1:1: the file is empty
        hint: give a table with the columns task, worker, label"#]].assert_eq(&message("/dev/null", None));
    expect![[r#"
        cannot read answers: a.csv/\n: there is no such file
        hint: check the path"#]].assert_eq(&message("a.csv/\n", None));
    expect![[r#"
        cannot read gold: stdin: standard input cannot be the answers too
        hint: give one of the two as a file"#]].assert_eq(&message("-", Some("-")));
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
    expect![[r#"
        cannot read answers: endless:1:1048577: the line is longer than 1 MiB
        hint: end each row with a line feed; a row has one task, worker and label"#]].assert_eq(&error.expect_err("the line is too long").to_string());
    assert!(
        count.get() < LINE_BYTES + (1 << 17),
        "{} bytes were read",
        count.get()
    );
}
