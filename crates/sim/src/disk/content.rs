//! The bytes of one file: as a running system reads them, and as a power cut would leave them.
use std::sync::Arc;

use crate::random::Random;

/// A power cut tears writes at these many bytes: what a disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// A change that is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Cut { length: usize },
}

/// A file's bytes, twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    current: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    /// In order of happening: what leads from the durable bytes to the current ones, unless a sync
    /// has failed.
    pending: Vec<Change>,
}

impl Content {
    pub(super) fn current(&self) -> &[u8] {
        &self.current
    }

    pub(super) fn cut(&mut self, length: usize) {
        if length == self.current.len() {
            return;
        }
        let change = Change::Cut { length };
        change.make(Arc::make_mut(&mut self.current));
        self.pending.push(change);
    }

    pub(super) fn write_at_end(&mut self, bytes: &[u8]) {
        let (offset, bytes) = (self.current.len(), bytes.to_vec());
        let change = Change::Write { offset, bytes };
        change.make(Arc::make_mut(&mut self.current));
        self.pending.push(change);
    }

    /// Makes every change durable.
    pub(super) fn sync(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let durable = Arc::make_mut(&mut self.durable);
        self.pending
            .drain(..)
            .for_each(|change| change.make(durable));
    }

    /// A sync that fails: some pages reach the disk, all count as clean from now on, so that a
    /// later sync does not write them and a power cut shows what was lost.
    pub(super) fn fail_sync(&mut self, random: &mut Random) {
        let lost = self.current.clone();
        self.cut_power(random);
        self.current = lost;
    }

    /// What is left after a power cut: of the pending changes, what chance has written.
    pub(super) fn cut_power(&mut self, random: &mut Random) {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            let durable = Arc::make_mut(&mut self.durable);
            let fate = Fate::draw(random);
            for change in pending {
                if !fate.reach(&change, durable, random) {
                    break;
                }
            }
        }
        self.current = self.durable.clone();
    }

    /// What is left after a power cut that loses everything it can.
    pub(super) fn lose_pending(&mut self) {
        self.pending.clear();
        self.current = self.durable.clone();
    }
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Cut { length } => bytes.resize(*length, 0),
            Self::Write { offset, bytes: new } => place(bytes, *offset, new),
        }
    }
}

fn place(bytes: &mut Vec<u8>, offset: usize, new: &[u8]) {
    let end = offset + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(new);
}

/// How a power cut treats one file.
#[derive(Clone, Copy)]
enum Fate {
    Lost,
    Kept,
    /// Sectors are written in order until the power goes.
    Prefix,
    /// Sectors are written in any order; the length may come to the disk before the bytes.
    Scattered,
}

impl Fate {
    fn draw(random: &mut Random) -> Self {
        random.pick(&[Self::Lost, Self::Kept, Self::Prefix, Self::Scattered])
    }

    /// Carries one change to the durable bytes, or a part of it; false where none can follow.
    fn reach(self, change: &Change, durable: &mut Vec<u8>, random: &mut Random) -> bool {
        let (offset, bytes) = match (self, change) {
            (Self::Lost, _) => return false,
            (Self::Kept, _) | (_, Change::Cut { .. }) => {
                change.make(durable);
                return true;
            }
            (_, Change::Write { offset, bytes }) => (*offset, bytes),
        };
        if matches!(self, Self::Scattered) && random.chance(300_000) {
            place(durable, offset + bytes.len(), &[]);
        }
        let last = (offset + bytes.len()).div_ceil(SECTOR_BYTES);
        for sector in offset / SECTOR_BYTES..last {
            if random.chance(350_000) {
                match self {
                    Self::Prefix => return false,
                    _ => continue,
                }
            }
            let from = (sector * SECTOR_BYTES).max(offset) - offset;
            let to = ((sector + 1) * SECTOR_BYTES - offset).min(bytes.len());
            place(durable, offset + from, &bytes[from..to]);
        }
        true
    }
}
