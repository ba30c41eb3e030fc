//! An account: its entries, its work, its money and the lines of its statement.

use super::{Page, Questions, amount, natural, one_more, page};
use crate::Error;
use protocol::Amount;

/// An entry in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Index in the log.
    pub seq: u64,
    /// Log time, milliseconds.
    pub time_ms: u64,
    /// What was asked, a word.
    pub command: String,
    /// Where it has worked, paid or decided, if it is about one.
    pub campaign: Option<u32>,
    /// What it has registered, paid for or metered, if it is about one.
    pub asset: Option<u32>,
}

/// What an account has done in a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkRow {
    /// Where.
    pub campaign: u32,
    /// Name of the campaign.
    pub title: String,
    /// Where the campaign stands.
    pub stage: String,
    /// Blocks begun, released, rejected.
    pub blocks: [u32; 3],
    /// Answers sealed, accepted, rejected.
    pub answers: [u64; 3],
    /// What the work has earned.
    pub paid: Amount,
    /// Answers to gold, and of these right ones; `None` before the first scores.
    pub gold: Option<(u32, u32)>,
}

/// A line of a statement; the amount moves as its kind says (`docs/spec/view.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Number of the line.
    pub movement: u64,
    /// The entry that moved it.
    pub seq: u64,
    /// Log time, milliseconds.
    pub time_ms: u64,
    /// A word such as `pay_accepted`.
    pub kind: String,
    /// Where the work was done or paid, if it is about work.
    pub campaign: Option<u32>,
    /// What was used or has earned, if it is about uses.
    pub asset: Option<u32>,
    /// Of which block, where the money waits or has waited for one.
    pub block: Option<u32>,
    /// In what.
    pub token: u16,
    /// How much.
    pub amount: Amount,
}

/// An account's money in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Place of the token in the first entry's list.
    pub token: u16,
    /// In its deposits.
    pub free: Amount,
    /// In its campaigns' budgets, and of these waiting as pay and fees.
    pub budgets: (Amount, Amount),
    /// Waiting as block deposits, as stakes, and for uses.
    pub held: (Amount, Amount, Amount),
    /// Pay that waits for its work to be judged.
    pub pending: Amount,
    /// Pay, fees for verdicts, and revenue as an owner that have arrived, ever.
    pub earned: (Amount, Amount, Amount),
    /// Left it for good as pay, fees and charges, ever.
    pub spent: Amount,
    /// Deposits and stakes lost, ever.
    pub forfeited: Amount,
    /// Paid back by the Escrow contract, ever.
    pub refunded: Amount,
}

impl Questions {
    /// Entries of an account, the newest first; those before `before`.
    pub fn entries(
        &self,
        account: u32,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<EntryRow>, Error> {
        let before = before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let rows = self.rows(
            "SELECT seq, time_ms, command, campaign, asset FROM entries
             WHERE account = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
            (account, before, one_more(limit)),
            |row| {
                Ok(EntryRow {
                    seq: natural(row, 0)?,
                    time_ms: natural(row, 1)?,
                    command: row.get(2)?,
                    campaign: row.get(3)?,
                    asset: row.get(4)?,
                })
            },
        )?;
        Ok(page(rows, limit))
    }

    /// Campaigns in which an account has worked, the newest first; those before `before`.
    pub fn work(
        &self,
        account: u32,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Page<WorkRow>, Error> {
        let rows = self.rows(
            "SELECT w.campaign, c.title, c.stage, w.blocks, w.released_blocks, w.rejected_blocks,
                    w.sealed, w.accepted, w.rejected, w.paid_units, w.gold_seen, w.gold_right
             FROM contributors AS w JOIN campaigns AS c ON c.campaign = w.campaign
             WHERE w.account = ?1 AND w.campaign < ?2 ORDER BY w.campaign DESC LIMIT ?3",
            (account, before.map_or(i64::MAX, i64::from), one_more(limit)),
            |row| {
                let gold: (Option<u32>, Option<u32>) = (row.get(10)?, row.get(11)?);
                Ok(WorkRow {
                    campaign: row.get(0)?,
                    title: row.get(1)?,
                    stage: row.get(2)?,
                    blocks: [row.get(3)?, row.get(4)?, row.get(5)?],
                    answers: [natural(row, 6)?, natural(row, 7)?, natural(row, 8)?],
                    paid: amount(row, 9)?,
                    gold: gold.0.zip(gold.1),
                })
            },
        )?;
        Ok(page(rows, limit))
    }

    /// The statement of an account, the newest line first; those before `before`. What it has in
    /// pools is in [`Questions::pool_shares`].
    pub fn statement(
        &self,
        account: u32,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<StatementLine>, Error> {
        let before = before.map_or(i64::MAX, |line| i64::try_from(line).unwrap_or(i64::MAX));
        let rows = self.rows(
            "SELECT m.movement, m.seq, e.time_ms, m.kind, m.campaign, m.asset, h.block, m.token,
                    m.amount_units
             FROM movements AS m
             JOIN entries AS e ON e.seq = m.seq
             LEFT JOIN holds AS h ON h.hold = m.hold
             WHERE m.account = ?1 AND m.movement < ?2 ORDER BY m.movement DESC LIMIT ?3",
            (account, before, one_more(limit)),
            |row| {
                Ok(StatementLine {
                    movement: natural(row, 0)?,
                    seq: natural(row, 1)?,
                    time_ms: natural(row, 2)?,
                    kind: row.get(3)?,
                    campaign: row.get(4)?,
                    asset: row.get(5)?,
                    block: row.get(6)?,
                    token: row.get(7)?,
                    amount: amount(row, 8)?,
                })
            },
        )?;
        Ok(page(rows, limit))
    }

    /// What an account has where, by token.
    pub fn balances(&self, account: u32) -> Result<Vec<Balance>, Error> {
        self.rows(
            "SELECT token, free_units, budget_units, reserved_units, deposit_units, stake_units,
                    allowance_units, pending_units, accepted_units, verdict_units, royalty_units,
                    spent_units, forfeited_units, refunded_units
             FROM balances WHERE account = ?1",
            [account],
            |row| {
                Ok(Balance {
                    token: row.get(0)?,
                    free: amount(row, 1)?,
                    budgets: (amount(row, 2)?, amount(row, 3)?),
                    held: (amount(row, 4)?, amount(row, 5)?, amount(row, 6)?),
                    pending: amount(row, 7)?,
                    earned: (amount(row, 8)?, amount(row, 9)?, amount(row, 10)?),
                    spent: amount(row, 11)?,
                    forfeited: amount(row, 12)?,
                    refunded: amount(row, 13)?,
                })
            },
        )
    }
}
