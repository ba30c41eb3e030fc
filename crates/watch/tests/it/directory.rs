//! What an operator publishes, in memory: one map from path to bytes, which may fail to answer.

use audit::{ChainFacts, Named, ReadError, Source};
use proof::merkle;
use proof::note::Signer;
use proof::tile::{self, Tile};
use protocol::{Hash, UsageRow};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

const ORIGIN: &str = "headwater.example/watched";

/// The key of the log, and of every other log that its operator pretends to be it.
pub fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[99; 32]).unwrap()
}

#[derive(Debug, Default)]
pub struct Directory {
    pub files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// True while nothing can be read.
    pub down: Mutex<bool>,
}

impl Directory {
    pub fn files(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.files.lock().unwrap()
    }

    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        self.files().insert(path.to_owned(), bytes);
    }

    pub fn take(&self, path: &str) {
        self.files().remove(path);
    }

    pub fn set_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    /// Writes bundles, tiles of all levels and the signed checkpoint where others were before.
    pub fn publish(&self, entries: &[Vec<u8>]) -> merkle::Head {
        self.files().retain(|path, _| !path.starts_with("log/"));
        let mut level: Vec<[u8; 32]> = entries.iter().map(|it| merkle::leaf_hash(it)).collect();
        let head = merkle::Head {
            size: entries.len() as u64,
            root: merkle::root(&level),
        };
        for (index, part) in (0..).zip(entries.chunks(256)) {
            let mut bundle = Vec::new();
            part.iter()
                .for_each(|entry| tile::push_entry(&mut bundle, entry).unwrap());
            let width = part.len() as u16;
            let tile = Tile {
                level: 0,
                index,
                width,
            };
            self.put(&format!("log/{}", tile.bundle_path()), bundle);
        }
        for number in 0.. {
            for (index, part) in (0..).zip(level.chunks(256)) {
                let tile = Tile {
                    level: number,
                    index,
                    width: part.len() as u16,
                };
                self.put(&format!("log/{}", tile.path()), part.concat());
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
        let note = checkpoint.sign(&signer()).unwrap();
        self.put("log/checkpoint", note.into_bytes());
        head
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match *self.down.lock().unwrap() {
            true => Err(ReadError("the server does not answer".to_owned())),
            false => Ok(self.files().get(path).cloned()),
        }
    }
}

impl Source for Directory {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("log/{path}"))
    }

    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("documents/{}", Hash(*hash)))
    }

    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("claims/{epoch}.json"))
    }

    /// Rows stand one after the other here; their Parquet form is the adapter's business.
    fn usage_rows(&self, file: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        let (rows, _) = file.as_chunks::<126>();
        Ok(rows
            .iter()
            .map(|bytes| UsageRow::from_bytes(bytes).unwrap())
            .collect())
    }

    fn chains(&self, _: &[Named]) -> Result<Vec<ChainFacts>, ReadError> {
        Ok(Vec::new())
    }
}
