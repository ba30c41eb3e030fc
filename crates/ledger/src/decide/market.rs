//! Listings, grants and waivers: what is asked, bought, taken back and waived.

use super::Context;
use super::asset::ascending;
use crate::draft::Draft;
use crate::fee;
use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::event::PurseOwner;
use protocol::market::{BuyGrant, Grant, License, ListAsset, Listing, WaiveFloor, Waiver};
use protocol::terms::{Demand, Terms};
use protocol::{Amount, AssetId, Command, Event, FundId, GrantId, Rejection, TokenId, WaiverId};

/// Most accounts to which an asset can be offered by name, and most shares and waivers.
const NAMED: usize = 1_000;
/// Longest SPDX identifier.
const SPDX_BYTES: usize = 64;

impl Context<'_> {
    /// Commands of the market, of the gateway, and of contracts beside; no other comes here.
    pub(super) fn trade(&self, draft: &mut Draft<'_>, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::BuyGrant(buy) => self.buy_grant(draft, buy),
            Command::RevokeGrant(grant) => self.revoke_grant(draft, *grant),
            Command::WaiveFloor(waive) => self.waive_floor(draft, waive),
            Command::ListAsset(list) => self.list_asset(draft, list),
            Command::ServeAsset(serve) => self.serve_asset(draft, serve),
            Command::WithdrawAsset(asset) => self.withdraw_asset(draft, *asset),
            Command::SetGateway(set) => self.set_gateway(draft, set),
            Command::ComposeAsset(compose) => self.compose_asset(draft, compose),
            Command::SetFee(set) => {
                fee::check(self.state, set, self.entry.time_ms)?;
                draft.note(Event::FeeAnnounced(*set));
                Ok(())
            }
            Command::OpenVotes(open) => self.open_votes(draft, open),
            Command::NoteStake(note) => self.note_stake(draft, note),
            _ => Err(Rejection::Malformed),
        }
    }

    fn list_asset(&self, draft: &mut Draft<'_>, list: &ListAsset) -> Result<(), Rejection> {
        let terms = self.own_terms(list.asset)?;
        if self
            .state
            .sections
            .market
            .listings
            .contains_key(&list.asset)
        {
            return Err(Rejection::AlreadyListed);
        }
        let listing = &list.listing;
        if !listing.shares.is_empty() || !listing.waivers.is_empty() {
            return Err(Rejection::BadList);
        }
        self.list(draft, (list.asset, terms), listing, &[])
    }

    /// Notes a listing that is in range, and pays for the waivers it uses.
    pub(super) fn list(
        &self,
        draft: &mut Draft<'_>,
        (asset, terms): (AssetId, &Terms),
        listing: &Listing,
        waived: &[(WaiverId, AssetId, Amount)],
    ) -> Result<(), Rejection> {
        check_listing(terms, listing)?;
        if let Some(earlier) = listing.version_of {
            self.own_terms(earlier)?;
            if earlier >= asset {
                return Err(Rejection::LineageCycle);
            }
        }
        let listing = Box::new(listing.clone());
        let fund = listing.fund;
        draft.note(Event::AssetListed { asset, listing });
        for (waiver, ancestor, price) in waived {
            self.pay_gross(draft, *ancestor, fund, *price)?;
            let (waiver, child) = (*waiver, asset);
            draft.note(Event::WaiverUsed { waiver, child });
        }
        Ok(())
    }

    fn buy_grant(&self, draft: &mut Draft<'_>, buy: &BuyGrant) -> Result<(), Rejection> {
        let asset = self.state.asset(buy.asset).ok_or(Rejection::UnknownAsset)?;
        let terms = &asset.registered.terms;
        let now = self.entry.time_ms;
        if terms.expires_ms.is_some_and(|expires| expires <= now) {
            return Err(Rejection::TermsExpired);
        }
        if usize::from(buy.purpose) >= terms.purposes.len() {
            return Err(Rejection::UnknownPurpose);
        }
        let market = &self.state.sections.market;
        let listing = market
            .listings
            .get(&buy.asset)
            .ok_or(Rejection::NotListed)?;
        crate::market::Use::new(self.state, buy.asset, self.asker, now).offered()?;
        if buy.rows > listing.rows {
            return Err(Rejection::OutOfRange);
        }
        let rows = if buy.rows == 0 {
            listing.rows
        } else {
            buy.rows
        };
        let price = listing
            .prices
            .iter()
            .find(|price| price.purpose == buy.purpose);
        let amount = price.map_or(Some(Amount::ZERO), |price| price.of(rows));
        if amount != Some(buy.amount_units) {
            return Err(Rejection::PriceMismatch);
        }
        self.pay_gross(draft, buy.asset, buy.fund, buy.amount_units)?;
        let lasts = price.and_then(|price| price.lasts_ms);
        let ends = lasts.map(|lasts| now.saturating_add(lasts));
        draft.note(Event::GrantBought(Grant {
            asset: buy.asset,
            buyer: self.asker,
            purpose: buy.purpose,
            rows: buy.rows,
            amount_units: buy.amount_units,
            bought_ms: now,
            expires_ms: [ends, terms.expires_ms].into_iter().flatten().min(),
            revoked_ms: None,
        }));
        Ok(())
    }

    fn revoke_grant(&self, draft: &mut Draft<'_>, id: GrantId) -> Result<(), Rejection> {
        let market = &self.state.sections.market;
        let grant = market.grant(id).ok_or(Rejection::UnknownGrant)?;
        let by = self.asker;
        if by != grant.buyer {
            self.own_terms(grant.asset)?;
            let listing = market.listings.get(&grant.asset);
            if !listing.is_some_and(|listing| listing.revocable) {
                return Err(Rejection::NotRevocable);
            }
        }
        if grant.revoked_ms.is_some() {
            return Err(Rejection::GrantRevoked);
        }
        if !grant.lives(self.entry.time_ms) {
            return Err(Rejection::GrantExpired);
        }
        draft.note(Event::GrantRevoked { grant: id, by });
        Ok(())
    }

    fn waive_floor(&self, draft: &mut Draft<'_>, waive: &WaiveFloor) -> Result<(), Rejection> {
        let terms = self.own_terms(waive.asset)?;
        if self.state.account(waive.account).is_none() {
            return Err(Rejection::UnknownAccount);
        }
        let lower = matches!(terms.demand, Demand::Floor(floor) if waive.floor < floor);
        if !lower || waive.expires_ms <= self.entry.time_ms {
            return Err(Rejection::OutOfRange);
        }
        draft.note(Event::WaiverOffered(Waiver {
            asset: waive.asset,
            account: waive.account,
            floor: waive.floor,
            price_units: waive.price_units,
            expires_ms: waive.expires_ms,
            used_by: None,
        }));
        Ok(())
    }

    /// Moves a price from the asker's deposit to what the asset has taken in this epoch.
    fn pay_gross(
        &self,
        draft: &mut Draft<'_>,
        asset: AssetId,
        fund: Option<FundId>,
        amount: Amount,
    ) -> Result<(), Rejection> {
        if amount.is_zero() {
            return Ok(());
        }
        let token: TokenId = self.asset_terms(asset)?.token;
        let fund = fund.ok_or(Rejection::InsufficientFunds)?;
        self.own_fund(fund, token)?;
        let from = draft.purse(PurseOwner::Fund(fund), token, Some(fund));
        let to = draft.purse(PurseOwner::Gross(asset), token, None);
        draft.transfer(from, to, amount)
    }

    fn own_terms(&self, id: AssetId) -> Result<&Terms, Rejection> {
        let asset = self.state.asset(id).ok_or(Rejection::UnknownAsset)?;
        match asset.registered.owner == self.asker {
            true => Ok(&asset.registered.terms),
            false => Err(Rejection::NotOwner),
        }
    }

    fn asset_terms(&self, id: AssetId) -> Result<&Terms, Rejection> {
        let asset = self.state.asset(id).ok_or(Rejection::UnknownAsset)?;
        Ok(&asset.registered.terms)
    }
}

