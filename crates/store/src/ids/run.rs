//! A file of ids in ascending order, for a range of a log's entries.
//!
//! Blocks of 4,096 bytes: 170 records of an id (16 bytes) and its entry (8), both big end first, 12
//! bytes of zeros, and the CRC-32C of all before it. Behind them the first 8 bytes of each block's
//! first id, then the footer: what the file is (8 bytes), the space (16), the first entry and the
//! one behind the last (8 each), how many ids (8), and the CRC-32C of all behind the blocks.

use crate::crc::crc32c;
use crate::disk::{Append, Pieces};
use crate::{Disk, Error, error::Result};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An id as a number, and the entry that names it.
pub(super) type Found = (u128, u64);

const BLOCK: usize = 4_096;
const RECORD: usize = 24;
const RECORDS: usize = 170;
const CRC: usize = 4;
const MAGIC: &[u8; 8] = b"hw-ids/1";
const FOOTER: usize = 8 + 16 + 8 + 8 + 8 + CRC;
/// Bytes that are written together.
const TOGETHER: usize = 16 * BLOCK;
/// A file that is being written.
const UNFINISHED: &str = "unfinished";

/// A whole file, open for reading.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    file: Box<dyn Pieces>,
    entries: Range<u64>,
    count: u64,
    /// The first 8 bytes of each block's first id.
    fences: Vec<u64>,
}

/// The entries whose ids stand in a file of this name; `None` if it is no such file.
pub(super) fn entries_of(name: &str) -> Option<Range<u64>> {
    let (start, end) = name.split_once('-')?;
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    Some(number(start)?..number(end)?)
}

impl Run {
    /// Opens a file of these entries. Its blocks are looked at when they are read.
    pub fn open(
        disk: &dyn Disk,
        path: &Path,
        (space, entries): ([u8; 16], Range<u64>),
    ) -> Result<Self> {
        let doing = || format!("open `{}`", path.display());
        let damaged = || Error::corrupt(doing(), "it is no index of these entries");
        let io = |source| Error::io(doing(), source);
        let file = disk.open(path).map_err(io)?;
        let length = file.length().map_err(io)?;
        let at = length.checked_sub(FOOTER as u64).ok_or_else(damaged)?;
        let mut footer = [0; FOOTER];
        file.read(at, &mut footer).map_err(io)?;
        let count = u64::from_be_bytes(*footer[40..].first_chunk().ok_or_else(damaged)?);
        let blocks = count.div_ceil(RECORDS as u64);
        let fits = blocks.checked_mul((BLOCK + 8) as u64) == Some(at);
        if !fits || footer[..48] != head(space, &entries, count) {
            return Err(damaged());
        }
        let mut behind = vec![0; 8 * blocks as usize + FOOTER];
        file.read(blocks * BLOCK as u64, &mut behind).map_err(io)?;
        if !sound(&behind) {
            return Err(damaged());
        }
        let (fences, _) = behind[..8 * blocks as usize].as_chunks();
        Ok(Self {
            path: path.to_owned(),
            file,
            entries,
            count,
            fences: fences
                .iter()
                .map(|fence| u64::from_be_bytes(*fence))
                .collect(),
        })
    }

    /// Writes `young` and all that `taken` hold, no id twice, into one file of `entries`.
    pub fn write(
        (disk, dir): (&dyn Disk, &Path),
        (space, entries): ([u8; 16], Range<u64>),
        taken: &[Arc<Self>],
        young: &[Found],
    ) -> Result<Self> {
        let unfinished = dir.join(UNFINISHED);
        let doing = || format!("write `{}`", unfinished.display());
        let io = |source| Error::io(doing(), source);
        super::remove(disk, &unfinished)?;
        let mut out = Out {
            file: disk.append(&unfinished, true).map_err(io)?,
            blocks: Vec::with_capacity(TOGETHER),
            records: 0,
            behind: Vec::new(),
            count: 0,
        };
        let mut young = young.iter().map(|found| Ok(*found));
        let mut sources: Vec<&mut dyn Iterator<Item = Result<Found>>> = vec![&mut young];
        let mut old: Vec<_> = taken.iter().map(|run| run.all()).collect();
        sources.extend(old.iter_mut().map(|it| it as &mut dyn Iterator<Item = _>));
        let mut heads = Vec::with_capacity(sources.len());
        for source in &mut sources {
            heads.push(source.next().transpose()?);
        }
        while let Some((found, least)) = heads
            .iter()
            .enumerate()
            .filter_map(|(source, head)| Some(((*head)?, source)))
            .min()
        {
            out.push(found).map_err(io)?;
            heads[least] = sources[least].next().transpose()?;
        }
        out.end(space, &entries).map_err(io)?;
        let path = dir.join(format!("{:016x}-{:016x}", entries.start, entries.end));
        disk.rename(&unfinished, &path).map_err(io)?;
        Self::open(disk, &path, (space, entries))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The entries whose ids these are.
    pub fn entries(&self) -> &Range<u64> {
        &self.entries
    }

    /// How many ids.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// For ids that ascend: a block is read once for all that stand in it.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            run: self,
            bytes: [0; BLOCK],
            block: None,
        }
    }

    fn all(&self) -> impl Iterator<Item = Result<Found>> + '_ {
        let mut reading = self.reading();
        (0..self.count as usize).map(move |at| {
            reading.load(at / RECORDS)?;
            Ok(reading.record(at % RECORDS))
        })
    }
}

