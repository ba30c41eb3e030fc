//! The devnet's one file: raw transactions in their order, each framed and checked.
//!
//! A frame is `length: u32, crc32: u32, time_s: u64, raw: [u8; length]`, numbers little-endian. The
//! CRC (the one of ISO-HDLC, as in zip and PNG) covers the length, the time and the raw bytes.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

const NAME: &str = "transactions";
const HEAD: usize = 16;
/// What a transaction pool of a public chain takes, too.
const LARGEST_RAW: usize = 128 * 1024;

/// One transaction and the chain time of its block, in unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The block's timestamp.
    pub time_s: u64,
    /// EIP-2718 envelope.
    pub raw: Vec<u8>,
}

/// The first bytes of a file that are no frame.
pub(crate) struct Fault {
    /// Counted from 0.
    pub record: usize,
    /// In bytes from the start.
    pub offset: usize,
    why: &'static str,
}

impl Fault {
    pub(crate) fn error(&self, path: &Path) -> Error {
        let Fault {
            record,
            offset,
            why,
        } = self;
        Error::corrupt(format!(
            "cannot read `{}`: record {record} at byte {offset} {why}; restore it from a backup",
            path.display()
        ))
    }
}

/// The file while this process alone may append to it.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    /// Set by a failed write: what the file then holds is unknown.
    broken: bool,
}

impl Journal {
    /// Opens or creates the file and reads it. A frame that a crash left unfinished is cut off;
    /// anything else that is no frame is `Corrupt`.
    pub(crate) fn open(directory: &Path) -> Result<(Journal, Vec<Record>), Error> {
        let path = directory.join(NAME);
        let doing = format!("cannot open `{}` for writing", path.display());
        fs::create_dir_all(directory).map_err(Error::unavailable(doing.as_str()))?;
        let mut options = OpenOptions::new();
        let file = options.create(true).read(true).append(true).open(&path);
        let file = file.map_err(Error::unavailable(doing.as_str()))?;
        file.try_lock().map_err(|_| {
            Error::invalid(format!(
                "{doing}: another process holds it; stop that one first"
            ))
        })?;
        let bytes = fs::read(&path).map_err(Error::unavailable(doing.as_str()))?;
        let (records, fault) = parse(&bytes);
        if let Some(fault) = fault {
            if frame_follows(&bytes, fault.offset + 1) {
                return Err(fault.error(&path));
            }
            file.set_len(fault.offset as u64)
                .map_err(Error::unavailable(doing.as_str()))?;
        }
        let made = file
            .sync_all()
            .and_then(|()| File::open(directory)?.sync_all());
        made.map_err(Error::unavailable(doing.as_str()))?;
        Ok((
            Journal {
                file,
                path,
                broken: false,
            },
            records,
        ))
    }

    /// Writes one frame; [`Journal::sync`] makes it durable.
    pub(crate) fn append(&mut self, record: &Record) -> Result<(), Error> {
        let doing = format!("cannot append to `{}`", self.path.display());
        if self.broken {
            return Err(Error::invalid(format!(
                "{doing} after a failed write: open it again"
            )));
        }
        if record.raw.len() > LARGEST_RAW {
            return Err(Error::invalid(format!(
                "{doing}: more than {LARGEST_RAW} bytes"
            )));
        }
        let written = self.file.write_all(&frame(record));
        self.broken = written.is_err();
        written.map_err(Error::unavailable(doing))
    }

    /// Waits until all frames are on the disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        let synced = self.file.sync_data();
        self.broken |= synced.is_err();
        synced.map_err(Error::unavailable(format!(
            "cannot sync `{}`",
            self.path.display()
        )))
    }
}

/// Reads a file that must be whole: whatever is no frame, a torn tail too, is `Corrupt`.
pub fn read(directory: &Path) -> Result<Vec<Record>, Error> {
    let path = directory.join(NAME);
    let doing = format!("cannot read `{}`", path.display());
    let bytes = fs::read(&path).map_err(Error::unavailable(doing))?;
    match parse(&bytes) {
        (records, None) => Ok(records),
        (_, Some(fault)) => Err(fault.error(&path)),
    }
}

/// Where a record's frame starts in its file, for messages.
pub(crate) fn offset(records: &[Record], record: usize) -> usize {
    records[..record]
        .iter()
        .map(|record| HEAD + record.raw.len())
        .sum()
}

pub(crate) fn fault_at(records: &[Record], record: usize, why: &'static str) -> Fault {
    Fault {
        record,
        offset: offset(records, record),
        why,
    }
}

/// The path for messages.
pub(crate) fn path(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

fn frame(record: &Record) -> Vec<u8> {
    let length = (record.raw.len() as u32).to_le_bytes();
    let time = record.time_s.to_le_bytes();
    let crc = crc32(&[&length, &time, &record.raw]).to_le_bytes();
    [&length[..], &crc, &time, &record.raw].concat()
}

fn parse(bytes: &[u8]) -> (Vec<Record>, Option<Fault>) {
    let mut records = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        match parse_one(&bytes[offset..]) {
            Ok(record) => {
                offset += HEAD + record.raw.len();
                records.push(record);
            }
            Err(why) => {
                let fault = Fault {
                    record: records.len(),
                    offset,
                    why,
                };
                return (records, Some(fault));
            }
        }
    }
    (records, None)
}

fn parse_one(bytes: &[u8]) -> Result<Record, &'static str> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or("is cut off")?;
    let number =
        |from: usize| u32::from_le_bytes(head[from..from + 4].try_into().expect("4 bytes"));
    let length = number(0) as usize;
    if length > LARGEST_RAW {
        return Err("has an impossible length");
    }
    let raw = rest.get(..length).ok_or("is cut off")?;
    if number(4) != crc32(&[&head[..4], &head[8..], raw]) {
        return Err("has a wrong checksum");
    }
    let time_s = u64::from_le_bytes(head[8..].try_into().expect("8 bytes"));
    Ok(Record {
        time_s,
        raw: raw.to_vec(),
    })
}

/// Whether a whole frame stands anywhere from `start` on. A crash tears only the end of a file, so
/// bytes that are no frame but have one behind them were damaged otherwise, and cutting there would
/// lose what was acknowledged.
fn frame_follows(bytes: &[u8], start: usize) -> bool {
    (start..bytes.len()).any(|at| parse_one(&bytes[at..]).is_ok_and(|found| !found.raw.is_empty()))
}

fn crc32(parts: &[&[u8]]) -> u32 {
    let step =
        |crc: u32, byte: &u8| CRC_TABLE[((crc ^ u32::from(*byte)) & 255) as usize] ^ (crc >> 8);
    !parts.iter().flat_map(|part| part.iter()).fold(!0, step)
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc32(&[b"1234", b"56789"]), 0xcbf4_3926);
    }
}