/// A listing by which can be sold: lists in order, purposes of the terms, prices that can be paid.
fn check_listing(terms: &Terms, listing: &Listing) -> Result<(), Rejection> {
    let purposes: Vec<u16> = listing.prices.iter().map(|price| price.purpose).collect();
    let parents: Vec<AssetId> = listing.shares.iter().map(|share| share.parent).collect();
    let orderly = ascending(&purposes)
        && ascending(&listing.buyers)
        && ascending(&parents)
        && ascending(&listing.waivers)
        && [listing.buyers.len(), parents.len(), listing.waivers.len()]
            .iter()
            .all(|length| *length <= NAMED);
    if !orderly {
        return Err(Rejection::BadList);
    }
    if purposes
        .iter()
        .any(|place| usize::from(*place) >= terms.purposes.len())
    {
        return Err(Rejection::UnknownPurpose);
    }
    let counted = |price: &protocol::market::Price| {
        (listing.rows > 0 || price.row_units.is_zero()) && price.lasts_ms != Some(0)
    };
    if !listing.prices.iter().all(counted) || !spdx(listing.license.as_ref()) {
        return Err(Rejection::OutOfRange);
    }
    let payable = |price: &protocol::market::Price| price.of(listing.rows).is_some();
    match listing.prices.iter().all(payable) {
        true => Ok(()),
        false => Err(Rejection::AmountTooLarge),
    }
}

/// The characters of SPDX identifiers and expressions (SPDX 2.3, annex D): letters, digits,
/// `-`, `.`, `+`, parentheses and blanks.
fn spdx(license: Option<&License>) -> bool {
    let Some(License::Spdx(id)) = license else {
        return true;
    };
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-.+() :".contains(&byte);
    (1..=SPDX_BYTES).contains(&id.len()) && id.bytes().all(letter)
}
