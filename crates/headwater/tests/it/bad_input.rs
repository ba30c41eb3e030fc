//! Input that cannot be used: exit code 2, file, place and hint named, nothing written.

use crate::replayed::{Replayed, files, tables};
use crate::run::{binary, feed, headwater, normal, text};
use expect_test::expect_file;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

const GOOD: &str = "task,worker,label\nt1,w1,a\nt2,w1,b\nt1,w2,a\nt2,w2,b\n";

/// The words about these tables; the node's directory must not come to be.
fn refused(folder: &Path, answers: &[u8], gold: &str, more: &[&str]) -> String {
    let (dir, path) = (folder.join("node"), folder.join("a.csv"));
    fs::write(&path, answers).unwrap();
    fs::write(folder.join("g.csv"), gold).unwrap();
    let mut args = vec!["replay", "--data", text(&dir), "--answers", text(&path)];
    let gold = folder.join("g.csv");
    args.extend(["--gold", text(&gold)]);
    args.extend(more);
    let err = headwater(args).bad(2);
    assert!(!dir.exists(), "written: {:?}", files(&dir).keys());
    normal(&format!("{err}\n"), folder)
}

#[test]
fn a_table_that_cannot_be_used_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let gold = "task,label\nt1,a\nt2,b\n";
    let cases: &[(&[u8], &str, &[&str])] = &[
        (b"task,who,label\nt1,w1,a\n", gold, &[]),
        (GOOD.as_bytes(), gold, &["--classes", "a,c"]),
        (b"", gold, &[]),
        (b"task,worker,label\n", gold, &[]),
        (b"task,worker,label\nt1,w1,a\nt2,w\xff,b\n", gold, &[]),
        (
            b"task,worker,label\nt1,w1,a\nt2,w1,a\n",
            "task,label\nt1,a\n",
            &[],
        ),
        (GOOD.as_bytes(), "task,label\nx1,a\n", &[]),
        (GOOD.as_bytes(), "task,label\nt1,a\nt1,b\n", &[]),
        (
            b"task,worker,label\nt1,w1,a\nt1,w1,b\n",
            gold,
            &["--repeats", "error"],
        ),
        (GOOD.as_bytes(), gold, &["--gold-share", "1.5"]),
        (GOOD.as_bytes(), gold, &["--rounds", "0"]),
        (GOOD.as_bytes(), gold, &["--price-units", "0"]),
        (GOOD.as_bytes(), gold, &["--classes", "a,a"]),
    ];
    let words = cases
        .iter()
        .map(|(answers, gold, more)| refused(folder.path(), answers, gold, more));
    expect_file!["words/bad_input.txt"].assert_eq(&words.collect::<String>());
}

#[test]
fn a_missing_file_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, path) = (folder.path().join("node"), folder.path().join("no.csv"));
    let err = headwater(["replay", "--data", text(&dir), "--answers", text(&path)]).bad(2);
    assert!(err.contains("\nhint: "), "{err}");
    assert!(!dir.exists());
}

#[test]
fn a_gigabyte_of_one_line_is_refused_after_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("node");
    let mut child = binary()
        .args(["replay", "--data", text(&dir), "--answers", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let line = vec![b'x'; 1 << 20];
    let taken = (0..1_024)
        .take_while(|_| stdin.write_all(&line).is_ok())
        .count();
    drop(stdin);
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{err}");
    assert!(
        err.contains("stdin:1:1048577: the line is longer than 1 MiB"),
        "{err}"
    );
    assert!(taken < 8, "{taken} MiB were read");
    assert!(!dir.exists());
}

#[test]
fn a_place_that_cannot_be_a_node_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [answers, gold] = tables(folder.path(), 40, 6);
    let (file, full) = (folder.path().join("file"), folder.path().join("full"));
    fs::write(&file, "mine").unwrap();
    fs::create_dir(&full).unwrap();
    fs::write(full.join("thesis.txt"), "mine").unwrap();
    let below = file.join("node");
    let mut said = String::new();
    for dir in [&file, &full, &below] {
        let before = files(folder.path());
        let args = ["replay", "--data", text(dir), "--answers", text(&answers)];
        let err = headwater(args.into_iter().chain(["--gold", text(&gold)])).bad(2);
        assert_eq!(before, files(folder.path()));
        said.push_str(&normal(&format!("{err}\n"), folder.path()));
    }
    expect_file!["words/places.txt"].assert_eq(&said);
}

