//! The log's own keeping: roots of earlier states, its keys, and what is erased beside it.

use super::Context;
use crate::conduct::unit_digest;
use crate::draft::Draft;
use crate::operation::{LogKey, beginning};
use crate::snapshot::LAYOUTS;
use crate::work::{Campaign, Round, Stage};
use alloc::vec::Vec;
use proof::note::VerifierKey;
use protocol::command::Genesis;
use protocol::document::Units;
use protocol::operation::{Erase, ErasedGold, Erasure, PostStateRoot, RotateLogKey};
use protocol::{Event, Hash, Rejection};

impl Context<'_> {
    fn genesis(&self) -> Result<&Genesis, Rejection> {
        self.state
            .genesis
            .as_ref()
            .ok_or(Rejection::GenesisMisplaced)
    }

    /// The root itself is not checked: that would take the state as it was.
    pub(super) fn post_state_root(
        &self,
        draft: &mut Draft<'_>,
        post: &PostStateRoot,
    ) -> Result<(), Rejection> {
        if !LAYOUTS.contains(&post.layout.as_str()) {
            return Err(Rejection::UnknownLayout);
        }
        let every = u64::from(self.genesis()?.state_every);
        let due = every > 0 && post.size.is_multiple_of(every);
        let last = self.state.posted_root.map_or(0, |posted| posted.size);
        if !due || post.size > self.state.size || post.size <= last {
            return Err(Rejection::StateRootOutOfOrder);
        }
        draft.note(Event::StateRootPosted {
            size: post.size,
            root: post.root,
        });
        Ok(())
    }

    pub(super) fn rotate_log_key(
        &self,
        draft: &mut Draft<'_>,
        rotate: &RotateLogKey,
    ) -> Result<(), Rejection> {
        let key = log_key(&rotate.key)?;
        let first = log_key(&self.genesis()?.log_key)?;
        let now = self
            .state
            .log_keys
            .last()
            .map_or(first.name(), LogKey::name);
        let beginning = |name| beginning(first.name(), name);
        if beginning(key.name()).is_none_or(|next| Some(next) < beginning(now)) {
            return Err(Rejection::OtherOrigin);
        }
        if self
            .state
            .log_keys
            .iter()
            .any(|used| used.key == rotate.key)
        {
            return Err(Rejection::LogKeyUsed);
        }
        draft.note(Event::LogKeyRotated {
            key: rotate.key.clone(),
        });
        Ok(())
    }

    pub(super) fn erase(&self, draft: &mut Draft<'_>, erase: &Erase) -> Result<(), Rejection> {
        if self.state.erased.contains_key(&erase.what) {
            return Err(Rejection::AlreadyErased);
        }
        match erase.what {
            Erasure::Body(_) if erase.gold.is_some() => return Err(Rejection::BadDocument),
            Erasure::Body(seq) => self.erase_body(seq)?,
            Erasure::Openings(openings) => {
                self.forget_round(draft, openings, erase.gold.as_ref())?;
            }
        }
        draft.note(Event::Erased {
            what: erase.what,
            reason: erase.reason,
        });
        Ok(())
    }

    /// While a round runs, nobody's answers are erased: they could not be opened, nor paid. Which
    /// entries have a private body at all is for the store to know, and an audit can see.
    fn erase_body(&self, seq: u64) -> Result<(), Rejection> {
        if seq >= self.state.size {
            return Err(Rejection::NothingToErase);
        }
        let running = self.state.campaigns.iter().filter_map(Campaign::open_round);
        let mut sealed = running.flat_map(|round| &round.sealed);
        if sealed.any(|batch| batch.seq == seq) {
            Err(Rejection::RoundState)
        } else {
            Ok(())
        }
    }

    /// The state forgets what the sidecar has opened, once no money depends on it any more.
    fn forget_round(
        &self,
        draft: &mut Draft<'_>,
        openings: Hash,
        gold: Option<&ErasedGold>,
    ) -> Result<(), Rejection> {
        let mut found = false;
        for (id, campaign) in self.state.numbered_campaigns() {
            for (number, round) in campaign.rounds_opened_by(openings) {
                if campaign.stage != Stage::Settled {
                    return Err(Rejection::CampaignState);
                }
                found = true;
                draft.note(Event::RoundForgotten {
                    campaign: id,
                    round: number,
                    retired: self.retired(campaign, round, gold)?,
                });
            }
        }
        if found {
            Ok(())
        } else {
            Err(Rejection::NothingToErase)
        }
    }

    /// What the gold of a round has retired, for whoever has not seen it: the units are known again
    /// from their own document, which stays. Whoever has seen it holds the tombstone against it.
    fn retired(
        &self,
        campaign: &Campaign,
        round: &Round,
        gold: Option<&ErasedGold>,
    ) -> Result<Vec<u64>, Rejection> {
        let Some(own) = campaign.erased_gold(round) else {
            let none = gold.is_none().then(Vec::new);
            return none.ok_or(Rejection::BadDocument);
        };
        let gold = gold.filter(|gold| gold.units == own.units);
        let gold = gold.ok_or(Rejection::BadDocument)?;
        let sound = gold.places.is_sorted_by(|a, b| a < b)
            && gold
                .places
                .last()
                .is_none_or(|last| *last < round.unit_count);
        if !sound || !round.forgotten && gold.places != own.places {
            return Err(Rejection::BadDocument);
        }
        let units: Units = self.read(&gold.units)?;
        let rows = gold.places.iter().map(|place| {
            let unit = (round.first_unit + place) as usize;
            units.rows.get(unit).map(unit_digest)
        });
        rows.collect::<Option<_>>().ok_or(Rejection::BadDocument)
    }
}

/// The longest name of a key, in bytes.
const NAME_BYTES: usize = 255;

/// Reads a log's key.
pub(super) fn log_key(text: &str) -> Result<VerifierKey, Rejection> {
    let key: VerifierKey = text.parse().map_err(|_| Rejection::BadKey)?;
    if key.name().len() <= NAME_BYTES {
        Ok(key)
    } else {
        Err(Rejection::BadKey)
    }
}
