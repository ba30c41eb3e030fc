//! C2SP tlog-cosignature: what a witness says of a checkpoint, with Ed25519 or ML-DSA-44.
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ml_dsa::{Keypair as _, MlDsa44, Signer as _};

use crate::note::{self, Note};
use crate::signature::{self, SessionKey};
use crate::{Checkpoint, Fault};

mod policy;

pub use policy::Policy;

/// Bytes of an ML-DSA-44 public key (FIPS 204).
pub const ML_DSA_44_KEY_BYTES: usize = 1312;

const ED25519: u8 = 0x04;
const ML_DSA_44: u8 = 0x06;
/// Latest time that a cosignature may name, in seconds since 1970.
const LATEST: u64 = (1 << 63) - 1;

/// Which of the two signatures a cosigner makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Signature type 0x04: small, and covers extension lines.
    Ed25519,
    /// Signature type 0x06: also safe from quantum computers, and covers the cosigner's name.
    MlDsa44,
}

/// The public half of a cosigner, to be trusted under its name; its text form is the verifier key
/// `name+id+base64`.
#[derive(Clone, PartialEq, Eq)]
pub struct CosignerKey {
    name: String,
    public: Public,
}

#[derive(Clone, PartialEq, Eq)]
enum Public {
    Ed25519([u8; 32]),
    MlDsa44(Box<[u8; ML_DSA_44_KEY_BYTES]>),
}

impl CosignerKey {
    /// Binds an Ed25519 point to a name, which is not empty and has neither spaces nor `+`.
    pub fn ed25519(name: &str, public: [u8; 32]) -> Result<Self, Fault> {
        Self::new(name, Public::Ed25519(public))
    }

    /// Binds an ML-DSA-44 key, as FIPS 204 encodes it, to a name of at most 255 bytes.
    pub fn ml_dsa_44(name: &str, public: [u8; ML_DSA_44_KEY_BYTES]) -> Result<Self, Fault> {
        Self::new(name, Public::MlDsa44(Box::new(public)))
    }

    fn new(name: &str, public: Public) -> Result<Self, Fault> {
        note::check_name(name)?;
        if name.len() > 255 {
            return Err(fault("a cosigner's name must have at most 255 bytes"));
        }
        let name = name.to_owned();
        Ok(Self { name, public })
    }

    /// The name that stands in the cosigner's signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Ed25519(_) => Algorithm::Ed25519,
            Public::MlDsa44(_) => Algorithm::MlDsa44,
        }
    }

    /// First four bytes of SHA-256 over name, newline, signature type and key.
    pub fn id(&self) -> [u8; 4] {
        let (kind, public) = self.typed();
        note::key_id(&self.name, kind, public)
    }

    /// Checks one signature line's bytes over a checkpoint's text and gives the time they name.
    fn verify(&self, text: &str, signature: &[u8]) -> Result<u64, Fault> {
        let Some((time, signature)) = signature.split_first_chunk::<8>() else {
            return Err(fault("it must begin with a time of 8 bytes"));
        };
        let time_s = u64::from_be_bytes(*time);
        let message = message(&self.name, self.algorithm(), text, time_s)?;
        let wrong = fault("the cosignature of a trusted witness does not match the checkpoint");
        match &self.public {
            Public::Ed25519(public) => {
                let signature = signature.try_into().map_err(|_| wrong)?;
                signature::verify(public, &message, signature).map_err(|_| wrong)?;
            }
            Public::MlDsa44(public) => {
                let key = ml_dsa::VerifyingKey::<MlDsa44>::decode(&(**public).into());
                let signature = ml_dsa::Signature::<MlDsa44>::try_from(signature);
                let signature = signature.map_err(|_| wrong)?;
                if !key.verify_with_context(&message, &[], &signature) {
                    return Err(wrong);
                }
            }
        }
        Ok(time_s)
    }

    fn typed(&self) -> (u8, &[u8]) {
        match &self.public {
            Public::Ed25519(public) => (ED25519, public),
            Public::MlDsa44(public) => (ML_DSA_44, public.as_slice()),
        }
    }
}

impl fmt::Display for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, public) = self.typed();
        note::write_key(f, &self.name, kind, public)
    }
}

impl fmt::Debug for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignerKey({}+{})", self.name, hex::encode(self.id()))
    }
}

impl FromStr for CosignerKey {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (name, kind, public) = note::read_key(text)?;
        let length = |_| Fault::new("verifier key", "the key must have the length of its type");
        match kind {
            ED25519 => Self::ed25519(name, public.try_into().map_err(length)?),
            ML_DSA_44 => Self::ml_dsa_44(name, public.try_into().map_err(length)?),
            _ => Err(Fault::new(
                "verifier key",
                "the key must be of type 4 or 6, a cosigner's",
            )),
        }
    }
}

/// A private key that cosigns under its name.
#[derive(Clone)]
pub struct Cosigner {
    key: CosignerKey,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Ed25519(Box<SessionKey>),
    MlDsa44(Box<ml_dsa::SigningKey<MlDsa44>>),
}

