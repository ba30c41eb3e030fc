//! How leases ended, what a campaign's rules made of it, and words beside appeals.

use super::{Desk, endings, signed, unsigned};
use crate::Error;
use protocol::{AccountId, CampaignId};
use rusqlite::{Connection, Row, params};

pub(super) const STEP: &str = "
    CREATE TABLE visits (
        id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, first_unit INTEGER NOT NULL,
        task INTEGER NOT NULL, account INTEGER NOT NULL, given_ms INTEGER NOT NULL,
        ended_ms INTEGER NOT NULL, outcome INTEGER NOT NULL) STRICT;
    CREATE INDEX visits_of ON visits (campaign, id);
    CREATE INDEX visits_by ON visits (campaign, account, id);
    CREATE TABLE firings (
        id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, first_unit INTEGER NOT NULL,
        visit INTEGER NOT NULL, account INTEGER NOT NULL, rule INTEGER NOT NULL,
        settings TEXT NOT NULL, value INTEGER NOT NULL, count INTEGER NOT NULL,
        at_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
        lifted_by INTEGER, lifted_ms INTEGER, UNIQUE (campaign, visit, account, rule)) STRICT;
    CREATE TABLE watched (campaign INTEGER PRIMARY KEY, through INTEGER NOT NULL) STRICT;
    CREATE TABLE statements (
        campaign INTEGER NOT NULL, account INTEGER NOT NULL, block INTEGER NOT NULL,
        said_by INTEGER NOT NULL, entry INTEGER NOT NULL, words TEXT NOT NULL,
        PRIMARY KEY (campaign, account, block, said_by)) WITHOUT ROWID, STRICT;
";

/// How a lease has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// By sealed answers.
    Answered,
    /// Given back with a reason.
    Skipped,
    /// Its time was over.
    Abandoned,
    /// Given back without a word, for anybody.
    Returned,
}

impl Outcome {
    const ALL: [Self; 4] = [
        Self::Answered,
        Self::Skipped,
        Self::Abandoned,
        Self::Returned,
    ];

    /// By the number under which it is kept.
    pub(super) fn of(number: u8) -> Self {
        let known = Self::ALL.get(usize::from(number));
        known.copied().unwrap_or(Self::Returned)
    }
}

/// A lease that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its place among all that the desk has seen; 0 before it is kept.
    pub id: u64,
    /// Whose task.
    pub campaign: CampaignId,
    /// First unit of the round.
    pub first_unit: u32,
    /// Position of the task in the round.
    pub task: u32,
    /// Who had it.
    pub account: AccountId,
    /// When it was given, in milliseconds since 1970; 0 where the desk has forgotten it.
    pub given_ms: u64,
    /// When it ended; 0 where the desk has forgotten it.
    pub ended_ms: u64,
    /// How.
    pub outcome: Outcome,
}

/// A rule that has fired, with the numbers it fired on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Its number; 0 before it is kept.
    pub id: u64,
    /// Whose rule.
    pub campaign: CampaignId,
    /// First unit of the round.
    pub first_unit: u32,
    /// The visit after which it fired.
    pub visit: u64,
    /// On whom.
    pub account: AccountId,
    /// Position of the rule in the campaign's list.
    pub rule: u32,
    /// The rule as JSON.
    pub settings: String,
    /// What was measured, in the collector's unit.
    pub value: u64,
    /// On so many observations.
    pub count: u32,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Until when it holds; `u64::MAX` for the rest of the round, 0 for what holds nothing up.
    pub until_ms: u64,
    /// Who has lifted it, and when.
    pub lifted: Option<(AccountId, u64)>,
}

/// Words beside an appeal or a verdict; the log has their commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where the block was worked.
    pub campaign: CampaignId,
    /// Whose block.
    pub account: AccountId,
    /// Which of that account's blocks, from 0.
    pub block: u32,
    /// Who says it: the account itself, or a member of the panel.
    pub by: AccountId,
    /// The entry whose private body it is.
    pub entry: u64,
    /// What was said.
    pub words: String,
}

impl Visit {
    pub(super) fn write(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let sql = "INSERT INTO visits
                   (campaign, first_unit, task, account, given_ms, ended_ms, outcome)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![
            self.campaign.0,
            self.first_unit,
            self.task,
            self.account.0,
            signed(self.given_ms),
            signed(self.ended_ms),
            self.outcome as u8,
        ];
        connection.prepare_cached(sql)?.execute(values)?;
        endings::count(connection, self)
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            id: unsigned(row.get(0)?),
            campaign: CampaignId(row.get(1)?),
            first_unit: row.get(2)?,
            task: row.get(3)?,
            account: AccountId(row.get(4)?),
            given_ms: unsigned(row.get(5)?),
            ended_ms: unsigned(row.get(6)?),
            outcome: Outcome::of(row.get(7)?),
        })
    }
}

