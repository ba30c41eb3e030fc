//! The state as bytes: snapshots, and the root that is posted in the log.

use crate::State;
use alloc::vec::Vec;
use postcard::ser_flavors::Flavor;
use proof::hash::Sha256;
use protocol::Hash;

/// Name and version of the state's bytes (`docs/spec/state.md`). Another layout is another version.
pub const LAYOUT: &str = "headwater-state@1";

impl State {
    /// A snapshot: the same bytes for the same log on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a state has no value that cannot be written")
    }

    /// Reads a snapshot back; `None` if the bytes are not one of this version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match postcard::take_from_bytes(bytes) {
            Ok((state, [])) => Some(state),
            _ => None,
        }
    }

    /// SHA-256 over [`LAYOUT`], a zero byte and the snapshot's bytes, which are never in memory as
    /// a whole: what builds and machines compare, and what `PostStateRoot` posts.
    pub fn root(&self) -> Hash {
        let mut hasher = Hasher::default();
        hasher.whole.update(LAYOUT.as_bytes());
        hasher.whole.update(&[0]);
        let root = postcard::serialize_with_flavor(self, hasher);
        Hash(root.expect("a state has no value that cannot be written"))
    }
}

const PAGE_BYTES: usize = 4_096;

/// Where the serializer writes to: a page, and the digest of all pages before it.
struct Hasher {
    whole: Sha256,
    page: [u8; PAGE_BYTES],
    filled: usize,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            whole: Sha256::default(),
            page: [0; PAGE_BYTES],
            filled: 0,
        }
    }
}

impl Hasher {
    #[cold]
    fn turn(&mut self) {
        self.whole.update(&self.page[..self.filled]);
        self.filled = 0;
    }
}

impl Flavor for Hasher {
    type Output = proof::hash::Hash;

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        if self.filled == PAGE_BYTES {
            self.turn();
        }
        self.page[self.filled] = byte;
        self.filled += 1;
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if self.filled + bytes.len() > PAGE_BYTES {
            self.turn();
        }
        let Some(room) = self.page[self.filled..].get_mut(..bytes.len()) else {
            self.whole.update(bytes);
            return Ok(());
        };
        room.copy_from_slice(bytes);
        self.filled += bytes.len();
        Ok(())
    }

    fn finalize(mut self) -> postcard::Result<Self::Output> {
        self.turn();
        Ok(self.whole.finish())
    }
}
