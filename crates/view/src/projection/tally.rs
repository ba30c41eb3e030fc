//! Counters of campaigns, rounds, people and hours, summed up over a batch.

use super::batch::{Batch, broken};
use super::book::added;
use super::purpose::Purpose;
use super::units::Units;
use crate::Error;
use rusqlite::params;
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;

/// What a batch has counted, and what it has looked up for that.
#[derive(Default)]
pub(super) struct Tally {
    pub campaigns: BTreeMap<u32, Campaign>,
    counts: BTreeMap<u32, Counts>,
    spent: BTreeMap<u32, u128>,
    workers: BTreeMap<(u32, u32), Worker>,
    hours: BTreeMap<(u32, i64), i64>,
    rounds: BTreeMap<(u32, u32), i64>,
    accounts: BTreeMap<u32, Account>,
}

/// What does not change of a campaign, and its rounds so far.
#[derive(Clone, Copy)]
pub(super) struct Campaign {
    pub owner: u32,
    pub rounds: u32,
    pub block_length: u16,
    pub first_unit_id: i64,
    /// False where every answer is accepted unjudged.
    pub judged: bool,
}

/// What is added to a campaign's counters.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    sealed: i64,
    contributors: i64,
    blocks: i64,
    pub released_blocks: i64,
    pub rejected_blocks: i64,
    pub accepted: i64,
    pub rejected: i64,
}

/// A contributor's counters as they stand.
#[derive(Clone, Copy, Default)]
pub(super) struct Worker {
    pub blocks: u32,
    sealed: i64,
    paid: u128,
}

/// What is added to an account's counters.
#[derive(Clone, Copy, Default)]
pub(super) struct Account {
    pub campaigns: i64,
    sealed: i64,
    pub accepted: i64,
    pub rejected: i64,
}

