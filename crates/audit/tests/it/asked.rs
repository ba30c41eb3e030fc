//! How often an audit asks for each document, and which of two wrong ones it names.

use crate::script::{build, honest};
use crate::twin::{Directory, attachment, log_key};
use crate::world::Lie;
use audit::{ChainFacts, Fault, Named, Options, ReadError, Report, Source};
use protocol::UsageRow;
use std::sync::Mutex;

/// A directory that notes under which name each document was asked for.
struct Counting {
    directory: Directory,
    asked: Mutex<Asked>,
}

impl Counting {
    fn note(&self, name: &'static str, hash: &[u8; 32]) {
        self.asked.lock().unwrap().push((name, *hash));
    }
}

impl Source for Counting {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.directory.file(path)
    }

    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.note("document", hash);
        self.directory.document(hash)
    }

    fn content(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.note("content", hash);
        self.directory.document(hash)
    }

    fn openings(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.note("openings", hash);
        self.directory.document(hash)
    }

    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.directory.claims(epoch)
    }

    fn usage_rows(&self, file: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        self.directory.usage_rows(file)
    }

    fn chains(&self, named: &[Named]) -> Result<Vec<ChainFacts>, ReadError> {
        self.directory.chains(named)
    }
}

/// Names of questions with the hashes that they were about.
type Asked = Vec<(&'static str, [u8; 32])>;

/// What an audit says, and what it has asked for.
fn asked(directory: &Directory, threads: usize) -> (Result<Report, Fault>, Asked) {
    let source = Counting {
        directory: directory.clone(),
        asked: Mutex::default(),
    };
    let options = Options {
        signatures: false,
        threads,
    };
    let outcome = audit::audit(&source, &log_key(), options, &mut |_| ());
    let mut asked = source.asked.into_inner().unwrap();
    asked.sort_unstable();
    (outcome, asked)
}

#[test]
fn each_document_is_asked_for_once_as_what_it_is() {
    let state = build(Lie::None).state;
    for threads in [1, 2, 8] {
        let (outcome, asked) = asked(honest(), threads);
        outcome.unwrap();
        let mut once = asked.clone();
        once.dedup_by_key(|(_, hash)| *hash);
        assert_eq!(asked, once);
        let of = |name: &str| asked.iter().filter(|it| it.0 == name).count();
        // The first asset is a label set, whose content is an export and no registered file.
        assert_eq!(of("content"), state.assets.len() - 1);
        assert!(of("openings") > 0 && of("document") > 0);
    }
}

#[test]
fn the_earliest_fault_comes_first_however_many_threads_read_ahead() {
    let state = build(Lie::None).state;
    let content = attachment(&state.assets[1].registered.content.0);
    let mut directory = honest().clone();
    directory
        .files
        .insert(content.clone(), b"no weights".to_vec());
    let openings = directory
        .files
        .keys()
        .find(|path| path.starts_with("openings/"));
    let openings = openings.unwrap().clone();
    let seen = |directory: &Directory| {
        let faults = [1, 2, 8].map(|threads| asked(directory, threads).0.unwrap_err());
        assert!(faults.iter().all(|fault| *fault == faults[0]), "{faults:?}");
        faults[0].clone()
    };
    let alone = seen(&directory);
    assert_eq!(
        (alone.code, alone.file),
        ("document_changed", Some(content))
    );
    directory
        .files
        .insert(openings.clone(), b"no openings".to_vec());
    let both = seen(&directory);
    assert_eq!((both.code, both.file), ("document_changed", Some(openings)));
    assert!(both.at < alone.at);
}
