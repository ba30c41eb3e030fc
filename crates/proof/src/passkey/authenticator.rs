//! `authenticatorData`: the relying party's hash, flags, a counter, and at most one new key.

use alloc::vec::Vec;

use super::{PublicKey, fault};
use crate::Fault;
use crate::hash::sha256;

pub(super) const PRESENT: u8 = 1;
pub(super) const VERIFIED: u8 = 1 << 2;
const MAY_BACK_UP: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const CREDENTIAL: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;
const RESERVED: u8 = 1 << 1 | 1 << 5;

/// Most bytes that are read; extensions have no other limit.
const MOST_BYTES: usize = 4_096;
/// Most bytes of a credential's id, by the standard.
const MOST_ID_BYTES: usize = 1_023;
/// A COSE key of kind EC2 for ES256 on P-256 up to x, in the one form that CTAP2 allows; then come
/// x, three more bytes and y.
const COSE: [u8; 10] = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20];
const COSE_Y: [u8; 3] = [0x22, 0x58, 0x20];
const COSE_BYTES: usize = COSE.len() + 32 + COSE_Y.len() + 32;

/// What an authenticator says of itself and of who was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    party: [u8; 32],
    flags: u8,
    /// Signatures so far, 0 where it does not count.
    pub counter: u32,
    /// The key that a registration brings.
    pub credential: Option<Credential>,
}

/// A new key with the id by which its authenticator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// 1 to 1,023 bytes.
    pub id: Vec<u8>,
    /// Its public half.
    pub key: PublicKey,
}

impl Authenticator {
    /// Reads the bytes; whatever stands in them more or less than the standard has is refused.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MOST_BYTES {
            return Err(fault("the authenticator's words are too long"));
        }
        let (party, rest) = split::<32>(bytes)?;
        let ([flags], rest) = split::<1>(rest)?;
        let (counter, rest) = split::<4>(rest)?;
        if flags & RESERVED != 0 || flags & (BACKED_UP | MAY_BACK_UP) == BACKED_UP {
            return Err(fault(
                "the authenticator's flags are none of the standard's",
            ));
        }
        let (credential, rest) = if flags & CREDENTIAL == 0 {
            (None, rest)
        } else {
            let (credential, rest) = Credential::read(rest)?;
            (Some(credential), rest)
        };
        // What extensions say is not asked for and not read.
        if rest.is_empty() == (flags & EXTENSIONS != 0) {
            return Err(fault("the authenticator's words are cut off or go on"));
        }
        Ok(Self {
            party,
            flags,
            counter: u32::from_be_bytes(counter),
            credential,
        })
    }

    /// Is it of this relying party, was somebody there, and did the authenticator recognise them?
    pub(super) fn check(&self, party: &str) -> Result<(), Fault> {
        if self.party != sha256(&[party.as_bytes()]) {
            return Err(fault("it must be for this relying party"));
        }
        if self.flags & PRESENT == 0 {
            return Err(fault("somebody must have been there"));
        }
        if self.flags & VERIFIED == 0 {
            return Err(fault("the authenticator must have recognised its holder"));
        }
        Ok(())
    }

    /// Whether a copy of the key exists elsewhere, such as in a password manager's cloud.
    pub fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl Credential {
    /// Reads `attestedCredentialData`; returns what follows it.
    fn read(bytes: &[u8]) -> Result<(Self, &[u8]), Fault> {
        let (_model, rest) = split::<16>(bytes)?;
        let (length, rest) = split::<2>(rest)?;
        let length = usize::from(u16::from_be_bytes(length));
        if length == 0 || length > MOST_ID_BYTES {
            return Err(fault("a key's id has 1 to 1,023 bytes"));
        }
        let short = || fault("the authenticator's words are cut off or go on");
        let (id, rest) = rest.split_at_checked(length).ok_or_else(short)?;
        let (cose, rest) = rest.split_at_checked(COSE_BYTES).ok_or_else(short)?;
        let (head, cose) = split::<10>(cose)?;
        let (x, cose) = split::<32>(cose)?;
        let (middle, cose) = split::<3>(cose)?;
        let (y, _) = split::<32>(cose)?;
        if head != COSE || middle != COSE_Y {
            return Err(fault("the key must be of ES256 on P-256"));
        }
        let key = PublicKey { x, y };
        Ok((
            Self {
                id: id.to_vec(),
                key,
            },
            rest,
        ))
    }

    /// `authenticatorData` with this key in it: present and verified, a counter of 0.
    pub fn bytes(&self, party: &str) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).expect("ids have at most 1,023 bytes");
        [
            &sha256(&[party.as_bytes()])[..],
            &[PRESENT | VERIFIED | CREDENTIAL],
            &[0; 20],
            &length.to_be_bytes(),
            &self.id,
            &COSE,
            &self.key.x,
            &COSE_Y,
            &self.key.y,
        ]
        .concat()
    }
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Fault> {
    let parts = bytes.split_first_chunk::<N>();
    let (first, rest) =
        parts.ok_or_else(|| fault("the authenticator's words are cut off or go on"))?;
    Ok((*first, rest))
}
