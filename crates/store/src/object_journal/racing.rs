//! A fence against a writer that is always faster than whoever wants to take over.
use std::sync::Mutex;

use super::tests::{Faulty, Log, begun, entries, nonce};
use super::*;

/// The end of a test in which the fence is never reached.
const PATIENCE: u64 = 1_000;

/// A bucket in which a live writer gets a batch in before each creation of anybody else.
#[derive(Debug)]
struct Racing {
    files: Arc<Faulty>,
    rival: Mutex<Rival>,
}

struct Rival {
    log: Log,
    batches: u64,
    /// Why it has stopped.
    halted: Option<String>,
}

impl std::fmt::Debug for Rival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} batches", self.batches)
    }
}

impl Files for Racing {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        let mut rival = self.rival.lock().unwrap();
        if rival.halted.is_none() {
            match rival.log.append(1) {
                Ok(()) => rival.batches += 1,
                Err(error) => rival.halted = Some(error.to_string()),
            }
            assert!(rival.batches < PATIENCE, "it is never caught up with");
        }
        self.files.create(name, bytes)
    }
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.files.put(name, bytes)
    }
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.files.stage(name, bytes)
    }
    fn sync(&self) -> Result<()> {
        self.files.sync()
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.files.read(name)
    }
    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        self.files.list(prefix, after, limit)
    }
    fn remove(&self, name: &str) -> Result<()> {
        self.files.remove(name)
    }
}

#[test]
fn a_writer_that_is_always_ahead_is_asked_to_stop_and_nothing_of_it_is_lost() {
    for head_start in [0, 3, 60, 130] {
        let files = Faulty::new();
        let mut log = begun(&files, "a");
        (0..head_start).for_each(|_| log.append(1).unwrap());
        let rival = Rival {
            log,
            batches: head_start,
            halted: None,
        };
        let racing = Arc::new(Racing {
            files: files.clone(),
            rival: Mutex::new(rival),
        });
        let opened = ObjectJournal::open(racing.clone(), nonce()).unwrap();
        assert_eq!(opened.epoch(), 2);
        let mut rival = racing.rival.lock().unwrap();
        let won = rival.batches - head_start;
        let bound = u64::from(MAX_RACES) + LOOK_EVERY;
        assert!(won <= bound, "the writer has won {won} times");
        let why = rival.halted.take().unwrap();
        assert!(why.contains("another writer asks to take over"), "{why}");
        let why = rival.log.append(1).unwrap_err().to_string();
        assert!(why.contains("it has stopped before"), "{why}");
        assert_eq!(entries(&files).len() as u64, rival.batches);
    }
}

/// What asked for the turn of one writer says nothing to the next.
#[test]
fn a_request_that_is_left_behind_stops_nobody_later() {
    let files = Faulty::new();
    begun(&files, "a").append(1).unwrap();
    files.put(&request(1), b"").unwrap();
    let second = ObjectJournal::open(files.clone(), nonce()).unwrap();
    assert_eq!(second.epoch(), 2);
    let mut second = super::tests::over(second, &files);
    (0..2 * LOOK_EVERY).for_each(|_| second.append(1).unwrap());
    files.put(&request(2), b"").unwrap();
    let halted = (0..LOOK_EVERY).find_map(|_| second.append(1).err());
    assert!(halted.is_some(), "it writes on");
}
