//! C2SP signed-note with Ed25519 keys (signature type 1): verifier keys, signing, opening.
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::Fault;
use crate::hash::sha256;
use crate::signature::{self, SessionKey};

/// Longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// Most signature lines that are read in one note.
pub const MAX_SIGNATURES: usize = 100;

const ED25519: u8 = 1;
const DASH: &str = "\u{2014} ";

/// A trusted public key with the name it signs under; its text form is `name+id+base64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// Binds an Ed25519 public key to a name, which is not empty and has neither spaces nor `+`.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, Fault> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            public,
        })
    }

    /// The name that stands in the key's signature lines; for a log's key it is the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Ed25519 point, as RFC 8032 encodes it.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// First four bytes of SHA-256 over name, newline, signature type and key.
    pub fn id(&self) -> [u8; 4] {
        let hash = sha256(&[self.name.as_bytes(), b"\n", &[ED25519], &self.public]);
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed: Vec<u8> = core::iter::once(ED25519).chain(self.public).collect();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(self.id()),
            BASE64.encode(typed)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let fault = |rule| Fault::new("verifier key", rule);
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(fault("it must read `name+id+key`"));
        };
        let typed = BASE64
            .decode(key)
            .map_err(|_| fault("the key must be base64"))?;
        let Some((&ED25519, public)) = typed.split_first() else {
            return Err(fault("the key must be of type 1, Ed25519"));
        };
        let public = public
            .try_into()
            .map_err(|_| fault("the key must have 32 bytes"))?;
        let key = Self::new(name, public)?;
        if id != hex::encode(key.id()) {
            return Err(fault("the id must be the hash of name and key"));
        }
        Ok(key)
    }
}

/// A private key with the name it signs under.
#[derive(Clone)]
pub struct Signer {
    verifier: VerifierKey,
    key: SessionKey,
}

impl Signer {
    /// Derives the Ed25519 key from a 32-byte seed (RFC 8032) and binds it to a name.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, Fault> {
        let key = SessionKey::from_seed(seed);
        let verifier = VerifierKey::new(name, key.public())?;
        Ok(Self { verifier, key })
    }

    /// The public half, for those who check.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }
}

/// Signs a text, which ends in a newline and has no other control characters, and gives the whole
/// note.
pub fn sign(text: &str, signers: &[&Signer]) -> Result<String, Fault> {
    check_text(text)?;
    let mut note = format!("{text}\n");
    for signer in signers {
        let mut line = signer.verifier.id().to_vec();
        line.extend_from_slice(&signer.key.sign(text.as_bytes()));
        note.push_str(&format!(
            "{DASH}{} {}\n",
            signer.verifier.name,
            BASE64.encode(line)
        ));
    }
    Ok(note)
}

/// Gives a note's text if at least one of the trusted keys signed it and none of their signatures
/// is wrong. Signatures of other keys are only checked for form.
pub fn open<'a>(note: &'a [u8], trusted: &[VerifierKey]) -> Result<&'a str, Fault> {
    let (text, signatures) = split(note)?;
    let mut signed = false;
    for line in signatures {
        for key in trusted
            .iter()
            .filter(|key| key.name == line.name && key.id() == line.id)
        {
            let signature = line.signature.as_slice().try_into();
            let signature = signature.map_err(|_| fault("an Ed25519 signature has 64 bytes"))?;
            signature::verify(&key.public, text.as_bytes(), signature)
                .map_err(|_| fault("the signature of a trusted key does not match the text"))?;
            signed = true;
        }
    }
    if signed {
        Ok(text)
    } else {
        Err(fault("no trusted key signed it"))
    }
}

/// Gives a note's text after checking its form only; nobody's signature is verified.
pub fn text_unverified(note: &[u8]) -> Result<&str, Fault> {
    split(note).map(|(text, _)| text)
}

struct Line<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

fn split(note: &[u8]) -> Result<(&str, Vec<Line<'_>>), Fault> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(fault("it must have at most 1000000 bytes"));
    }
    let note = str::from_utf8(note).map_err(|_| fault("it must be UTF-8"))?;
    let blank = note
        .rfind("\n\n")
        .ok_or(fault("an empty line must part text and signatures"))?;
    let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
    check_text(text)?;
    let signatures = signatures
        .strip_suffix('\n')
        .ok_or(fault("it must end with a newline"))?;
    let lines: Result<Vec<Line<'_>>, Fault> = signatures.split('\n').map(parse_line).collect();
    let lines = lines?;
    if lines.len() > MAX_SIGNATURES {
        return Err(fault("it must have at most 100 signatures"));
    }
    Ok((text, lines))
}

fn parse_line(line: &str) -> Result<Line<'_>, Fault> {
    let malformed = fault("a signature line must read `\u{2014} name base64`");
    let (name, encoded) = line
        .strip_prefix(DASH)
        .and_then(|rest| rest.split_once(' '))
        .ok_or(malformed)?;
    check_name(name)?;
    let bytes = BASE64.decode(encoded).map_err(|_| malformed)?;
    match bytes.split_first_chunk::<4>() {
        Some((id, signature)) if !signature.is_empty() => Ok(Line {
            name,
            id: *id,
            signature: signature.to_vec(),
        }),
        _ => Err(malformed),
    }
}

fn check_text(text: &str) -> Result<(), Fault> {
    if !text.ends_with('\n') {
        return Err(fault("the text must end with a newline"));
    }
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(fault("it must not hold control characters but newlines"));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Fault> {
    let bad = |c: char| c.is_whitespace() || c == '+' || c < ' ';
    if name.is_empty() || name.chars().any(bad) {
        return Err(Fault::new(
            "key name",
            "it must not be empty nor hold spaces or `+`",
        ));
    }
    Ok(())
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("signed note", rule)
}
