//! A node and its witnesses as processes: what they print, answer, keep, and say of bad input.

use crate::run::{binary, headwater};
use expect_test::expect;
use headwater::client::{self, Person};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use web::wire::Outcome;

/// A serving process, which ends with the test.
struct Process {
    child: Child,
    said: Vec<String>,
    _out: BufReader<ChildStdout>,
}

impl Process {
    fn start(args: &[&str]) -> Self {
        let mut command = binary();
        command.args(args).args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.starts_with("address")) {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended: {said:?}");
            said.push(line.trim_end().to_owned());
        }
        Self {
            child,
            said,
            _out: out,
        }
    }

    /// What it has printed behind a word.
    fn told(&self, word: &str) -> &str {
        let line = self.said.iter().find_map(|line| line.strip_prefix(word));
        line.unwrap().trim_start()
    }

    fn site(&self) -> http::Site {
        http::Site::new(self.told("address")).unwrap()
    }

    /// Asks it to end, and waits.
    fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Joins and gives the promise.
fn join(site: &http::Site, name: &str) -> (Person, u64, String) {
    let mut person = Person::new(client::terms(site).unwrap(), name).unwrap();
    match person.join(site).unwrap() {
        Outcome::Accepted { index, promise, .. } => (person, index, promise),
        Outcome::Rejected { message, .. } => panic!("{message}"),
    }
}

/// Keys, hashes and times as words.
fn plain(words: &str) -> String {
    let is_time = |word: &str| word.len() == 8 && word.matches(':').count() == 2;
    let is_day = |word: &str| word.len() == 10 && word.matches('-').count() == 2;
    let is_hash = |word: &str| word.len() > 30 && !word.contains('.');
    let mut lines = Vec::new();
    for line in words.lines() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let shown = rest.split(' ').map(|word| match word {
            _ if is_day(word) => "DAY",
            _ if is_time(word) => "TIME",
            _ if word.starts_with("headwater/") && word.contains('+') => "KEY",
            _ if word.starts_with("headwater/") => "LOG",
            _ if word.starts_with('/') => "PATH",
            _ if is_hash(word) => "HASH",
            _ => word,
        });
        lines.push(format!("{indent}{}", shown.collect::<Vec<_>>().join(" ")));
    }
    lines.join("\n")
}

