//! Passkeys that the log knows, and the addresses that they have named.

use super::batch::{Batch, end_ms};
use super::units::Units;
use crate::Error;
use protocol::command::TokenTotal;
use protocol::{AccountId, Address, Event};
use rusqlite::params;

impl Batch<'_> {
    /// What becomes of the address at which an account is paid.
    pub fn paid_at(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::PasskeyDisclosed {
                account,
                party,
                point,
            } => {
                let (x, y) = (point.x.to_string(), point.y.to_string());
                let sql = "INSERT INTO passkeys VALUES (?1, ?2, ?3, ?4, ?5)";
                self.run(sql, params![account.0, party, x, y, self.seq])?;
                Ok(())
            }
            Event::PayoutBound {
                account,
                wallet,
                from_ms,
            } => self.named(*account, *wallet, *from_ms),
            Event::PayoutCalledOff { account } => self.call_off(*account),
            Event::PayoutMoved { account, kept } => self.moved_payout(*account, kept),
            _ => Ok(()),
        }
    }

    fn named(
        &mut self,
        account: AccountId,
        wallet: Address,
        from_ms: Option<u64>,
    ) -> Result<(), Error> {
        self.call_off(account)?;
        let wallet = format!("0x{wallet}");
        self.run(
            "INSERT INTO payouts SELECT ?1, count(*), ?2, ?3, ?4, NULL, NULL
             FROM payouts WHERE account = ?1",
            params![account.0, wallet, self.seq, from_ms.map(end_ms)],
        )?;
        if from_ms.is_none() {
            let sql = "UPDATE accounts SET wallet = ?2 WHERE account = ?1";
            self.run(sql, params![account.0, wallet])?;
        }
        Ok(())
    }

    /// At most one address waits.
    fn call_off(&mut self, account: AccountId) -> Result<(), Error> {
        self.run(
            "UPDATE payouts SET over_seq = ?2 WHERE account = ?1
             AND from_ms IS NOT NULL AND over_seq IS NULL AND moved_seq IS NULL",
            params![account.0, self.seq],
        )?;
        Ok(())
    }

    fn moved_payout(&mut self, account: AccountId, kept: &[TokenTotal]) -> Result<(), Error> {
        for sum in kept {
            self.run(
                "INSERT INTO payout_sums
                 SELECT account, wallet, ?2, ?3, ?4 FROM accounts WHERE account = ?1",
                params![
                    account.0,
                    sum.token.0,
                    Units(sum.amount_units.units()),
                    self.seq
                ],
            )?;
        }
        self.run(
            "UPDATE accounts SET wallet = (SELECT wallet FROM payouts WHERE account = ?1
                 AND from_ms IS NOT NULL AND over_seq IS NULL AND moved_seq IS NULL)
             WHERE account = ?1",
            [account.0],
        )?;
        self.run(
            "UPDATE payouts SET moved_seq = ?2 WHERE account = ?1
             AND from_ms IS NOT NULL AND over_seq IS NULL AND moved_seq IS NULL",
            params![account.0, self.seq],
        )?;
        Ok(())
    }
}