#[test]
fn a_node_that_another_process_holds_is_left_alone() {
    let it = Replayed::new("7");
    let (dir, answers) = (it.dir(), it.folder.path().join("tiny/answers.csv"));
    let lock = fs::File::open(dir.join("lock")).unwrap();
    lock.lock().unwrap();
    let before = files(&dir);
    let err = headwater(["replay", "--data", text(&dir), "--answers", text(&answers)]).bad(2);
    assert!(
        err.contains("another process writes in it; stop that one first"),
        "{err}"
    );
    assert_eq!(before, files(&dir));
    assert!(
        it.audit(&dir).good().starts_with("verified"),
        "outsiders need no lock"
    );
    headwater(["log", "tail", "--data", text(&dir)]).good();
    lock.unlock().unwrap();
    headwater(["replay", "--data", text(&dir), "--answers", text(&answers)]).good();
}

#[test]
fn bad_input_leaves_a_node_as_it_was() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let before = files(&dir);
    let args = ["replay", "--data", text(&dir), "--answers", "-"];
    let bad = format!("{GOOD}t3,w1\n");
    feed(args, bad.as_bytes()).bad(2);
    assert_eq!(before, files(&dir));
}

#[test]
fn a_demo_does_not_mix_with_a_node() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let before = files(&dir);
    let err = headwater(["demo", "--data", text(&dir)]).bad(2);
    assert!(err.contains("\nhint: "), "{err}");
    assert_eq!(before, files(&dir));
}

#[test]
fn a_secret_that_no_header_can_bring_is_told_at_the_start_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, models) = (
        folder.path().join("node"),
        folder.path().join("models.toml"),
    );
    let upstream = "[[upstream]]\nname = \"here\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    fs::write(&models, format!("{upstream}secret_env = \"HERE_KEY\"\n")).unwrap();
    let args = [
        "run",
        "--data",
        text(&dir),
        "--listen",
        "127.0.0.1:0",
        "--gateway",
        text(&models),
    ];
    let ran = |secret: Option<&str>| {
        let mut command = binary();
        command
            .args(args)
            .env_remove("HERE_KEY")
            .stdin(Stdio::null());
        if let Some(secret) = secret {
            command.env("HERE_KEY", secret);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!dir.exists(), "a node was made");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = ran(Some("two\nlines"));
    let why = "its secret has letters that no header can bring";
    let place = "cannot use `HERE_KEY` for the upstream `here`";
    assert!(told.contains(why) && told.contains(place), "{told}");
    assert!(!told.contains("lines"), "{told}");
    let absent = ran(None);
    let wanted = "upstream `here` wants the environment variable `HERE_KEY`";
    assert!(absent.contains(wanted), "{absent}");
}

#[test]
fn a_newer_format_is_refused_by_whoever_reads_it() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let promise = it.folder.path().join("promise");
    fs::write(&promise, "headwater/promise/v1\n").unwrap();
    fs::write(dir.join("format"), "headwater 2\n").unwrap();
    let (data, key) = (text(&dir), it.log_key.as_str());
    let commands: &[&[&str]] = &[
        &["audit", data, "--log-key", key],
        &["receipt", "0", "--data", data],
        &["log", "show", "0", "--data", data],
        &["log", "tail", "--data", data],
        &["key", "--data", data],
        &["account", "0", "--data", data],
        &["verify", text(&promise), "--against", data],
        &["rebuild", "--data", data],
    ];
    for args in commands {
        let err = headwater(*args).bad(2);
        let why = "it has format 2, this program knows 1; use a newer one";
        assert!(err.contains(why), "{args:?}: {err}");
    }
    // A copy of the public files has no format of its own.
    fs::remove_file(dir.join("format")).unwrap();
    it.audit(&dir).good();
}