#[test]
fn from_a_submission_to_a_receipt_that_outlives_the_node() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let node = Process::start(&["run", "--data", text(&data)]);
    let key = node.told("log key").to_owned();
    assert_eq!(headwater(["key", "--data", text(&data)]).good().trim(), key);
    let site = node.site();
    let (mut ann, index, promise) = join(&site, "ann");
    let kept = dir.path().join("promise");
    std::fs::write(&kept, &promise).unwrap();
    let receipt = dir.path().join("1.tlog-proof");
    let number = index.to_string();
    headwater([
        "receipt",
        &number,
        "--url",
        site.base(),
        "-o",
        text(&receipt),
    ])
    .good();
    let held = headwater([
        "verify",
        text(&kept),
        text(&receipt),
        "--log-key",
        &key,
        "--against",
        site.base(),
    ]);
    expect![[r#"
        PATH
          promise    of the log LOG
          submission HASH
          will be    entry 1
          arrived    DAY TIME
          merged by  DAY TIME
          signed by  KEY
          kept       the log's 2 entries hold it at its place

        PATH
          entry      1
          time       DAY TIME
          says       a new account joins, to publish
          by key     HASH whose signature is good
          log        LOG 2 entries
          root       HASH
          signed by  KEY
          witness    none that you named: the log could show others another history"#]]
    .assert_eq(&plain(&held.good()));
    let again = client::submit(&site, &[ann.registration("a"), ann.registration("b")]).unwrap();
    assert!(
        again
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Accepted { .. }))
    );
    assert_eq!(node.stop(), Some(0));

    let offline = headwater(["verify", text(&receipt), "--log-key", &key]).good();
    assert!(offline.contains("entry      1"), "{offline}");
    let all = dir.path().join("all");
    let data_dir = ["--data", text(&data), "-o", text(&all)];
    let mine = headwater(["receipt", "account:1"].iter().chain(&data_dir)).good();
    assert_eq!(mine.lines().count(), 3, "{mine}");

    let node = Process::start(&["run", "--data", text(&data)]);
    assert_eq!(node.told("log key"), key);
    assert_eq!(node.told("entries"), "4");
    let later = headwater(["receipt", &number, "--url", node.told("address")]).good();
    let later_file = dir.path().join("later");
    std::fs::write(&later_file, later).unwrap();
    headwater(["verify", text(&later_file), "--log-key", &key]).good();
    let held = headwater([
        "verify",
        text(&kept),
        "--log-key",
        &key,
        "--against",
        node.told("address"),
    ]);
    assert!(held.good().contains("kept"));
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn witnesses_cosign_what_the_node_publishes() {
    let dir = tempfile::tempdir().unwrap();
    let (data, own) = (dir.path().join("node"), dir.path().join("witness"));
    let node = Process::start(&["run", "--data", text(&data)]);
    let key = node.told("log key").to_owned();
    assert_eq!(node.stop(), Some(0));
    let args = [
        "witness",
        "--data",
        text(&own),
        "--name",
        "w.example",
        "--log",
        &key,
    ];
    let witness = Process::start(&args);
    let vkey = witness.told("witness key").to_owned();
    let named = format!("{vkey}={}", witness.told("address"));
    let node = Process::start(&[
        "run",
        "--data",
        text(&data),
        "--witness",
        &named,
        "--quorum",
        "1",
    ]);
    let (_, index, _) = join(&node.site(), "ann");
    let receipt = dir.path().join("receipt");
    let (number, address) = (index.to_string(), node.told("address"));
    headwater(["receipt", &number, "--url", address, "-o", text(&receipt)]).good();
    let good = [
        "verify",
        text(&receipt),
        "--log-key",
        &key,
        "--quorum",
        "1",
        "--witness",
        &vkey,
    ];
    let words = headwater(good).good();
    assert!(words.contains("witness    w.example"), "{words}");
    let other = proof::cosignature::CosignerKey::ed25519("w.example", [9; 32]).unwrap();
    let other = other.to_string();
    let bad = [
        "verify",
        text(&receipt),
        "--log-key",
        &key,
        "--quorum",
        "1",
        "--witness",
        &other,
    ];
    expect![[r#"
        error: witness policy: fewer witnesses have cosigned than the quorum asks for
    "#]]
    .assert_eq(&headwater(bad).bad(1));
    assert_eq!(node.stop(), Some(0));
    let second = [
        "witness",
        "--data",
        text(&own),
        "--name",
        "w.example",
        "--log",
        &key,
    ];
    let words = headwater(second.iter().chain(&["--listen", "127.0.0.1:0"])).bad(2);
    assert!(words.contains("another witness works in it"), "{words}");
    assert_eq!(witness.stop(), Some(0));
}

#[test]
fn a_broken_promise_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let signer = proof::note::Signer::from_seed("log.example", &[3; 32]).unwrap();
    let origin = "log.example".to_owned();
    let head = proof::merkle::Head {
        size: 5,
        root: [1; 32],
    };
    let checkpoint = proof::Checkpoint {
        origin: origin.clone(),
        head,
    }
    .sign(&signer)
    .unwrap();
    let log = dir.path().join("log");
    std::fs::create_dir_all(&log).unwrap();
    std::fs::write(log.join("checkpoint"), &checkpoint).unwrap();
    let promise = |merged_by_ms| {
        let promise = proof::promise::Promise {
            origin: origin.clone(),
            submission: [7; 32],
            index: 5,
            arrived_ms: 1,
            merged_by_ms,
        };
        let path = dir.path().join(merged_by_ms.to_string());
        std::fs::write(&path, promise.sign(&signer).unwrap()).unwrap();
        path
    };
    let key = signer.verifier().to_string();
    let verify = |file: &Path| {
        headwater([
            "verify",
            text(file),
            "--log-key",
            &key,
            "--against",
            text(dir.path()),
        ])
    };
    expect![[r#"
        error: the log has broken a promise
        hint: keep this file and what it was held against; together they convict the log, see docs/operate/receipts.md
    "#]].assert_eq(&verify(&promise(2)).bad(1));
    let open = verify(&promise(u64::MAX / 2)).good();
    assert!(open.contains("its time is not over"), "{open}");
}

#[test]
fn files_that_prove_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let node = Process::start(&["run", "--data", text(&data)]);
    let key = node.told("log key").to_owned();
    assert_eq!(node.stop(), Some(0));
    let good = headwater(["receipt", "0", "--data", text(&data)]).good();
    let file = |name: &str, words: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, words).unwrap();
        path
    };
    let receipt = file("receipt", &good);
    let other = proof::note::Signer::from_seed(key.split('+').next().unwrap(), &[1; 32]).unwrap();
    let other = other.verifier().to_string();
    let mut said = String::new();
    let mut check = |args: &[&str]| {
        let words = headwater(["verify"].iter().chain(args));
        let err = words.err.replace(text(dir.path()), "DIR");
        said.push_str(&format!("{:?} {}\n", words.code, plain(&err)));
    };
    check(&[text(&receipt)]);
    check(&[text(&receipt), "--log-key", &other]);
    check(&[text(&receipt), "--log-key", "nonsense"]);
    check(&[
        text(&file("moved", &good.replace("index 0", "index 1"))),
        "--log-key",
        &key,
    ]);
    check(&[text(&file("hello", "hello\n")), "--log-key", &key]);
    check(&["missing", "--log-key", &key]);
    check(&[text(&receipt), "--log-key", &key, "--quorum", "1"]);
    expect![[r#"
        Some(1) error: nothing is proven without the log's key
        hint: give the log's key with --log-key, from a source that is not this file
        Some(1) error: signed note: no trusted key signed it
        Some(2) error: `nonsense` is no log's key: verifier key: it must read `name+id+key`
        Some(1) error: inclusion proof: the index must be below the tree size
        Some(2) error: `DIR/hello` is no receipt, promise or refusal
        hint: its first line says what it is
        Some(2) error: cannot read `missing`: No such file or directory (os error 2)
        Some(2) error: cannot trust these witnesses: witness policy: the quorum must not exceed the number of witnesses
    "#]].assert_eq(&said);
}

#[test]
fn starts_that_fail() {
    let dir = tempfile::tempdir().unwrap();
    let (data, full) = (dir.path().join("node"), dir.path().join("full"));
    let node = Process::start(&["run", "--data", text(&data)]);
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("letter"), "dear").unwrap();
    let port = node
        .told("address")
        .trim_start_matches("http://")
        .to_owned();
    let new = dir.path().join("new");
    let mut said = String::new();
    let mut fail = |args: &[&str]| {
        let words = headwater(["run"].iter().chain(args)).bad(2);
        let words = words
            .replace(text(dir.path()), "DIR")
            .replace(&port, "ADDR");
        said.push_str(&words);
    };
    let free = ["--listen", "127.0.0.1:0"];
    fail(&["--data", text(&data), free[0], free[1]]);
    fail(&["--data", text(&new), "--listen", &port]);
    fail(&["--data", text(&full), free[0], free[1]]);
    fail(&[
        "--data",
        text(&new),
        free[0],
        free[1],
        "--store",
        "ftp://bucket",
    ]);
    fail(&[
        "--data",
        text(&new),
        free[0],
        free[1],
        "--witness",
        "somebody",
    ]);
    fail(&["--data", text(&new), free[0], free[1], "--quorum", "1"]);
    fail(&["--data", text(&new), free[0], free[1], "--read-only"]);
    assert_eq!(node.stop(), Some(0));
    std::fs::write(data.join("format"), "headwater 99\n").unwrap();
    fail(&["--data", text(&data), free[0], free[1]]);
    expect![[r#"
        error: cannot open the node in `DIR/node`: cannot lock `DIR/node`: another process writes in it; stop that one first
        error: cannot listen on `ADDR`: Address already in use (os error 98)
        hint: is the port taken? name another one with --listen, port 0 for a free one
        error: `DIR/full` is not empty and holds no node
        hint: choose an empty or new directory with --data
        error: cannot keep the log in `ftp://bucket`: cannot use the bucket `ftp://bucket`: `ftp` is none of `s3`, `gs`, `az`, `memory`
        error: `somebody` names no witness
        hint: write it like NAME+ID+KEY=https://w.example
        error: cannot ask these witnesses: witness policy: the quorum must not exceed the number of witnesses
        error: cannot start the node in `DIR/new`: cannot open the store in `DIR/new`: there is none: the file `format` is missing
        error: cannot open the node in `DIR/node`: cannot open the store in `DIR/node`: it has format 99, this program knows 1; use a newer one
    "#]].assert_eq(&said);
}