impl Firing {
    /// Kept once: a rule that is asked again about the same visit has fired before.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let sql = "INSERT OR IGNORE INTO firings (campaign, first_unit, visit, account, rule,
                   settings, value, count, at_ms, until_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let values = params![
            self.campaign.0,
            self.first_unit,
            signed(self.visit),
            self.account.0,
            self.rule,
            self.settings,
            signed(self.value),
            self.count,
            signed(self.at_ms),
            signed(self.until_ms),
        ];
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(values).map(|_| ())
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let until_ms: i64 = row.get(10)?;
        let by: Option<u32> = row.get(11)?;
        let lifted_ms: Option<i64> = row.get(12)?;
        Ok(Self {
            id: unsigned(row.get(0)?),
            campaign: CampaignId(row.get(1)?),
            first_unit: row.get(2)?,
            visit: unsigned(row.get(3)?),
            account: AccountId(row.get(4)?),
            rule: row.get(5)?,
            settings: row.get(6)?,
            value: unsigned(row.get(7)?),
            count: row.get(8)?,
            at_ms: unsigned(row.get(9)?),
            until_ms: if until_ms == i64::MAX {
                u64::MAX
            } else {
                unsigned(until_ms)
            },
            lifted: by.map(AccountId).zip(lifted_ms.map(unsigned)),
        })
    }
}

impl Statement {
    pub(super) fn write(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let sql = "INSERT OR REPLACE INTO statements VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![
            self.campaign.0,
            self.account.0,
            self.block,
            self.by.0,
            signed(self.entry),
            self.words,
        ];
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(values).map(|_| ())
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            campaign: CampaignId(row.get(0)?),
            account: AccountId(row.get(1)?),
            block: row.get(2)?,
            by: AccountId(row.get(3)?),
            entry: unsigned(row.get(4)?),
            words: row.get(5)?,
        })
    }
}

impl Desk {
    /// Leases of a campaign that have ended since visit number `after`, in their order, at most
    /// `limit`.
    pub fn visits(
        &self,
        campaign: CampaignId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Visit>, Error> {
        let sql = "SELECT id, campaign, first_unit, task, account, given_ms, ended_ms, outcome
                   FROM visits WHERE campaign = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        let place = params![campaign.0, signed(after), limit];
        self.rows(("read the visits", sql), place, Visit::read)
    }

    /// The newest answers of a campaign, at most `limit`, oldest first.
    pub fn newest_answers(&self, campaign: CampaignId, limit: u32) -> Result<Vec<Visit>, Error> {
        let sql = "SELECT id, campaign, first_unit, task, account, given_ms, ended_ms, outcome
                   FROM visits WHERE campaign = ?1 AND outcome = ?2 ORDER BY id DESC LIMIT ?3";
        let place = params![campaign.0, Outcome::Answered as u8, limit];
        let mut newest = self.rows(("read the newest answers", sql), place, Visit::read)?;
        newest.reverse();
        Ok(newest)
    }

    /// What the rules of a campaign have done, oldest first.
    pub fn firings(&self, campaign: CampaignId) -> Result<Vec<Firing>, Error> {
        let sql = "SELECT id, campaign, first_unit, visit, account, rule, settings, value, count,
                   at_ms, until_ms, lifted_by, lifted_ms
                   FROM firings WHERE campaign = ?1 ORDER BY id";
        let place = params![campaign.0];
        self.rows(("read the firings", sql), place, Firing::read)
    }

    /// What the rules of all campaigns have done, newest first, at most `limit`.
    pub fn newest_firings(&self, limit: u32) -> Result<Vec<Firing>, Error> {
        let sql = "SELECT id, campaign, first_unit, visit, account, rule, settings, value, count,
                   at_ms, until_ms, lifted_by, lifted_ms
                   FROM firings ORDER BY id DESC LIMIT ?1";
        self.rows(
            ("read the newest firings", sql),
            params![limit],
            Firing::read,
        )
    }

    /// Number of the last visit that the rules of a campaign have seen.
    pub fn watched(&self, campaign: CampaignId) -> Result<u64, Error> {
        let sql = "SELECT through FROM watched WHERE campaign = ?1";
        let doing = ("read what rules have seen", sql);
        let rows = self.rows(doing, params![campaign.0], |row| row.get(0))?;
        Ok(rows.first().copied().map_or(0, unsigned))
    }

    /// What was said about a block: by whom, in which entry, and the words.
    pub fn statements(
        &self,
        campaign: CampaignId,
        account: AccountId,
        block: u32,
    ) -> Result<Vec<Statement>, Error> {
        let sql = "SELECT campaign, account, block, said_by, entry, words FROM statements
                   WHERE campaign = ?1 AND account = ?2 AND block = ?3 ORDER BY entry";
        let place = params![campaign.0, account.0, block];
        self.rows(("read statements", sql), place, Statement::read)
    }

    pub(super) fn rows<T>(
        &self,
        (doing, sql): (&'static str, &str),
        place: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, Error> {
        let failed = || Error::of(doing);
        let mut statement = self.0.connection.prepare_cached(sql).map_err(failed())?;
        let rows = statement.query_map(place, read);
        rows.and_then(Iterator::collect).map_err(failed())
    }
}
