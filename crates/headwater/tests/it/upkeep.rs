//! What an operator does to a node: copies, checks, fresh keys, erasure, witnesses.

use crate::process::{Process, ask, join, text};
use crate::replayed::files;
use std::path::Path;
use store::{Place, Store};

/// A stopped node with two accounts, and its log key.
fn node(dir: &Path) -> (String, u64) {
    let node = Process::start(&format!("run --data {}", text(dir)));
    let key = node.told("log key").to_owned();
    let (_, first, _) = join(&node.site(), "ann");
    join(&node.site(), "bob");
    assert_eq!(node.stop(), Some(0));
    (key, first)
}

#[test]
fn a_copy_becomes_a_node_that_signs_nothing_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, _) = node(&dir.path().join("node"));
    let said = ask(&format!("backup --data {home}/node --to {home}/copy")).good();
    assert!(said.contains("copied 3 entries") && said.contains("`keys/` is not in it"));
    assert!(!dir.path().join("copy/keys/master").exists());
    let again = ask(&format!("backup --data {home}/node --to {home}/copy")).bad(2);
    assert!(again.contains("copy"), "{again}");
    ask(&format!(
        "backup --data {home}/node --to {home}/whole --with-keys"
    ))
    .good();
    let said = ask(&format!("restore {home}/whole --data {home}/new")).good();
    assert!(said.contains("restored 3 entries"), "{said}");
    let start = format!("run --data {home}/new --listen 127.0.0.1:0");
    let refused = ask(&start).bad(2);
    assert!(
        refused.contains("it was restored from a backup"),
        "{refused}"
    );
    // The operator's own commands have no such option, and name the one that has it.
    for duty in ["rotate log", "erase body 1 --reason request"] {
        let refused = ask(&format!("{duty} --data {home}/new")).bad(2);
        let named = "`headwater run --accept-rollback`";
        assert!(refused.contains(named), "{refused}");
    }
    ask(&format!("audit {home}/new --log-key {key}")).good();
    let other = Process::start(&format!("run --data {home}/new --accept-rollback"));
    assert_ne!(
        other.told("log key"),
        key,
        "the old name is not signed for again"
    );
    assert_eq!(other.stop(), Some(0));
    let tile = dir.path().join("copy/log/tile/entries/000.p/3");
    std::fs::write(&tile, b"other").unwrap();
    std::fs::remove_dir_all(dir.path().join("copy/journal")).unwrap();
    let damaged = ask(&format!("restore {home}/copy --data {home}/never")).bad(2);
    assert!(damaged.contains("this one is damaged"), "{damaged}");
}

#[test]
fn no_node_begins_on_parts_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node");
    node(&path);
    std::fs::remove_file(path.join("format")).unwrap();
    let before = files(&path);
    let start = format!("run --data {} --listen 127.0.0.1:0", text(&path));
    let lost = ask(&start).bad(2);
    let what = "`log/checkpoint` of another store is there";
    assert!(lost.contains(what) && lost.contains("hint: "), "{lost}");
    assert_eq!(files(&path), before);
    std::fs::write(path.join("restored"), "3\n").unwrap();
    let cut = ask(&start).bad(2);
    assert!(cut.contains("a restore did not come to its end"), "{cut}");
    let again = "hint: restore again, into an empty directory";
    assert!(cut.contains(again), "{cut}");
    std::fs::remove_file(path.join("restored")).unwrap();
    assert_eq!(files(&path), before);
}

#[test]
fn keys_give_way_and_whoever_trusted_the_first_still_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, _) = node(&dir.path().join("node"));
    let said = ask(&format!("rotate log --data {home}/node")).good();
    assert!(said.starts_with("entry 3 names the new log key"), "{said}");
    let fresh = ask(&format!("key --data {home}/node")).good();
    assert_ne!(fresh.trim(), key);
    ask(&format!("rotate operator --data {home}/node")).good();
    let node = Process::start(&format!("run --data {home}/node"));
    assert_eq!(node.told("log key"), fresh.trim());
    join(&node.site(), "eve");
    let locked = ask(&format!("rotate log --data {home}/node")).bad(2);
    assert!(locked.contains("another process writes in it"), "{locked}");
    assert_eq!(node.stop(), Some(0));
    for trusted in [key.as_str(), fresh.trim()] {
        let verdict = ask(&format!("audit {home}/node --log-key {trusted}"));
        assert!(verdict.good().starts_with("verified"), "{trusted}");
    }
    let said = ask(&format!("rebuild --data {home}/node")).good();
    let compared = "the entries make the state that was saved; no root of it was posted\n";
    assert!(said.ends_with(compared), "{said}");
}

#[test]
fn a_rebuild_names_a_damaged_snapshot_and_what_it_has_compared() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    node(&dir.path().join("node"));
    let snapshots = dir.path().join("node/snapshot");
    let names = std::fs::read_dir(&snapshots).unwrap();
    let mut paths: Vec<_> = names.map(|name| name.unwrap().path()).collect();
    paths.sort();
    let newest = paths.last().unwrap();
    let mut bytes = std::fs::read(newest).unwrap();
    bytes[100] ^= 1;
    std::fs::write(newest, bytes).unwrap();
    let rebuild = format!("rebuild --data {home}/node");
    let damaged = ask(&rebuild);
    let name = newest.file_name().unwrap().to_str().unwrap();
    let named = format!("damaged: snapshot `snapshot/{name}` fails its checksum\n");
    assert!(damaged.out.contains(&named), "{}", damaged.out);
    assert!(!damaged.out.contains("the entries"), "{}", damaged.out);
    assert!(damaged.bad(1).contains("a snapshot is damaged"));
    std::fs::remove_dir_all(snapshots).unwrap();
    let said = ask(&rebuild).good();
    let nothing = "no state was saved or posted to compare\n";
    assert!(said.ends_with(nothing), "{said}");
}

