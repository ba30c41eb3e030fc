//! A directory as a namespace of files, and the rule that disks are touched in one place only.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use proptest::prelude::*;
use store::files::Created;
use store::{Directory, Files, Kind, Place, Store};

use crate::filled;

#[test]
fn of_racing_creators_exactly_one_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let name = format!("a/{round}/file");
        let barrier = Barrier::new(8);
        let create = |racer: u8| {
            let files = Directory::at(dir.path());
            barrier.wait();
            let bytes = vec![racer; 10_000];
            (racer, files.create(&name, &bytes).unwrap())
        };
        let results: Vec<(u8, Created)> = thread::scope(|scope| {
            let racers: Vec<_> = (0..8)
                .map(|racer| scope.spawn(move || create(racer)))
                .collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect()
        });
        let mut winners = results.iter().filter(|(_, made)| *made == Created::New);
        let (winner, _) = winners.next().unwrap();
        assert_eq!(winners.next(), None);
        let held = Directory::at(dir.path()).read(&name).unwrap().unwrap();
        assert_eq!(held, vec![*winner; 10_000]);
    }
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn of_a_file_that_is_made_little_is_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let files = Directory::at(dir.path());
    let on_disk = || {
        let aside = fs::read_dir(dir.path().join("tmp")).unwrap();
        let lengths = aside.map(|file| file.unwrap().metadata().unwrap().len());
        lengths.sum::<u64>()
    };
    let (piece, pieces) = ([7; 1 << 16], 80_u64);
    let made = files.create_from("a/large", &|out| {
        for number in 1..=pieces {
            out.write_all(&piece)?;
            let in_memory = number * piece.len() as u64 - on_disk();
            assert!(in_memory <= 1 << 20, "{in_memory} bytes");
        }
        Ok(())
    });
    assert_eq!(made.unwrap(), Created::New);
    let mut lengths = Vec::new();
    let mut take = |piece: &[u8]| lengths.push(piece.len());
    assert!(files.each_piece("a/large", &mut take).unwrap());
    assert!(lengths.iter().all(|length| *length <= 1 << 20));
    assert_eq!(lengths.iter().sum::<usize>() as u64, pieces << 16);
}

#[test]
fn names_do_not_leave_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let files = Directory::at(&dir.path().join("root"));
    for name in [
        "",
        "/etc/passwd",
        "../up",
        "a/../../up",
        "a//b",
        "a/",
        "a b",
        "a/.",
        "ü",
    ] {
        for error in [
            files.put(name, b"").unwrap_err(),
            files.read(name).unwrap_err(),
            files.remove(name).unwrap_err(),
            files.create(name, b"").unwrap_err(),
            files.stage(name, b"").unwrap_err(),
        ] {
            assert_eq!(error.kind, Kind::Invalid, "{name}");
        }
    }
    for prefix in ["/", "../", "a/../", "//", "a//b"] {
        assert_eq!(files.list(prefix, "", 9).unwrap_err().kind, Kind::Invalid);
    }
    assert!(!dir.path().join("up").exists());
}

#[test]
fn what_a_crash_leaves_aside_is_removed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[3]));
    fs::create_dir_all(dir.path().join("tmp")).unwrap();
    fs::write(dir.path().join("tmp/0123456789abcdef"), "half").unwrap();
    let files = Directory::at(dir.path());
    let listed = files.list("", "", 99).unwrap();
    assert!(!listed.iter().any(|name| name.starts_with("tmp")));
    Store::open(&Place::directory(dir.path())).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The same steps on a map; in a directory, a name is not also the beginning of another.
    #[test]
    fn a_directory_is_a_sorted_map(
        steps in prop::collection::vec(("[ab.]{1,2}x(/[ab-]{1,2}y){0,2}z", 0_u8..4), 1..40),
        prefix in "([ab]x/)?([ab-]y/)?[ab.-]?",
        limit in 1_usize..5,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let files = Directory::at(dir.path());
        let mut map = BTreeMap::new();
        for (at, (name, step)) in steps.into_iter().enumerate() {
            let bytes = vec![at as u8; 3];
            match step {
                0 => {
                    files.put(&name, &bytes).unwrap();
                    map.insert(name, bytes);
                }
                1 => {
                    files.stage(&name, &bytes).unwrap();
                    map.insert(name, bytes);
                }
                2 => {
                    let new = files.create(&name, &bytes).unwrap() == Created::New;
                    prop_assert_eq!(new, !map.contains_key(&name));
                    map.entry(name).or_insert(bytes);
                }
                _ => {
                    files.remove(&name).unwrap();
                    map.remove(&name);
                }
            }
        }
        files.sync().unwrap();
        for (name, bytes) in &map {
            let held = files.read(name).unwrap();
            prop_assert_eq!(held.as_ref(), Some(bytes));
        }
        let (mut after, mut listed) = (String::new(), Vec::new());
        loop {
            let page = files.list(&prefix, &after, limit).unwrap();
            prop_assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after.clone_from(last);
            listed.extend(page);
        }
        let expected: Vec<String> = map.into_keys().filter(|it| it.starts_with(&prefix)).collect();
        prop_assert_eq!(listed, expected);
    }
}

/// The simulator can only fail what goes through the ports.
#[test]
fn disks_clocks_and_chance_come_through_the_ports() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let words = [
        "fs::",
        "File::",
        "OsRng",
        "SystemTime",
        "env::",
        "net::",
        "process::",
    ];
    let mut looked_at = 0;
    for entry in fs::read_dir(src).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // The two adapters to the outside world.
        if path.is_dir() || ["system.rs", "bucket.rs"].contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        for (number, line) in (1..).zip(code.lines()) {
            let word = words.iter().find(|word| line.contains(*word));
            assert_eq!(word, None, "{name}:{number} goes past the ports");
        }
        looked_at += 1;
    }
    assert!(looked_at > 20);
}
