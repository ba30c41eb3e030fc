//! Settlement: royalties, claim lines, and what each epoch has made payable.

use super::batch::{Batch, broken, int};
use super::book::added;
use super::units::Units;
use super::work::units;
use crate::Error;
use protocol::chain::Fact;
use protocol::command::TokenTotal;
use protocol::event::RoyaltyTo;
use protocol::{AssetId, ChainIndex, EpochId, Event, Hash, TokenId};
use rusqlite::params;
use std::collections::BTreeMap;

/// What each wallet is owed for ever in each token.
type Lines = BTreeMap<(String, u16), u128>;

impl Batch<'_> {
    /// Revenue moves up; epochs close and are released.
    pub fn settled(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::RoyaltyPaid {
                from,
                to,
                token,
                amount,
            } => self.pay_royalty((*from, *to), *token, units(*amount)),
            Event::EpochClosed {
                epoch,
                root,
                leaves,
                totals,
            } => {
                self.flush()?;
                self.close_epoch(*epoch, root, *leaves)?;
                self.write_totals(*epoch, totals)?;
                self.write_debits(*epoch)?;
                self.write_claims(*epoch)
            }
            Event::Chain(Fact::Joined(contracts)) => {
                contracts.tokens.iter().try_for_each(|token| {
                    self.run(
                        "INSERT INTO tokens SELECT (SELECT count(*) FROM tokens), ?1, ?2",
                        params![format!("0x{token}"), int(contracts.chain_id)],
                    )
                    .map(drop)
                })
            }
            Event::Chain(Fact::Released(released)) => {
                self.flush()?;
                self.release((released.epoch, released.chain), released.tokens)
            }
            _ => Ok(()),
        }
    }

    fn pay_royalty(
        &mut self,
        (from, to): (AssetId, RoyaltyTo),
        token: TokenId,
        amount: Units,
    ) -> Result<(), Error> {
        let (kind, asset, account) = match to {
            RoyaltyTo::Floor(asset) => ("floor", Some(asset.0), None),
            RoyaltyTo::Flow(asset) => ("flow", Some(asset.0), None),
            RoyaltyTo::Pool => ("pool", Some(from.0), None),
            RoyaltyTo::Owner(account) => ("owner", None, Some(account.0)),
            RoyaltyTo::Operator(account) => ("operator", None, Some(account.0)),
        };
        let sql = "SELECT coalesce(max(epoch), 0) + 1 FROM epochs";
        let epoch: Option<i64> = self.row(sql, [], |row| row.get(0))?;
        let id = self.next.royalty;
        self.next.royalty += 1;
        self.run(
            "INSERT INTO royalties VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id, self.seq, epoch, from.0, kind, asset, account, token.0, amount
            ],
        )?;
        Ok(())
    }

    fn close_epoch(&mut self, epoch: EpochId, root: &Hash, leaves: u32) -> Result<(), Error> {
        self.run(
            "INSERT INTO epochs VALUES (?1, ?2, ?3, ?4, ?5, NULL)",
            params![
                int(epoch.0),
                self.seq,
                self.time_ms,
                root.to_string(),
                leaves
            ],
        )?;
        self.run(
            "INSERT INTO payables
             SELECT ?1, purse, balance_units FROM purses
             WHERE kind IN ('earned', 'pool') AND balance_units <> payable_units",
            [int(epoch.0)],
        )?;
        Ok(())
    }

    fn write_totals(&mut self, epoch: EpochId, totals: &[TokenTotal]) -> Result<(), Error> {
        for total in totals {
            self.run(
                "INSERT INTO epoch_totals VALUES (?1, ?2, ?3)",
                params![int(epoch.0), total.token.0, units(total.amount_units)],
            )?;
        }
        Ok(())
    }

    fn write_debits(&mut self, epoch: EpochId) -> Result<(), Error> {
        self.run(
            "INSERT INTO epoch_debits
             SELECT ?1, fund, debit_units FROM funds WHERE debit_units <> 0",
            [int(epoch.0)],
        )?;
        self.run(
            "UPDATE funds SET debit_units = 0 WHERE debit_units <> 0",
            [],
        )?;
        Ok(())
    }

    /// The claim lines of `docs/spec/settlement.md`, kept where they differ from the epoch before.
    /// An address that a passkey has named has lines on the first chain only.
    fn write_claims(&mut self, epoch: EpochId) -> Result<(), Error> {
        let mut lines = Lines::new();
        let earned = self.rows(
            "SELECT a.wallet, p.token, p.payable_units
             FROM purses AS p JOIN accounts AS a ON a.account = p.owner
             WHERE p.kind = 'earned' AND p.payable_units <> 0 AND a.wallet IS NOT NULL
               AND (p.token IN (SELECT token FROM tokens
                                WHERE chain_id = (SELECT chain_id FROM spaces))
                    OR a.account NOT IN (SELECT account FROM payouts))",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Units>(2)?.0)),
        )?;
        for (wallet, token, amount) in earned {
            let line = lines.entry((wallet, token)).or_default();
            *line = added(*line, amount)?;
        }
        let pools = self.rows(
            "SELECT a.wallet, p.token, p.payable_units, s.share, t.total_shares
             FROM purses AS p
             JOIN assets AS t ON t.asset = p.owner
             JOIN shares AS s ON s.asset = p.owner
             JOIN accounts AS a ON a.account = s.account
             WHERE p.kind = 'pool' AND p.payable_units <> 0 AND a.wallet IS NOT NULL
               AND (p.token IN (SELECT token FROM tokens
                                WHERE chain_id = (SELECT chain_id FROM spaces))
                    OR a.account NOT IN (SELECT account FROM payouts))",
            [],
            |row| {
                let Units(pool) = row.get(2)?;
                let (share, total): (u32, u32) = (row.get(3)?, row.get(4)?);
                Ok((row.get(0)?, row.get(1)?, part(pool, share, total)))
            },
        )?;
        for (wallet, token, amount) in pools {
            let amount = amount.ok_or_else(|| broken("a share is no part of its sum"))?;
            let line = lines.entry((wallet, token)).or_default();
            *line = added(*line, amount)?;
        }
        self.leave_behind(&mut lines)?;
        for ((wallet, token), amount) in lines.into_iter().filter(|(_, amount)| *amount > 0) {
            let sql = "SELECT cumulative_units FROM claims WHERE wallet = ?1 AND token = ?2
                       ORDER BY epoch DESC LIMIT 1";
            let before = self.row(sql, (&wallet, token), |row| row.get::<_, Units>(0))?;
            if before != Some(Units(amount)) {
                self.run(
                    "INSERT INTO claims VALUES (?1, ?2, ?3, ?4)",
                    params![wallet, token, int(epoch.0), Units(amount)],
                )?;
            }
        }
        Ok(())
    }

    /// What was payable at an earlier address stays there.
    fn leave_behind(&mut self, lines: &mut Lines) -> Result<(), Error> {
        let kept = self.rows(
            "SELECT a.wallet, s.wallet, s.token, s.kept_units
             FROM payout_sums AS s JOIN accounts AS a ON a.account = s.account",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get::<_, Units>(3)?.0,
                ))
            },
        )?;
        for (now, before, token, amount) in kept {
            let line = lines.entry((now, token)).or_default();
            let less = line.checked_sub(amount);
            *line = less.ok_or_else(|| broken("an address keeps more than was payable"))?;
            let line = lines.entry((before, token)).or_default();
            *line = added(*line, amount)?;
        }
        Ok(())
    }

    /// Each chain releases what is in its own tokens; an epoch's row tells of the first chain.
    fn release(
        &mut self,
        (epoch, chain): (EpochId, ChainIndex),
        (from, until): (TokenId, TokenId),
    ) -> Result<(), Error> {
        self.run(
            "UPDATE purses SET payable_units = p.amount_units
             FROM (SELECT purse, amount_units FROM payables WHERE epoch = ?1) AS p
             WHERE purses.purse = p.purse AND purses.token >= ?2 AND purses.token < ?3",
            (int(epoch.0), from.0, until.0),
        )?;
        if chain.0 > 0 {
            return Ok(());
        }
        self.run(
            "UPDATE epochs SET released_seq = ?2 WHERE epoch = ?1",
            (int(epoch.0), self.seq),
        )?;
        Ok(())
    }
}

/// floor(pool x share / total), as `Amount::part` has it.
pub(crate) fn part(pool: u128, share: u32, total: u32) -> Option<u128> {
    let within = total > 0 && share <= total;
    let times = within.then(|| pool.checked_mul(u128::from(share)))?;
    times.map(|product| product / u128::from(total))
}
