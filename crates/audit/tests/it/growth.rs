//! A log that grows under an audit that goes on, and one that goes back or forks instead.

use crate::script::{build, honest};
use crate::twin::{Directory, check_files, log_key, signer};
use crate::world::Lie;
use audit::{Audit, ChainFacts, Fault, Named, Options, ReadError, Report, Source};
use protocol::UsageRow;
use std::sync::Mutex;

/// A directory that somebody else publishes in.
struct Live(Mutex<Directory>);

impl Live {
    fn at(size: usize) -> Self {
        let live = Self(Mutex::new(honest().clone()));
        live.publish(&entries(), size);
        live
    }

    fn publish(&self, entries: &[Vec<u8>], size: usize) {
        let mut directory = self.0.lock().unwrap();
        directory.without_chain = true;
        directory.publish(&entries[..size], &signer(99));
    }
}

impl Source for Live {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.lock().unwrap().file(path)
    }

    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.lock().unwrap().document(hash)
    }

    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.lock().unwrap().claims(epoch)
    }

    fn usage_rows(&self, file: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        self.0.lock().unwrap().usage_rows(file)
    }

    fn chains(&self, named: &[Named]) -> Result<Vec<ChainFacts>, ReadError> {
        let mut directory = self.0.lock().unwrap();
        let facts = directory.chains(named);
        // Whoever publishes has gone on meanwhile.
        if let Some(entries) = directory.to_come.take() {
            directory.publish(&entries, &signer(99));
        }
        facts
    }
}

fn entries() -> Vec<Vec<u8>> {
    build(Lie::None).entries
}

fn options(threads: usize) -> Options {
    Options {
        signatures: false,
        threads,
    }
}

#[test]
fn step_by_step_gives_the_report_of_one_pass() {
    let mut whole = honest().clone();
    whole.without_chain = true;
    let whole = check_files(&whole).unwrap();
    let entries = entries();
    for threads in [1, 2, 8] {
        let live = Live::at(1);
        let mut audit = Audit::new(&live, log_key().into(), options(threads));
        let mut before = 0;
        for size in [1, 1, 200, 255, 256, 257, 511, 512, 529] {
            live.publish(&entries, size);
            let new = audit.advance(&mut |_| ()).unwrap();
            assert_eq!(new, size as u64 - before);
            before = size as u64;
            assert_eq!(audit.report().unwrap().log_size, before);
        }
        assert_eq!(audit.report().unwrap(), whole);
        assert!(!whole.chains[0].checked);
    }
}

/// What an audit at one size says once the log has become another.
fn after(size: usize, change: impl FnOnce(&Live)) -> Result<Report, Fault> {
    let live = Live::at(size);
    let mut audit = Audit::new(&live, log_key().into(), options(1));
    audit.advance(&mut |_| ()).unwrap();
    change(&live);
    audit.advance(&mut |_| ())?;
    audit.report()
}

/// Both checkpoints, each good by itself, prove it to anybody.
fn check_proven(fault: &Fault, code: &str, sizes: [u64; 2]) {
    assert_eq!(fault.code, code, "{fault}");
    let head = |note: &String| {
        let checkpoint = proof::Checkpoint::open(note.as_bytes(), &log_key());
        checkpoint.unwrap().head.size
    };
    let found: Vec<u64> = fault.evidence.iter().map(head).collect();
    assert_eq!(found, sizes);
}

#[test]
fn a_chain_that_is_ahead_of_the_log_waits_for_it() {
    let closed = honest().facts.posted[1].log_size as usize;
    let live = |to_come: Option<usize>| {
        let live = Live::at(closed - 1);
        let mut directory = live.0.lock().unwrap();
        directory.without_chain = false;
        directory.to_come = to_come.map(|size| entries()[..size].to_vec());
        drop(directory);
        live
    };
    let advanced = |live: &Live| {
        let mut audit = Audit::new(live, log_key().into(), options(1));
        let entries = audit.advance(&mut |_| ())?;
        Ok::<_, Fault>((entries, audit.report()?.chains[0].roots_matched))
    };
    assert_eq!(advanced(&live(Some(529))), Ok((529, 2)));
    let fault = advanced(&live(None)).unwrap_err();
    assert_eq!(fault.code, "epoch_unknown", "it never comes");
}

#[test]
fn a_log_that_goes_back_is_proven_by_both_checkpoints() {
    let fault = after(300, |live| live.publish(&entries(), 299)).unwrap_err();
    check_proven(&fault, "rollback", [300, 299]);
    assert_eq!(
        fault.what,
        "the log went back from 300 to 299 entries: both checkpoints are signed"
    );
}

#[test]
fn another_log_of_the_same_or_a_larger_size_is_a_fork() {
    for (changed, size) in [(20, 300), (299, 300), (20, 529), (270, 301), (255, 512)] {
        let mut other = entries();
        other.swap(changed, changed - 1);
        let fault = after(300, |live| live.publish(&other, size)).unwrap_err();
        check_proven(&fault, "fork", [300, size as u64]);
    }
}

#[test]
fn a_fault_in_what_is_new_is_named_as_ever() {
    let fault = after(300, |live| {
        live.publish(&entries(), 529);
        let mut directory = live.0.lock().unwrap();
        let bundle = directory.files.get_mut("log/tile/entries/001").unwrap();
        *bundle.last_mut().unwrap() ^= 1;
    });
    let fault = fault.unwrap_err();
    assert_eq!((fault.code, fault.at), ("entry_changed", Some(511)));
    let fault = after(300, |live| {
        live.publish(&entries(), 529);
        let mut directory = live.0.lock().unwrap();
        directory.files.remove("log/tile/0/002.p/17").unwrap();
    });
    assert_eq!(fault.unwrap_err().code, "tile_missing");
}

#[test]
fn full_tiles_stand_in_for_partial_ones_that_are_gone() {
    let mut directory = honest().clone();
    directory.publish(&entries()[..300], &signer(99));
    let kept = ["log/checkpoint", "log/tile/1/000.p/1"];
    let kept = kept.map(|path| (path.to_owned(), directory.read(path).unwrap()));
    directory.publish(&entries(), &signer(99));
    directory.files.extend(kept);
    directory.without_chain = true;
    assert_eq!(check_files(&directory).unwrap().log_size, 300);
    let cut = directory.files.get_mut("log/tile/0/001").unwrap();
    cut.pop();
    assert_eq!(check_files(&directory).unwrap_err().code, "tile_missing");
}
