//! Publishing apart from appending: nothing is lost with a publication, nothing stays behind.
use std::fs;
use std::path::Path;
use std::thread;

use proof::note::{self, Signer};
use proof::{Checkpoint, tile};
use store::{Kind, Place, Publication, Store};

use crate::publish::check_public;
use crate::{check, filled, records, signer};

fn signed(publication: &Publication) -> String {
    let checkpoint = Checkpoint {
        origin: signer().verifier().name().to_owned(),
        head: publication.head(),
    };
    checkpoint.sign(&signer()).unwrap()
}

fn grow(store: &mut Store, count: u64) {
    let size = store.head().size;
    store.append(&records(size..size + count)).unwrap();
}

/// Directories of partial tiles, as paths below `log/tile/`.
fn partial_dirs(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.join("log/tile")];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "p") {
                let below = path.strip_prefix(dir.join("log/tile")).unwrap();
                found.push(below.to_str().unwrap().to_owned());
            } else if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The only partial tiles that a log of this size needs.
fn edge(size: u64) -> Vec<String> {
    let mut dirs = Vec::new();
    for partial in (0..8).filter_map(|level| tile::partial(level, size)) {
        let mut paths = vec![partial.path()];
        if partial.level == 0 {
            paths.push(partial.bundle_path());
        }
        let dir = |path: &String| path["tile/".len()..path.rfind('/').unwrap()].to_owned();
        dirs.extend(paths.iter().map(dir));
    }
    dirs.sort();
    dirs
}

#[test]
fn a_publication_is_written_while_the_log_grows_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[300]);
    let publication = store.publication();
    let files = store.files();
    let writer = thread::spawn(move || {
        publication.write(&*files).unwrap();
        let note = signed(&publication);
        publication.put_checkpoint(&*files, &note).unwrap();
        publication.head()
    });
    grow(&mut store, 500);
    let head = writer.join().unwrap();
    assert_eq!(head.size, 300);
    store.published(head);
    assert_eq!(store.published_head(), Some(head));
    check_public(dir.path(), 300);
    store.publish(&signer()).unwrap();
    check_public(dir.path(), 800);
    // News of the older one that come late change nothing.
    store.published(head);
    assert_eq!(store.published_head().unwrap().size, 800);
    check(&store);
}

#[test]
fn what_a_lost_publication_held_is_in_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[700]);
    drop(store.publication());
    grow(&mut store, 700);
    let unwritten = store.publication();
    grow(&mut store, 700);
    let written = store.publication();
    written.write(&*store.files()).unwrap();
    drop((unwritten, written));
    grow(&mut store, 10);
    store.publish(&signer()).unwrap();
    check_public(dir.path(), 2110);
}

#[test]
fn a_note_may_carry_witnesses_but_no_other_head() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[5]);
    let older = store.publication();
    grow(&mut store, 5);
    let publication = store.publication();
    publication.write(&*store.files()).unwrap();
    let error = publication
        .put_checkpoint(&*store.files(), &signed(&older))
        .unwrap_err();
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (
            Kind::Invalid,
            "cannot put `log/checkpoint` in place: it is over 5 entries, the tiles beside it are \
             over 10"
        )
    );
    let error = publication.put_checkpoint(&*store.files(), "no note");
    assert_eq!(error.unwrap_err().kind, Kind::Invalid);
    assert!(!dir.path().join("log/checkpoint").exists());
    let witness = Signer::from_seed("witness.example", &[9; 32]).unwrap();
    let note = signed(&publication);
    let text = note::text_unverified(note.as_bytes()).unwrap();
    let both = note::sign(text, &[&signer(), &witness]).unwrap();
    for note in [&note, &both] {
        publication.put_checkpoint(&*store.files(), note).unwrap();
        assert_eq!(store.public().checkpoint_note().unwrap(), note.as_bytes());
    }
    store.published(publication.head());
    check_public(dir.path(), 10);
    note::open(both.as_bytes(), &[witness.verifier().clone()]).unwrap();
    drop(store);
    let (_, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
    assert_eq!(recovered.notices, [""; 0]);
}

#[test]
fn an_older_reader_finds_its_tiles_until_a_newer_checkpoint_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[200]);
    store.publish(&signer()).unwrap();
    grow(&mut store, 200);
    let publication = store.publication();
    publication.write(&*store.files()).unwrap();
    assert!(dir.path().join("log/tile/0/000.p/200").exists());
    check_public(dir.path(), 200);
    let note = signed(&publication);
    publication.put_checkpoint(&*store.files(), &note).unwrap();
    assert!(!dir.path().join("log/tile/0/000.p").exists());
    check_public(dir.path(), 400);
}

/// Publications that end after each of their steps, and starts in between.
#[test]
fn no_partial_tile_stays_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[1]);
    let mut random = 7_u64;
    for round in 0..120 {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        grow(&mut store, 1 + (random >> 33) % 150);
        let publication = store.publication();
        let steps = (random >> 40) % 4;
        if steps > 0 {
            publication.write(&*store.files()).unwrap();
        }
        if steps > 1 {
            let note = signed(&publication);
            publication.put_checkpoint(&*store.files(), &note).unwrap();
            check_public(dir.path(), publication.head().size);
        }
        if steps > 2 {
            store.published(publication.head());
        }
        if (random >> 50).is_multiple_of(3) {
            drop(store);
            let (opened, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
            assert_eq!(recovered.notices, [""; 0], "round {round}");
            store = opened;
        }
    }
    store.publish(&signer()).unwrap();
    let size = store.head().size;
    let left = partial_dirs(dir.path());
    // A crash between a checkpoint and the removal is seen at the next start or scrub.
    drop(store);
    let (mut store, _) = Store::open(&Place::directory(dir.path())).unwrap();
    grow(&mut store, 1);
    store.publish(&signer()).unwrap();
    assert_eq!(left, edge(size));
    assert_eq!(partial_dirs(dir.path()), edge(size + 1));
    check_public(dir.path(), size + 1);
}

#[test]
fn partial_tiles_left_by_a_crash_go_with_the_next_publication_or_scrub() {
    for by_scrub in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut store = filled(dir.path(), &[600]);
        store.publish(&signer()).unwrap();
        drop(store);
        for left in ["0/000.p/17", "0/001.p/255", "entries/000.p/17"] {
            let path = dir.path().join("log/tile").join(left);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "left").unwrap();
        }
        let (mut store, _) = Store::open(&Place::directory(dir.path())).unwrap();
        if by_scrub {
            store.scrub().run().unwrap();
        } else {
            grow(&mut store, 1);
            store.publish(&signer()).unwrap();
        }
        assert_eq!(partial_dirs(dir.path()), edge(600), "by scrub: {by_scrub}");
    }
}
