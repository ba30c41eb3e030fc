//! The operator's secrets: one master seed on disk, one derived key per duty.

use crate::Error;
use proof::hash::sha256;
use proof::note::{Signer, VerifierKey};
use proof::signature::SessionKey;
use protocol::{Hash, Space};
use std::fs;
use std::io::Write as _;
use std::path::Path;

const FILE: &str = "keys/master";

/// Derives every key of a node from its master seed, so that a backup of 32 bytes restores them all
/// while no two duties share a key.
#[derive(Clone)]
pub struct Keyring {
    master: [u8; 32],
}

impl Keyring {
    /// Keys that follow from a seed; the same seed gives the same keys everywhere.
    pub fn from_seed(seed: &[u8]) -> Self {
        Self {
            master: sha256(&[b"headwater/master/v1\0", seed]),
        }
    }

    /// Reads the keys of a data directory.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let text =
            fs::read_to_string(&path).map_err(|source| unreadable(&path, &source.to_string()))?;
        let text = text.trim();
        let mut master = [0; 32];
        let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !digits {
            return Err(unreadable(&path, "it must be 64 hex digits"));
        }
        for (byte, pair) in master.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = str::from_utf8(pair).expect("hex digits are text");
            *byte = u8::from_str_radix(pair, 16).expect("hex digits are a number");
        }
        Ok(Self { master })
    }

    /// Writes the master seed where only the owner may read it, whole or not at all. The same seed
    /// may be saved again; another one is refused.
    pub fn save(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(FILE);
        if path.exists() {
            let saved = Self::open(dir)?;
            return if saved.master == self.master {
                Ok(())
            } else {
                Err(unreadable(&path, "they were made from another seed"))
            };
        }
        let folder = dir.join("keys");
        let draft = folder.join("master.new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = fs::create_dir_all(&folder).and_then(|()| options.open(&draft));
        let written = written.and_then(|mut file| {
            writeln!(file, "{}", Hash(self.master))?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            fs::File::open(&folder)?.sync_all()
        });
        written.map_err(|source| {
            let (path, hint) = (path.display(), "name a directory that can be written");
            Error::Corrupt(format!(
                "cannot write the node's keys `{path}`: {source}\nhint: {hint}"
            ))
        })
    }

    /// A secret for one duty.
    pub fn secret(&self, duty: &str) -> [u8; 32] {
        sha256(&[b"headwater/duty/v1\0", &self.master, duty.as_bytes()])
    }

    /// The tenant key of the log.
    pub fn space(&self) -> Space {
        let digest = self.secret("space");
        let mut space = [0; 16];
        space.copy_from_slice(&digest[..16]);
        Space(space)
    }

    /// Signs checkpoints; its name is the log's origin.
    pub fn log_signer(&self) -> Signer {
        let origin = format!("headwater/{}", self.space());
        Signer::from_seed(&origin, &self.secret("log")).expect("the name is made of hex digits")
    }

    /// What outsiders check checkpoints with.
    pub fn log_key(&self) -> VerifierKey {
        self.log_signer().verifier().clone()
    }

    /// Signs the operator's entries.
    pub fn operator(&self) -> SessionKey {
        SessionKey::from_seed(&self.secret("operator"))
    }

    /// A wallet for one duty on the chain.
    pub fn wallet(&self, duty: &str) -> chain::Wallet {
        // A digest is no valid secret with probability 2^-128; the next one is tried then.
        (0u8..=255)
            .find_map(|attempt| {
                let secret = sha256(&[&self.secret(duty), &[attempt]]);
                chain::Wallet::new(&secret).ok()
            })
            .expect("one of 256 digests is a valid secp256k1 secret")
    }
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::Corrupt(format!(
        "cannot use the node's keys `{}`: {why}\n\
         hint: restore the file from the backup of the keys",
        path.display()
    ))
}
