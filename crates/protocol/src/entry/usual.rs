//! An entry in one pass over its bytes, as long as they are the deterministic encoding.

use super::{ENTRY_HEADS, Entry, SIGNATURE_HEAD, Signed, Submission};
use crate::codec::{self, DecodeError};
use crate::{AccountId, Command, Hash, SessionKey, Signature, Space};

/// What stands before the fields of a submission; the map's own head counts those that are there.
const SPACE: &[u8] = &[0, 0x50];
const ACCOUNT: &[u8] = &[1];
const KEY: &[u8] = &[2, 0x58, 32];
const NONCE: &[u8] = &[3];
const COMMAND: &[u8] = &[4];
const PRIVATE: &[u8] = &[5, 0x58, 32];
/// Fields of a submission that always stand in it, and the head of a map of none.
const FIELDS: u8 = 4;
const MAP_HEAD: u8 = 0xa0;

/// The entry that `bytes` encode, and the same errors as [`codec::decode`] has for all that
/// [`codec::encode`] does not write.
///
/// An entry is large, and whoever replays a log moves each: so it is put together once, of what
/// stands before its command, the command, and what stands behind.
pub(super) fn read(bytes: &[u8]) -> Result<Entry, DecodeError> {
    // What is wrong is for the codec to say.
    let by_codec = || codec::decode(bytes);
    let Some((head, unread)) = Head::read(bytes) else {
        return by_codec();
    };
    let Ok(command) = minicbor::decode::<Command>(unread) else {
        return by_codec();
    };
    let tail = codec::behind(&command, unread).and_then(Tail::read);
    let Some(tail) = tail.filter(|tail| head.announces(tail)) else {
        return by_codec();
    };
    Ok(Entry {
        seq: head.seq,
        time_ms: head.time_ms,
        rule: head.rule,
        signed: Signed {
            submission: Submission {
                space: head.space,
                account: head.account,
                key: head.key,
                nonce: head.nonce,
                command,
                private: tail.private,
            },
            signature: tail.signature,
        },
    })
}

/// What stands before the command.
struct Head {
    seq: u64,
    time_ms: u64,
    rule: u16,
    /// The head of the submission's map.
    map: u8,
    space: Space,
    account: Option<AccountId>,
    key: SessionKey,
    nonce: u64,
}

impl Head {
    /// Reads it off the bytes, and gives those behind.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let [seq, time_ms, rule, signed] = ENTRY_HEADS;
        let mut unread = Unread(bytes);
        unread.skip(seq)?;
        let seq = unread.number()?;
        unread.skip(time_ms)?;
        let time_ms = unread.number()?;
        unread.skip(rule)?;
        let rule = u16::try_from(unread.number()?).ok()?;
        unread.skip(signed)?;
        let [map] = unread.array()?;
        unread.skip(SPACE)?;
        let space = Space(unread.array()?);
        let account = match unread.skip(ACCOUNT) {
            Some(()) => Some(AccountId(u32::try_from(unread.number()?).ok()?)),
            None => None,
        };
        unread.skip(KEY)?;
        let key = SessionKey(unread.array()?);
        unread.skip(NONCE)?;
        let nonce = unread.number()?;
        unread.skip(COMMAND)?;
        let head = Self {
            seq,
            time_ms,
            rule,
            map,
            space,
            account,
            key,
            nonce,
        };
        Some((head, unread.0))
    }

    /// True if the submission's map counts the fields that are there.
    fn announces(&self, tail: &Tail) -> bool {
        let some = [self.account.is_some(), tail.private.is_some()];
        let fields = FIELDS + some.map(u8::from).iter().sum::<u8>();
        self.map == MAP_HEAD + fields
    }
}

/// What stands behind the command.
struct Tail {
    private: Option<Hash>,
    signature: Signature,
}

impl Tail {
    /// Reads it, and nothing may follow.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut unread = Unread(bytes);
        let private = match unread.skip(PRIVATE) {
            Some(()) => Some(Hash(unread.array()?)),
            None => None,
        };
        unread.skip(&SIGNATURE_HEAD)?;
        let signature = Signature(unread.array()?);
        unread.0.is_empty().then_some(Self { private, signature })
    }
}

/// The bytes that are still to be read.
struct Unread<'b>(&'b [u8]);

impl Unread<'_> {
    /// Goes on behind these bytes, if they come next.
    fn skip(&mut self, bytes: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(bytes)?;
        Some(())
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// A number that takes no more bytes than it must.
    fn number(&mut self) -> Option<u64> {
        let before = self.0.len();
        let [head] = self.array()?;
        let number = match head {
            0..=23 => u64::from(head),
            24 => u64::from(u8::from_be_bytes(self.array()?)),
            25 => u64::from(u16::from_be_bytes(self.array()?)),
            26 => u64::from(u32::from_be_bytes(self.array()?)),
            27 => u64::from_be_bytes(self.array()?),
            _ => return None,
        };
        let taken = before - self.0.len();
        (taken == codec::number_bytes(number)).then_some(number)
    }
}
