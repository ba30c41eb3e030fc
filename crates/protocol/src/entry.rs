//! From a signed submission to an entry of the log.

mod usual;

use crate::codec::{self, DecodeError};
use crate::{AccountId, Command, Hash, SessionKey, Signature, Space};
use alloc::vec::Vec;
use minicbor::{Decode, Encode};

/// Longest entry that C2SP tlog-tiles bundles can hold, in bytes.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// Version of the rules by which entries are decided.
pub const RULE_VERSION: u16 = 1;

/// Prefix of what a session key signs, so that the signature means nothing elsewhere.
pub const SIGNING_DOMAIN: &[u8] = b"headwater/submission/v1\0";

/// What a client signs: a command, by whom, and the number that makes a repetition harmless.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Submission {
    /// The log it is meant for.
    #[n(0)]
    pub space: Space,
    /// Who asks; `None` only in `Genesis` and `OpenAccount`, which make the account.
    #[n(1)]
    pub account: Option<AccountId>,
    /// The session key that signs.
    #[n(2)]
    pub key: SessionKey,
    /// Chosen by the client, used once per key.
    #[n(3)]
    pub nonce: u64,
    /// What is asked.
    #[n(4)]
    pub command: Command,
    /// Commitment to a private body that travels beside the entry.
    #[n(5)]
    pub private: Option<Hash>,
}

impl Submission {
    /// The bytes that the session key signs.
    pub fn signing_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(codec::USUAL_BYTES);
        bytes.extend_from_slice(SIGNING_DOMAIN);
        codec::append(&mut bytes, self);
        bytes
    }
}

/// A submission with the signature of its session key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Signed {
    /// What was signed.
    #[n(0)]
    pub submission: Submission,
    /// Ed25519 over [`Submission::signing_bytes`].
    #[n(1)]
    pub signature: Signature,
}

/// A leaf of the log. Its bytes are the deterministic encoding; its hash is RFC 6962's leaf hash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// Index in the log, from 0.
    #[n(0)]
    pub seq: u64,
    /// Log time in milliseconds since 1970, given by the sequencer; never falls.
    #[n(1)]
    pub time_ms: u64,
    /// See [`RULE_VERSION`].
    #[n(2)]
    pub rule: u16,
    /// Who asked for what.
    #[n(3)]
    pub signed: Signed,
}

/// What follows the submission in an entry's encoding: the key 1, and 64 bytes with their head.
const SIGNATURE_TAIL_BYTES: usize = 67;
const SIGNATURE_HEAD: [u8; 3] = [1, 0x58, 64];
/// What stands before each field of an entry, and before the submission in the last one.
const ENTRY_HEADS: [&[u8]; 4] = [&[0xa4, 0], &[1], &[2], &[3, 0xa2, 0]];

impl Entry {
    /// Reads an entry as [`codec::decode`] does, and refuses the same bytes. Nearly all that is
    /// read is not encoded again for that, since whoever replays a log reads every entry of it.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        usual::read(bytes)
    }

    /// The encoding of the entry around that of its submission, which its signer or reader has.
    pub fn encode_around(&self, submission: &[u8]) -> Vec<u8> {
        let [seq, time_ms, rule, signed] = ENTRY_HEADS;
        let mut bytes = Vec::with_capacity(submission.len() + HEAD_BYTES + SIGNATURE_TAIL_BYTES);
        bytes.extend_from_slice(seq);
        codec::append(&mut bytes, &self.seq);
        bytes.extend_from_slice(time_ms);
        codec::append(&mut bytes, &self.time_ms);
        bytes.extend_from_slice(rule);
        codec::append(&mut bytes, &self.rule);
        bytes.extend_from_slice(signed);
        bytes.extend_from_slice(submission);
        bytes.extend_from_slice(&SIGNATURE_HEAD);
        bytes.extend_from_slice(&self.signed.signature.0);
        bytes
    }

    /// The encoding of the submission out of this entry's, without encoding it again.
    ///
    /// # Panics
    /// On bytes that are not the entry's encoding and too short to be.
    pub fn submission_in<'b>(&self, encoded: &'b [u8]) -> &'b [u8] {
        let numbers = [self.seq, self.time_ms, u64::from(self.rule)].map(codec::number_bytes);
        let numbers: usize = numbers.iter().sum();
        let heads: usize = ENTRY_HEADS.iter().map(|head| head.len()).sum();
        &encoded[numbers + heads..encoded.len() - SIGNATURE_TAIL_BYTES]
    }

    /// [`Submission::signing_bytes`] out of this entry's encoding, without encoding it again.
    ///
    /// # Panics
    /// As [`Entry::submission_in`] does.
    pub fn signing_bytes_in(&self, encoded: &[u8]) -> Vec<u8> {
        [SIGNING_DOMAIN, self.submission_in(encoded)].concat()
    }
}

/// Most bytes before the submission: the heads, two long numbers and a short one.
const HEAD_BYTES: usize = 7 + 9 + 9 + 3;