#[test]
fn a_receipt_under_a_new_key_is_good_for_whoever_keeps_the_rotation_statements() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, _) = node(&dir.path().join("node"));
    let early = format!("{home}/early.tlog-proof");
    ask(&format!("receipt 1 --data {home}/node -o {early}")).good();
    ask(&format!("rotate log --data {home}/node")).good();
    ask(&format!("rotate log --data {home}/node")).good();
    let node = Process::start(&format!("run --data {home}/node"));
    let (_, index, promise) = join(&node.site(), "eve");
    std::fs::write(dir.path().join("promise"), promise).unwrap();
    assert_eq!(node.stop(), Some(0));
    let late = format!("{home}/late.tlog-proof");
    ask(&format!("receipt {index} --data {home}/node -o {late}")).good();
    let rotations = format!("{home}/node/log/rotations");
    let one = format!("--rotation {rotations}/1.tlog-proof");
    let two = format!("--rotation {rotations}/2.tlog-proof");
    let with = |file: &str, rest: &str| ask(&format!("verify {file} --log-key {key} {rest}"));
    assert!(
        with(&late, "--quorum 0")
            .bad(1)
            .contains("no trusted key signed it")
    );
    assert!(
        with(&late, &one)
            .bad(1)
            .contains("no trusted key signed it")
    );
    let said = with(&late, &format!("{two} {one}")).good();
    let newest = ask(&format!("key --data {home}/node")).good();
    assert!(
        said.contains(&format!("signed by  {}", newest.trim())),
        "{said}"
    );
    let folder = format!("--rotation {rotations}");
    let said = with(&early, &folder).good();
    assert!(said.contains(&format!("signed by  {key}")), "{said}");
    let promised = format!("{folder} --against {home}/node");
    let said = with(&format!("{home}/promise"), &promised).good();
    assert!(said.contains("kept"), "{said}");
    let gap = with(&late, &two).bad(1);
    assert!(gap.contains("no trusted key signed it"), "{gap}");
    let none = with(&late, &format!("--rotation {early}")).bad(2);
    assert!(none.contains("its entry names no new log key"), "{none}");
}

#[test]
fn what_is_erased_is_gone_and_the_log_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, first) = node(&dir.path().join("node"));
    let body = |seq: u64| {
        let (store, _) = Store::open(&Place::directory(&dir.path().join("node"))).unwrap();
        let mut stored = store.entries(seq..seq + 1).unwrap();
        stored.next().unwrap().unwrap().body
    };
    assert!(body(first).is_some_and(|body| !body.is_empty()));
    let erase = format!("erase body {first} --reason request --data {home}/node");
    assert!(ask(&erase).good().contains("is the tombstone"));
    assert_eq!(body(first), None);
    // Asked for again it is the same tombstone.
    assert!(ask(&erase).good().starts_with("entry 3 is the tombstone"));
    // The first entry has no body, nor has the tombstone: neither is laid to rest.
    let nothing = ask(&format!("erase body 0 --reason request --data {home}/node")).bad(2);
    assert!(nothing.contains("entry 0 has no private body"), "{nothing}");
    assert!(ask(&erase).good().starts_with("entry 3 is the tombstone"));
    ask(&format!(
        "erase openings nonsense --reason order --data {home}/node"
    ))
    .bad(2);
    ask(&format!("audit {home}/node --log-key {key}")).good();
    let whole = ask(&format!("scrub --data {home}/node")).good();
    assert!(
        whole.ends_with("every byte is what was written\n"),
        "{whole}"
    );
    let wrong = ask(&format!(
        "witnesses --key nonsense --of 1 --data {home}/node"
    ))
    .bad(2);
    assert!(wrong.contains("cannot use the witness key"), "{wrong}");
    let vkey = "witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    let set = |keys: &str| ask(&format!("witnesses {keys} --data {home}/node")).bad(2);
    let many = set(&format!("--key {vkey} --of 3"));
    assert!(many.contains("cannot ask for 3 of 1 witnesses"), "{many}");
    let twice = set(&format!("--key {vkey} --key {vkey} --of 1"));
    assert!(twice.contains("twice"), "{twice}");
}

#[test]
fn a_scrub_mends_tiles_and_names_what_it_cannot_mend() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (key, _) = node(&dir.path().join("node"));
    let tile = dir.path().join("node/log/tile/0/000.p/3");
    let bytes = std::fs::read(&tile).unwrap();
    std::fs::write(&tile, [0; 96]).unwrap();
    ask(&format!("audit {home}/node --log-key {key}")).bad(1);
    let mended = ask(&format!("scrub --data {home}/node")).good();
    assert!(
        mended.ends_with("every byte is what was written, or is so again\n"),
        "{mended}"
    );
    assert_eq!(std::fs::read(&tile).unwrap(), bytes);
    let journal = dir.path().join("node/journal/00000000000000000000.wal");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&journal, bytes).unwrap();
    let damaged = ask(&format!("scrub --data {home}/node"));
    assert_ne!(damaged.code, Some(0), "{}", damaged.out);
}
