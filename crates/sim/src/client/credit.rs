//! The operator's part of prepaid credit: it is opened for payers, and redemptions are noted.
use ledger::{Offer, State};
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::{AccountId, AssetId, ChainIndex, Command, TokenId};

use super::Clients;
use super::people::OPERATOR;
use super::propose::amount;
use super::voucher::Purse;
use crate::random::Random;

/// How long an allowance on credit lasts, in milliseconds: some end within a life.
const LASTS_MS: [u64; 3] = [3_600_000, 3_600_000, 150_000];

impl Clients {
    /// The operator notes the next redemption of a chain, or opens credit for somebody.
    pub(super) fn credit(
        &mut self,
        state: &State,
        now_ms: u64,
        random: &mut Random,
    ) -> Option<Offer> {
        let waiting = state.sites().map(|site| site.chain).find(|chain| {
            let events = self.escrows.events(*chain).len();
            events as u64 > state.sections.credits.noted(*chain)
        });
        let (who, credit) = match waiting {
            Some(chain) if random.chance(700_000) => self.redemption(state, chain, random)?,
            _ => (OPERATOR, self.opening(state, now_ms, random)?),
        };
        Some(self.sign(state, who, Command::Credit(credit)))
    }

    /// The note of what a chain did next, and now and then one that a rule must refuse: of what
    /// is noted already, of what comes later, of what cannot be, or from somebody else.
    fn redemption(
        &self,
        state: &State,
        chain: ChainIndex,
        random: &mut Random,
    ) -> Option<(usize, Credit)> {
        let noted = state.sections.credits.noted(chain);
        let wrong = random.chance(250_000).then(|| random.below(7));
        let events = self.escrows.events(chain);
        let at = match wrong {
            Some(0) => noted.checked_sub(1)?,
            Some(1) if events.len() as u64 > noted + 1 => noted + 1,
            _ => noted,
        };
        let event = events.get(at as usize)?;
        let mut note = NoteRedemption {
            chain,
            number: at + 1,
            account: self.account(state, event.payer)?,
            token: event.token,
            amount_units: amount(event.noted),
        };
        match wrong {
            Some(2) => note.token = TokenId(u16::MAX),
            Some(3) => note.account = AccountId(u32::MAX),
            Some(4) => note.amount_units = amount(0),
            Some(5) => note.chain = ChainIndex(u16::MAX),
            _ => {}
        }
        let who = if wrong == Some(6) {
            event.payer
        } else {
            OPERATOR
        };
        Some((who, Credit::Redeem(note)))
    }

    /// Credit of a payer for an asset, mostly for one that is served and that it has money for.
    fn opening(&self, state: &State, now_ms: u64, random: &mut Random) -> Option<Credit> {
        let served = (0..state.assets.len() as u32).map(AssetId);
        let served = served.filter(|asset| state.serves(*asset));
        let fits = |purse: &Purse, asset: AssetId| {
            let registered = state.asset(asset).map(|asset| &asset.registered);
            let token = registered.map(|it| it.terms.token);
            self.escrows.free(*purse) > 0 && token == Some(purse.1)
        };
        let purses = self.escrows.purses();
        let pairs = served.flat_map(|asset| {
            let own = purses.iter().filter(move |purse| fits(purse, asset));
            own.map(move |purse| (purse.0, asset))
        });
        let pairs: Vec<(usize, AssetId)> = pairs.collect();
        let (who, asset) = (!pairs.is_empty()).then(|| random.pick(&pairs))?;
        let account = self.account(state, who)?;
        let mut open = OpenCredit {
            account,
            asset,
            expires_ms: now_ms.max(state.time_ms) + random.pick(&LASTS_MS),
        };
        match random.below(20) {
            0 => open.account = AccountId(u32::MAX),
            1 => open.asset = AssetId(u32::MAX),
            2 => open.expires_ms = state.time_ms,
            _ => {}
        }
        Some(Credit::Open(open))
    }
}
