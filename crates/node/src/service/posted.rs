//! Segments in the log, so that a receipt's row is found with its proof.

use crate::meter;
use proof::merkle;
use protocol::command::PostSegment;
use protocol::{AssetId, Hash, UsageRow};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::attachment::Attachments;

/// Most segments that are searched for a receipt of which nothing but its id is known.
const MOST_SEARCHED: usize = 256;

/// A segment of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of its entry.
    pub entry: u64,
    pub asset: AssetId,
    pub number: u32,
    pub root: Hash,
    pub rows: Hash,
    /// Time of the entry.
    pub time_ms: u64,
}

/// All segments, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Posted(Mutex<Vec<Place>>);

impl Posted {
    /// Adds it behind all earlier ones, so call this in the log's order; receipts are found in it
    /// from now on.
    pub fn note(&self, entry: u64, time_ms: u64, post: &PostSegment) {
        self.places().push(Place {
            entry,
            asset: post.asset,
            number: post.number,
            root: post.rows_root,
            rows: post.rows,
            time_ms,
        });
    }

    /// Whether the log has a segment of an asset with this root, from an entry on.
    pub fn has(&self, asset: AssetId, root: Hash, from: u64) -> bool {
        let places = self.places();
        let mut later = places.iter().filter(|place| place.entry >= from);
        later.any(|place| place.asset == asset && place.root == root)
    }

    /// The row of a receipt with the way from its leaf to the segment's root.
    pub fn proof(
        &self,
        attachments: &Attachments,
        id: &[u8; 32],
        near: Option<(AssetId, u64)>,
    ) -> Result<Option<Value>, String> {
        let places: Vec<Place> = {
            let all = self.places();
            match near {
                // The segment of a use is one of the first after it.
                Some((asset, time_ms)) => {
                    let own = all.iter().filter(|place| place.asset == asset);
                    own.filter(|place| place.time_ms >= time_ms)
                        .copied()
                        .collect()
                }
                None => all.iter().rev().copied().collect(),
            }
        };
        for place in places.iter().take(MOST_SEARCHED) {
            let rows = read(attachments, place)?;
            let found = rows.binary_search_by(|row| row.receipt.cmp(id));
            if let Ok(index) = found {
                return Ok(Some(told(place, &rows, index)));
            }
        }
        Ok(None)
    }

    /// Receipts of an asset that segments from this time on have, in milliseconds since 1970.
    ///
    /// # Errors
    /// In words, where a segment does not read.
    pub fn charged(
        &self,
        attachments: &Attachments,
        asset: AssetId,
        from_ms: u64,
    ) -> Result<BTreeSet<[u8; 32]>, String> {
        let places: Vec<Place> = {
            let all = self.places();
            let own = all.iter().filter(|place| place.asset == asset);
            own.filter(|place| place.time_ms >= from_ms)
                .copied()
                .collect()
        };
        let mut receipts = BTreeSet::new();
        for place in &places {
            let rows = read(attachments, place)?;
            receipts.extend(rows.iter().map(|row| row.receipt));
        }
        Ok(receipts)
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(attachments: &Attachments, place: &Place) -> Result<Vec<UsageRow>, String> {
    let bytes = attachments.read(&place.rows.0);
    let bytes = bytes.map_err(|error| error.to_string())?;
    let unread = || "a segment of the log does not read".to_owned();
    meter::read(bytes).ok_or_else(unread)
}

fn told(place: &Place, rows: &[UsageRow], index: usize) -> Value {
    let leaves: Vec<_> = rows
        .iter()
        .map(|row| merkle::leaf_hash(&row.bytes()))
        .collect();
    let path: Vec<String> = path(leaves, index)
        .into_iter()
        .map(|hash| Hash(hash).to_string())
        .collect();
    let row = &rows[index];
    let tokens = row.tokens.map(|tokens| {
        json!({
            "input": tokens.input,
            "output": tokens.output,
            "source": tokens.source.word(),
        })
    });
    json!({
        "row": {
            "receipt": Hash(row.receipt).to_string(),
            "allowance": row.allowance,
            "purpose": row.purpose,
            "time_ms": row.time_ms,
            "amount_units": row.amount_units.to_string(),
            "input": Hash(row.input).to_string(),
            "output": Hash(row.output).to_string(),
            "tokens": tokens,
        },
        "index": index,
        "rows": rows.len(),
        "proof": path,
        "segment": {
            "entry": place.entry,
            "asset": place.asset.0,
            "number": place.number,
            "rows_root": place.root.to_string(),
            "attachment": place.rows.to_string(),
            "time_ms": place.time_ms,
        },
        "log_receipt": format!("/api/v1/receipt/{}", place.entry),
    })
}

/// The way from a leaf to the root (RFC 6962, 2.1.1).
fn path(leaves: Vec<proof::Hash>, index: usize) -> Vec<proof::Hash> {
    let size = leaves.len() as u64;
    let mut levels = vec![leaves];
    while levels[levels.len() - 1].len() > 1 {
        let (pairs, _) = levels[levels.len() - 1].as_chunks::<2>();
        let above = pairs
            .iter()
            .map(|[left, right]| merkle::node_hash(left, right));
        levels.push(above.collect());
    }
    let node = |level: u8, place: u64| -> Result<proof::Hash, proof::Fault> {
        Ok(levels[usize::from(level)][place as usize])
    };
    merkle::prove_inclusion(index as u64, size, node).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_leads_to_the_root() {
        for size in 1..40u8 {
            let leaves: Vec<_> = (0..size).map(|leaf| merkle::leaf_hash(&[leaf])).collect();
            let root = merkle::root(&leaves);
            for index in 0..usize::from(size) {
                let way = path(leaves.clone(), index);
                let (index64, size64) = (index as u64, u64::from(size));
                merkle::verify_inclusion(&leaves[index], index64, size64, &way, &root).unwrap();
            }
        }
    }
}
