//! Money: purses, holds, every movement as a line, and what each account has where.

use super::batch::{Batch, broken, end_ms, int};
use super::line::{Column, Line};
use super::purpose::{Kind, Purpose};
use super::units::Units;
use crate::Error;
use protocol::event::{Movement, PurseOwner};
use protocol::{AccountId, AssetId, CampaignId, FundId};
use rusqlite::params;
use std::collections::BTreeMap;

/// Rows of the book that a batch has touched.
#[derive(Default)]
pub(super) struct Book {
    purses: BTreeMap<u32, Purse>,
    holds: BTreeMap<u32, Hold>,
    pub balances: BTreeMap<(u32, u16), [u128; Column::COUNT]>,
    totals: BTreeMap<(u16, &'static str), u128>,
    debits: BTreeMap<u64, u128>,
}

#[derive(Clone, Copy)]
pub(super) struct Purse {
    pub owner: PurseOwner,
    pub token: u16,
    fund: Option<u64>,
    balance: u128,
    payable: u128,
}

#[derive(Clone, Copy)]
pub(super) struct Hold {
    pub purpose: Purpose,
    pub from: u32,
    pub to: u32,
    pub rest: u128,
    due_ms: Option<i64>,
}

impl Batch<'_> {
    /// Carries out a movement and writes its line.
    pub fn moved(&mut self, movement: &Movement) -> Result<(), Error> {
        match *movement {
            Movement::Opened { owner, token, fund } => {
                let purse = Purse {
                    owner,
                    token: token.0,
                    fund: fund.map(|fund| fund.0),
                    balance: 0,
                    payable: 0,
                };
                self.book.purses.insert(self.next.purse, purse);
                self.next.purse += 1;
                Ok(())
            }
            Movement::Credited { purse, amount } => self.credited(purse.0, amount.units()),
            Movement::Refunded { purse, amount } => self.refunded(purse.0, amount.units()),
            Movement::Transferred { from, to, amount } => {
                let amount = amount.units();
                self.take(from.0, amount)?;
                self.give(to.0, amount)?;
                self.debit(from.0, to.0, amount)?;
                self.transferred(from.0, to.0, amount)
            }
            Movement::Pended { from, to, amount } => {
                let id = self.next.hold;
                self.next.hold += 1;
                let purpose = self.purposes.get(&id).copied();
                let purpose = purpose.ok_or_else(|| broken(format!("hold {id} is for nothing")))?;
                let hold = Hold {
                    purpose,
                    from: from.0,
                    to: to.0,
                    rest: 0,
                    due_ms: None,
                };
                self.book.holds.insert(id, hold);
                self.raised(id, amount.units())
            }
            Movement::Raised { hold, amount } => self.raised(hold.0, amount.units()),
            Movement::Posted { hold, amount } => self.posted(hold.0, amount.units()),
            Movement::Voided { hold } => self.voided(hold.0),
            Movement::Dated { hold, due_ms } => {
                self.hold(hold.0)?.due_ms = end_ms(due_ms);
                Ok(())
            }
        }
    }

    fn credited(&mut self, id: u32, amount: u128) -> Result<(), Error> {
        self.give(id, amount)?;
        let Purse { owner, token, .. } = *self.purse(id)?;
        self.total(token, "credited", |sum| sum.checked_add(amount))?;
        if let PurseOwner::Pool(asset) = owner {
            // Taken from a stake in the contract, for all who share the pool.
            return self.write(&Line {
                to: Some(id),
                asset: Some(asset.0),
                ..Line::new("stake_repaid", token, amount)
            });
        }
        let account = self.owner_of(owner)?;
        self.gain((account, token), Column::Free, amount)?;
        let kind = match owner {
            PurseOwner::Credit(_) => "credit_redeemed",
            _ => "deposit",
        };
        self.write(&Line {
            account: Some(account),
            to: Some(id),
            ..Line::new(kind, token, amount)
        })
    }

    fn refunded(&mut self, id: u32, amount: u128) -> Result<(), Error> {
        self.take(id, amount)?;
        let Purse { owner, token, .. } = *self.purse(id)?;
        self.total(token, "refunded", |sum| sum.checked_add(amount))?;
        let account = self.owner_of(owner)?;
        self.lose((account, token), Column::Free, amount)?;
        self.gain((account, token), Column::Refunded, amount)?;
        self.write(&Line {
            account: Some(account),
            from: Some(id),
            ..Line::new("refund", token, amount)
        })
    }

