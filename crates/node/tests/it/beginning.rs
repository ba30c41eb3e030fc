//! A log that goes on under another name: it takes the name, its witnesses, and fresh keys.

use crate::space::{DEADLINE, accept, copy, end, joins, keys, lay_out, publish, quiet};
use crate::witnesses::{Stand, cosigners, start};
use crate::world::START_MS;
use node::keyring::Duty;
use node::{Host, Settings, Witness as _};
use protocol::Command;
use protocol::operation::SetWitnesses;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Place;
use tempfile::TempDir;

/// Notes what witnesses say with every checkpoint.
fn noting() -> Settings {
    Settings {
        note_witness_every_ms: 0,
        ..quiet()
    }
}

/// A log that names its witness and was cut back from 5 entries to 3.
fn cut(dir: &TempDir, stand: &Arc<Stand>) -> PathBuf {
    let (live, backup) = (dir.path().join("live"), dir.path().join("backup"));
    let place = Place::directory(&live);
    lay_out(&place);
    let running = start(&place, noting(), &[stand]).unwrap();
    let set = SetWitnesses {
        keys: vec![stand.key().to_string()],
        quorum: 1,
    };
    let set = running.host.operate(Command::SetWitnesses(set)).unwrap();
    assert_eq!(set.wait(DEADLINE).unwrap().unwrap(), Ok(1));
    assert_eq!(publish(&running.host), 2);
    assert!(
        running.host.wait_for(2, DEADLINE),
        "the checkpoint is noted"
    );
    end(running);
    copy(&live, &backup);
    let running = start(&place, quiet(), &[stand]).unwrap();
    accept(&running.host, joins(1..3));
    assert_eq!(publish(&running.host), 5);
    end(running);
    backup
}

fn noted(host: &Host) -> (u64, u64) {
    let witnessed = host.read(|state| state.witnessed.clone()).unwrap();
    (witnessed.size, witnessed.time_ms)
}

fn first_name() -> String {
    keys().origin()
}

#[test]
fn witnesses_are_noted_under_the_new_name_and_its_keys_give_way() {
    let dir = tempfile::tempdir().unwrap();
    let stand = Stand::new("one");
    let backup = Place::directory(&cut(&dir, &stand));
    let settings = Settings {
        accept_rollback: true,
        ..noting()
    };
    let running = start(&backup, settings, &[&stand]).unwrap();
    let host = &running.host;
    assert_eq!(host.origin(), format!("{}/1", first_name()));
    assert_eq!(noted(host), (2, START_MS + 30_000));
    stand.logs.lock().unwrap().push(host.log_key());
    accept(host, joins(1..2));
    assert_eq!(publish(host), 5);
    assert!(host.wait_for(5, DEADLINE), "the checkpoint is noted");
    assert_eq!(noted(host), (5, START_MS + 30_000));
    let before = host.log_key();
    let rotated = host.rotate(Duty::Log).unwrap().wait(DEADLINE);
    assert_eq!(rotated.unwrap().unwrap(), Ok(6));
    assert!(host.wait_for(6, DEADLINE), "the rotation is applied");
    let key = host.read(|state| state.log_keys.last().unwrap().key.clone());
    stand.logs.lock().unwrap().push(key.parse().unwrap());
    // A checkpoint that was under way when the key changed still has the old one.
    let taken_over = || publish(host) > 6 && host.log_key().to_string() == key;
    assert!((0..20).any(|_| taken_over()));
    assert_eq!(cosigners(host, &[&stand]), ["one"]);
    assert_eq!(host.log_key().to_string(), key);
    assert_ne!(before, host.log_key());
    let problems = host.health().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("goes on as"), "{problems:?}");
    end(running);
    let statement = Path::new("log/rotations/1.tlog-proof");
    assert!(backup.dir.join(statement).exists());
    // Everything is in the log, so the next start needs nobody's leave and says nothing.
    let running = start(&backup, noting(), &[&stand]).unwrap();
    assert_eq!(running.host.log_key().to_string(), key);
    assert_eq!(running.host.health().problems, [""; 0]);
    end(running);
}

/// The name is in the directory before its entry is in the log.
#[test]
fn a_crash_between_the_name_and_its_entry_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    let stand = Stand::new("one");
    let backup = cut(&dir, &stand);
    std::fs::write(backup.join("keys/origin"), "1\n").unwrap();
    let place = Place::directory(&backup);
    let running = start(&place, quiet(), &[&stand]).unwrap();
    assert_eq!(running.host.durable(), 4);
    assert!(running.host.wait_for(3, DEADLINE));
    let newest = running.host.log_key().to_string();
    let named = running
        .host
        .read(|state| state.log_keys.last().unwrap().key.clone());
    assert_eq!(named, newest);
    assert_eq!(running.host.origin(), format!("{}/1", first_name()));
    end(running);
}
