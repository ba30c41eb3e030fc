//! Private bodies at rest: ChaCha20-Poly1305 under one random key per store.
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::file;

/// What stands in a record for a body that was erased; no sealed body is that short.
pub(crate) const ERASED: &[u8] = &[0];

/// Seals and opens bodies. A nonce is the entry's number and its batch's random salt, so that a
/// number used again after a torn batch does not repeat a nonce.
#[derive(Clone)]
pub(crate) struct BodyKey(ChaCha20Poly1305);

impl BodyKey {
    /// Draws a key and writes it where only the owner may read it, whole or not at all. One that is
    /// there is kept: bodies may be sealed with it, and a first start that died has left it too. It
    /// is written anew all the same, as its name may not be durable.
    pub(crate) fn create(disk: &dyn Disk, path: &Path) -> Result<Self> {
        let text = file::read_optional(disk, path)?.unwrap_or_else(|| {
            let mut key = Key::default();
            disk.random(&mut key);
            hex::encode(key).into_bytes()
        });
        let key = Self::read(path, &text)?;
        let draft = path.with_added_extension("new");
        let written = disk
            .write_secret(&draft, &text)
            .and_then(|()| disk.sync(&draft))
            .and_then(|()| disk.rename(&draft, path));
        written.map_err(|source| Error::io(file::named("write the key", path), source))?;
        file::sync_dir(disk, path.parent().unwrap_or(Path::new(".")))?;
        Ok(key)
    }

    /// Reads the key back.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Self> {
        Self::find(disk, path)?.ok_or_else(|| {
            let why = "it is missing; restore it, without it no private body can be read";
            Error::corrupt(file::named("use the key", path), why)
        })
    }

    /// Reads the key back where it is there.
    pub(crate) fn find(disk: &dyn Disk, path: &Path) -> Result<Option<Self>> {
        let text = file::read_optional(disk, path)?;
        text.map(|text| Self::read(path, &text)).transpose()
    }

    fn read(path: &Path, text: &[u8]) -> Result<Self> {
        let mut key = Key::default();
        hex::decode_to_slice(text, &mut key).map_err(|_| {
            let why =
                "it must be 64 hex digits; restore it, without it no private body can be read";
            Error::corrupt(file::named("use the key", path), why)
        })?;
        Ok(Self(ChaCha20Poly1305::new(&key)))
    }

    /// Encrypts a body for entry `seq`; an empty body stays empty.
    pub(crate) fn seal(&self, seq: u64, salt: u32, body: &[u8]) -> Vec<u8> {
        if body.is_empty() {
            return Vec::new();
        }
        let payload = Payload {
            msg: body,
            aad: &seq.to_be_bytes(),
        };
        self.0
            .encrypt(&nonce(seq, salt), payload)
            .expect("a body is far below the cipher's limit")
    }

    /// Decrypts a body of entry `seq`, `None` if key, number or bytes are not those it was sealed
    /// with.
    pub(crate) fn open_body(&self, seq: u64, salt: u32, sealed: &[u8]) -> Option<Vec<u8>> {
        if sealed.is_empty() {
            return Some(Vec::new());
        }
        let payload = Payload {
            msg: sealed,
            aad: &seq.to_be_bytes(),
        };
        self.0.decrypt(&nonce(seq, salt), payload).ok()
    }
}

fn nonce(seq: u64, salt: u32) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[..8].copy_from_slice(&seq.to_be_bytes());
    nonce[8..].copy_from_slice(&salt.to_be_bytes());
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemDisk;

    #[test]
    fn a_body_opens_only_with_its_number_salt_key_and_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let key = BodyKey::create(&SystemDisk, &dir.path().join("a")).unwrap();
        let again = BodyKey::open(&SystemDisk, &dir.path().join("a")).unwrap();
        let other = BodyKey::create(&SystemDisk, &dir.path().join("b")).unwrap();
        let mut sealed = key.seal(7, 9, b"secret");
        assert_eq!(sealed.len(), 6 + 16);
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(again.open_body(7, 9, &sealed).unwrap(), b"secret");
        assert_eq!(again.open_body(8, 9, &sealed), None);
        assert_eq!(again.open_body(7, 8, &sealed), None);
        assert_eq!(other.open_body(7, 9, &sealed), None);
        sealed[2] ^= 1;
        assert_eq!(again.open_body(7, 9, &sealed), None);
        assert_eq!(key.open_body(1, 1, &key.seal(1, 1, b"")), Some(Vec::new()));
    }

    #[test]
    fn a_key_that_is_there_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("body");
        let sealed = BodyKey::create(&SystemDisk, &path)
            .unwrap()
            .seal(1, 2, b"old");
        let again = BodyKey::create(&SystemDisk, &path).unwrap();
        assert_eq!(again.open_body(1, 2, &sealed).unwrap(), b"old");
        std::fs::write(&path, "short").unwrap();
        assert!(BodyKey::create(&SystemDisk, &path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("body");
        BodyKey::create(&SystemDisk, &path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(BodyKey::open(&SystemDisk, &path).is_err());
    }
}
