//! The operator's secrets: a master seed with one derived key per duty, and the keys that follow.

use crate::Error;
use proof::hash::sha256;
use proof::note::{Signer, VerifierKey};
use proof::signature::SessionKey;
use protocol::{Hash, Space};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

const MASTER: &str = "master";
const ORIGIN: &str = "origin";

/// Derives the first key of every duty from a master seed, so that no two duties share a key. Later
/// keys of the log and of the operator are fresh secrets in files of their own: whoever has the
/// master does not have them. Which of them are in use is said by the log, not by the files.
#[derive(Clone)]
pub struct Keyring {
    master: [u8; 32],
    /// Seeds of the log's later keys, oldest first.
    log: Vec<[u8; 32]>,
    /// Seeds of the operator's later keys, oldest first.
    operator: Vec<[u8; 32]>,
    /// How often the log has begun anew under another origin; the log's newest key may be one
    /// behind until the entry that names this one is durable.
    origin: u32,
}

/// A duty whose key can be followed by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Signing checkpoints.
    Log,
    /// Signing the operator's entries.
    Operator,
}

impl Duty {
    fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Operator => "operator",
        }
    }
}

impl Keyring {
    /// Keys that follow from a seed; the same seed gives the same keys everywhere.
    pub fn from_seed(seed: &[u8]) -> Self {
        Self::of_master(sha256(&[b"headwater/master/v1\0", seed]))
    }

    fn of_master(master: [u8; 32]) -> Self {
        Self {
            master,
            log: Vec::new(),
            operator: Vec::new(),
            origin: 0,
        }
    }

    /// Reads the keys of a data directory.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let missing = || unreadable(&file(dir, MASTER), "there is no such file");
        let mut keys = Self::of_master(read_seed(dir, MASTER)?.ok_or_else(missing)?);
        keys.log = read_seeds(dir, Duty::Log)?;
        keys.operator = read_seeds(dir, Duty::Operator)?;
        if let Some(text) = read(dir, ORIGIN)? {
            let number = text.trim().parse();
            let why = "it must be a number";
            keys.origin = number.map_err(|_| unreadable(&file(dir, ORIGIN), why))?;
        }
        Ok(keys)
    }

    /// Writes the master seed where only the owner may read it, whole or not at all. The same seed
    /// may be saved again; another one is refused.
    pub fn save(&self, dir: &Path) -> Result<(), Error> {
        match read_seed(dir, MASTER)? {
            None => write(dir, MASTER, &Hash(self.master).to_string()),
            Some(saved) if saved == self.master => Ok(()),
            Some(_) => {
                let why = "they were made from another seed";
                Err(unreadable(&file(dir, MASTER), why))
            }
        }
    }

    /// Saves the next key of a duty; it is not in use before the log says so. A key that the log
    /// has not taken into use yet (`used` counts those it has, the first included) is given out
    /// again, so that a rotation may be tried again.
    pub fn prepare(
        &mut self,
        dir: &Path,
        duty: Duty,
        used: usize,
        fresh: [u8; 32],
    ) -> Result<[u8; 32], Error> {
        let seeds = match duty {
            Duty::Log => &mut self.log,
            Duty::Operator => &mut self.operator,
        };
        if let Some(waiting) = seeds.get(used.saturating_sub(1)) {
            return Ok(*waiting);
        }
        let name = format!("{}.{}", duty.word(), seeds.len() + 1);
        write(dir, &name, &Hash(fresh).to_string())?;
        seeds.push(fresh);
        Ok(fresh)
    }

    /// Begins the log anew under another origin, with a key of its own.
    pub fn begin_origin(&mut self, dir: &Path) -> Result<(), Error> {
        let next = self.origin + 1;
        write(dir, ORIGIN, &next.to_string())?;
        self.origin = next;
        Ok(())
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

    /// The log's name in checkpoints.
    pub fn origin(&self) -> String {
        let space = self.space();
        match self.origin {
            0 => format!("headwater/{space}"),
            again => format!("headwater/{space}/{again}"),
        }
    }

    /// Signs the first checkpoints of the log; its name is the log's origin.
    pub fn log_signer(&self) -> Signer {
        let seed = match self.origin {
            0 => self.secret("log"),
            again => self.secret(&format!("log of origin {again}")),
        };
        self.log_signer_of(&seed)
    }

    /// What outsiders check the first checkpoints with.
    pub fn log_key(&self) -> VerifierKey {
        self.log_signer().verifier().clone()
    }

    /// Every key here that may have signed a checkpoint of the log, under each name that it had.
    pub fn log_keys(&self) -> Vec<VerifierKey> {
        let under = |origin: u32| {
            let named = Self {
                origin,
                ..self.clone()
            };
            let later = self.log.iter().map(|seed| named.log_signer_of(seed));
            let signers = std::iter::once(named.log_signer()).chain(later);
            let keys = signers.map(|signer| signer.verifier().clone());
            keys.collect::<Vec<_>>()
        };
        (0..=self.origin).flat_map(under).collect()
    }

    /// The log's signer with a seed.
    pub fn log_signer_of(&self, seed: &[u8; 32]) -> Signer {
        Signer::from_seed(&self.origin(), seed).expect("the name is made of hex digits")
    }

    /// The log's signer with this verifier key; `None` if its secret is not here.
    pub fn log_signer_for(&self, key: &str) -> Option<Signer> {
        let later = self.log.iter().map(|seed| self.log_signer_of(seed));
        let mut signers = std::iter::once(self.log_signer()).chain(later);
        signers.find(|signer| signer.verifier().to_string() == key)
    }

    /// Signs the operator's first entries.
    pub fn operator(&self) -> SessionKey {
        SessionKey::from_seed(&self.secret("operator"))
    }

    /// How many of the operator's keys come until this one, itself included.
    pub(crate) fn operators_until(&self, key: &protocol::SessionKey) -> usize {
        let later = self.operator.iter().map(SessionKey::from_seed);
        let mut keys = std::iter::once(self.operator()).chain(later);
        keys.position(|own| own.public() == key.0)
            .map_or(1, |at| at + 1)
    }

    /// The operator's key with this public half; `None` if its secret is not here.
    pub fn operator_for(&self, key: &protocol::SessionKey) -> Option<SessionKey> {
        let later = self.operator.iter().map(SessionKey::from_seed);
        let mut keys = std::iter::once(self.operator()).chain(later);
        keys.find(|own| own.public() == key.0)
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

fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join("keys").join(name)
}

fn read(dir: &Path, name: &str) -> Result<Option<String>, Error> {
    let path = file(dir, name);
    match fs::read_to_string(&path) {
        // Below a file there is nothing either; writing there says what is wrong.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        read => {
            Ok(Some(read.map_err(|source| {
                unreadable(&path, &source.to_string())
            })?))
        }
    }
}

