//! What a movement of money means to whom: the lines of statements, and what each account has.

use super::batch::{Batch, broken, int};
use super::book::{Hold, added, taken};
use super::purpose::Kind;
use super::units::Units;
use crate::Error;
use protocol::event::PurseOwner;
use rusqlite::params;
use std::collections::BTreeMap;

/// A row of `movements`.
#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    pub kind: &'static str,
    pub account: Option<u32>,
    pub campaign: Option<u32>,
    pub asset: Option<u32>,
    pub token: u16,
    pub from: Option<u32>,
    pub to: Option<u32>,
    pub hold: Option<u32>,
    pub amount: u128,
}

impl Line {
    pub fn new(kind: &'static str, token: u16, amount: u128) -> Self {
        Self {
            kind,
            token,
            amount,
            ..Self::default()
        }
    }
}

/// Amounts in `balances`, in the order of its columns.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Free,
    Budget,
    Reserved,
    Deposit,
    Stake,
    Allowance,
    Pending,
    Accepted,
    Verdict,
    Royalty,
    Spent,
    Forfeited,
    Refunded,
}

impl Column {
    pub const COUNT: usize = 13;
}

/// Whose money, and in what.
type Whose = (u32, u16);

impl Batch<'_> {
    /// Money has left one purse for another at once.
    pub fn transferred(&mut self, from: u32, to: u32, amount: u128) -> Result<(), Error> {
        use PurseOwner as Of;
        let token = self.purse(from)?.token;
        let owners = (self.purse(from)?.owner, self.purse(to)?.owner);
        let mut line = Line {
            from: Some(from),
            to: Some(to),
            ..Line::new("transfer", token, amount)
        };
        match owners {
            (Of::Fund(_), Of::Budget(campaign)) => {
                let account = self.owner_of(owners.1)?;
                self.lose((account, token), Column::Free, amount)?;
                self.gain((account, token), Column::Budget, amount)?;
                (line.kind, line.account) = ("budget", Some(account));
                line.campaign = Some(campaign.0);
            }
            (Of::Budget(campaign), Of::Fund(_)) => {
                let account = self.owner_of(owners.0)?;
                self.lose((account, token), Column::Budget, amount)?;
                self.gain((account, token), Column::Free, amount)?;
                (line.kind, line.account) = ("unspent", Some(account));
                line.campaign = Some(campaign.0);
            }
            (Of::Panel(campaign), Of::Earned(account)) => {
                self.gain((account.0, token), Column::Verdict, amount)?;
                (line.kind, line.account) = ("verdict", Some(account.0));
                line.campaign = Some(campaign.0);
            }
            (Of::Pot(asset), Of::Earned(account)) => {
                self.gain((account.0, token), Column::Royalty, amount)?;
                (line.kind, line.account) = ("owner_share", Some(account.0));
                line.asset = Some(asset.0);
            }
            (Of::Gross(asset), Of::Earned(account)) => {
                self.gain((account.0, token), Column::Royalty, amount)?;
                (line.kind, line.account) = ("operator_fee", Some(account.0));
                line.asset = Some(asset.0);
            }
            (Of::Fund(_), Of::Gross(asset)) => {
                let account = self.owner_of(owners.0)?;
                self.lose((account, token), Column::Free, amount)?;
                self.gain((account, token), Column::Spent, amount)?;
                (line.kind, line.account) = ("license", Some(account));
                line.asset = Some(asset.0);
            }
            (Of::Forfeit(campaign), Of::Pool(asset)) => {
                (line.kind, line.asset) = ("forfeits_shared", Some(asset.0));
                line.campaign = Some(campaign.0);
            }
            _ => {
                if let Some((kind, asset)) = passed(owners) {
                    (line.kind, line.asset) = (kind, Some(asset));
                }
            }
        }
        self.write(&line)
    }

    /// Money waits in a hold.
    pub fn pended(&mut self, id: u32, hold: Hold, amount: u128) -> Result<(), Error> {
        let (kind, purpose) = (hold.purpose.kind, hold.purpose);
        let token = self.purse(hold.from)?.token;
        let whose = (purpose.account, token);
        let owner = self.side_of(hold)?;
        let word = match kind {
            Kind::Pay => {
                self.gain(whose, Column::Pending, amount)?;
                "pay_pending"
            }
            Kind::Bonus => {
                self.gain(whose, Column::Pending, amount)?;
                "bonus_pending"
            }
            Kind::Deposit => "deposit_held",
            Kind::Stake => "stake_held",
            Kind::Fees => "fees_held",
            Kind::Allowance => "allowance_held",
        };
        // A deposit of nothing comes from the budget: nobody else has a purse for it.
        if amount > 0 {
            let (from, to) = sides(kind);
            self.lose((owner, token), from, amount)?;
            self.gain((owner, token), to, amount)?;
        }
        self.write(&held(word, (id, hold), (owner, token), amount))
    }

    /// Part of a hold has arrived.
    pub fn arrived(&mut self, id: u32, hold: Hold, amount: u128) -> Result<(), Error> {
        let purpose = hold.purpose;
        let token = self.purse(hold.from)?.token;
        let whose = (purpose.account, token);
        let owner = self.side_of(hold)?;
        let (_, waiting) = sides(purpose.kind);
        self.lose((owner, token), waiting, amount)?;
        let (word, gone) = match purpose.kind {
            Kind::Pay => {
                self.lose(whose, Column::Pending, amount)?;
                self.gain(whose, Column::Accepted, amount)?;
                self.paid(purpose, amount)?;
                ("pay_accepted", Column::Spent)
            }
            Kind::Bonus => {
                self.lose(whose, Column::Pending, amount)?;
                self.gain(whose, Column::Accepted, amount)?;
                ("bonus_accepted", Column::Spent)
            }
            Kind::Fees => {
                self.spent(purpose, amount)?;
                ("fees_paid", Column::Spent)
            }
            Kind::Deposit => ("deposit_forfeited", Column::Forfeited),
            Kind::Stake => ("stake_forfeited", Column::Forfeited),
            Kind::Allowance => ("charge", Column::Spent),
        };
        self.gain((owner, token), gone, amount)?;
        self.write(&held(word, (id, hold), (owner, token), amount))
    }

    /// The rest of a hold has gone back.
    pub fn returned(&mut self, id: u32, hold: Hold) -> Result<(), Error> {
        let (kind, amount) = (hold.purpose.kind, hold.rest);
        let token = self.purse(hold.from)?.token;
        let owner = self.side_of(hold)?;
        let word = match kind {
            Kind::Pay => {
                self.lose((hold.purpose.account, token), Column::Pending, amount)?;
                "pay_returned"
            }
            Kind::Bonus => {
                self.lose((hold.purpose.account, token), Column::Pending, amount)?;
                "bonus_returned"
            }
            Kind::Deposit => "deposit_returned",
            Kind::Stake => "stake_returned",
            Kind::Fees => "fees_returned",
            Kind::Allowance => "allowance_returned",
        };
        if amount > 0 {
            let (from, waiting) = sides(kind);
            self.lose((owner, token), waiting, amount)?;
            self.gain((owner, token), from, amount)?;
        }
        self.write(&held(word, (id, hold), (owner, token), amount))
    }

    /// Whose money waits in a hold.
    fn side_of(&mut self, hold: Hold) -> Result<u32, Error> {
        let owner = self.purse(hold.from)?.owner;
        self.owner_of(owner)
    }

    /// The account behind a deposit, a budget or credit.
    pub fn owner_of(&mut self, owner: PurseOwner) -> Result<u32, Error> {
        let found = match owner {
            PurseOwner::Budget(campaign) => Some(self.campaign(campaign.0)?.owner),
            PurseOwner::Credit(account) => Some(account.0),
            PurseOwner::Fund(fund) => {
                let sql = "SELECT account FROM funds WHERE fund = ?1";
                self.row(sql, [int(fund.0)], |row| row.get(0))?
            }
            _ => None,
        };
        found.ok_or_else(|| broken("money comes from where none can be set aside"))
    }

    pub fn gain(&mut self, whose: Whose, column: Column, amount: u128) -> Result<(), Error> {
        let units = &mut self.balance(whose)?[column as usize];
        *units = added(*units, amount)?;
        Ok(())
    }

    pub fn lose(&mut self, whose: Whose, column: Column, amount: u128) -> Result<(), Error> {
        let units = &mut self.balance(whose)?[column as usize];
        *units = taken(*units, amount)?;
        Ok(())
    }

    fn balance(&mut self, whose: Whose) -> Result<&mut [u128; Column::COUNT], Error> {
        if !self.book.balances.contains_key(&whose) {
            let sql = "SELECT free_units, budget_units, reserved_units, deposit_units,
                              stake_units, allowance_units, pending_units, accepted_units,
                              verdict_units, royalty_units, spent_units, forfeited_units,
                              refunded_units
                       FROM balances WHERE account = ?1 AND token = ?2";
            let read = self.row(sql, whose, |row| {
                let mut balance = [0; Column::COUNT];
                for (place, units) in balance.iter_mut().enumerate() {
                    *units = row.get::<_, Units>(place)?.0;
                }
                Ok(balance)
            })?;
            self.book.balances.insert(whose, read.unwrap_or_default());
        }
        Ok(self.book.balances.entry(whose).or_default())
    }

    pub fn flush_balances(
        &self,
        balances: BTreeMap<Whose, [u128; Column::COUNT]>,
    ) -> Result<(), Error> {
        for ((account, token), balance) in balances {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m] = balance.map(Units);
            self.run(
                "REPLACE INTO balances
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                params![account, token, a, b, c, d, e, f, g, h, i, j, k, l, m],
            )?;
        }
        Ok(())
    }

    /// Writes a line; none for nothing.
    pub fn write(&mut self, line: &Line) -> Result<(), Error> {
        if line.amount == 0 {
            return Ok(());
        }
        let id = self.next.movement;
        self.next.movement += 1;
        let sql = "INSERT INTO movements VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        self.run(
            sql,
            params![
                id,
                self.seq,
                line.kind,
                line.account,
                line.campaign,
                line.asset,
                line.token,
                line.from,
                line.to,
                line.hold,
                Units(line.amount)
            ],
        )?;
        Ok(())
    }
}