impl Batch<'_> {
    pub fn campaign(&mut self, id: u32) -> Result<Campaign, Error> {
        if let Some(known) = self.tally.campaigns.get(&id) {
            return Ok(*known);
        }
        let sql = "SELECT owner, rounds, block_length, first_unit_id, gold_share_ppm > 0
                   FROM campaigns WHERE campaign = ?1";
        let read = self.row(sql, [id], |row| {
            Ok(Campaign {
                owner: row.get(0)?,
                rounds: row.get(1)?,
                block_length: row.get(2)?,
                first_unit_id: row.get(3)?,
                judged: row.get(4)?,
            })
        })?;
        let campaign = read.ok_or_else(|| broken(format!("there is no campaign {id}")))?;
        self.tally.campaigns.insert(id, campaign);
        Ok(campaign)
    }

    pub fn count(&mut self, campaign: u32) -> &mut Counts {
        self.tally.counts.entry(campaign).or_default()
    }

    pub fn count_account(&mut self, account: u32) -> &mut Account {
        self.tally.accounts.entry(account).or_default()
    }

    /// The contributor's counters; a new contributor counts from here on.
    pub fn worker(&mut self, place: (u32, u32)) -> Result<&mut Worker, Error> {
        if !self.tally.workers.contains_key(&place) {
            let sql = "SELECT blocks, sealed, paid_units FROM contributors
                       WHERE campaign = ?1 AND account = ?2";
            let read = self.row(sql, place, |row| {
                let Units(paid) = row.get(2)?;
                Ok(Worker {
                    blocks: row.get(0)?,
                    sealed: row.get(1)?,
                    paid,
                })
            })?;
            if read.is_none() {
                self.count(place.0).contributors += 1;
            }
            self.tally.workers.insert(place, read.unwrap_or_default());
        }
        Ok(self.tally.workers.entry(place).or_default())
    }

    /// A block has begun; its number.
    pub fn begin_block(&mut self, place: (u32, u32)) -> Result<u32, Error> {
        self.count(place.0).blocks += 1;
        let worker = self.worker(place)?;
        worker.blocks += 1;
        Ok(worker.blocks - 1)
    }

    /// Answers were sealed in the open round.
    pub fn sealed(&mut self, (campaign, account): (u32, u32), answers: i64) -> Result<(), Error> {
        let round = self.campaign(campaign)?.rounds.saturating_sub(1);
        self.worker((campaign, account))?.sealed += answers;
        self.count(campaign).sealed += answers;
        self.count_account(account).sealed += answers;
        *self.tally.rounds.entry((campaign, round)).or_default() += answers;
        let hour = self.time_ms - self.time_ms % HOUR_MS;
        *self.tally.hours.entry((campaign, hour)).or_default() += answers;
        Ok(())
    }

    /// Pay for a block has arrived.
    pub fn paid(&mut self, block: Purpose, amount: u128) -> Result<(), Error> {
        let (Some(campaign), Some(number)) = (block.campaign, block.block) else {
            return Err(broken("pay is for no block"));
        };
        let place = (campaign, block.account, number);
        let sql = "SELECT paid_units FROM blocks
                   WHERE campaign = ?1 AND account = ?2 AND block = ?3";
        let before = self.row(sql, place, |row| row.get::<_, Units>(0))?;
        let Units(before) = before.ok_or_else(|| broken("pay is for no block"))?;
        self.run(
            "UPDATE blocks SET paid_units = ?4
             WHERE campaign = ?1 AND account = ?2 AND block = ?3",
            params![
                campaign,
                block.account,
                number,
                Units(added(before, amount)?)
            ],
        )?;
        let worker = self.worker((campaign, block.account))?;
        worker.paid = added(worker.paid, amount)?;
        self.spent(block, amount)
    }

    /// Money has left a campaign's budget for good.
    pub fn spent(&mut self, purpose: Purpose, amount: u128) -> Result<(), Error> {
        if let Some(campaign) = purpose.campaign {
            let spent = self.tally.spent.entry(campaign).or_default();
            *spent = added(*spent, amount)?;
        }
        Ok(())
    }

    pub fn flush_tally(&mut self) -> Result<(), Error> {
        let tally = std::mem::take(&mut self.tally);
        for ((campaign, account), worker) in &tally.workers {
            self.run(
                "INSERT INTO contributors (campaign, account, blocks, sealed, paid_units)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET blocks = excluded.blocks, sealed = excluded.sealed,
                                           paid_units = excluded.paid_units",
                params![
                    campaign,
                    account,
                    worker.blocks,
                    worker.sealed,
                    Units(worker.paid)
                ],
            )?;
        }
        for ((campaign, hour_ms), sealed) in &tally.hours {
            self.run(
                "INSERT INTO campaign_hours VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET sealed = sealed + excluded.sealed",
                (campaign, hour_ms, sealed),
            )?;
        }
        for ((campaign, round), sealed) in &tally.rounds {
            self.run(
                "UPDATE rounds SET sealed = sealed + ?3 WHERE campaign = ?1 AND round = ?2",
                (campaign, round, sealed),
            )?;
        }
        for (account, more) in &tally.accounts {
            self.run(
                "UPDATE accounts SET campaigns = campaigns + ?2, sealed = sealed + ?3,
                        accepted = accepted + ?4, rejected = rejected + ?5
                 WHERE account = ?1",
                params![
                    account,
                    more.campaigns,
                    more.sealed,
                    more.accepted,
                    more.rejected
                ],
            )?;
        }
        self.flush_campaigns(&tally)
    }

    fn flush_campaigns(&self, tally: &Tally) -> Result<(), Error> {
        for (campaign, more) in &tally.counts {
            self.run(
                "UPDATE campaigns SET sealed = sealed + ?2, contributors = contributors + ?3,
                        blocks = blocks + ?4, released_blocks = released_blocks + ?5,
                        rejected_blocks = rejected_blocks + ?6, accepted = accepted + ?7,
                        rejected = rejected + ?8
                 WHERE campaign = ?1",
                params![
                    campaign,
                    more.sealed,
                    more.contributors,
                    more.blocks,
                    more.released_blocks,
                    more.rejected_blocks,
                    more.accepted,
                    more.rejected
                ],
            )?;
        }
        for (campaign, amount) in &tally.spent {
            let sql = "SELECT spent_units FROM campaigns WHERE campaign = ?1";
            let before = self.row(sql, [campaign], |row| row.get::<_, Units>(0))?;
            let Units(before) = before.unwrap_or_default();
            self.run(
                "UPDATE campaigns SET spent_units = ?2 WHERE campaign = ?1",
                params![campaign, Units(added(before, *amount)?)],
            )?;
        }
        Ok(())
    }
}
