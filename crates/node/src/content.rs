//! Contents of assets that were uploaded here: files by their SHA-256, never changed.

use crate::Error;
use proof::hash::Sha256;
use protocol::Hash;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are read together.
const PIECE_BYTES: usize = 1 << 16;
/// What uploads leave free on the disk: the log and its snapshots need it more.
const RESERVE_BYTES: u64 = 1 << 30;
/// After so many bytes of an upload the disk is looked at again.
const LOOK_BYTES: u64 = 64 << 20;

/// A folder of contents. Clones stand on the same.
#[derive(Clone, Debug)]
pub struct Contents {
    dir: PathBuf,
    coming: Arc<AtomicU64>,
    reserve_bytes: u64,
}

/// An upload that has been kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of all its bytes.
    pub hash: Hash,
    /// How many they are.
    pub bytes: u64,
    /// Lines with something in them.
    pub lines: u64,
}

/// Why an upload was not kept.
#[derive(Debug)]
pub enum Refused {
    /// It has more bytes than are taken.
    TooLarge,
    /// The disk would have less than a gibibyte left.
    Full,
    /// The sender broke off, or the disk failed.
    Broken(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl Contents {
    /// Opens the folder, made if need be, and removes what earlier ends have left half written.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| {
            let what = format!("cannot keep contents in `{}`: {error}", dir.display());
            Error::Store(store::Error::unavailable("open the contents", what))
        };
        fs::create_dir_all(dir).map_err(failed)?;
        for entry in fs::read_dir(dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|end| end == "coming") {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            coming: Arc::default(),
            reserve_bytes: RESERVE_BYTES,
        })
    }

    /// Reads an upload to its end and keeps it under its hash, durably; nothing of it is seen
    /// before. What is there already stays.
    pub fn put(&self, input: &mut dyn Read, most_bytes: u64) -> Result<Kept, Refused> {
        let number = self.coming.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.join(format!("{number}.coming"));
        let taken = self.take(input, most_bytes, &path);
        if taken.is_err() && path.exists() {
            fs::remove_file(&path)?;
        }
        taken
    }

    fn take(&self, input: &mut dyn Read, most: u64, path: &Path) -> Result<Kept, Refused> {
        let mut file = File::create(path)?;
        let (mut digest, mut bytes, mut lines) = (Sha256::default(), 0_u64, 0_u64);
        let mut filled = false;
        let (mut piece, mut look) = (vec![0; PIECE_BYTES], 0);
        loop {
            if bytes >= look {
                if store::free_bytes(&self.dir)? < self.reserve_bytes {
                    return Err(Refused::Full);
                }
                look += LOOK_BYTES;
            }
            let count = input.read(&mut piece)?;
            let part = &piece[..count];
            if count == 0 {
                break;
            }
            bytes += count as u64;
            if bytes > most {
                return Err(Refused::TooLarge);
            }
            for byte in part {
                match byte {
                    b'\n' => {
                        lines += u64::from(filled);
                        filled = false;
                    }
                    byte => filled |= !byte.is_ascii_whitespace(),
                }
            }
            digest.update(part);
            file.write_all(part)?;
        }
        lines += u64::from(filled);
        file.sync_all()?;
        let hash = Hash(digest.finish());
        fs::rename(path, self.path(&hash))?;
        File::open(&self.dir)?.sync_all()?;
        Ok(Kept { hash, bytes, lines })
    }

    /// The file of a content and its length; `None` where it was never uploaded here.
    pub fn get(&self, hash: &Hash) -> io::Result<Option<(File, u64)>> {
        match File::open(self.path(hash)) {
            Ok(file) => {
                let bytes = file.metadata()?.len();
                Ok(Some((file, bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first lines with something in them, each cut after `most_bytes`; those that are no
    /// UTF-8 end the list, since a content of that kind has no rows to show.
    pub fn head(&self, hash: &Hash, count: usize, most_bytes: usize) -> io::Result<Vec<String>> {
        let Some((file, _)) = self.get(hash)? else {
            return Ok(Vec::new());
        };
        let mut reader = BufReader::new(file);
        let mut rows = Vec::new();
        while rows.len() < count {
            let mut line = Vec::new();
            let limit = most_bytes as u64 + 1;
            if reader.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if line.len() > most_bytes && line.last() != Some(&b'\n') {
                // The rest of a long line is no row of its own.
                reader.skip_until(b'\n')?;
                line.truncate(most_bytes);
                let whole = str::from_utf8(&line).err().map(|error| error.valid_up_to());
                line.truncate(whole.unwrap_or(line.len()));
            }
            match String::from_utf8(line) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) if line.contains('\0') => break,
                Ok(line) => rows.push(line.trim_end_matches(['\r', '\n']).to_owned()),
                Err(_) => break,
            }
        }
        Ok(rows)
    }

    /// How many bytes the first `rows` lines with something in them take, with the one that names
    /// columns before them where `headed`.
    pub fn prefix(&self, hash: &Hash, rows: u64, headed: bool) -> io::Result<u64> {
        let Some((file, _)) = self.get(hash)? else {
            return Ok(0);
        };
        let wanted = rows.saturating_add(u64::from(headed));
        let mut reader = BufReader::with_capacity(PIECE_BYTES, file);
        let (mut seen, mut bytes, mut filled) = (0, 0_u64, false);
        while seen < wanted {
            let piece = reader.fill_buf()?;
            if piece.is_empty() {
                break;
            }
            let mut used = 0;
            for byte in piece {
                used += 1;
                if *byte == b'\n' {
                    seen += u64::from(filled);
                    filled = false;
                    if seen == wanted {
                        break;
                    }
                } else {
                    filled |= !byte.is_ascii_whitespace();
                }
            }
            bytes += used as u64;
            reader.consume(used);
        }
        Ok(bytes)
    }

    fn path(&self, hash: &Hash) -> PathBuf {
        self.dir.join(hash.to_string())
    }
}

/// Reads at most `bytes` bytes from offset `from` on; fewer where the content ends before.
///
/// # Errors
/// Where the system cannot seek in it.
pub fn part(mut file: File, from: u64, bytes: u64) -> io::Result<impl Read + Send> {
    file.seek(SeekFrom::Start(from))?;
    Ok(file.take(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> (tempfile::TempDir, Contents) {
        let dir = tempfile::tempdir().unwrap();
        let contents = Contents::open(&dir.path().join("content")).unwrap();
        (dir, contents)
    }

    #[test]
    fn what_is_put_is_found_by_its_hash() {
        let (_dir, contents) = contents();
        let text = b"a,b\n1,2\n\n3,4";
        let kept = contents.put(&mut &text[..], 100).unwrap();
        assert_eq!(kept.hash.0, proof::hash::sha256(&[text]));
        assert_eq!((kept.bytes, kept.lines), (12, 3));
        assert_eq!(contents.put(&mut &text[..], 100).unwrap(), kept);
        let (file, bytes) = contents.get(&kept.hash).unwrap().unwrap();
        let mut read = String::new();
        part(file, 4, 3).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), bytes), ("1,2", 12));
        assert!(contents.get(&Hash([1; 32])).unwrap().is_none());
        assert_eq!(contents.head(&kept.hash, 2, 100).unwrap(), ["a,b", "1,2"]);
        for (rows, headed, bytes) in [(1, true, 8), (1, false, 4), (2, true, 12), (9, true, 12)] {
            assert_eq!(contents.prefix(&kept.hash, rows, headed).unwrap(), bytes);
        }
    }

    #[test]
    fn what_is_too_large_or_breaks_off_leaves_nothing() {
        struct Breaks;
        impl Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let (dir, contents) = contents();
        let large = contents.put(&mut &[7; 11][..], 10);
        assert!(matches!(large, Err(Refused::TooLarge)));
        let broken = contents.put(&mut b"half".chain(Breaks), 10);
        assert!(matches!(broken, Err(Refused::Broken(_))));
        let scarce = Contents {
            reserve_bytes: u64::MAX,
            ..contents
        };
        let full = scarce.put(&mut &b"a"[..], 10);
        assert!(matches!(full, Err(Refused::Full)));
        assert_eq!(fs::read_dir(dir.path().join("content")).unwrap().count(), 0);
        fs::write(dir.path().join("content/5.coming"), "left").unwrap();
        Contents::open(&dir.path().join("content")).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("content")).unwrap().count(), 0);
    }

    #[test]
    fn rows_that_are_shown_are_text_and_short() {
        let (_dir, contents) = contents();
        let long = "ä".repeat(50) + "\nnext\n";
        let kept = contents.put(&mut long.as_bytes(), 1_000).unwrap();
        let rows = contents.head(&kept.hash, 5, 9).unwrap();
        assert_eq!(rows, ["ää".repeat(2), "next".to_owned()]);
        let bytes = contents.put(&mut &b"ok\n\xff\xfe\nno"[..], 100).unwrap();
        assert_eq!(contents.head(&bytes.hash, 5, 9).unwrap(), ["ok"]);
    }
}
