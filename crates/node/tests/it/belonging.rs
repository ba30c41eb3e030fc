//! Keys of another node, and checkpoints of another log, are told before the log is taken.

use crate::space::{
    STATE_EVERY, accept, copy, end, joins, keys, lay_out, parts, publish, quiet, start,
};
use node::health::Role;
use node::{Host, Keyring, Log};
use proof::merkle::Head;
use proof::note::Signer;
use proof::{Checkpoint, note};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use store::{Bucket, Files, Place};

fn strangers() -> Keyring {
    Keyring::from_seed(b"another node")
}

/// Puts the keys of another node in the place of a directory's own.
fn mistake(dir: &Path) {
    fs::remove_file(dir.join("keys/master")).unwrap();
    strangers().save(dir).unwrap();
}

fn refusal(place: &Place) -> String {
    Log::open(place).map(|_| ()).unwrap_err().to_string()
}

fn check_keys(error: &str, dir: &Path) {
    let folder = dir.join("keys");
    for part in [
        &format!("the keys in `{}` are another node's", folder.display()),
        &format!("`{}`", keys().space()),
        &format!("`{}`", strangers().space()),
        "hint: put the keys of the node that began this log there",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn keys_of_another_node_do_not_stop_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let bucket: Arc<dyn Files> = Arc::new(Bucket::writing("memory://", []).unwrap());
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    let place = Place::directory(&a).with_bucket(bucket.clone());
    lay_out(&place);
    copy(&a, &b);
    mistake(&b);
    let wrong = Place::directory(&b).with_bucket(bucket);
    let running = start(&place, quiet());
    accept(&running.host, joins(1..3));
    let state = running.host.read(ledger::State::clone);
    check_keys(&refusal(&wrong), &b);
    let error = Log::take_over(&wrong, state).map(|_| ()).unwrap_err();
    check_keys(&error.to_string(), &b);
    let standby = Host::follow(&wrong, Role::Standby, parts(quiet(), Vec::new()));
    check_keys(&standby.err().unwrap().to_string(), &b);
    // The writer has met no fence.
    accept(&running.host, joins(3..5));
    assert_eq!(publish(&running.host), 5);
    end(running);
}

#[test]
fn keys_of_another_node_are_told_in_a_directory_too() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    mistake(dir.path());
    check_keys(&refusal(&place), dir.path());
    // Without a checkpoint as well: the first entry names the space.
    fs::remove_file(dir.path().join("log/checkpoint")).unwrap();
    check_keys(&refusal(&place), dir.path());
    fs::remove_file(dir.path().join("keys/master")).unwrap();
    keys().save(dir.path()).unwrap();
    assert!(Log::open(&place).is_ok());
}

/// A log with entries on both sides of a state root, and its checkpoint.
fn published(place: &Place) -> (String, Head) {
    lay_out(place);
    let running = start(place, quiet());
    accept(&running.host, joins(1..STATE_EVERY + 2));
    publish(&running.host);
    end(running);
    let text = fs::read_to_string(place.dir.join("log/checkpoint")).unwrap();
    let parsed = Checkpoint::parse(note::text_unverified(text.as_bytes()).unwrap());
    let head = parsed.unwrap().head;
    (text, head)
}

#[test]
fn a_checkpoint_that_is_not_this_logs_is_named_and_not_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    let (good, head) = published(&place);
    let origin = keys().origin();
    let signed = |origin: &str, head: Head, signer: &Signer| {
        let origin = origin.to_owned();
        Checkpoint { origin, head }.sign(signer).unwrap()
    };
    let (key, strange) = (keys().log_signer(), strangers().log_signer());
    let usurper = Signer::from_seed(&origin, &[9; 32]).unwrap();
    let other = Head {
        root: [7; 32],
        ..head
    };
    let contrary = signed(&origin, other, &key);
    let roots = [&good, &contrary].map(|note| note.lines().nth(2).unwrap());
    let changed = good.replacen(roots[0], roots[1], 1);
    let no_key = "no key in `keys` has signed it";
    let no_log = format!(
        "it is of the log `{}`, and this one is `{origin}`",
        strangers().origin()
    );
    let path = dir.path().join("log/checkpoint");
    for (note, why) in [
        (signed(&origin, head, &usurper), no_key),
        (changed, no_key),
        (signed(strange.verifier().name(), head, &strange), &no_log),
        (good[..good.len() / 3].to_owned(), "signed note"),
    ] {
        fs::write(&path, &note).unwrap();
        let error = refusal(&place);
        for part in [
            "cannot use `log/checkpoint`: ",
            why,
            "restore `log/checkpoint`",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(!error.contains(".wal"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), note);
    }
    // One that this log's key has signed speaks against the journal.
    fs::write(&path, contrary).unwrap();
    let error = refusal(&place);
    assert!(error.contains("do not lead to the signed root"), "{error}");
    assert!(error.contains(".wal"), "{error}");
    fs::write(&path, good).unwrap();
    assert!(Log::open(&place).is_ok());
}

#[test]
fn every_name_and_key_that_a_log_has_had_may_have_signed() {
    let dir = tempfile::tempdir().unwrap();
    let mut keys = keys();
    keys.save(dir.path()).unwrap();
    let first = keys.log_key();
    keys.begin_origin(dir.path()).unwrap();
    let fresh = keys.log_key();
    assert_ne!(first.name(), fresh.name());
    assert_eq!(keys.log_keys(), [first, fresh]);
}
