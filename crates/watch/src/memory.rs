//! What the watcher keeps over a restart, in its own directory: judgements, deeds, a log's hashes.

use crate::tree::Tree;
use audit::Source;
use chain::Statement;
use chain::objection::Signed;
use proof::merkle::Head;
use proof::tile;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// How it is told that the arbiter has let a challenged epoch stand.
pub(crate) const LOST: &str = "bond_lost";

/// The file of what was noted, a JSON object a line.
const JOURNAL: &str = "watch.jsonl";

/// Everything that was noted, and the file that holds it.
#[derive(Debug)]
pub struct Memory {
    directory: PathBuf,
    file: File,
    /// Statements under each epoch's id, in the order in which they were seen.
    statements: BTreeMap<u64, Vec<Signed>>,
    /// Epochs that agreed, by id, with what was posted then.
    agreed: BTreeMap<u64, [u8; 32]>,
    /// Those of them of which nothing can change any more.
    settled: BTreeSet<u64>,
    /// What was done about epochs, in order.
    deeds: Vec<(u64, String)>,
    told: BTreeSet<String>,
    head: Option<Head>,
}

impl Memory {
    /// Opens the directory, or makes it. A last line that a crash has left unfinished is cut off.
    ///
    /// # Errors
    /// Of the file system; `WouldBlock` if another watcher holds it, `InvalidData` if the file is
    /// not what a watcher wrote.
    pub fn open(directory: &Path) -> io::Result<Memory> {
        fs::create_dir_all(directory)?;
        let path = directory.join(JOURNAL);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path)?;
        file.try_lock()
            .map_err(|_| io::Error::new(io::ErrorKind::WouldBlock, "another watcher uses it"))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::Start(whole as u64))?;
        let mut memory = Memory {
            directory: directory.to_owned(),
            file,
            statements: BTreeMap::new(),
            agreed: BTreeMap::new(),
            settled: BTreeSet::new(),
            deeds: Vec::new(),
            told: BTreeSet::new(),
            head: None,
        };
        for (number, line) in (1..).zip(text[..whole].split_inclusive(|byte| *byte == b'\n')) {
            let read = serde_json::from_slice(line).ok();
            read.and_then(|line: Value| memory.take(&line))
                .ok_or_else(|| {
                    let what = format!("line {number} of `{}` does not read", path.display());
                    io::Error::new(io::ErrorKind::InvalidData, what)
                })?;
        }
        Ok(memory)
    }

    /// The statements that were ever seen about an epoch, all different, or by different keys.
    pub fn statements(&self, epoch: u64) -> &[Signed] {
        self.statements.get(&epoch).map_or(&[], Vec::as_slice)
    }

    /// All statements that were ever seen, by epoch.
    pub fn all_statements(&self) -> impl Iterator<Item = &Signed> {
        self.statements.values().flatten()
    }

    /// Keeps a statement; whether it is new.
    pub fn learn(&mut self, signed: &Signed) -> io::Result<bool> {
        // Each chain may have a key of its own, and only its own signature convicts there.
        if self.statements(signed.statement.epoch).contains(signed) {
            return Ok(false);
        }
        let statement = &signed.statement;
        self.note(json!({"statement": {
            "epoch": statement.epoch,
            "root": hex::encode(statement.root),
            "checkpoint_root": hex::encode(statement.checkpointRoot),
            "log_size": statement.logSize,
            "log_time_ms": statement.logTimeMs,
            "data_hash": hex::encode(statement.dataHash),
            "signature": hex::encode(&signed.signature),
        }}))?;
        Ok(true)
    }

    /// Whether an epoch that was posted so has agreed with the log.
    pub fn has_agreed(&self, epoch: u64, posted: &[u8; 32]) -> bool {
        self.agreed.get(&epoch) == Some(posted)
    }

    /// The first epoch that is not known to have agreed for good, from 1.
    pub fn first_open(&self) -> u64 {
        (1..)
            .zip(&self.settled)
            .find(|(at, id)| at != *id)
            .map_or_else(|| self.settled.len() as u64 + 1, |(at, _)| at)
    }

    /// Notes that an epoch, as it was posted, agrees with the log; for good where it is `settled`.
    /// As long as its window runs, it may be debited more, and is to be looked at again.
    pub fn agree(&mut self, epoch: u64, posted: [u8; 32], settled: bool) -> io::Result<()> {
        let known = self.has_agreed(epoch, &posted);
        if known && (!settled || self.settled.contains(&epoch)) {
            return Ok(());
        }
        self.note(json!({"agreed": epoch, "posted": hex::encode(posted), "settled": settled}))
    }

    /// Notes what was done about an epoch, in which transaction. Whether it has to be done is asked
    /// of the chain alone, so a crash before this note has nothing done twice.
    pub fn finish(&mut self, epoch: u64, deed: &str, tx: &[u8; 32]) -> io::Result<()> {
        self.note(json!({"done": deed, "epoch": epoch, "tx": hex::encode(tx)}))
    }

    /// What was done about which epoch, in all lives.
    pub fn deeds(&self) -> &[(u64, String)] {
        &self.deeds
    }

    /// Epochs whose challenge was lost.
    pub fn lost(&self) -> BTreeSet<u64> {
        let lost = self.told.iter().filter_map(|key| key.strip_suffix(LOST));
        lost.filter_map(|epoch| epoch.trim().parse().ok()).collect()
    }

    /// Notes that something was told; false if it was told before.
    pub fn tell(&mut self, key: &str) -> io::Result<bool> {
        if self.told.contains(key) {
            return Ok(false);
        }
        self.note(json!({"told": key}))?;
        Ok(true)
    }

    /// The log that was verified last, whose tiles are kept.
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// Keeps the tiles of a log that goes on from the one that is kept, of 32 bytes an entry.
    ///
    /// # Errors
    /// Of the file system; `InvalidData` where the source no longer shows the tiles of this root.
    pub fn keep(&mut self, source: &dyn Source, head: Head) -> io::Result<()> {
        let before = self.head.map_or(0, |head| head.size);
        if self.head == Some(head) || head.size < before {
            return Ok(());
        }
        let lost = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the tiles have changed meanwhile",
            )
        };
        let read = |path: &str| source.file(path).ok().flatten();
        for tile in tile::growth(before, head.size) {
            let full = tile::Tile {
                width: tile::WIDTH as u16,
                ..tile
            };
            let length = usize::from(tile.width) * 32;
            let bytes = read(&tile.path()).or_else(|| read(&full.path()));
            let bytes = bytes
                .filter(|bytes| bytes.len() >= length)
                .ok_or_else(lost)?;
            let path = self.directory.join("log").join(tile.path());
            fs::create_dir_all(path.parent().ok_or_else(lost)?)?;
            fs::write(path, &bytes[..length])?;
        }
        let tiles = self.tiles();
        if Tree::new(head.size, &tiles).root_at(head.size) != Some(head.root) {
            return Err(lost());
        }
        self.note(json!({"head": head.size, "root": hex::encode(head.root)}))
    }

    /// Reads a kept tile by its path.
    pub fn tiles(&self) -> impl Fn(&str) -> Option<Vec<u8>> + use<> {
        let log = self.directory.join("log");
        move |path| fs::read(log.join(path)).ok()
    }

    fn note(&mut self, line: Value) -> io::Result<()> {
        let mut text = line.to_string();
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        let taken = self.take(&line);
        taken.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a note does not read"))
    }

    fn take(&mut self, line: &Value) -> Option<()> {
        let epoch = || line["epoch"].as_u64();
        if let Some(statement) = line.get("statement") {
            let signed = statement_of(statement)?;
            let known = self.statements.entry(signed.statement.epoch).or_default();
            known.push(signed);
        } else if let Some(agreed) = line.get("agreed") {
            self.agreed.insert(agreed.as_u64()?, word(&line["posted"])?);
            if line["settled"] == true {
                self.settled.insert(agreed.as_u64()?);
            }
        } else if let Some(done) = line.get("done") {
            self.deeds.push((epoch()?, done.as_str()?.to_owned()));
        } else if let Some(told) = line.get("told") {
            self.told.insert(told.as_str()?.to_owned());
        } else {
            self.head = Some(Head {
                size: line["head"].as_u64()?,
                root: word(&line["root"])?,
            });
        }
        Some(())
    }
}

fn statement_of(value: &Value) -> Option<Signed> {
    Some(Signed {
        statement: Statement {
            epoch: value["epoch"].as_u64()?,
            root: word(&value["root"])?.into(),
            checkpointRoot: word(&value["checkpoint_root"])?.into(),
            logSize: value["log_size"].as_u64()?,
            logTimeMs: value["log_time_ms"].as_u64()?,
            dataHash: word(&value["data_hash"])?.into(),
        },
        signature: hex::decode(value["signature"].as_str()?).ok()?,
    })
}

fn word(value: &Value) -> Option<[u8; 32]> {
    hex::decode(value.as_str()?).ok()?.try_into().ok()
}
