//! A log whose newest entries are lost goes on under another name, with witnesses, keys and audits.

use crate::process::{Process, ask, join, text};
use store::PublicLog;
use tempfile::TempDir;

/// A witness of logs with these keys, and how a node names it.
fn witness(home: &str, keys: &[&str]) -> (Process, String) {
    let keys = keys.join(" --log ");
    let line = format!("witness --data {home}/witness --name w.example --log {keys}");
    let witness = Process::start(&line);
    let (key, address) = (witness.told("witness key"), witness.told("address"));
    let named = format!("{key}={address}");
    (witness, named)
}

fn size(dir: &TempDir, name: &str) -> u64 {
    let log = PublicLog::open(&dir.path().join(name));
    log.checkpoint_unverified().unwrap().head.size
}

/// A log that names its witness in `node`, and what goes on from an older copy of it in `new`.
/// Gives the log's keys, the old one first.
fn cut(home: &str) -> [String; 2] {
    let node = Process::start(&format!("run --data {home}/node"));
    let key = node.told("log key").to_owned();
    assert_eq!(node.stop(), Some(0));
    let (witness, named) = witness(home, &[&key]);
    let vkey = witness.told("witness key");
    let asked = format!("--data {home}/node --witness {named} --quorum 1");
    ask(&format!("witnesses --key {vkey} --of 1 {asked}")).good();
    let copy = format!("backup --data {home}/node --to {home}/copy --with-keys");
    ask(&copy).good();
    let node = Process::start(&format!("run {asked}"));
    join(&node.site(), "bob");
    assert_eq!(node.stop(), Some(0));
    ask(&format!("restore {home}/copy --data {home}/new")).good();
    let start = format!("run --data {home}/new --witness {named}");
    let refused = ask(&format!("{start} --listen 127.0.0.1:0")).bad(2);
    assert!(
        refused.contains("the witness `w.example` has seen"),
        "{refused}"
    );
    let node = Process::start(&format!("{start} --accept-rollback"));
    let fresh = node.told("log key").to_owned();
    assert!(fresh.contains("/1+"), "{fresh}");
    assert_eq!([node.stop(), witness.stop()], [Some(0); 2]);
    [key, fresh]
}

/// Entries that witnesses have seen, as the newest note in the log says.
fn noted(home: &str) -> u64 {
    let newest = ask(&format!("log tail --data {home}/new")).good();
    let words = "notes that witnesses have seen ";
    let lines = newest.lines().filter_map(|line| line.split_once(words));
    let sizes = lines.map(|(_, rest)| rest.split(' ').next().unwrap().parse().unwrap());
    sizes.max().unwrap_or(0)
}

#[test]
fn a_log_that_lost_its_end_goes_on_with_its_witnesses() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let [key, fresh] = cut(home);
    assert_eq!(ask(&format!("key --data {home}/new")).good().trim(), fresh);

    // Its witness is told the new key, and notes of it get into the log again.
    let (_witness, named) = witness(home, &[&key, &fresh]);
    let before = size(&dir, "new");
    let asked = format!("--data {home}/new --witness {named}");
    let node = Process::start(&format!("run {asked} --quorum 1"));
    assert_eq!(node.told("log key"), fresh);
    join(&node.site(), "eve");
    // Somebody has joined, and the witness was noted, in whatever order.
    let path = format!("api/v1/entry/{}?wait=20000", before + 1);
    node.site().get(&path, 1 << 20).unwrap();
    assert_eq!(node.stop(), Some(0));
    assert!(noted(home) >= before, "{before} entries were there");

    ask(&format!("rotate log {asked}")).good();
    let rotated = ask(&format!("key --data {home}/new")).good();
    assert_ne!(rotated.trim(), fresh);
    for trusted in [&fresh, rotated.trim()] {
        let verdict = ask(&format!("audit {home}/new --log-key {trusted}")).good();
        assert!(verdict.starts_with("verified"), "{verdict}");
        let unchecked = "  witnesses  none checked: w.example on the checkpoint";
        assert!(verdict.contains(unchecked), "{verdict}");
    }
    let over = ask(&format!("audit {home}/new --log-key {key}")).bad(1);
    assert!(over.contains("is over: its newest entries"), "{over}");
    // The old log is what it was.
    ask(&format!("audit {home}/node --log-key {key}")).good();
}
