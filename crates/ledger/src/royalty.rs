//! Royalties: the operator's fee, floors on the gross, then flow, then pool and owner.

use crate::State;
use crate::draft::Draft;
use protocol::event::{PurseOwner, RoyaltyTo};
use protocol::terms::Demand;
use protocol::{AccountId, Amount, AssetId, Event, Ppm, Rejection, TokenId};

/// Moves the epoch's revenue up once. Parents have lower numbers than children, so descending
/// numbers are a topological order and each edge is walked once, however many uses there were.
/// `time_ms` says which fee of the operator's is in force.
pub fn flow(state: &State, time_ms: u64, draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let fee = state.sections.fees.at(time_ms);
    let tokens = state.token_count();
    let assets = u32::try_from(state.assets.len()).expect("fewer than 2^32 assets");
    for id in (0..assets).rev().map(AssetId) {
        for token in (0..tokens).map(|token| TokenId(u16::try_from(token).expect("few tokens"))) {
            let asset = Asset {
                state,
                id,
                token,
                fee,
            };
            asset.pass_on(draft)?;
        }
    }
    Ok(())
}

struct Asset<'a> {
    state: &'a State,
    id: AssetId,
    token: TokenId,
    fee: (Ppm, AccountId),
}

impl Asset<'_> {
    fn pass_on(&self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let asset = &self.state.assets[self.id.index()];
        let gross = draft.held(PurseOwner::Gross(self.id), self.token);
        if gross.is_zero() && draft.held(PurseOwner::Pot(self.id), self.token).is_zero() {
            return Ok(());
        }
        let (fee, operator) = self.fee;
        let to = (PurseOwner::Earned(operator), RoyaltyTo::Operator(operator));
        self.pay(draft, PurseOwner::Gross(self.id), to, gross.share(fee))?;
        let gross = draft.held(PurseOwner::Gross(self.id), self.token);
        for (ancestor, ppm) in &asset.registered.floors {
            let to = (PurseOwner::Pot(*ancestor), RoyaltyTo::Floor(*ancestor));
            self.pay(draft, PurseOwner::Gross(self.id), to, gross.share(*ppm))?;
        }
        let from = draft.purse(PurseOwner::Gross(self.id), self.token, None);
        let pot = draft.purse(PurseOwner::Pot(self.id), self.token, None);
        draft.transfer(from, pot, draft.balance(from))?;
        let kept = draft.balance(pot);
        for (parent, demand) in &asset.registered.parents {
            if let Demand::Flow(ppm) = demand {
                let to = (PurseOwner::Pot(*parent), RoyaltyTo::Flow(*parent));
                self.pay(draft, PurseOwner::Pot(self.id), to, kept.share(*ppm))?;
            }
        }
        let rest = draft.balance(pot);
        if asset.total_shares > 0 {
            let share = rest.share(asset.registered.terms.contributors_share);
            let to = (PurseOwner::Pool(self.id), RoyaltyTo::Pool);
            self.pay(draft, PurseOwner::Pot(self.id), to, share)?;
        }
        let owner = asset.registered.owner;
        let to = (PurseOwner::Earned(owner), RoyaltyTo::Owner(owner));
        let left = draft.balance(pot);
        self.pay(draft, PurseOwner::Pot(self.id), to, left)
    }

    fn pay(
        &self,
        draft: &mut Draft<'_>,
        from: PurseOwner,
        to: (PurseOwner, RoyaltyTo),
        amount: Amount,
    ) -> Result<(), Rejection> {
        if amount.is_zero() {
            return Ok(());
        }
        let from = draft.purse(from, self.token, None);
        let purse = draft.purse(to.0, self.token, None);
        draft.transfer(from, purse, amount)?;
        draft.note(Event::RoyaltyPaid {
            from: self.id,
            to: to.1,
            token: self.token,
            amount,
        });
        Ok(())
    }
}
