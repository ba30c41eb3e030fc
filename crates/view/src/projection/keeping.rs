//! Who there is and who signs, deposits, and what keeps the log itself.

use super::batch::{Batch, end_ms, int};
use super::units::Units;
use crate::Error;
use protocol::command::{CreditDeposit, Genesis};
use protocol::operation::{EraseReason, Erasure};
use protocol::{Event, Hash, Scope, SessionKey};
use rusqlite::params;

/// A session key as it comes.
struct Key {
    account: u32,
    key: SessionKey,
    scope: Scope,
    expires_ms: u64,
    by: Option<SessionKey>,
}

/// What the operator's key may do (`docs/spec/entry.md`).
const OPERATOR: Scope = Scope::OPERATE.and(Scope::PUBLISH).and(Scope::REQUEST);

impl Batch<'_> {
    /// Accounts, keys and deposits.
    pub fn person(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::SpaceOpened { genesis, key } => {
                self.open_space(genesis)?;
                self.open_account(*key, OPERATOR, u64::MAX, None)
            }
            Event::AccountOpened {
                key,
                scope,
                expires_ms,
                binding,
            } => self.open_account(*key, *scope, *expires_ms, Some(*binding)),
            Event::WalletDisclosed { account, wallet } => {
                let sql = "UPDATE accounts SET wallet = ?2 WHERE account = ?1";
                self.run(sql, params![account.0, format!("0x{wallet}")])?;
                Ok(())
            }
            Event::DepositCredited(deposit) => self.credit(deposit),
            Event::KeyAdded {
                account,
                key,
                scope,
                expires_ms,
                by,
            } => self.add_key(&Key {
                account: account.0,
                key: *key,
                scope: *scope,
                expires_ms: *expires_ms,
                by: *by,
            }),
            Event::KeyRevoked { key } => {
                let sql = "UPDATE keys SET revoked_seq = ?2 WHERE key = ?1";
                self.run(sql, params![key.to_string(), self.seq])?;
                Ok(())
            }
            Event::OperatorRotated { key } => {
                let sql = "UPDATE accounts SET key = ?1 WHERE account = 0";
                self.run(sql, [key.to_string()])?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn open_space(&mut self, genesis: &Genesis) -> Result<(), Error> {
        self.run(
            "INSERT INTO spaces VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.space.as_deref().unwrap_or_default(),
                int(genesis.chain_id),
                format!("0x{}", genesis.settlement),
                format!("0x{}", genesis.escrow),
                genesis.state_every
            ],
        )?;
        for (token, address) in genesis.tokens.iter().enumerate() {
            let address = format!("0x{address}");
            self.run(
                "INSERT INTO tokens VALUES (?1, ?2, ?3)",
                params![int(token as u64), address, int(genesis.chain_id)],
            )?;
        }
        let sql = "INSERT INTO log_keys VALUES (0, ?1)";
        self.run(sql, [&genesis.log_key])?;
        Ok(())
    }

    fn open_account(
        &mut self,
        key: SessionKey,
        scope: Scope,
        expires_ms: u64,
        binding: Option<Hash>,
    ) -> Result<(), Error> {
        let account = self.next.account;
        self.next.account += 1;
        self.run(
            "INSERT INTO accounts
                 (account, binding, key, scope, expires_ms, opened_seq, opened_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                account,
                binding.map(|hash| hash.to_string()),
                key.to_string(),
                scope.text(),
                end_ms(expires_ms),
                self.seq,
                self.time_ms
            ],
        )?;
        self.add_key(&Key {
            account,
            key,
            scope,
            expires_ms,
            by: None,
        })
    }

    fn add_key(&mut self, key: &Key) -> Result<(), Error> {
        self.run(
            "INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)",
            params![
                key.key.to_string(),
                key.account,
                key.scope.text(),
                end_ms(key.expires_ms),
                key.by.map(|by| by.to_string()),
                self.seq
            ],
        )?;
        Ok(())
    }

    fn credit(&mut self, deposit: &CreditDeposit) -> Result<(), Error> {
        self.run(
            "INSERT INTO funds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
            params![
                int(deposit.fund.0),
                deposit.account.0,
                deposit.token.0,
                Units(deposit.amount_units.units()),
                Units(deposit.epoch_cap_units.units()),
                int(deposit.closes_ms),
                self.seq
            ],
        )?;
        Ok(())
    }

    /// Roots, witnesses, keys of the log, tombstones.
    pub fn kept(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::StateRootPosted { size, root } => self.run(
                "INSERT INTO state_roots VALUES (?1, ?2, ?3)",
                params![int(*size), root.to_string(), self.seq],
            ),
            Event::WitnessesSet {
                keys,
                quorum,
                time_ms,
            } => self.run(
                "INSERT INTO witness_sets VALUES (?1, ?2, ?3, ?4)",
                params![self.seq, quorum, list(keys), int(*time_ms)],
            ),
            Event::WitnessNoted { size, time_ms } => self.run(
                "INSERT INTO witness_notes VALUES (?1, ?2, ?3)",
                params![self.seq, int(*size), int(*time_ms)],
            ),
            Event::LogKeyRotated { key } => self.run(
                "INSERT INTO log_keys VALUES (?1, ?2)",
                params![self.seq + 1, key],
            ),
            Event::Erased { what, reason } => self.erased(*what, *reason),
            _ => Ok(0),
        }?;
        Ok(())
    }

    fn erased(&mut self, what: Erasure, reason: EraseReason) -> Result<usize, Error> {
        let (kind, openings, body) = match what {
            Erasure::Openings(hash) => ("openings", Some(hash.to_string()), None),
            Erasure::Body(seq) => ("body", None, Some(int(seq))),
        };
        let reason = match reason {
            EraseReason::Request => "request",
            EraseReason::Order => "order",
            EraseReason::Retention => "retention",
            EraseReason::Content => "content",
        };
        let sql = "INSERT INTO tombstones VALUES (?1, ?2, ?3, ?4, ?5)";
        self.run(sql, params![self.seq, kind, openings, body, reason])
    }
}

/// A JSON list of words.
pub(super) fn list(words: &[String]) -> String {
    serde_json::Value::from(words).to_string()
}
