//! Further chains join, and their deposits and releases are noted apart from the first one's.

use super::Context;
use super::asset::ascending;
use crate::chain::{FIRST, Site};
use crate::draft::Draft;
use proof::claim::MOST_LINES;
use protocol::chain::{Contracts, Fact, FurtherChain, MOST_CHAINS, Released};
use protocol::{ChainIndex, EpochId, Event, Rejection};

impl Context<'_> {
    pub(super) fn further_chain(
        &self,
        draft: &mut Draft<'_>,
        what: &FurtherChain,
    ) -> Result<(), Rejection> {
        match what {
            FurtherChain::Join(contracts) => self.join(draft, contracts),
            FurtherChain::Credit(chain, deposit) => {
                self.credit_on(draft, &self.further(*chain)?, deposit)?;
                draft.note(Event::Chain(Fact::Holds(*chain, deposit.fund)));
                Ok(())
            }
            FurtherChain::Release(chain, epoch) => {
                self.release_on(draft, &self.further(*chain)?, *epoch)
            }
        }
    }

    /// Once and for good: what a tree holds must not change back.
    pub(super) fn prove_debits(&self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if self.state.sections.debits.are_proven() {
            return Err(Rejection::DebitsProven);
        }
        draft.note(Event::Chain(Fact::DebitsProven));
        Ok(())
    }

    /// A chain beside the first; what is of the first has commands of its own.
    fn further(&self, chain: ChainIndex) -> Result<Site<'_>, Rejection> {
        let site = self.state.site(chain).filter(|_| chain != FIRST);
        site.ok_or(Rejection::UnknownChain)
    }

    fn join(&self, draft: &mut Draft<'_>, contracts: &Contracts) -> Result<(), Rejection> {
        let known = |site: Site<'_>| site.chain_id == contracts.chain_id;
        if self.state.sites().any(known) || self.state.sites().count() >= MOST_CHAINS {
            return Err(Rejection::ChainExists);
        }
        let tokens = &contracts.tokens;
        if tokens.is_empty() || tokens.len() > MOST_LINES || !ascending(tokens) {
            return Err(Rejection::BadList);
        }
        draft.note(Event::Chain(Fact::Joined(contracts.clone())));
        Ok(())
    }

    /// Releases are noted in the order of the epochs, on each chain.
    pub(super) fn release_on(
        &self,
        draft: &mut Draft<'_>,
        site: &Site<'_>,
        epoch: EpochId,
    ) -> Result<(), Rejection> {
        if epoch.0 != self.state.released_on(site.chain) + 1 || self.state.epoch(epoch).is_none() {
            return Err(Rejection::EpochOutOfOrder);
        }
        draft.note(Event::Chain(Fact::Released(Released {
            epoch,
            chain: site.chain,
            tokens: site.range(),
        })));
        Ok(())
    }
}
