//! Prepaid credit on its chains: what payers put in and take out, what vouchers move into the pot.
use std::collections::BTreeMap;

use ledger::State;
use proof::voucher::{EscrowDomain, Signed};
use protocol::{Address, AssetId, ChainIndex, TokenId};

use super::Clients;
use super::people::{OPERATOR, PAYERS};
use super::voucher::{Key, LENT_CAP, LENT_UNTIL_S, Purse};
use crate::books::Redemptions;
use crate::planted::Bug;
use crate::random::Random;
use crate::truth::{Violation, hold};

/// Milliseconds between a notice and the withdrawal.
const NOTICE_MS: u64 = 120_000;
const SIGNED: &str = "vouchers move what was signed";
const AS_MOVED: &str = "what is noted of a chain is what it did";

/// The credit of all payers in the Escrows of all chains.
pub(super) struct Escrows {
    /// The operator notes what a voucher says in all, not what it has moved: a mistake to be found.
    notes_sums: bool,
    accounts: BTreeMap<Purse, Account>,
    redeemed: BTreeMap<(Purse, Key), u128>,
    /// Events `Redeemed` of each chain, in their order.
    events: BTreeMap<ChainIndex, Vec<Redeemed>>,
}

/// Base units of one payer in one token.
#[derive(Clone, Copy, Default)]
struct Account {
    balance: u128,
    leaving: u128,
    leaves_ms: u64,
}

/// An Escrow, and one of its tokens.
#[derive(Clone, Copy)]
pub(super) struct Escrow {
    pub chain: ChainIndex,
    pub token: Address,
    pub domain: EscrowDomain,
}

/// One redeemed voucher.
#[derive(Clone, Copy)]
pub(super) struct Redeemed {
    pub payer: usize,
    pub token: TokenId,
    /// What has gone into the pot, in base units.
    pub units: u128,
    /// What the operator takes that for.
    pub noted: u128,
}

impl Escrows {
    pub fn new(bug: Option<Bug>) -> Self {
        Self {
            notes_sums: bug == Some(Bug::NotedInAll),
            accounts: BTreeMap::new(),
            redeemed: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }

    /// What a payer has given no notice of.
    pub fn free(&self, purse: Purse) -> u128 {
        let account = self.accounts.get(&purse).copied().unwrap_or_default();
        account.balance.saturating_sub(account.leaving)
    }

    /// Who has ever had credit, and in what.
    pub fn purses(&self) -> Vec<Purse> {
        self.accounts.keys().copied().collect()
    }

    /// What a chain has done, and may not be noted yet: in its order.
    pub fn events(&self, chain: ChainIndex) -> &[Redeemed] {
        self.events.get(&chain).map_or(&[][..], |events| events)
    }

    /// What was ever redeemed of a key's vouchers.
    pub fn redeemed(&self, purse: Purse, key: Key) -> u128 {
        self.redeemed.get(&(purse, key)).copied().unwrap_or(0)
    }

    fn is_leaving(&self, purse: Purse) -> bool {
        self.accounts.get(&purse).is_some_and(|it| it.leaving > 0)
    }

    /// Moves what a voucher is good for and no earlier one has moved, as far as it is there. One
    /// that moves nothing is refused.
    fn redeem(&mut self, chain: ChainIndex, of: (Purse, Key), cumulative: u128) -> Option<u128> {
        let (payer, token) = of.0;
        let account = self.accounts.entry(of.0).or_default();
        let before = self.redeemed.entry(of).or_default();
        let due = cumulative.saturating_sub(*before);
        let units = due.min(account.balance);
        if units == 0 {
            return None;
        }
        account.balance -= units;
        *before += units;
        let noted = if self.notes_sums { cumulative } else { units };
        self.events.entry(chain).or_default().push(Redeemed {
            payer,
            token,
            units,
            noted,
        });
        Some(units)
    }

    /// What the log has noted of each chain is what happened there, in its order. Whose account a
    /// payer has, the operator alone says.
    pub fn check(&self, noted: &Redemptions) -> Result<(), Violation> {
        for (chain, notes) in noted {
            let events = self.events(*chain).iter().map(|it| (it.token, it.units));
            let wrong = events.clone().zip(notes).find(|(is, noted)| is != *noted);
            hold(
                wrong.is_none() && notes.len() <= events.len(),
                AS_MOVED,
                || {
                    let (is, noted) = (events.len(), notes.len());
                    format!("{noted} redemptions of {is} on chain {chain} are noted, {wrong:?}")
                },
            )?;
        }
        Ok(())
    }
}

impl Clients {
    /// A payer puts credit in, gives notice or takes it out; vouchers are redeemed, or refused.
    pub fn prepay(
        &mut self,
        state: &State,
        now_ms: u64,
        random: &mut Random,
    ) -> Result<String, Violation> {
        let count = state.token_count() as u32;
        if count == 0 {
            return Ok("there is no chain".to_owned());
        }
        let numbered = (0u32..).map(AssetId).zip(&state.assets);
        let served = numbered.filter(|(id, _)| state.serves(*id));
        let served = served.map(|(_, asset)| asset.registered.terms.token);
        let served: Vec<TokenId> = served.collect();
        let token = match served.is_empty() || random.chance(200_000) {
            true => TokenId(random.below(count) as u16),
            false => random.pick(&served),
        };
        let purse = (random.pick(&PAYERS), token);
        let account = self.escrows.accounts.entry(purse).or_default();
        Ok(match random.weighted(&[4, 2, 3, 8, 4]) {
            0 => {
                let units = u128::from(random.between(50, 600));
                account.balance += units;
                format!("{} adds {units} units of token {token}", purse.0)
            }
            1 => {
                let most = u32::try_from(account.balance).unwrap_or(u32::MAX);
                account.leaving = random.between(most / 2, most).into();
                account.leaves_ms = now_ms + NOTICE_MS;
                format!("{} will take {} units out", purse.0, account.leaving)
            }
            2 if now_ms < account.leaves_ms => format!("{} has to wait", purse.0),
            2 => {
                let units = account.leaving.min(account.balance);
                account.balance -= units;
                account.leaving = 0;
                format!("{} takes {units} units out", purse.0)
            }
            3 => self.redeem(state, now_ms, random)?,
            _ => self.misuse(state, random)?,
        })
    }

