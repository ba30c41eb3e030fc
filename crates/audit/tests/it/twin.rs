//! The public directory in memory: one map from path to bytes, and the facts of the chain.

use audit::{ChainFacts, Fault, Named, Options, ReadError, Report, Source};
use proof::merkle;
use proof::note::{Signer, VerifierKey};
use proof::tile::{self, Tile};
use protocol::{Hash, UsageRow};
use std::collections::BTreeMap;

pub const ORIGIN: &str = "headwater.example/log";

#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub files: BTreeMap<String, Vec<u8>>,
    pub facts: ChainFacts,
    /// The same of further chains that are given.
    pub further: Vec<ChainFacts>,
    /// What the log has once its chains have been read.
    pub to_come: Option<Vec<Vec<u8>>>,
    /// True where nobody has given the auditor a chain.
    pub without_chain: bool,
}

pub fn signer(seed: u8) -> Signer {
    Signer::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

pub fn log_key() -> VerifierKey {
    signer(99).verifier().clone()
}

/// Runs the audit with all checks on.
pub fn check(directory: &Directory) -> Result<Report, Fault> {
    audit::audit(directory, &log_key(), Options::default(), &mut |_| ())
}

/// Runs the audit without signatures, which changed files never get to.
pub fn check_files(directory: &Directory) -> Result<Report, Fault> {
    let options = Options {
        signatures: false,
        threads: 1,
    };
    audit::audit(directory, &log_key(), options, &mut |_| ())
}

impl Directory {
    /// Writes bundles, tiles of all levels and the signed checkpoint, from the definition.
    pub fn publish(&mut self, entries: &[Vec<u8>], signer: &Signer) {
        self.files.retain(|path, _| !path.starts_with("log/"));
        let mut level: Vec<[u8; 32]> = entries.iter().map(|it| merkle::leaf_hash(it)).collect();
        let head = merkle::Head {
            size: entries.len() as u64,
            root: merkle::root(&level),
        };
        for (index, part) in entries.chunks(256).enumerate() {
            let mut bundle = Vec::new();
            part.iter()
                .for_each(|entry| tile::push_entry(&mut bundle, entry).unwrap());
            let width = part.len() as u16;
            let tile = Tile {
                level: 0,
                index: index as u64,
                width,
            };
            self.files
                .insert(format!("log/{}", tile.bundle_path()), bundle);
        }
        for number in 0.. {
            for (index, part) in level.chunks(256).enumerate() {
                let width = part.len() as u16;
                let tile = Tile {
                    level: number,
                    index: index as u64,
                    width,
                };
                self.files
                    .insert(format!("log/{}", tile.path()), part.concat());
            }
            level = level.chunks_exact(256).map(merkle::root).collect();
            if level.is_empty() {
                break;
            }
        }
        let checkpoint = proof::Checkpoint {
            origin: ORIGIN.to_owned(),
            head,
        };
        let note = checkpoint.sign(signer).unwrap();
        self.files
            .insert("log/checkpoint".to_owned(), note.into_bytes());
    }

    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).cloned()
    }
}

pub fn attachment(hash: &[u8; 32]) -> String {
    let name = Hash(*hash).to_string();
    format!("attachments/{}/{name}", &name[..2])
}

pub fn opening(hash: &[u8; 32]) -> String {
    format!("openings/{}", Hash(*hash))
}

impl Source for Directory {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.read(&format!("log/{path}")))
    }

    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self
            .read(&attachment(hash))
            .or_else(|| self.read(&opening(hash))))
    }

    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.read(&format!("claims/{epoch}.json")))
    }

    /// Rows stand one after the other here; their Parquet form is the adapter's business.
    fn usage_rows(&self, file: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        let (rows, rest) = file.as_chunks::<126>();
        if !rest.is_empty() {
            return Err(ReadError("the segment file is cut".to_owned()));
        }
        let rows = rows.iter().map(|bytes| UsageRow::from_bytes(bytes));
        Ok(rows.map(Option::unwrap).collect())
    }

    fn chains(&self, _: &[Named]) -> Result<Vec<ChainFacts>, ReadError> {
        if self.facts.chain_id == 0 {
            return Err(ReadError("no chain".to_owned()));
        }
        let first = (!self.without_chain).then(|| self.facts.clone());
        Ok(first.into_iter().chain(self.further.clone()).collect())
    }
}