/// A block of a file in memory.
pub(super) struct Reading<'r> {
    run: &'r Run,
    bytes: [u8; BLOCK],
    block: Option<usize>,
}

impl Reading<'_> {
    /// The entry that names an id, if one does.
    pub fn find(&mut self, key: u128) -> Result<Option<u64>> {
        let fences = &self.run.fences;
        let fence = (key >> 64) as u64;
        // Ids that agree in their first 8 bytes may begin in the block before the first of these.
        let first = fences
            .partition_point(|first| *first < fence)
            .saturating_sub(1);
        let blocks = fences[first..].iter().take_while(|first| **first <= fence);
        for block in first..first + blocks.count() {
            self.load(block)?;
            let whole = self.run.count as usize - block * RECORDS;
            let (mut low, mut high) = (0, whole.min(RECORDS));
            while low < high {
                let middle = usize::midpoint(low, high);
                let (found, entry) = self.record(middle);
                match found.cmp(&key) {
                    std::cmp::Ordering::Equal => return Ok(Some(entry)),
                    std::cmp::Ordering::Less => low = middle + 1,
                    std::cmp::Ordering::Greater => high = middle,
                }
            }
        }
        Ok(None)
    }

    fn load(&mut self, block: usize) -> Result<()> {
        if self.block == Some(block) {
            return Ok(());
        }
        self.block = None;
        let run = self.run;
        let doing = || format!("read `{}`", run.path.display());
        run.file
            .read((block * BLOCK) as u64, &mut self.bytes)
            .map_err(|source| Error::io(doing(), source))?;
        if !sound(&self.bytes) {
            return Err(Error::corrupt(doing(), format!("block {block} is damaged")));
        }
        self.block = Some(block);
        Ok(())
    }

    fn record(&self, at: usize) -> Found {
        let (record, _) = self.bytes[at * RECORD..].split_at(RECORD);
        let (key, entry) = record.split_at(16);
        let key = u128::from_be_bytes(key.try_into().expect("16 bytes"));
        (key, u64::from_be_bytes(entry.try_into().expect("8 bytes")))
    }
}

/// A file as it grows.
struct Out {
    file: Box<dyn Append>,
    /// Whole blocks that are written together, and the one that is not whole yet.
    blocks: Vec<u8>,
    /// How many records that one has.
    records: usize,
    behind: Vec<u8>,
    count: u64,
}

impl Out {
    fn push(&mut self, (key, entry): Found) -> std::io::Result<()> {
        let bytes = key.to_be_bytes();
        if self.records == 0 {
            self.behind.extend(&bytes[..8]);
        }
        self.blocks.extend(bytes);
        self.blocks.extend(entry.to_be_bytes());
        (self.count, self.records) = (self.count + 1, self.records + 1);
        if self.records == RECORDS {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> std::io::Result<()> {
        let records = self.records * RECORD;
        let start = self.blocks.len() - records;
        self.blocks.resize(start + BLOCK - CRC, 0);
        let crc = crc32c(&self.blocks[start..]);
        self.blocks.extend(crc.to_be_bytes());
        self.records = 0;
        if self.blocks.len() >= TOGETHER {
            self.file.write(&self.blocks)?;
            self.blocks.clear();
        }
        Ok(())
    }

    fn end(mut self, space: [u8; 16], entries: &Range<u64>) -> std::io::Result<()> {
        if self.records > 0 {
            self.end_block()?;
        }
        self.behind.extend(head(space, entries, self.count));
        self.behind.extend(crc32c(&self.behind).to_be_bytes());
        self.file.write(&self.blocks)?;
        self.file.write(&self.behind)?;
        self.file.sync()
    }
}

/// The footer without its checksum.
fn head(space: [u8; 16], entries: &Range<u64>, count: u64) -> Vec<u8> {
    let numbers = [entries.start, entries.end, count].map(u64::to_be_bytes);
    [&MAGIC[..], &space, &numbers.concat()].concat()
}

/// Whether the last bytes are the checksum of the others.
fn sound(bytes: &[u8]) -> bool {
    bytes
        .split_last_chunk()
        .is_some_and(|(bytes, crc)| crc32c(bytes) == u32::from_be_bytes(*crc))
}
