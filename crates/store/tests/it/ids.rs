//! The index of ids against a map: over reopened and damaged files, with ids made to collide.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::ids::Shape;
use store::{Disk, Ids, Kind, SystemDisk};

const SPACE: [u8; 16] = [7; 16];
const SMALL: Shape = Shape {
    young: 300,
    growth: 3,
};

type Id = [u8; 16];

/// An id by its number: every third agrees in its first 8 bytes with all others of these.
fn id(number: u64) -> Id {
    let hash = proof::hash::sha256(&[&number.to_be_bytes()]);
    let mut id: Id = *hash.first_chunk().unwrap();
    if number.is_multiple_of(3) {
        id[..8].copy_from_slice(&[0x80; 8]);
    }
    id
}

fn open(dir: &Path, space: [u8; 16], size: u64) -> Result<Ids, store::Error> {
    let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
    Ids::open((&disk, dir), space, size, SMALL)
}

/// A log whose entry `n` names some ids, and the index of it.
struct Twin {
    dir: PathBuf,
    index: Option<Ids>,
    entries: Vec<Vec<Id>>,
    known: BTreeMap<Id, u64>,
}

impl Twin {
    fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            index: Some(open(dir, SPACE, 0).unwrap()),
            entries: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    fn index(&mut self) -> &mut Ids {
        self.index.as_mut().unwrap()
    }

    fn add(&mut self, count: u64) {
        let (entry, from) = (self.entries.len() as u64, self.known.len() as u64);
        let mut ids: Vec<Id> = (from..from + count).map(id).collect();
        ids.sort_unstable();
        self.known.extend(ids.iter().map(|id| (*id, entry)));
        self.index().add(entry, ids.iter());
        self.entries.push(ids);
    }

    fn settle(&mut self) {
        let size = self.entries.len() as u64;
        self.index().settle(size);
    }

    /// Opens the files again and adds what they lack, as a node does at its start.
    fn reopen(&mut self) {
        drop(self.index.take());
        let size = self.entries.len() as u64;
        let mut index = open(&self.dir, SPACE, size).unwrap();
        for entry in index.end()..size {
            index.add(entry, self.entries[entry as usize].iter());
        }
        self.index = Some(index);
    }

    fn check(&mut self) {
        let count = self.known.len() as u64;
        let mut fresh: Vec<Id> = (count..count + 500).map(id).collect();
        fresh.sort_unstable();
        assert_eq!(self.index().find(fresh.iter()).unwrap(), None);
        let known: Vec<_> = self.known.iter().map(|(id, entry)| (*id, *entry)).collect();
        for (id, entry) in known.into_iter().step_by(31) {
            assert_eq!(self.index().find([id].iter()).unwrap(), Some((id, entry)));
            let mut among = fresh.clone();
            among.push(id);
            among.sort_unstable();
            assert_eq!(self.index().find(among.iter()).unwrap(), Some((id, entry)));
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.dir).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_id_is_found_with_its_entry_and_no_other(
        steps in proptest::collection::vec((0..3_u8, 1..400_u64), 1..40)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut twin = Twin::new(folder.path());
        for (step, count) in steps {
            match step {
                0 => twin.add(count),
                1 => { twin.add(count); twin.settle() }
                _ => twin.reopen(),
            }
        }
        twin.check();
        twin.reopen();
        twin.check();
    }
}

/// So many ids in files of which each level has one.
fn filled(dir: &Path) -> Twin {
    let mut twin = Twin::new(dir);
    for _ in 0..60 {
        twin.add(100);
        twin.settle();
        twin.index().wait();
        if twin.entries.len().is_multiple_of(5) {
            twin.reopen();
        }
    }
    twin.reopen();
    twin
}

#[test]
fn memory_and_files_stay_few_whatever_the_log_has_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut twin = filled(folder.path());
    twin.check();
    let end = twin.index().end();
    assert!(end > 50, "files hold the entries before {end} of 60");
    assert!(twin.files().len() <= 3, "{:?}", twin.files());
}

#[test]
fn a_damaged_block_is_told_and_all_is_forgotten_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let mut twin = filled(folder.path());
    let largest = twin
        .files()
        .into_iter()
        .max_by_key(|file| fs::metadata(file).unwrap().len());
    let largest = largest.unwrap();
    let mut bytes = fs::read(&largest).unwrap();
    bytes[5] ^= 1;
    fs::write(&largest, bytes).unwrap();
    twin.reopen();
    let first: Vec<Id> = twin.known.keys().take(1).copied().collect();
    let error = twin.index().find(first.iter()).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    assert!(error.to_string().contains("block 0 is damaged"), "{error}");
    twin.index().clear().unwrap();
    assert_eq!(twin.index().end(), 0);
    assert!(twin.files().is_empty(), "{:?}", twin.files());
    twin.reopen();
    twin.check();
}

#[test]
fn files_that_cannot_be_of_this_log_are_left_out() {
    let end_after = |spoil: &dyn Fn(&Path), space: [u8; 16], size: u64| {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path()));
        spoil(folder.path());
        let index = open(folder.path(), space, size).unwrap();
        let files = fs::read_dir(folder.path()).unwrap().count();
        (index.end(), files)
    };
    let files = |dir: &Path| {
        let files = fs::read_dir(dir).unwrap();
        files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    let (whole, count) = end_after(&|_| (), SPACE, 60);
    assert!(whole > 50 && count > 0);
    assert_eq!(end_after(&|_| (), [8; 16], 60), (0, 0), "another space");
    assert_eq!(
        end_after(&|_| (), SPACE, 1),
        (0, 0),
        "a log that is shorter"
    );
    let cut = |dir: &Path| {
        for file in files(dir) {
            let bytes = fs::read(&file).unwrap();
            fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        }
    };
    assert_eq!(
        end_after(&cut, SPACE, 60),
        (0, 0),
        "files without their end"
    );
    let fence = |dir: &Path| {
        for file in files(dir) {
            let mut bytes = fs::read(&file).unwrap();
            let at = bytes.len() - 60;
            bytes[at] ^= 1;
            fs::write(&file, &bytes).unwrap();
        }
    };
    assert_eq!(
        end_after(&fence, SPACE, 60),
        (0, 0),
        "another first id of a block"
    );
    let unfinished = |dir: &Path| fs::write(dir.join("unfinished"), [0; 100]).unwrap();
    assert_eq!(
        end_after(&unfinished, SPACE, 60),
        (whole, count),
        "an unfinished one"
    );
}

#[test]
fn what_cannot_be_written_stays_in_memory_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("index");
    let mut twin = Twin::new(&dir);
    fs::remove_dir(&dir).unwrap();
    for _ in 0..20 {
        twin.add(100);
        twin.settle();
        twin.index().wait();
    }
    twin.check();
    fs::create_dir(&dir).unwrap();
    for _ in 0..60 {
        twin.add(100);
        twin.settle();
        twin.index().wait();
    }
    twin.reopen();
    let end = twin.index().end();
    assert!(end > 70, "files hold what is before {end} of 80");
    twin.check();
}
