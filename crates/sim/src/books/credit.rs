//! Prepaid credit: what redeemed vouchers brought, less what segments charged to it.
use std::collections::BTreeMap;

use ledger::State;
use protocol::command::PostSegment;
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::event::PurseOwner;
use protocol::{AccountId, AllowanceId, ChainIndex, Command, TokenId};

use super::{After, Seen, saw};
use crate::truth::{Violation, hold};

const ONCE: &str = "redemptions are noted once";
const CREDIT: &str = "credit is what vouchers brought";

/// Account of the operator.
const OPERATOR: AccountId = AccountId(0);

/// What the log has noted of each chain's redemptions, in order: token and base units.
pub(crate) type Redemptions = BTreeMap<ChainIndex, Vec<(TokenId, u128)>>;

/// What commands have said of credit.
#[derive(Default)]
pub(super) struct Credits {
    pub noted: Redemptions,
    /// What is left, in base units.
    left: BTreeMap<(AccountId, TokenId), u128>,
    /// How many allowances there are, of whatever money.
    allowances: u32,
    /// Whose credit pays for an allowance.
    lines: BTreeMap<AllowanceId, (AccountId, TokenId)>,
}

impl Credits {
    pub fn enter(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        match after.command {
            Command::GrantAllowance(_) => self.allowances += 1,
            Command::Credit(Credit::Open(open)) => {
                self.open(open, after)?;
                saw(seen, "credit opened");
            }
            Command::Credit(Credit::Redeem(note)) => {
                self.note(note, after)?;
                saw(seen, "voucher redeemed");
                if note.chain.0 > 0 {
                    saw(seen, "voucher redeemed on a further chain");
                }
            }
            Command::PostSegment(segment) => self.charge(segment, seen)?,
            _ => {}
        }
        self.hold_all(after.state)
    }

    /// Allowances are numbered in one row, whatever they are charged to.
    fn open(&mut self, open: &OpenCredit, after: &After<'_>) -> Result<(), Violation> {
        let asset = after.state.asset(open.asset);
        let fits = asset.filter(|_| {
            let known = after.state.account(open.account).is_some();
            known && open.expires_ms > after.entry.time_ms && after.asker == Some(OPERATOR)
        });
        let asset = fits.ok_or_else(|| {
            let OpenCredit { account, asset, .. } = open;
            Violation::new(CREDIT, format!("{account} has some for asset {asset}"))
        })?;
        let behind = (open.account, asset.registered.terms.token);
        let known = after.state.credit_behind(AllowanceId(self.allowances));
        hold(known == Some(behind), CREDIT, || {
            format!("what {} is allowed is charged to {known:?}", open.account)
        })?;
        self.lines.insert(AllowanceId(self.allowances), behind);
        self.allowances += 1;
        Ok(())
    }

    /// The next of its chain, of something, for somebody, said by the operator.
    fn note(&mut self, note: &NoteRedemption, after: &After<'_>) -> Result<(), Violation> {
        let noted = self.noted.entry(note.chain).or_default();
        let next = note.number == noted.len() as u64 + 1;
        let known = after.state.account(note.account).is_some();
        let units = note.amount_units.units();
        let fits = next && known && units > 0 && after.asker == Some(OPERATOR);
        hold(fits, ONCE, || {
            let NoteRedemption { number, chain, .. } = note;
            format!("number {number} of chain {chain} is noted: {units} units")
        })?;
        noted.push((note.token, units));
        *self.left.entry((note.account, note.token)).or_default() += units;
        Ok(())
    }

    /// Nobody uses more than the vouchers have brought.
    fn charge(&mut self, segment: &PostSegment, seen: &mut Seen) -> Result<(), Violation> {
        for total in &segment.totals {
            let Some(behind) = self.lines.get(&total.allowance) else {
                continue;
            };
            let units = total.amount_units.units();
            let left = self.left.entry(*behind).or_default();
            let rest = left.checked_sub(units).ok_or_else(|| {
                let what = format!("{units} units are charged to {left} of {}", behind.0);
                Violation::new(CREDIT, what)
            })?;
            *left = rest;
            saw(seen, "use on credit charged");
        }
        Ok(())
    }

    /// The ledger counts as these books do, and there is no other credit.
    fn hold_all(&self, state: &State) -> Result<(), Violation> {
        for site in state.sites() {
            let is = state.sections.credits.noted(site.chain);
            let was = self.noted.get(&site.chain).map_or(0, Vec::len) as u64;
            hold(is == was, ONCE, || {
                let chain = site.chain;
                format!("{is} redemptions on chain {chain} count as noted, {was} are")
            })?;
        }
        let mut known: BTreeMap<(AccountId, TokenId), u128> = BTreeMap::new();
        for purse in state.book.purses() {
            if let PurseOwner::Credit(account) = purse.owner {
                known.insert((account, purse.token), purse.balance.units());
            }
        }
        let places = known.keys().chain(self.left.keys());
        for place in places {
            let is = known.get(place).copied().unwrap_or_default();
            let was = self.left.get(place).copied().unwrap_or_default();
            hold(is == was, CREDIT, || {
                let (account, token) = place;
                format!("{account} has {is} units of token {token}, {was} are left")
            })?;
        }
        Ok(())
    }
}
