//! C2SP signed-note: the form for keys of any type, signing and opening with Ed25519 (type 1).
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
        key_id(&self.name, ED25519, &self.public)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_key(f, &self.name, ED25519, &self.public)
    }
}

impl FromStr for VerifierKey {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (name, kind, public) = read_key(text)?;
        let fault = |rule| Fault::new("verifier key", rule);
        if kind != ED25519 {
            return Err(fault("the key must be of type 1, Ed25519"));
        }
        let public = public.as_slice().try_into();
        let public = public.map_err(|_| fault("the key must have 32 bytes"))?;
        Self::new(name, public)
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
        let key = &signer.verifier;
        note.push_str(&line(
            &key.name,
            key.id(),
            &signer.key.sign(text.as_bytes()),
        ));
    }
    Ok(note)
}

/// Gives a note's text if at least one of the trusted keys signed it and none of their signatures
/// is wrong. Signatures of other keys are only checked for form.
pub fn open<'a>(note: &'a [u8], trusted: &[VerifierKey]) -> Result<&'a str, Fault> {
    let note = Note::parse(note)?;
    let mut signed = false;
    for line in &note.lines {
        for key in trusted.iter().filter(|key| line.is_of(&key.name, key.id())) {
            let signature = line.signature.as_slice().try_into();
            let signature = signature.map_err(|_| fault("an Ed25519 signature has 64 bytes"))?;
            signature::verify(&key.public, note.text.as_bytes(), signature)
                .map_err(|_| fault("the signature of a trusted key does not match the text"))?;
            signed = true;
        }
    }
    if signed {
        Ok(note.text)
    } else {
        Err(fault("no trusted key signed it"))
    }
}

/// Gives a note's text after checking its form only; nobody's signature is verified.
pub fn text_unverified(note: &[u8]) -> Result<&str, Fault> {
    Note::parse(note).map(|note| note.text)
}

/// Adds signature lines, each with its newline, behind those of a note. Lines that the note has
/// already are left out; only the form of the others is checked.
pub fn append(note: &str, lines: &str) -> Result<String, Fault> {
    let before = Note::parse(note.as_bytes())?.lines;
    let mut longer = String::from(note);
    for (text, line) in lines.split_inclusive('\n').zip(parse_lines(lines)?) {
        if !before.contains(&line) {
            longer.push_str(text);
        }
    }
    Note::parse(longer.as_bytes())?;
    Ok(longer)
}

/// A note taken apart; nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// What is signed, its last newline included.
    pub text: &'a str,
    /// The signatures, in the order in which they stand.
    pub lines: Vec<Line<'a>>,
}

/// One signature line: whose key it claims, and the bytes that this key's type gives a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The key's name.
    pub name: &'a str,
    /// The key's id: with the name it tells which key to check with, and proves nothing.
    pub id: [u8; 4],
    /// What follows the id; not empty.
    pub signature: Vec<u8>,
}

impl Line<'_> {
    /// Whether the line claims the key with this name and id.
    pub fn is_of(&self, name: &str, id: [u8; 4]) -> bool {
        self.name == name && self.id == id
    }
}

impl<'a> Note<'a> {
    /// Takes a note of any signature types apart, and checks its form.
    pub fn parse(note: &'a [u8]) -> Result<Self, Fault> {
        split(note).map(|(text, lines)| Self { text, lines })
    }

    /// The note with only those of its signature lines that are to be kept.
    pub fn keeping(&self, mut keep: impl FnMut(&Line<'_>) -> bool) -> String {
        let mut kept = format!("{}\n", self.text);
        for one in self.lines.iter().filter(|line| keep(line)) {
            kept.push_str(&line(one.name, one.id, &one.signature));
        }
        kept
    }
}

/// Writes a signature line with its newline.
pub(crate) fn line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let encoded = BASE64.encode([&id, signature].concat());
    format!("{DASH}{name} {encoded}\n")
}

/// Reads signature lines, each with its newline.
pub(crate) fn parse_lines(lines: &str) -> Result<Vec<Line<'_>>, Fault> {
    let lines = lines
        .strip_suffix('\n')
        .ok_or(fault("it must end with a newline"))?;
    lines.split('\n').map(parse_line).collect()
}

/// First four bytes of SHA-256 over name, newline, signature type and key.
pub(crate) fn key_id(name: &str, kind: u8, public: &[u8]) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[kind], public]);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Writes a verifier key of any type as `name+id+base64`.
pub(crate) fn write_key(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    kind: u8,
    public: &[u8],
) -> fmt::Result {
    let id = hex::encode(key_id(name, kind, public));
    let typed = BASE64.encode([&[kind], public].concat());
    write!(f, "{name}+{id}+{typed}")
}

/// Reads a verifier key of any type: its name, signature type and public key.
pub(crate) fn read_key(text: &str) -> Result<(&str, u8, Vec<u8>), Fault> {
    let fault = |rule| Fault::new("verifier key", rule);
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(fault("it must read `name+id+key`"));
    };
    check_name(name)?;
    let typed = BASE64
        .decode(key)
        .map_err(|_| fault("the key must be base64"))?;
    let Some((&kind, public)) = typed.split_first() else {
        return Err(fault("the key must begin with its type"));
    };
    if id != hex::encode(key_id(name, kind, public)) {
        return Err(fault("the id must be the hash of name and key"));
    }
    Ok((name, kind, public.to_vec()))
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
    let lines = parse_lines(signatures)?;
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

pub(crate) fn check_name(name: &str) -> Result<(), Fault> {
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
