//! Epochs, where each token's money is, and what accounts have in pools.

use super::{Page, Questions, amount, natural, one_more, page};
use crate::Error;
use crate::projection::part;
use protocol::Amount;

/// A closed epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochRow {
    /// Number, from 1.
    pub epoch: u64,
    /// The entry that closed it.
    pub seq: u64,
    /// Its log time, milliseconds.
    pub time_ms: u64,
    /// Root of the claim tree, in hex.
    pub root: String,
    /// Wallets in it.
    pub leaves: u32,
    /// True once its money is on the Settlement contract.
    pub released: bool,
}

/// Where a token's money is: `credited` = `refunded` + `held` + what purses hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenTotals {
    /// Place in the first entry's list.
    pub token: u16,
    /// Deposits credited, ever.
    pub credited: u128,
    /// Refunded by the Escrow contract, ever.
    pub refunded: u128,
    /// Waiting in holds.
    pub held: u128,
    /// In purses of all kinds.
    pub purses: u128,
}

/// What an account has in the pool of an asset that it has worked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShare {
    /// What its work has gone into.
    pub asset: u32,
    /// Its share, and the sum of all shares.
    pub share: (u32, u32),
    /// In what.
    pub token: u16,
    /// floor(pool x share / sum), ever.
    pub amount: Amount,
    /// The same of what the Settlement contract holds.
    pub payable: Amount,
}

/// What uses have brought to a pool in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolRevenue {
    /// Whose contributors share it.
    pub asset: u32,
    /// Log time of the epoch's end, milliseconds.
    pub time_ms: u64,
    /// The account's shares, and all.
    pub share: (u32, u32),
    /// For all who share the pool, in base units.
    pub units: Amount,
}

impl Questions {
    /// Closed epochs, the newest first; those before `before`.
    pub fn epochs(&self, before: Option<u64>, limit: usize) -> Result<Page<EpochRow>, Error> {
        let before = before.map_or(i64::MAX, |epoch| i64::try_from(epoch).unwrap_or(i64::MAX));
        let rows = self.rows(
            "SELECT epoch, seq, time_ms, root, leaves, released_seq IS NOT NULL FROM epochs
             WHERE epoch < ?1 ORDER BY epoch DESC LIMIT ?2",
            (before, one_more(limit)),
            |row| {
                Ok(EpochRow {
                    epoch: natural(row, 0)?,
                    seq: natural(row, 1)?,
                    time_ms: natural(row, 2)?,
                    root: row.get(3)?,
                    leaves: row.get(4)?,
                    released: row.get(5)?,
                })
            },
        )?;
        Ok(page(rows, limit))
    }

    /// Where the money is, place by place: token, place (`credited`, `refunded`, `held`, or a kind
    /// of purse), base units. Of a token, what is `credited` is the sum of all other places.
    pub fn places(&self) -> Result<Vec<(u16, String, u128)>, Error> {
        self.rows(
            "SELECT token, place, units FROM totals ORDER BY token, place",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, amount(row, 2)?.units())),
        )
    }

    /// Where the money is, by token.
    pub fn totals(&self) -> Result<Vec<TokenTotals>, Error> {
        let rows = self.places()?;
        let mut totals: Vec<TokenTotals> = Vec::new();
        for (token, place, units) in rows {
            if totals.last().is_none_or(|last| last.token != token) {
                totals.push(TokenTotals {
                    token,
                    ..TokenTotals::default()
                });
            }
            if let Some(sums) = totals.last_mut() {
                let sum = match place.as_str() {
                    "credited" => &mut sums.credited,
                    "refunded" => &mut sums.refunded,
                    "held" => &mut sums.held,
                    _ => &mut sums.purses,
                };
                *sum += units;
            }
        }
        Ok(totals)
    }

    /// What uses have brought, epoch by epoch, to each pool in which an account has shares: the
    /// oldest first, in one token. All before the epoch `since` stands in the row of that one.
    pub fn pool_revenue(
        &self,
        account: u32,
        token: u16,
        since: u64,
    ) -> Result<Vec<PoolRevenue>, Error> {
        self.rows(
            "SELECT p.asset, e.time_ms, p.share, p.total_shares, p.units FROM (
                 SELECT r.to_asset AS asset, max(r.epoch, ?3) AS epoch, s.share, a.total_shares,
                        sum_units(r.amount_units) AS units
                 FROM shares AS s
                 JOIN assets AS a ON a.asset = s.asset
                 JOIN royalties AS r ON r.to_asset = s.asset
                 WHERE s.account = ?1 AND r.kind = 'pool' AND r.token = ?2
                 GROUP BY r.to_asset, max(r.epoch, ?3)) AS p
             JOIN epochs AS e ON e.epoch = p.epoch ORDER BY p.epoch, p.asset",
            (account, token, i64::try_from(since).unwrap_or(i64::MAX)),
            |row| {
                Ok(PoolRevenue {
                    asset: row.get(0)?,
                    time_ms: natural(row, 1)?,
                    share: (row.get(2)?, row.get(3)?),
                    units: amount(row, 4)?,
                })
            },
        )
    }

    /// What an account has in pools, by asset and token.
    pub fn pool_shares(&self, account: u32) -> Result<Vec<PoolShare>, Error> {
        let rows = self.rows(
            "SELECT s.asset, s.share, a.total_shares, p.token, p.balance_units, p.payable_units
             FROM shares AS s
             JOIN assets AS a ON a.asset = s.asset
             JOIN purses AS p ON p.kind = 'pool' AND p.owner = s.asset
             WHERE s.account = ?1 ORDER BY s.asset, p.token",
            [account],
            |row| {
                let share = (row.get(1)?, row.get(2)?);
                let own = |pool: Amount| {
                    let part = part(pool.units(), share.0, share.1);
                    part.and_then(Amount::new).unwrap_or_default()
                };
                Ok(PoolShare {
                    asset: row.get(0)?,
                    share,
                    token: row.get(3)?,
                    amount: own(amount(row, 4)?),
                    payable: own(amount(row, 5)?),
                })
            },
        )?;
        Ok(rows)
    }
}
