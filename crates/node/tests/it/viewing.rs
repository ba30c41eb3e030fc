//! The view of a running node: read your writes, a late start, and files that are of no use.

use crate::space::{DEADLINE, accept, copy, end, joins, lay_out, publish, quiet, start};
use crate::viewed::{console, dump};
use node::{Running, Settings, projection};
use std::fs;
use std::path::{Path, PathBuf};
use store::Place;
use view::console::Cell;

fn viewing(dir: &Path, snapshot_every: u64) -> Running {
    let settings = Settings {
        view: Some(projection::path(dir)),
        snapshot_every,
        ..quiet()
    };
    start(&Place::directory(dir), settings)
}

/// Waits until an entry is in the view of a node.
fn viewed(running: &Running, index: u64) {
    let seen = running.host.viewed(index).wait(DEADLINE);
    assert!(seen.unwrap().unwrap() > index);
}

fn accounts(dir: &Path) -> i64 {
    let sql = "SELECT count(*) FROM accounts";
    match console(&projection::path(dir)).ask(sql).unwrap().rows[..] {
        [ref row] => match row[..] {
            [Cell::Integer(count)] => count,
            _ => panic!("{row:?}"),
        },
        ref rows => panic!("{rows:?}"),
    }
}

/// The view that the log makes from nothing says the same.
fn same_as_rebuilt(dir: &Path) {
    let fresh = tempfile::tempdir().unwrap();
    let path = fresh.path().join("view.sqlite");
    projection::fill(&Place::directory(dir), &path)
        .unwrap()
        .unwrap();
    assert_eq!(dump(&projection::path(dir)), dump(&path));
}

#[test]
fn whoever_has_written_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = viewing(dir.path(), 100);
    for account in 1..40 {
        let index = accept(&running.host, joins(account..account + 1))[0];
        viewed(&running, index);
        assert_eq!(accounts(dir.path()), i64::from(account) + 1);
    }
    publish(&running.host);
    assert_eq!(running.host.health().problems, [""; 0]);
    let kept = projection::fill(&Place::directory(dir.path()), &projection::path(dir.path()));
    assert!(kept.unwrap().is_none(), "the node keeps it");
    end(running);
    same_as_rebuilt(dir.path());
}

#[test]
fn a_node_without_a_view_says_so_and_one_that_ends_answers_nobody() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = start(&Place::directory(dir.path()), quiet());
    assert_eq!(running.host.viewed_through(), 0);
    let never = running.host.viewed(0);
    end(running);
    assert!(matches!(never.wait(DEADLINE), Some(Err(_))));
    assert!(!projection::path(dir.path()).exists());
}

/// A directory with a view at the end of 20 entries, and 20 more entries behind it.
fn behind(dir: &Path, snapshot_every: u64) {
    lay_out(&Place::directory(dir));
    let running = viewing(dir, snapshot_every);
    let last = *accept(&running.host, joins(1..21)).last().unwrap();
    viewed(&running, last);
    publish(&running.host);
    end(running);
    let running = start(&Place::directory(dir), quiet());
    accept(&running.host, joins(21..41));
    publish(&running.host);
    end(running);
}

/// What happens to the files of a view.
type Harm<'a> = (&'a str, &'a dyn Fn(&Path));

#[test]
fn a_view_catches_up_from_wherever_it_stands() {
    let away = |path: &Path| fs::remove_file(path).unwrap();
    let foreign = |path: &Path| fs::write(path, b"something else").unwrap();
    let damaged = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[4_096..middle].fill(0x33);
        fs::write(path, bytes).unwrap();
    };
    let harms: [Harm<'_>; 4] = [
        ("behind", &|_| {}),
        ("gone", &away),
        ("foreign", &foreign),
        ("damaged", &damaged),
    ];
    for snapshot_every in [1, 1_000_000] {
        for (name, harm) in harms {
            let dir = tempfile::tempdir().unwrap();
            behind(dir.path(), snapshot_every);
            harm(&projection::path(dir.path()));
            let running = viewing(dir.path(), snapshot_every);
            let last = *accept(&running.host, joins(41..43)).last().unwrap();
            viewed(&running, last);
            assert_eq!(accounts(dir.path()), 43, "{name}");
            publish(&running.host);
            end(running);
            same_as_rebuilt(dir.path());
            let aside: PathBuf = dir.path().join("view.sqlite.aside");
            assert_eq!(
                aside.exists(),
                ["foreign", "damaged"].contains(&name),
                "{name}"
            );
        }
    }
}

#[test]
fn a_view_of_another_log_or_of_lost_entries_is_made_anew() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = Place::directory(one.path());
    lay_out(&place);
    let running = viewing(one.path(), 100);
    let last = *accept(&running.host, joins(1..9)).last().unwrap();
    viewed(&running, last);
    publish(&running.host);
    end(running);
    // A backup before the next entries; then the log goes on twice, differently.
    copy(one.path(), other.path());
    for (dir, more) in [(one.path(), 9..30), (other.path(), 100..110)] {
        let running = viewing(dir, 100);
        let last = *accept(&running.host, joins(more)).last().unwrap();
        viewed(&running, last);
        publish(&running.host);
        end(running);
    }
    for (from, to) in [(&one, &other), (&other, &one)] {
        let path = projection::path(to.path());
        let strange = fs::read(projection::path(from.path())).unwrap();
        fs::write(&path, &strange).unwrap();
        let filled = projection::fill(&Place::directory(to.path()), &path)
            .unwrap()
            .unwrap();
        assert!(
            filled.notices[0].contains("another log"),
            "{:?}",
            filled.notices
        );
        same_as_rebuilt(to.path());
        assert_eq!(
            fs::read(to.path().join("view.sqlite.aside")).unwrap(),
            strange
        );
    }
}