    /// Holds what the log has noted against what the chains have moved.
    pub fn check_noted(&self, noted: &Redemptions) -> Result<(), Violation> {
        self.escrows.check(noted)
    }

    /// The newest voucher of a key that is owed something; first of those who take money out.
    fn redeem(
        &mut self,
        state: &State,
        now_ms: u64,
        random: &mut Random,
    ) -> Result<String, Violation> {
        let owed = self.gateway.till.signed().filter(|((purse, key), signed)| {
            let lasts = *key == Key::Own || now_ms / 1_000 <= LENT_UNTIL_S;
            lasts && *signed > self.escrows.redeemed(*purse, *key)
        });
        let owed: Vec<_> = owed.collect();
        let urgent = owed
            .iter()
            .find(|((it, _), _)| self.escrows.is_leaving(*it));
        let any = (!owed.is_empty()).then(|| random.pick(&owed));
        let Some((of, cumulative)) = urgent.copied().or(any) else {
            return Ok("no voucher is owed anything".to_owned());
        };
        let (purse, key) = of;
        let Some(escrow) = escrow(state, purse.1) else {
            return Ok("its chain has not joined".to_owned());
        };
        let signed = self.voucher(of, cumulative, &escrow);
        let fault = signed.verify(&escrow.domain).err();
        hold(fault.is_none(), SIGNED, || {
            format!("a good voucher is refused: {fault:?}")
        })?;
        let moved = self.escrows.redeem(escrow.chain, of, cumulative);
        Ok(match moved {
            Some(units) => format!("{}, {key:?}: a voucher moves {units} units", purse.0),
            None => "a voucher finds no credit".to_owned(),
        })
    }

    /// Somebody tries a voucher that must not move anything.
    fn misuse(&mut self, state: &State, random: &mut Random) -> Result<String, Violation> {
        let signed: Vec<_> = self.gateway.till.signed().collect();
        let known = (!signed.is_empty()).then(|| random.pick(&signed));
        let Some(((purse, key), cumulative)) = known else {
            return Ok("nobody has signed a voucher".to_owned());
        };
        let Some(escrow) = escrow(state, purse.1) else {
            return Ok("its chain has not joined".to_owned());
        };
        let good = self.voucher((purse, key), cumulative, &escrow);
        let (what, wrong) = match random.below(5) {
            0 => {
                let before = self.escrows.redeemed(purse, key);
                let stale = random.long_below(before as u64 + 1).into();
                let moved = self.escrows.redeem(escrow.chain, (purse, key), stale);
                hold(moved.is_none(), SIGNED, || {
                    "a stale voucher moves money".to_owned()
                })?;
                return Ok("a stale voucher is refused".to_owned());
            }
            1 => ("raised", raised(good)),
            2 => {
                let mut elsewhere = escrow;
                elsewhere.domain.chain_id += 1;
                let elsewhere = self.voucher((purse, key), cumulative, &elsewhere);
                ("of another chain", elsewhere)
            }
            3 => ("of another payer", self.of_another(good)),
            _ => {
                let above = self.voucher((purse, Key::Lent), LENT_CAP + 1, &escrow);
                ("above its cap", above)
            }
        };
        hold(wrong.verify(&escrow.domain).is_err(), SIGNED, || {
            format!("a voucher {what} is taken")
        })?;
        Ok(format!("a voucher {what} is refused"))
    }

    /// The same voucher as if another payer had signed it.
    fn of_another(&self, mut signed: Signed) -> Signed {
        let mut payers = PAYERS.into_iter();
        let wallet = |who: usize| self.people.persons[who].binding.wallet.0;
        let other = payers.find(|who| wallet(*who) != signed.voucher.payer);
        signed.voucher.payer = wallet(other.unwrap_or(OPERATOR));
        if signed.lent.is_none() {
            signed.voucher.key = signed.voucher.payer;
        }
        signed
    }
}

/// Where a token's vouchers are redeemed.
fn escrow(state: &State, token: TokenId) -> Option<Escrow> {
    let site = state.site_of(token)?;
    Some(Escrow {
        chain: site.chain,
        token: state.token(token)?,
        domain: EscrowDomain {
            chain_id: site.chain_id,
            escrow: site.escrow.0,
        },
    })
}

fn raised(mut signed: Signed) -> Signed {
    signed.voucher.cumulative += 1;
    signed
}
