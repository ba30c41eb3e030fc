//! The journal in a bucket under lost answers, racing writers, gaps and foreign objects.
use std::collections::VecDeque;
use std::sync::Mutex;

use proof::merkle::Frontier;

use super::*;
use crate::bucket::Bucket;
use crate::disk::Disk as _;
use crate::frame::Framed;
use crate::object_walk::{holding, tail};
use crate::system::SystemDisk;

/// What happens to one call of `create` or `read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The answer is lost, and so is the request.
    Before,
    /// The answer is lost, the request took effect.
    After,
    /// The answer is lost, the request takes effect just before the next creation.
    Late,
}

/// A bucket in memory that loses answers as it is told, in order, and then no more.
#[derive(Debug)]
pub(super) struct Faulty {
    bucket: Bucket,
    faults: Mutex<VecDeque<Fault>>,
    late: Mutex<Vec<(String, Vec<u8>)>>,
    created: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Faulty {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            bucket: Bucket::reading("memory://log", []).unwrap(),
            faults: Mutex::default(),
            late: Mutex::default(),
            created: Mutex::default(),
        })
    }

    fn will(&self, faults: &[Fault]) {
        *self.faults.lock().unwrap() = faults.iter().copied().collect();
    }

    fn next_fault(&self) -> Fault {
        let mut faults = self.faults.lock().unwrap();
        faults.pop_front().unwrap_or(Fault::None)
    }
}

pub(super) fn nonce() -> Mark {
    let mut nonce = Mark::default();
    SystemDisk.random(&mut nonce);
    nonce
}

fn lost<T>() -> Result<T> {
    Err(Error::unavailable("ask the bucket", "the line is cut"))
}

impl Files for Faulty {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        for (name, bytes) in self.late.lock().unwrap().drain(..) {
            self.bucket.create(&name, &bytes)?;
        }
        let tried = (name.to_owned(), bytes.to_vec());
        self.created.lock().unwrap().push(tried.clone());
        match self.next_fault() {
            Fault::None => self.bucket.create(name, bytes),
            Fault::Before => lost(),
            Fault::After => self.bucket.create(name, bytes).and_then(|_| lost()),
            Fault::Late => {
                self.late.lock().unwrap().push(tried);
                lost()
            }
        }
    }
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.bucket.put(name, bytes)
    }
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.bucket.stage(name, bytes)
    }
    fn sync(&self) -> Result<()> {
        self.bucket.sync()
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.next_fault() {
            Fault::None => self.bucket.read(name),
            _ => lost(),
        }
    }
    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        self.bucket.list(prefix, after, limit)
    }
    fn remove(&self, name: &str) -> Result<()> {
        self.bucket.remove(name)
    }
}

/// A writer with the log it makes: entry `seq` is by `who`.
pub(super) struct Log {
    pub(super) journal: ObjectJournal,
    frontier: Frontier,
    who: &'static str,
}

impl Log {
    pub(super) fn append(&mut self, count: u64) -> Result<()> {
        let first_seq = self.frontier.size();
        let entries: Vec<String> = (first_seq..first_seq + count)
            .map(|seq| format!("{seq} by {}", self.who))
            .collect();
        let mut frontier = self.frontier.clone();
        for entry in &entries {
            frontier.append(merkle::leaf_hash(entry.as_bytes()));
        }
        let records: Vec<Framed<'_>> = entries
            .iter()
            .map(|entry| Framed {
                entry: entry.as_bytes(),
                sealed: b"",
                attachments: &[],
            })
            .collect();
        self.journal.append(&Draft {
            first_seq,
            salt: 7,
            root: frontier.root(),
            records: &records,
        })?;
        self.frontier = frontier;
        Ok(())
    }
}

pub(super) fn begun(files: &Arc<Faulty>, who: &'static str) -> Log {
    Log {
        journal: ObjectJournal::create(files.clone(), nonce()).unwrap(),
        frontier: Frontier::default(),
        who,
    }
}

fn taken_over(files: &Arc<Faulty>, who: &'static str) -> Log {
    let journal = ObjectJournal::open(files.clone(), nonce()).unwrap();
    Log {
        who,
        ..over(journal, files)
    }
}

/// A journal that was just opened, with the log that stands in it.
pub(super) fn over(journal: ObjectJournal, files: &Arc<Faulty>) -> Log {
    let mut frontier = Frontier::default();
    for entry in entries(files) {
        frontier.append(merkle::leaf_hash(entry.as_bytes()));
    }
    Log {
        journal,
        frontier,
        who: "b",
    }
}

