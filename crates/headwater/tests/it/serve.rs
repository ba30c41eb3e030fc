//! A node and its witness as processes: what they print, answer, keep, and say of a bad start.

use crate::process::{Process, ask, join, plain, text};
use expect_test::expect;
use headwater::client;
use web::wire::Outcome;

/// Keeps the receipt of an entry as `receipt`.
fn keep(index: u64, address: &str, home: &str) {
    let to = format!("-o {home}/receipt");
    ask(&format!("receipt {index} --url {address} {to}")).good();
}

#[test]
fn from_a_submission_to_a_receipt_that_outlives_the_node() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let node = Process::start(&format!("run --data {home}/node"));
    let (key, address) = (node.told("log key").to_owned(), node.told("address"));
    assert_eq!(ask(&format!("key --data {home}/node")).good().trim(), key);
    let site = node.site();
    let (mut ann, index, promise) = join(&site, "ann");
    std::fs::write(dir.path().join("promise"), &promise).unwrap();
    keep(index, address, home);
    let verify = format!("verify {home}/promise {home}/receipt --log-key {key}");
    let held = ask(&format!("{verify} --against {address}")).good();
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
    .assert_eq(&plain(&held));
    let more = client::submit(&site, &[ann.registration("a"), ann.registration("b")]).unwrap();
    assert!(matches!(more[1], Outcome::Accepted { index: 3, .. }));
    assert_eq!(node.stop(), Some(0));

    assert!(ask(&verify).good().contains("entry      1"));
    let mine = ask(&format!(
        "receipt account:1 --data {home}/node -o {home}/all"
    ))
    .good();
    assert_eq!(mine.lines().count(), 3, "{mine}");

    let node = Process::start(&format!("run --data {home}/node"));
    assert_eq!(
        (node.told("log key"), node.told("entries")),
        (key.as_str(), "4")
    );
    let address = node.told("address");
    keep(index, address, home);
    assert!(ask(&verify).good().contains("4 entries"));
    assert!(
        ask(&format!("{verify} --against {address}"))
            .good()
            .contains("kept")
    );
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn witnesses_cosign_what_the_node_publishes() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let node = Process::start(&format!("run --data {home}/node"));
    let key = node.told("log key").to_owned();
    assert_eq!(node.stop(), Some(0));
    let command = format!("witness --data {home}/witness --name w.example --log {key}");
    let witness = Process::start(&command);
    let (vkey, url) = (witness.told("witness key"), witness.told("address"));
    let line = format!("run --data {home}/node --witness {vkey}={url} --quorum 1");
    let node = Process::start(&line);
    let (_, index, _) = join(&node.site(), "ann");
    let address = node.told("address");
    keep(index, address, home);
    let verify = format!("verify {home}/receipt --log-key {key} --quorum 1 --witness");
    let words = ask(&format!("{verify} {vkey}")).good();
    assert!(words.contains("witness    w.example"), "{words}");
    let other = proof::cosignature::CosignerKey::ed25519("w.example", [9; 32]).unwrap();
    let refused = ask(&format!("{verify} {other}")).bad(1);
    let why = "fewer witnesses have cosigned than the quorum asks for\nhint: name the witnesses";
    assert!(refused.contains(why), "{refused}");
    assert_eq!(node.stop(), Some(0));
    let words = ask(&format!("{command} --listen 127.0.0.1:0")).bad(2);
    assert!(words.contains("another witness works in it"), "{words}");
    assert_eq!(witness.stop(), Some(0));
}

/// What a node says that was asked to start where it cannot.
fn failed_starts() -> String {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let node = Process::start(&format!("run --data {home}/node"));
    std::fs::create_dir(dir.path().join("full")).unwrap();
    std::fs::write(dir.path().join("full/letter"), "dear").unwrap();
    let taken = node
        .told("address")
        .trim_start_matches("http://")
        .to_owned();
    let mut said = String::new();
    let free = "--listen 127.0.0.1:0";
    let mut fail = |line: String| {
        let words = ask(&format!("run --data {home}/{line}")).bad(2);
        let words = words.replace(home, "DIR").replace(&taken, "ADDR");
        said.push_str(&words.replace(": ", ":\n  "));
    };
    fail(format!("node {free}"));
    fail(format!("new --listen {taken}"));
    for line in [
        "full",
        "new --store ftp://bucket",
        "new --witness somebody",
        "new --quorum 1",
    ] {
        fail(format!("{line} {free}"));
    }
    fail(format!("new --read-only {free}"));
    assert_eq!(node.stop(), Some(0));
    std::fs::write(dir.path().join("node/format"), "headwater 99\n").unwrap();
    fail(format!("node {free}"));
    said
}

#[test]
fn starts_that_fail() {
    let said = failed_starts();
    expect![[r#"
        error:
          cannot open the node in `DIR/node`:
          cannot lock `DIR/node`:
          another process writes in it; stop that one first
        error:
          cannot listen on `ADDR`:
          Address already in use (os error 98)
        hint:
          is the port taken? name another one with --listen, port 0 for a free one
        error:
          `DIR/full` is not empty and holds no node
        hint:
          choose an empty or new directory with --data
        error:
          cannot keep the log in `ftp://bucket`:
          cannot use the bucket `ftp://bucket`:
          `ftp` is none of `s3`, `gs`, `az`, `memory`
        error:
          `somebody` names no witness
        hint:
          write it like NAME+ID+KEY=https://w.example
        error:
          cannot ask these witnesses:
          witness policy:
          the quorum must not exceed the number of witnesses
        error:
          cannot start the node in `DIR/new`:
          cannot open the store in `DIR/new`:
          there is none:
          the file `format` is missing
        error:
          cannot open the node in `DIR/node`:
          cannot open the store in `DIR/node`:
          it has format 99, this program knows 1; use a newer one
    "#]]
    .assert_eq(&said);
}
