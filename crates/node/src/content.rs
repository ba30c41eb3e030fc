//! Contents of assets: files by SHA-256, never changed, read only for whoever has uploaded them.

use crate::Error;
use proof::hash::Sha256;
use protocol::{AccountId, Hash};
use std::collections::BTreeSet;
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

/// A folder of contents, with an empty file beside each for every account that has uploaded it.
/// Clones stand on the same.
#[derive(Clone, Debug)]
pub struct Contents {
    dir: PathBuf,
    coming: Arc<AtomicU64>,
    reserve_bytes: u64,
}

/// A content as one account has it. By its hash alone it would be anybody's: the log shows the
/// hashes of all assets, and whoever has read one may register it once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Who must have uploaded it.
    pub by: AccountId,
    /// SHA-256 of all its bytes.
    pub hash: Hash,
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
        let failed = |error: io::Error| unkept(dir, &error);
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

    /// Reads an upload of an account to its end and keeps it under its hash, durably; nothing of it
    /// is seen before. What is there already stays.
    pub fn put(
        &self,
        by: AccountId,
        input: &mut dyn Read,
        most_bytes: u64,
    ) -> Result<Kept, Refused> {
        let number = self.coming.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.join(format!("{number}.coming"));
        let taken = self.take(input, most_bytes, &path);
        if taken.is_err() && path.exists() {
            fs::remove_file(&path)?;
        }
        let kept = taken?;
        let hash = kept.hash;
        // The mark comes first: a content without one is older than marks are.
        File::create(self.mark(Upload { by, hash }))?;
        File::open(&self.dir)?.sync_all()?;
        fs::rename(path, self.path(&hash))?;
        File::open(&self.dir)?.sync_all()?;
        Ok(kept)
    }

    /// Gives what was kept before uploads had marks to whoever `owner` names, which should be the
    /// account that has registered it first.
    pub fn adopt(&self, owner: impl Fn(&Hash) -> Option<AccountId>) -> Result<(), Error> {
        let marked = self.mark_older(owner);
        marked.map_err(|error| unkept(&self.dir, &error))
    }

    fn mark_older(&self, owner: impl Fn(&Hash) -> Option<AccountId>) -> io::Result<()> {
        let (mut kept, mut marked) = (BTreeSet::new(), BTreeSet::new());
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            match name.split_once('-') {
                Some((hash, _)) => marked.extend(hash_of(hash)),
                None => kept.extend(hash_of(name)),
            }
        }
        for hash in kept.difference(&marked).copied() {
            if let Some(by) = owner(&hash) {
                File::create(self.mark(Upload { by, hash }))?;
            }
        }
        File::open(&self.dir)?.sync_all()
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
        Ok(Kept { hash, bytes, lines })
    }

    /// The file of a content and its length; `None` where this account has not uploaded it here.
    pub fn get(&self, upload: Upload) -> io::Result<Option<(File, u64)>> {
        if !self.mark(upload).try_exists()? {
            return Ok(None);
        }
        match File::open(self.path(&upload.hash)) {
            Ok(file) => {
                let bytes = file.metadata()?.len();
                Ok(Some((file, bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a content is here and none but others have uploaded it.
    pub fn is_of_others(&self, upload: Upload) -> io::Result<bool> {
        Ok(self.path(&upload.hash).try_exists()? && !self.mark(upload).try_exists()?)
    }

    /// The first lines with something in them, each cut after `most_bytes`; those that are no
    /// UTF-8 end the list, since a content of that kind has no rows to show.
    pub fn head(&self, upload: Upload, count: usize, most_bytes: usize) -> io::Result<Vec<String>> {
        let Some((file, _)) = self.get(upload)? else {
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
    pub fn prefix(&self, upload: Upload, rows: u64, headed: bool) -> io::Result<u64> {
        let Some((file, _)) = self.get(upload)? else {
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

    /// The file that says that an account has uploaded a content.
    fn mark(&self, upload: Upload) -> PathBuf {
        self.dir.join(format!("{}-{}", upload.hash, upload.by))
    }
}

fn unkept(dir: &Path, error: &io::Error) -> Error {
    let what = format!("cannot keep contents in `{}`: {error}", dir.display());
    Error::Store(store::Error::unavailable("open the contents", what))
}

/// The hash that a file of the folder is named by.
fn hash_of(name: &str) -> Option<Hash> {
    let bytes = hex::decode(name).ok()?;
    bytes.try_into().ok().map(Hash)
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

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    fn upload(by: AccountId, hash: Hash) -> Upload {
        Upload { by, hash }
    }

    #[test]
    fn what_is_put_is_found_by_its_hash() {
        let (_dir, contents) = contents();
        let text = b"a,b\n1,2\n\n3,4";
        let kept = contents.put(ANN, &mut &text[..], 100).unwrap();
        let own = upload(ANN, kept.hash);
        assert_eq!(kept.hash.0, proof::hash::sha256(&[text]));
        assert_eq!((kept.bytes, kept.lines), (12, 3));
        assert_eq!(contents.put(ANN, &mut &text[..], 100).unwrap(), kept);
        let (file, bytes) = contents.get(own).unwrap().unwrap();
        let mut read = String::new();
        part(file, 4, 3).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), bytes), ("1,2", 12));
        let none = upload(ANN, Hash([1; 32]));
        assert!(contents.get(none).unwrap().is_none());
        assert!(!contents.is_of_others(none).unwrap());
        assert_eq!(contents.head(own, 2, 100).unwrap(), ["a,b", "1,2"]);
        for (rows, headed, bytes) in [(1, true, 8), (1, false, 4), (2, true, 12), (9, true, 12)] {
            assert_eq!(contents.prefix(own, rows, headed).unwrap(), bytes);
        }
    }

    #[test]
    fn a_content_is_read_for_those_alone_who_have_uploaded_it() {
        let (dir, contents) = contents();
        let hash = contents.put(ANN, &mut &b"a\nb"[..], 100).unwrap().hash;
        let (ann, bob) = (upload(ANN, hash), upload(BOB, hash));
        let is_read = |upload| contents.get(upload).unwrap().is_some();
        assert_eq!((is_read(ann), is_read(bob)), (true, false));
        assert_eq!(contents.head(bob, 5, 100).unwrap(), [] as [&str; 0]);
        assert_eq!(contents.prefix(bob, 5, false).unwrap(), 0);
        let of_others = |upload| contents.is_of_others(upload).unwrap();
        assert_eq!((of_others(ann), of_others(bob)), (false, true));
        // Who has all of its bytes is let in beside the first.
        contents.put(BOB, &mut &b"a\nb"[..], 100).unwrap();
        let again = Contents::open(&dir.path().join("content")).unwrap();
        for upload in [ann, bob] {
            assert!(again.get(upload).unwrap().is_some() && !of_others(upload));
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
        let large = contents.put(ANN, &mut &[7; 11][..], 10);
        assert!(matches!(large, Err(Refused::TooLarge)));
        let broken = contents.put(ANN, &mut b"half".chain(Breaks), 10);
        assert!(matches!(broken, Err(Refused::Broken(_))));
        let scarce = Contents {
            reserve_bytes: u64::MAX,
            ..contents
        };
        let full = scarce.put(ANN, &mut &b"a"[..], 10);
        assert!(matches!(full, Err(Refused::Full)));
        assert_eq!(fs::read_dir(dir.path().join("content")).unwrap().count(), 0);
        fs::write(dir.path().join("content/5.coming"), "left").unwrap();
        Contents::open(&dir.path().join("content")).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("content")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_older_than_marks_goes_to_its_first_owner_and_nothing_else_does() {
        let (dir, contents) = contents();
        let put = |bytes: &[u8]| contents.put(ANN, &mut &bytes[..], 100).unwrap().hash;
        let (old, orphan, new) = (put(b"old"), put(b"orphan"), put(b"new"));
        for hash in [old, orphan] {
            fs::remove_file(contents.mark(upload(ANN, hash))).unwrap();
        }
        fs::write(dir.path().join("content/7.coming"), "coming").unwrap();
        let owner = |hash: &Hash| (*hash != orphan).then_some(BOB);
        contents.adopt(owner).unwrap();
        let is_read = |by, hash| contents.get(upload(by, hash)).unwrap().is_some();
        assert!(is_read(BOB, old) && !is_read(ANN, old));
        assert!(is_read(ANN, new) && !is_read(BOB, new));
        assert!(!is_read(ANN, orphan) && !is_read(BOB, orphan));
    }

    #[test]
    fn rows_that_are_shown_are_text_and_short() {
        let (_dir, contents) = contents();
        let long = "ä".repeat(50) + "\nnext\n";
        let kept = contents.put(ANN, &mut long.as_bytes(), 1_000).unwrap();
        let rows = contents.head(upload(ANN, kept.hash), 5, 9).unwrap();
        assert_eq!(rows, ["ää".repeat(2), "next".to_owned()]);
        let bytes = contents.put(ANN, &mut &b"ok\n\xff\xfe\nno"[..], 100);
        let bytes = upload(ANN, bytes.unwrap().hash);
        assert_eq!(contents.head(bytes, 5, 9).unwrap(), ["ok"]);
    }
}