/// All entries that a reader finds, after checking every object and root.
pub(super) fn entries(files: &Arc<Faulty>) -> Vec<String> {
    let mut walk = Succession::new(files.clone(), 0);
    let mut entries = Vec::new();
    let mut frontier = Frontier::default();
    while let Some(more) = walk
        .advance(|_, batch| {
            let texts = batch.records.iter().map(|record| record.entry.to_vec());
            let texts: Vec<String> = texts.map(|text| String::from_utf8(text).unwrap()).collect();
            for text in &texts {
                frontier.append(merkle::leaf_hash(text.as_bytes()));
            }
            assert_eq!(frontier.root(), batch.root);
            Ok(texts)
        })
        .unwrap()
    {
        entries.extend(more);
    }
    entries
}

#[test]
fn what_one_writer_appends_the_next_takes_over_and_the_first_halts() {
    let files = Faulty::new();
    let mut first = begun(&files, "a");
    first.append(3).unwrap();
    first.append(1).unwrap();
    let mut second = taken_over(&files, "b");
    assert_eq!((first.journal.epoch(), second.journal.epoch()), (1, 2));
    second.append(2).unwrap();
    let error = first.append(5).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    let said = error.to_string();
    assert!(said.contains("the object is of epoch 2"), "{said}");
    assert!(said.contains("this process writes epoch 1"), "{said}");
    let said = first.append(5).unwrap_err().to_string();
    assert!(said.contains("it has stopped before"), "{said}");
    second.append(1).unwrap();
    let expected = [
        "0 by a", "1 by a", "2 by a", "3 by a", "4 by b", "5 by b", "6 by b",
    ];
    assert_eq!(entries(&files), expected);
}

#[test]
fn a_log_is_begun_once_and_opened_only_where_it_is() {
    let files = Faulty::new();
    let error = ObjectJournal::open(files.clone(), nonce()).unwrap_err();
    assert!(error.to_string().contains("there is no log"), "{error}");
    begun(&files, "cut off");
    begun(&files, "a").append(1).unwrap();
    let error = ObjectJournal::create(files, nonce()).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(
        error.to_string().contains("a log is there already"),
        "{error}"
    );
}

/// Each of the first six calls loses its answer in each way: whatever was acknowledged is in the
/// log, in order, once; and what was not is either there whole or not at all.
#[test]
fn no_lost_answer_loses_doubles_or_invents_an_entry() {
    let kinds = [Fault::None, Fault::Before, Fault::After, Fault::Late];
    for case in 0..kinds.len().pow(6) {
        let faults: Vec<Fault> = (0..6)
            .map(|at| kinds[case / kinds.len().pow(at) % kinds.len()])
            .collect();
        let files = Faulty::new();
        let mut log = begun(&files, "a");
        log.append(2).unwrap();
        files.will(&faults);
        log.append(3).unwrap();
        log.append(1).unwrap();
        files.will(&[]);
        let expected: Vec<String> = (0..6).map(|seq| format!("{seq} by a")).collect();
        assert_eq!(entries(&files), expected, "{faults:?}");
        let mut other = taken_over_through(&files, &faults);
        let Err(error) = log.append(1) else {
            panic!("{faults:?}: two writers");
        };
        assert!(
            error.to_string().contains("taken over"),
            "{faults:?}: {error}"
        );
        other.append(1).unwrap();
        assert_eq!(entries(&files).len(), 7, "{faults:?}");
        assert_eq!(entries(&files)[6], "6 by b", "{faults:?}");
    }
}

/// A start whose reading is cut off fails and is tried again; its fence may stand all the same.
fn taken_over_through(files: &Arc<Faulty>, faults: &[Fault]) -> Log {
    files.will(faults);
    for _ in 0..=faults.len() {
        if ObjectJournal::open(files.clone(), nonce()).is_ok() {
            break;
        }
    }
    files.will(&[]);
    taken_over(files, "b")
}

