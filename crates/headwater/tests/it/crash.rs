//! `kill -9` at moments spread over a whole replay: the directory opens, goes on, and verifies.

use crate::replayed::{arguments, files, tables};
use crate::run::{binary, headwater, text};
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Bytes under a directory so far: a clock that is not the wall's.
fn progress(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => progress(&entry.path()),
        metadata => metadata.map_or(0, |metadata| metadata.len()),
    };
    entries.flatten().map(of).sum()
}

/// Runs until the directory has grown to `bytes`, then kills; true if the run was over before.
fn kill_at(args: &[&str], dir: &Path, bytes: u64) -> bool {
    let mut command = binary();
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(
                status.success(),
                "a run on what a kill has left failed: {status}"
            );
            return true;
        }
        if progress(dir) >= bytes {
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
    }
}

#[test]
fn a_killed_replay_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path(), 120, 10);
    let whole = folder.path().join("whole");
    let report = headwater(arguments(&whole, &tables).into_iter().chain(["--json"])).json();
    let log_key = report["log_key"].as_str().unwrap();
    let total = progress(&whole);
    let mut kills = 0;
    for round in 0..5 {
        let dir = folder.path().join(format!("killed-{round}"));
        let args = arguments(&dir, &tables);
        for kill in 0..3 {
            let fraction = 1 + (round * 7 + kill * 5) % 15;
            let goal = progress(&dir) + total * fraction / 16;
            kills += u32::from(!kill_at(&args, &dir, goal));
            check_left(&dir, log_key);
        }
        let report = headwater(args.into_iter().chain(["--json"])).json();
        assert_eq!(report["audit"], "verified");
        headwater(["audit", text(&dir), "--log-key", log_key]).good();
    }
    assert!(kills >= 12, "only {kills} runs were killed");
}

/// What a kill has left can be looked at and verifies, from the last checkpoint on.
fn check_left(dir: &Path, log_key: &str) {
    let Ok(note) = fs::read_to_string(dir.join("log/checkpoint")) else {
        return;
    };
    let size: usize = note.lines().nth(1).unwrap().parse().unwrap();
    let account = headwater(["account", "0", "--data", text(dir)]).good();
    assert!(account.starts_with("Account 0"), "{account}");
    let tail = headwater(["log", "tail", "-n", "100000", "--data", text(dir)]);
    let audit = headwater(["audit", text(dir), "--log-key", log_key]);
    assert_eq!(tail.good().lines().count(), size);
    audit.good();
}

#[test]
fn a_kill_while_the_node_is_made_leaves_what_the_next_run_completes() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables(folder.path(), 40, 6);
    let whole = folder.path().join("whole");
    let report = headwater(arguments(&whole, &tables).into_iter().chain(["--json"])).json();
    let steps: [&[&str]; 4] = [
        &["keys/master"],
        &["keys/master", "chain/transactions"],
        &["keys/master", "keys/body", "chain/transactions", "lock"],
        &[
            "keys/master",
            "keys/body",
            "chain/transactions",
            "lock",
            "format",
        ],
    ];
    let all = files(&whole);
    for (number, left) in steps.iter().enumerate() {
        let dir = folder.path().join(format!("left-{number}"));
        let of = |path: &&str| {
            let bytes = &all[*path];
            // The contracts are there, and half of the next transaction.
            let end = if path.starts_with("chain") {
                contracts(bytes) + 20
            } else {
                bytes.len()
            };
            ((*path).to_owned(), bytes[..end].to_vec())
        };
        for part in [
            "log/tile/entries",
            "attachments",
            "openings",
            "claims",
            "journal",
            "snapshot",
        ] {
            fs::create_dir_all(dir.join(part)).unwrap();
        }
        crate::replayed::write_all(&dir, &left.iter().map(of).collect());
        let again = headwater(arguments(&dir, &tables).into_iter().chain(["--json"])).json();
        assert_eq!(again, report, "after {left:?}");
    }
}

/// Where the third frame of the chain's file ends.
fn contracts(bytes: &[u8]) -> usize {
    (0..3).fold(0, |at, _| {
        let length = bytes[at..at + 4].try_into().expect("four bytes");
        at + 16 + u32::from_le_bytes(length) as usize
    })
}
