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
#[derive(Default)]
struct Hasher {
    whole: Sha256,
    page: Vec<u8>,
}

impl Hasher {
    fn turn(&mut self, more: usize) {
        if self.page.len() + more > PAGE_BYTES {
            self.whole.update(&self.page);
            self.page.clear();
        }
    }
}

impl Flavor for Hasher {
    type Output = proof::hash::Hash;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.turn(1);
        self.page.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.turn(bytes.len());
        self.page.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(mut self) -> postcard::Result<Self::Output> {
        self.whole.update(&self.page);
        Ok(self.whole.finish())
    }
}