    fn raised(&mut self, id: u32, amount: u128) -> Result<(), Error> {
        let hold = *self.hold(id)?;
        self.hold(id)?.rest = added(hold.rest, amount)?;
        self.take(hold.from, amount)?;
        let token = self.purse(hold.from)?.token;
        self.total(token, "held", |sum| sum.checked_add(amount))?;
        self.pended(id, hold, amount)
    }

    fn posted(&mut self, id: u32, amount: u128) -> Result<(), Error> {
        let hold = *self.hold(id)?;
        self.hold(id)?.rest = taken(hold.rest, amount)?;
        self.give(hold.to, amount)?;
        self.debit(hold.from, hold.to, amount)?;
        let token = self.purse(hold.from)?.token;
        self.total(token, "held", |sum| sum.checked_sub(amount))?;
        self.arrived(id, hold, amount)
    }

    fn voided(&mut self, id: u32) -> Result<(), Error> {
        let hold = *self.hold(id)?;
        self.hold(id)?.rest = 0;
        self.give(hold.from, hold.rest)?;
        let token = self.purse(hold.from)?.token;
        self.total(token, "held", |sum| sum.checked_sub(hold.rest))?;
        self.returned(id, hold)
    }

    fn give(&mut self, id: u32, amount: u128) -> Result<(), Error> {
        let purse = self.purse(id)?;
        purse.balance = added(purse.balance, amount)?;
        let (token, (kind, _)) = (purse.token, words(purse.owner));
        self.total(token, kind, |sum| sum.checked_add(amount))
    }

    fn take(&mut self, id: u32, amount: u128) -> Result<(), Error> {
        let purse = self.purse(id)?;
        purse.balance = taken(purse.balance, amount)?;
        let (token, (kind, _)) = (purse.token, words(purse.owner));
        self.total(token, kind, |sum| sum.checked_sub(amount))
    }

    /// What leaves a deposit for good is debited from it when the epoch closes.
    fn debit(&mut self, from: u32, to: u32, amount: u128) -> Result<(), Error> {
        let (from, to) = (self.purse(from)?.fund, self.purse(to)?.fund);
        if let Some(fund) = from.filter(|_| from != to) {
            let debit = self.book.debits.entry(fund).or_default();
            *debit = added(*debit, amount)?;
        }
        Ok(())
    }

    pub fn purse(&mut self, id: u32) -> Result<&mut Purse, Error> {
        if !self.book.purses.contains_key(&id) {
            let sql = "SELECT kind, owner, token, fund, balance_units, payable_units
                       FROM purses WHERE purse = ?1";
            let read = self.row(sql, [id], |row| {
                let kind: String = row.get(0)?;
                let Units(balance) = row.get(4)?;
                let Units(payable) = row.get(5)?;
                let fund: Option<u32> = row.get(3)?;
                Ok((kind, row.get(1)?, row.get(2)?, fund, (balance, payable)))
            })?;
            let purse = read.and_then(|(kind, id, token, fund, (balance, payable))| {
                Some(Purse {
                    owner: owner(&kind, id)?,
                    token,
                    fund: fund.map(u64::from),
                    balance,
                    payable,
                })
            });
            let purse = purse.ok_or_else(|| broken(format!("there is no purse {id}")))?;
            self.book.purses.insert(id, purse);
        }
        let purse = self.book.purses.get_mut(&id);
        Ok(purse.expect("it was just put there"))
    }

    fn hold(&mut self, id: u32) -> Result<&mut Hold, Error> {
        if !self.book.holds.contains_key(&id) {
            let sql = "SELECT kind, from_purse, to_purse, account, campaign, block, asset,
                              allowance, rest_units, due_ms
                       FROM holds WHERE hold = ?1";
            let read = self.row(sql, [id], |row| {
                let kind: String = row.get(0)?;
                let Units(rest) = row.get(8)?;
                let purpose = Purpose {
                    kind: Kind::of(&kind).ok_or(rusqlite::Error::InvalidQuery)?,
                    account: row.get(3)?,
                    campaign: row.get(4)?,
                    block: row.get(5)?,
                    asset: row.get(6)?,
                    allowance: row.get(7)?,
                };
                Ok(Hold {
                    purpose,
                    from: row.get(1)?,
                    to: row.get(2)?,
                    rest,
                    due_ms: row.get(9)?,
                })
            })?;
            let hold = read.ok_or_else(|| broken(format!("there is no hold {id}")))?;
            self.book.holds.insert(id, hold);
        }
        let hold = self.book.holds.get_mut(&id);
        Ok(hold.expect("it was just put there"))
    }

