//! Which directory a command reads that is told none, and which one it refuses to guess.

use crate::process::{Process, text};
use crate::replayed::{files, write_all};
use crate::run::{Ran, binary};
use std::path::Path;
use std::process::Stdio;

/// The outcome of a line of arguments in a folder.
fn ask_in(folder: &Path, line: &str) -> Ran {
    let mut command = binary();
    let command = command.args(line.split(' ')).current_dir(folder);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

const READERS: [&str; 4] = ["log tail", "receipt 0", "account 0", "sql SELECT"];

#[test]
fn the_only_usual_directory_is_read_and_none_is_guessed() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let hint =
        "\nhint: name a directory that `run`, `demo` or `replay` has made, with --data DIR\n";
    for line in READERS {
        let none = ask_in(dir.path(), line).bad(2);
        let what = "there is no node in `headwater-node` or `headwater-demo`";
        assert_eq!(none, format!("error: {what}{hint}"), "{line}");
    }
    let node = Process::start(&format!("run --data {home}/headwater-node"));
    assert_eq!(node.stop(), Some(0));
    let own = ask_in(dir.path(), "log tail").good();
    let made = dir.path().join("headwater-node");
    write_all(&dir.path().join("headwater-demo"), &files(&made));
    for line in READERS {
        let both = ask_in(dir.path(), line).bad(2);
        let what = "both `headwater-node` and `headwater-demo` hold a node";
        let hint = "\nhint: name one of them with --data DIR\n";
        assert_eq!(both, format!("error: {what}{hint}"), "{line}");
    }
    let named = ask_in(dir.path(), "log tail --data headwater-demo");
    assert_eq!(named.good(), own);
    std::fs::rename(made, dir.path().join("away")).unwrap();
    assert_eq!(ask_in(dir.path(), "log tail").good(), own);
}
