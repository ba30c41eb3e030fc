//! Chains whose tokens pay for nothing new, since what they would pay can never be settled.

use super::Workplace;
use ledger::State;
use protocol::{ChainIndex, Command, FundId};
use sequencer::Offer;
use std::sync::PoisonError;

impl Workplace {
    /// From here on these chains, and no others, pay for nothing new.
    pub(crate) fn keep_from_paying(&self, chains: Vec<ChainIndex>) {
        let unpaid = self.inner.unpaid.lock();
        *unpaid.unwrap_or_else(PoisonError::into_inner) = chains;
    }

    /// Lets an offer through, or tells the EIP-155 number of the chain whose deposit it would use:
    /// for a campaign, an allowance, a licence or a floor.
    ///
    /// # Errors
    /// That number, where the chain has come to its end.
    pub fn pays(&self, offer: &Offer) -> Result<(), u64> {
        let unpaid = self.inner.unpaid.lock();
        let unpaid = unpaid.unwrap_or_else(PoisonError::into_inner).clone();
        if unpaid.is_empty() {
            return Ok(());
        }
        let funds = funds(&offer.signed.submission.command);
        let ended = |state: &State| {
            let chains = funds.iter().map(|fund| state.number_of(*fund).0);
            let ended = chains.filter(|chain| unpaid.contains(chain)).min()?;
            state.site(ended).map(|site| site.chain_id)
        };
        self.inner.host.read(ended).map_or(Ok(()), Err)
    }
}

/// The deposits out of which a command sets something aside or pays.
fn funds(command: &Command) -> Vec<FundId> {
    match command {
        Command::OpenCampaign(spec) => {
            let bonus = spec.bonus.map(|bonus| bonus.fund);
            [spec.fund].into_iter().chain(bonus).collect()
        }
        Command::GrantAllowance(grant) => vec![grant.fund],
        Command::BuyGrant(buy) => buy.fund.into_iter().collect(),
        Command::RegisterAsset(asset) => {
            let listing = asset.listing.as_ref();
            listing.and_then(|it| it.fund).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