    fn total(
        &mut self,
        token: u16,
        place: &'static str,
        change: impl FnOnce(u128) -> Option<u128>,
    ) -> Result<(), Error> {
        if !self.book.totals.contains_key(&(token, place)) {
            let sql = "SELECT units FROM totals WHERE token = ?1 AND place = ?2";
            let read = self.row(sql, (token, place), |row| row.get::<_, Units>(0))?;
            let sum = read.map_or(0, |units| units.0);
            self.book.totals.insert((token, place), sum);
        }
        let sum = self.book.totals.entry((token, place)).or_default();
        *sum = change(*sum).ok_or_else(|| broken(format!("`{place}` does not add up")))?;
        Ok(())
    }

    pub fn flush_book(&mut self) -> Result<(), Error> {
        let book = std::mem::take(&mut self.book);
        for (id, purse) in book.purses {
            let (kind, owner) = words(purse.owner);
            let (balance, payable) = (Units(purse.balance), Units(purse.payable));
            self.run(
                "REPLACE INTO purses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    id,
                    kind,
                    int(owner),
                    purse.token,
                    purse.fund.map(int),
                    balance,
                    payable
                ],
            )?;
        }
        for (id, hold) in book.holds {
            let for_what = hold.purpose;
            self.run(
                "REPLACE INTO holds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    id,
                    for_what.kind.word(),
                    hold.from,
                    hold.to,
                    for_what.account,
                    for_what.campaign,
                    for_what.block,
                    for_what.asset,
                    for_what.allowance,
                    Units(hold.rest),
                    hold.due_ms
                ],
            )?;
        }
        for ((token, place), units) in book.totals {
            self.run(
                "REPLACE INTO totals VALUES (?1, ?2, ?3)",
                (token, place, Units(units)),
            )?;
        }
        for (fund, amount) in book.debits {
            let sql = "SELECT debit_units FROM funds WHERE fund = ?1";
            let before = self.row(sql, [int(fund)], |row| row.get::<_, Units>(0))?;
            let Units(before) =
                before.ok_or_else(|| broken(format!("there is no deposit {fund}")))?;
            self.run(
                "UPDATE funds SET debit_units = ?2 WHERE fund = ?1",
                (int(fund), Units(added(before, amount)?)),
            )?;
        }
        self.flush_balances(book.balances)
    }
}

pub(super) fn added(sum: u128, more: u128) -> Result<u128, Error> {
    let added = sum.checked_add(more);
    added.ok_or_else(|| broken("an amount grows beyond all bounds"))
}

pub(super) fn taken(sum: u128, less: u128) -> Result<u128, Error> {
    let taken = sum.checked_sub(less);
    taken.ok_or_else(|| broken("more money is taken than there is"))
}

/// The kind of a purse and the number of its owner.
pub(super) fn words(owner: PurseOwner) -> (&'static str, u64) {
    match owner {
        PurseOwner::Fund(id) => ("fund", id.0),
        PurseOwner::Budget(id) => ("budget", u64::from(id.0)),
        PurseOwner::Forfeit(id) => ("forfeit", u64::from(id.0)),
        PurseOwner::Gross(id) => ("gross", u64::from(id.0)),
        PurseOwner::Pot(id) => ("pot", u64::from(id.0)),
        PurseOwner::Pool(id) => ("pool", u64::from(id.0)),
        PurseOwner::Earned(id) => ("earned", u64::from(id.0)),
        PurseOwner::Panel(id) => ("panel", u64::from(id.0)),
        PurseOwner::Credit(id) => ("credit", u64::from(id.0)),
    }
}

fn owner(kind: &str, id: u32) -> Option<PurseOwner> {
    Some(match kind {
        "fund" => PurseOwner::Fund(FundId(u64::from(id))),
        "budget" => PurseOwner::Budget(CampaignId(id)),
        "forfeit" => PurseOwner::Forfeit(CampaignId(id)),
        "gross" => PurseOwner::Gross(AssetId(id)),
        "pot" => PurseOwner::Pot(AssetId(id)),
        "pool" => PurseOwner::Pool(AssetId(id)),
        "earned" => PurseOwner::Earned(AccountId(id)),
        "panel" => PurseOwner::Panel(CampaignId(id)),
        "credit" => PurseOwner::Credit(AccountId(id)),
        _ => return None,
    })
}