/// What revenue is called on its way from an asset, and which asset that is.
fn passed(owners: (PurseOwner, PurseOwner)) -> Option<(&'static str, u32)> {
    use PurseOwner as Of;
    Some(match owners {
        (Of::Gross(asset), Of::Pot(other)) if asset == other => ("revenue_kept", asset.0),
        (Of::Gross(asset), Of::Pot(_)) => ("royalty_floor", asset.0),
        (Of::Pot(asset), Of::Pot(_)) => ("royalty_flow", asset.0),
        (Of::Pot(asset), Of::Pool(_)) => ("contributors_share", asset.0),
        _ => return None,
    })
}

/// Where the money of a hold was before, and as what it waits.
fn sides(kind: Kind) -> (Column, Column) {
    match kind {
        Kind::Pay | Kind::Bonus | Kind::Fees => (Column::Budget, Column::Reserved),
        Kind::Deposit => (Column::Free, Column::Deposit),
        Kind::Stake => (Column::Free, Column::Stake),
        Kind::Allowance => (Column::Free, Column::Allowance),
    }
}

/// The line of a hold stands in the statement of whom it is meant for or taken from.
fn held(word: &'static str, (id, hold): (u32, Hold), (owner, token): Whose, amount: u128) -> Line {
    let purpose = hold.purpose;
    let account = match purpose.kind {
        Kind::Pay | Kind::Bonus => purpose.account,
        _ => owner,
    };
    Line {
        account: Some(account),
        campaign: purpose.campaign,
        asset: purpose.asset,
        hold: Some(id),
        ..Line::new(word, token, amount)
    }
}