impl Cosigner {
    /// Derives the key pair from a 32-byte seed (RFC 8032, FIPS 204). Two cosigners must not share
    /// an Ed25519 seed: what it signs does not say which of them has signed.
    pub fn from_seed(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, Fault> {
        let (key, secret) = match algorithm {
            Algorithm::Ed25519 => {
                let secret = SessionKey::from_seed(seed);
                let key = CosignerKey::ed25519(name, secret.public())?;
                (key, Secret::Ed25519(Box::new(secret)))
            }
            Algorithm::MlDsa44 => {
                let secret = ml_dsa::SigningKey::<MlDsa44>::from_seed(&(*seed).into());
                let key = CosignerKey::ml_dsa_44(name, secret.verifying_key().encode().into())?;
                (key, Secret::MlDsa44(Box::new(secret)))
            }
        };
        Ok(Self { key, secret })
    }

    /// The public half, for those who check.
    pub fn key(&self) -> &CosignerKey {
        &self.key
    }

    /// Cosigns the text of a checkpoint (its extension lines included) and gives the signature
    /// line with its newline. The time, in seconds since 1970, must not be zero.
    ///
    /// It says that the tree is the largest consistent one that the cosigner has seen of this log:
    /// [`crate::witness::judge`] tells whether that may be said.
    pub fn cosign(&self, text: &str, time_s: u64) -> Result<String, Fault> {
        if time_s == 0 {
            return Err(fault("the time must not be zero"));
        }
        let message = message(&self.key.name, self.key.algorithm(), text, time_s)?;
        let mut signature = time_s.to_be_bytes().to_vec();
        match &self.secret {
            Secret::Ed25519(key) => signature.extend_from_slice(&key.sign(&message)),
            Secret::MlDsa44(key) => signature.extend_from_slice(&key.sign(&message).encode()),
        }
        Ok(note::line(&self.key.name, self.key.id(), &signature))
    }
}

/// A verified cosignature: which trusted witness made it, and when by its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosignature<'a> {
    /// The trusted key that it was checked with.
    pub witness: &'a CosignerKey,
    /// Seconds since 1970; 0 says only that the tree is consistent with all that it has seen, not
    /// that it was the largest.
    pub time_s: u64,
}

/// The verified cosignatures of a checkpoint note by trusted witnesses, in the order of its lines.
///
/// Lines of other keys are ignored, the log's own among them: this does not check that the log has
/// signed. A wrong signature under the name and id of a trusted witness is a fault.
pub fn verified<'a>(
    note: &[u8],
    witnesses: &'a [CosignerKey],
) -> Result<Vec<Cosignature<'a>>, Fault> {
    let note = Note::parse(note)?;
    let mut verified = Vec::new();
    for line in &note.lines {
        for witness in witnesses {
            if line.is_of(&witness.name, witness.id()) {
                let time_s = witness.verify(note.text, &line.signature)?;
                verified.push(Cosignature { witness, time_s });
            }
        }
    }
    Ok(verified)
}

/// The newest time that so many witnesses, at least one, have reached by their cosignatures, in
/// seconds; `None` of fewer. Fewer liars than the quorum cannot push it ahead, and with a quorum of
/// honest ones none can hold it back. A witness is a name, as in a [`Policy`].
pub fn reached_s(cosignatures: &[Cosignature<'_>], quorum: usize) -> Option<u64> {
    let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
    for Cosignature { witness, time_s } in cosignatures {
        let time = newest.entry(witness.name()).or_default();
        *time = (*time).max(*time_s);
    }
    let mut times: Vec<u64> = newest.into_values().collect();
    times.sort_unstable();
    times.into_iter().nth_back(quorum.saturating_sub(1))
}

/// Adds the cosignatures out of a witness's answer to a checkpoint note: those of trusted
/// witnesses, verified; lines of other keys are left out. An answer without any is a fault, and so
/// is one without a time.
pub fn add(note: &str, answer: &str, witnesses: &[CosignerKey]) -> Result<String, Fault> {
    note::parse_lines(answer)?;
    let text = note::text_unverified(note.as_bytes())?;
    let answered = format!("{text}\n{answer}");
    let cosignatures = verified(answered.as_bytes(), witnesses)?;
    if cosignatures.is_empty() {
        return Err(fault("no trusted witness made it"));
    }
    if cosignatures
        .iter()
        .any(|cosignature| cosignature.time_s == 0)
    {
        return Err(fault("a witness's answer must name its time"));
    }
    let trusted = Note::parse(answered.as_bytes())?.keeping(|line| {
        let of = |key: &CosignerKey| line.is_of(&key.name, key.id());
        witnesses.iter().any(of)
    });
    note::append(note, &trusted[text.len() + 1..])
}

/// The bytes that are signed, in the form that each algorithm has for them.
fn message(name: &str, algorithm: Algorithm, text: &str, time_s: u64) -> Result<Vec<u8>, Fault> {
    if time_s > LATEST {
        return Err(fault("the time must be below 2^63"));
    }
    let (checkpoint, _) = Checkpoint::parse_extended(text)?;
    if algorithm == Algorithm::Ed25519 {
        return Ok(format!("cosignature/v1\ntime {time_s}\n{text}").into_bytes());
    }
    let origin = checkpoint.origin.as_bytes();
    let (Ok(name_length), Ok(origin_length)) =
        (u8::try_from(name.len()), u8::try_from(origin.len()))
    else {
        return Err(fault("cosigner and origin must have at most 255 bytes"));
    };
    let mut message = b"subtree/v1\n\0".to_vec();
    message.push(name_length);
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&time_s.to_be_bytes());
    message.push(origin_length);
    message.extend_from_slice(origin);
    message.extend_from_slice(&0u64.to_be_bytes());
    message.extend_from_slice(&checkpoint.head.size.to_be_bytes());
    message.extend_from_slice(&checkpoint.head.root);
    Ok(message)
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("cosignature", rule)
}