#[test]
fn a_number_whose_outcome_stays_unknown_is_never_used_for_other_bytes() {
    for last in [Fault::Before, Fault::After, Fault::Late] {
        let files = Faulty::new();
        let mut log = begun(&files, "a");
        files.will(&[last; 2 * MAX_TRIES as usize]);
        let error = log.append(1).unwrap_err().to_string();
        assert!(
            error.contains("nobody knows whether it is there"),
            "{error}"
        );
        files.will(&[]);
        let error = log.append(2).unwrap_err().to_string();
        assert!(error.contains("it has stopped before"), "{error}");
        let created = files.created.lock().unwrap().clone();
        let tries: Vec<_> = created
            .iter()
            .filter(|(name, _)| *name == object::name(1))
            .collect();
        assert_eq!(tries.len(), MAX_TRIES as usize);
        assert!(
            tries.iter().all(|tried| *tried == tries[0]),
            "other bytes were sent"
        );
        let mut other = taken_over(&files, "b");
        other.append(1).unwrap();
        let found = entries(&files);
        assert!(
            found == ["0 by b"] || found == ["0 by a", "1 by b"],
            "{last:?}: {found:?}"
        );
    }
}

#[test]
fn the_end_and_every_entry_are_found_in_journals_of_all_lengths() {
    let files = Faulty::new();
    let mut log = begun(&files, "a");
    let mut holder = Vec::new();
    for round in 0..40u64 {
        if round % 7 == 3 {
            log = taken_over(&files, "b");
        }
        let n = log.journal.next;
        let count = round % 3 + 1;
        log.append(count).unwrap();
        holder.extend((0..count).map(|_| n));
        assert_eq!(tail(files.as_ref()).unwrap().n, n);
        for (seq, n) in (0..).zip(&holder) {
            assert_eq!(holding(files.as_ref(), seq).unwrap().n, *n, "entry {seq}");
        }
        assert_eq!(holding(files.as_ref(), 1 << 40).unwrap().n, n);
    }
}

#[test]
fn a_gap_a_stray_name_and_a_foreign_object_are_corruption() {
    let files = Faulty::new();
    let mut log = begun(&files, "a");
    (0..9).for_each(|_| log.append(1).unwrap());
    let journal = |files: &Arc<Faulty>| ObjectJournal::open(files.clone(), nonce()).unwrap_err();
    let held = files.bucket.read(&object::name(7)).unwrap().unwrap();
    files.bucket.remove(&object::name(7)).unwrap();
    let error = journal(&files);
    assert_eq!(error.kind, Kind::Corrupt);
    assert!(error.to_string().contains("00007` is missing"), "{error}");
    files.bucket.put(&object::name(7), &held).unwrap();
    files.bucket.put("journal/notes.txt", b"?").unwrap();
    assert!(
        journal(&files)
            .to_string()
            .contains("`journal/notes.txt` is there")
    );
    files.bucket.remove("journal/notes.txt").unwrap();
    // What a writer without a fence would do: take a number of an epoch that is not its own.
    let stranger = Writer {
        epoch: 1,
        nonce: [3; 16],
    };
    let draft = Draft {
        first_seq: 9,
        salt: 0,
        root: log.frontier.root(),
        records: &[],
    };
    let bytes = Object::encode(10, &stranger, &draft);
    let created = files.bucket.create(&object::name(10), &bytes);
    assert_eq!(created.unwrap(), Created::New);
    let error = log.append(1).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt, "{error}");
    let mut walk = Succession::new(files.clone(), 9);
    walk.advance(|_, _| Ok(())).unwrap().unwrap();
    let error = walk.advance(|_, _| Ok(())).unwrap_err().to_string();
    assert!(error.contains("does not follow"), "{error}");
}

#[test]
fn of_racing_openers_each_that_opens_fences_all_before_it() {
    let files = Faulty::new();
    begun(&files, "a").append(1).unwrap();
    let opened: Vec<ObjectJournal> = std::thread::scope(|scope| {
        let files = &files;
        let open = move || ObjectJournal::open(files.clone(), nonce()).unwrap();
        let racers: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    });
    let mut epochs: Vec<u64> = opened.iter().map(ObjectJournal::epoch).collect();
    epochs.sort_unstable();
    assert_eq!(epochs, [2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(entries(&files), ["0 by a"]);
    let mut frontier = Frontier::default();
    frontier.append(merkle::leaf_hash(b"0 by a"));
    for journal in opened {
        let newest = journal.epoch() == 9;
        let (frontier, who) = (frontier.clone(), "b");
        let mut log = Log {
            journal,
            frontier,
            who,
        };
        assert_eq!(log.append(1).is_ok(), newest);
    }
}
