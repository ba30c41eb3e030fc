//! Registering an asset: terms in range, parents known, ancestors' floors inherited.

use super::Context;
use super::campaign::{TITLE_BYTES, word};
use crate::State;
use crate::draft::Draft;
use crate::lineage::Child;
use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::document::Parents;
use protocol::event::NewAsset;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::Terms;
use protocol::{AssetId, Event, Rejection};

/// Most parents in the entry itself; more stand in an attachment.
const INLINE_PARENTS: usize = 1_000;
/// Most purposes in an asset's terms.
const PURPOSES: usize = 256;

impl Context<'_> {
    pub(super) fn register_asset(
        &self,
        draft: &mut Draft<'_>,
        asset: &RegisterAsset,
    ) -> Result<(), Rejection> {
        if asset.kind == AssetKind::LabelSet {
            // Only a campaign makes one, so that its shares are those of accepted work.
            return Err(Rejection::OutOfRange);
        }
        if !(1..=TITLE_BYTES).contains(&asset.title.len()) {
            return Err(Rejection::OutOfRange);
        }
        check_terms(self.state, &asset.terms, self.entry.time_ms)?;
        let parents = self.parents(&asset.parents)?;
        let id = AssetId(u32::try_from(self.state.assets.len()).expect("fewer than 2^32"));
        let listing = asset.listing.as_deref();
        let child = Child {
            state: self.state,
            owner: self.asker,
            kind: asset.kind,
            listing,
            time_ms: self.entry.time_ms,
        };
        let lineage = child.lineage(&parents);
        let lineage = lineage.map_err(|refused| refused.rejection)?;
        draft.note(Event::AssetRegistered(Box::new(NewAsset {
            owner: self.asker,
            kind: asset.kind,
            title: asset.title.clone(),
            content: asset.content,
            terms: asset.terms.clone(),
            parents: lineage.parents,
            floors: lineage.floors,
            shares: Vec::new(),
        })));
        match listing {
            Some(listing) => self.list(draft, (id, &asset.terms), listing, &lineage.waived),
            None => Ok(()),
        }
    }

    fn parents(&self, list: &ParentList) -> Result<Vec<AssetId>, Rejection> {
        let parents = match list {
            ParentList::Inline(assets) if assets.len() > INLINE_PARENTS => {
                return Err(Rejection::BadList);
            }
            ParentList::Inline(assets) => assets.clone(),
            ParentList::Attached(hash) => self.read::<Parents>(hash)?.assets,
        };
        if ascending(&parents) {
            Ok(parents)
        } else {
            Err(Rejection::BadList)
        }
    }
}

/// Terms that can be charged by: known token, sorted purposes, not expired. Zero is a
/// price: a data set that is free to use may still demand a part of what is built on it.
pub(super) fn check_terms(state: &State, terms: &Terms, time_ms: u64) -> Result<(), Rejection> {
    if state.token(terms.token).is_none() {
        return Err(Rejection::UnknownToken);
    }
    let purposes = &terms.purposes;
    if !(1..=PURPOSES).contains(&purposes.len()) || !ascending(purposes) {
        return Err(Rejection::BadList);
    }
    if !purposes.iter().all(|purpose| word(purpose)) {
        return Err(Rejection::OutOfRange);
    }
    if terms.expires_ms.is_some_and(|expires| expires <= time_ms) {
        return Err(Rejection::TermsExpired);
    }
    Ok(())
}

/// Sorted, and nothing twice.
pub(super) fn ascending<T: Ord>(list: &[T]) -> bool {
    list.windows(2).all(|pair| pair[0] < pair[1])
}
