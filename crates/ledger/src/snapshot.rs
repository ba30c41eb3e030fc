//! The state as bytes: snapshots, and the root that is posted in the log.

use crate::State;
use crate::conduct::{Behind, Read};
use crate::role::GivenRoles;
use crate::section::{Numbered, Sections};
use alloc::vec::Vec;
use postcard::ser_flavors::{AllocVec, Flavor};
use proof::hash::Sha256;
use protocol::Hash;

/// Name and version of the state's bytes (`docs/spec/state.md`) while no campaign has a method.
pub const LAYOUT: &str = "headwater-state@1";

/// Name and version of the same bytes with what campaigns with a method have made behind them.
pub const LAYOUT_2: &str = "headwater-state@2";

/// Name and version of the bytes of the second with the roles that were given behind them.
pub const LAYOUT_3: &str = "headwater-state@3";

/// Name and version of the bytes of the third with later parts of the state behind them.
pub const LAYOUT_4: &str = "headwater-state@4";

/// All layouts by which roots may be posted; which of them is meant follows from the state.
pub const LAYOUTS: [&str; 4] = [LAYOUT, LAYOUT_2, LAYOUT_3, LAYOUT_4];

impl State {
    /// A snapshot: the same bytes for the same log on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = self.write(AllocVec::new());
        bytes.expect("a state has no value that cannot be written")
    }

    /// Reads a snapshot back; `None` if the bytes are not one of this version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (mut state, behind) = postcard::take_from_bytes::<Self>(bytes).ok()?;
        if behind.is_empty() {
            return Some(state);
        }
        let (read, roles) = postcard::take_from_bytes::<Read>(behind).ok()?;
        read.into_state(&mut state)?;
        if roles.is_empty() {
            return Some(state);
        }
        let (given, parts) = postcard::take_from_bytes::<GivenRoles>(roles).ok()?;
        state.given = given;
        if parts.is_empty() {
            return Some(state);
        }
        match postcard::take_from_bytes::<Vec<Numbered>>(parts) {
            // A list without any part is what the third layout leaves out.
            Ok((parts, [])) if !parts.is_empty() => state.sections = Sections::of(&parts)?,
            _ => return None,
        }
        state.take_bonuses()?;
        Some(state)
    }

    /// By which layout this state's root is posted.
    pub fn layout(&self) -> &'static str {
        let judged = |campaign: &crate::work::Campaign| campaign.spec.method.is_some();
        if !self.sections.is_empty() {
            LAYOUT_4
        } else if !self.given.is_empty() {
            LAYOUT_3
        } else if self.campaigns.iter().any(judged) {
            LAYOUT_2
        } else {
            LAYOUT
        }
    }

    /// SHA-256 over [`State::layout`], a zero byte and the snapshot's bytes, which are never in
    /// memory as a whole: what builds and machines compare, and what `PostStateRoot` posts.
    pub fn root(&self) -> Hash {
        let mut hasher = Hasher::default();
        hasher.whole.update(self.layout().as_bytes());
        hasher.whole.update(&[0]);
        let root = self.write(hasher);
        Hash(root.expect("a state has no value that cannot be written"))
    }

    fn write<F: Flavor>(&self, flavor: F) -> postcard::Result<F::Output> {
        let parts = self.sections.parts();
        if !parts.is_empty() {
            let whole = (self, Behind::of(self), &self.given, parts);
            return postcard::serialize_with_flavor(&whole, flavor);
        }
        let behind = Behind::of(self);
        if !self.given.is_empty() {
            return postcard::serialize_with_flavor(&(self, behind, &self.given), flavor);
        }
        if behind.is_empty() {
            return postcard::serialize_with_flavor(self, flavor);
        }
        postcard::serialize_with_flavor(&(self, behind), flavor)
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
        // Most are numbers of a few bytes, which are pushed sooner than a copy is called; by their
        // length alone they would be copied after all.
        if let [_, _, _] | [_, _] | [_] = bytes {
            return bytes.iter().try_for_each(|byte| self.try_push(*byte));
        }
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