fn read_seed(dir: &Path, name: &str) -> Result<Option<[u8; 32]>, Error> {
    let Some(text) = read(dir, name)? else {
        return Ok(None);
    };
    let text = text.trim();
    let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits {
        return Err(unreadable(&file(dir, name), "it must be 64 hex digits"));
    }
    let mut seed = [0; 32];
    for (byte, pair) in seed.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = str::from_utf8(pair).expect("hex digits are text");
        *byte = u8::from_str_radix(pair, 16).expect("hex digits are a number");
    }
    Ok(Some(seed))
}

fn read_seeds(dir: &Path, duty: Duty) -> Result<Vec<[u8; 32]>, Error> {
    let mut seeds = Vec::new();
    while let Some(seed) = read_seed(dir, &format!("{}.{}", duty.word(), seeds.len() + 1))? {
        seeds.push(seed);
    }
    Ok(seeds)
}

/// Writes a file that only the owner may read, whole or not at all; durable on return.
fn write(dir: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = file(dir, name);
    let folder = dir.join("keys");
    let draft = folder.join(format!("{name}.new"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = fs::create_dir_all(&folder).and_then(|()| options.open(&draft));
    let written = written.and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        fs::File::open(&folder)?.sync_all()
    });
    written.map_err(|source| {
        let (path, hint) = match source.kind() {
            ErrorKind::StorageFull => (path.display(), "free space on the disk"),
            _ => (path.display(), "name a directory that can be written"),
        };
        Error::Corrupt(format!(
            "cannot write the node's keys `{path}`: {source}\nhint: {hint}"
        ))
    })
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::Corrupt(format!(
        "cannot use the node's keys `{}`: {why}\n\
         hint: restore the file from the backup of the keys",
        path.display()
    ))
}
