//! An entry in one pass over its bytes, as long as they are the deterministic encoding.

use super::{ENTRY_HEADS, Entry, SIGNATURE_HEAD, Signed, Submission};
use crate::codec;
use crate::{AccountId, Hash, SessionKey, Signature, Space};

/// What stands before the fields of a submission; the map's own head counts those that are there.
const SPACE: &[u8] = &[0, 0x50];
const ACCOUNT: &[u8] = &[1];
const KEY: &[u8] = &[2, 0x58, 32];
const NONCE: &[u8] = &[3];
const COMMAND: &[u8] = &[4];
const PRIVATE: &[u8] = &[5, 0x58, 32];
/// Fields of a submission that always stand in it, and the head of a map of none.
const FIELDS: usize = 4;
const MAP_HEAD: u8 = 0xa0;

/// The bytes that are still to be read.
struct Unread<'b>(&'b [u8]);

/// The entry that `bytes` encode, or `None` where anything at all is not as [`codec::encode`]
/// writes it.
pub(super) fn read(bytes: &[u8]) -> Option<Entry> {
    let [seq, time_ms, rule, signed] = ENTRY_HEADS;
    let mut unread = Unread(bytes);
    unread.skip(seq)?;
    let seq = unread.number()?;
    unread.skip(time_ms)?;
    let time_ms = unread.number()?;
    unread.skip(rule)?;
    let rule = u16::try_from(unread.number()?).ok()?;
    unread.skip(signed)?;
    let submission = unread.submission()?;
    unread.skip(&SIGNATURE_HEAD)?;
    let signature = Signature(unread.array()?);
    unread.0.is_empty().then_some(Entry {
        seq,
        time_ms,
        rule,
        signed: Signed {
            submission,
            signature,
        },
    })
}

impl Unread<'_> {
    fn submission(&mut self) -> Option<Submission> {
        let [head] = self.array()?;
        self.skip(SPACE)?;
        let space = Space(self.array()?);
        let account = match self.skip(ACCOUNT) {
            Some(()) => Some(AccountId(u32::try_from(self.number()?).ok()?)),
            None => None,
        };
        self.skip(KEY)?;
        let key = SessionKey(self.array()?);
        self.skip(NONCE)?;
        let nonce = self.number()?;
        self.skip(COMMAND)?;
        let (command, behind) = codec::decode_first(self.0).ok()?;
        self.0 = behind;
        let private = match self.skip(PRIVATE) {
            Some(()) => Some(Hash(self.array()?)),
            None => None,
        };
        let fields = FIELDS + usize::from(account.is_some()) + usize::from(private.is_some());
        (usize::from(head) == usize::from(MAP_HEAD) + fields).then_some(Submission {
            space,
            account,
            key,
            nonce,
            command,
            private,
        })
    }

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
