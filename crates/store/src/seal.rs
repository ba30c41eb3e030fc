//! Private bodies at rest: ChaCha20-Poly1305 under one random key per store.
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use chacha20poly1305::aead::rand_core::RngCore as _;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, OsRng, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

use crate::error::{Error, Result};
use crate::file;

/// Seals and opens bodies. A nonce is the entry's number and its batch's random salt, so that a
/// number used again after a torn batch does not repeat a nonce.
#[derive(Clone)]
pub(crate) struct BodyKey(ChaCha20Poly1305);

impl BodyKey {
    /// Draws a key and writes it where only the owner may read it.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let key = ChaCha20Poly1305::generate_key(&mut OsRng);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(path).and_then(|mut file| {
            file.write_all(hex::encode(key).as_bytes())?;
            file.sync_all()
        });
        written.map_err(|source| Error::io(file::named("write the key", path), source))?;
        file::sync_dir(path.parent().unwrap_or(Path::new(".")))?;
        Ok(Self(ChaCha20Poly1305::new(&key)))
    }

    /// Reads the key back.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut key = Key::default();
        let text = file::read(path)?;
        hex::decode_to_slice(&text, &mut key).map_err(|_| {
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

/// Fresh random bytes of the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
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

    #[test]
    fn a_body_opens_only_with_its_number_salt_key_and_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let key = BodyKey::create(&dir.path().join("a")).unwrap();
        let again = BodyKey::open(&dir.path().join("a")).unwrap();
        let other = BodyKey::create(&dir.path().join("b")).unwrap();
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

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("body");
        BodyKey::create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(BodyKey::open(&path).is_err());
    }
}
