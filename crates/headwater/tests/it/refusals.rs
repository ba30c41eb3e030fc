//! Directories, entries, accounts and keys that are not there: one sentence and a hint.

use crate::replayed::Replayed;
use crate::run::{headwater, normal, text};
use expect_test::expect_file;
use std::fs;

const KEY: &str = "headwater/fabc43055709a5c059d232212cca521c+5bca65fb+\
    Ad6zb/iAH7RYRg6h+6IWTyOQ6nWvHKXrkJe32J2/cPpv";

#[test]
fn what_is_not_there_is_named_with_a_hint() {
    let it = Replayed::new("7");
    let folder = it.folder.path();
    let (dir, empty, nowhere) = (it.dir(), folder.join("empty"), folder.join("nowhere"));
    fs::create_dir(&empty).unwrap();
    let [dir, empty, nowhere] = [&dir, &empty, &nowhere].map(|path| text(path));
    let file = folder.join("tiny/answers.csv");
    let commands: &[&[&str]] = &[
        &["log", "show", "999999", "--data", dir],
        &["receipt", "999999", "--data", dir],
        &["account", "999999", "--data", dir],
        &["log", "tail", "--data", nowhere],
        &["log", "tail", "--data", empty],
        &["account", "0", "--data", nowhere],
        &["account", "0", "--data", text(&file)],
        &["audit", nowhere, "--log-key", KEY],
        &["audit", dir, "--log-key", "x"],
    ];
    let mut said = String::new();
    for args in commands {
        let err = headwater(*args).bad(2);
        assert!(err.contains("\nhint: "), "{args:?}: {err}");
        said.push_str(&normal(
            &format!("$ headwater {}\n{err}\n", args.join(" ")),
            folder,
        ));
    }
    expect_file!["words/refusals.txt"].assert_eq(&said);
    assert_eq!(
        fs::read_dir(empty).unwrap().count(),
        0,
        "a look writes nothing"
    );
}

#[test]
fn an_audit_needs_the_right_log_key() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let other = headwater(["audit", text(&dir), "--log-key", KEY]);
    if it.log_key == KEY {
        assert_eq!(other.code, Some(0));
    }
    let stranger = Replayed::new("8");
    assert_ne!(it.log_key, stranger.log_key);
    let err = headwater(["audit", text(&dir), "--log-key", &stranger.log_key]).bad(1);
    assert!(
        err.contains("another log, or a replaced directory"),
        "{err}"
    );
    headwater(["audit", text(&dir)]).bad(2);
    let empty = tempfile::tempdir().unwrap();
    let err = it.audit(empty.path()).bad(1);
    assert!(err.contains("no signed checkpoint"), "{err}");
}

#[test]
fn a_first_start_that_is_refused_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("node");
    let start = ["run", "--data", text(&dir), "--listen", "127.0.0.1:0"];
    for (more, why) in [
        (
            &["--public-url", "nonsense"][..],
            "`nonsense` is no public address",
        ),
        (&["--store", "ftp://x"], "cannot keep the log in `ftp://x`"),
        (
            &["--store", "memory:///x", "--public-url", "nonsense"],
            "`nonsense` is no public address",
        ),
        (&["--witness", "nonsense"], "`nonsense` names no witness"),
        (&["--gateway", "none"], "cannot read `none`"),
    ] {
        let err = headwater(start.iter().chain(more)).bad(2);
        assert!(err.contains(why), "{err}");
        assert!(!dir.exists(), "{why}");
    }
}
