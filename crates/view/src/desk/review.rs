//! Reviews of judged tasks, and what training has told people.

use super::{Desk, signed, unsigned};
use crate::Error;
use protocol::{AccountId, CampaignId};
use rusqlite::{Connection, Row, params};

pub(super) const STEP: &str = "
    CREATE TABLE asked (
        campaign INTEGER NOT NULL, task INTEGER NOT NULL, why TEXT NOT NULL,
        at_ms INTEGER NOT NULL, PRIMARY KEY (campaign, task)) WITHOUT ROWID, STRICT;
    CREATE TABLE opinions (
        campaign INTEGER NOT NULL, task INTEGER NOT NULL, reviewer INTEGER NOT NULL,
        blind TEXT NOT NULL, final TEXT NOT NULL, consensus TEXT NOT NULL, comment TEXT NOT NULL,
        at_ms INTEGER NOT NULL, PRIMARY KEY (campaign, task, reviewer)) WITHOUT ROWID, STRICT;
    CREATE TABLE lessons (
        campaign INTEGER NOT NULL, account INTEGER NOT NULL, task INTEGER NOT NULL,
        correct INTEGER NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY (campaign, account, task)) WITHOUT ROWID, STRICT;
";

/// A task that shall be reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where.
    pub campaign: CampaignId,
    /// Position of the task in the campaign.
    pub task: u32,
    /// Why: `sample`, `unsure` or `rule`.
    pub why: String,
    /// Since when, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What a reviewer says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Where.
    pub campaign: CampaignId,
    /// Position of the task in the campaign.
    pub task: u32,
    /// Who.
    pub reviewer: AccountId,
    /// JSON of the labels that were given before anything was shown.
    pub blind: String,
    /// JSON of the labels after all was shown; empty while only the first step is done.
    pub last: String,
    /// JSON of the labels of the consensus that was shown.
    pub consensus: String,
    /// In words; may be empty.
    pub comment: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// A first answer in a training campaign, held against what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Where.
    pub campaign: CampaignId,
    /// Who.
    pub account: AccountId,
    /// Position of the task in the campaign.
    pub task: u32,
    /// Whether the answer was right.
    pub correct: bool,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Asked {
    /// Kept once, for the first reason.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let sql = "INSERT OR IGNORE INTO asked VALUES (?1, ?2, ?3, ?4)";
        let values = params![self.campaign.0, self.task, self.why, signed(self.at_ms)];
        connection.prepare_cached(sql)?.execute(values).map(|_| ())
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            campaign: CampaignId(row.get(0)?),
            task: row.get(1)?,
            why: row.get(2)?,
            at_ms: unsigned(row.get(3)?),
        })
    }
}

impl Opinion {
    /// The blind answer stands once it is given; the last word is kept beside it.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let sql = "INSERT INTO opinions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT DO UPDATE SET final = ?5, consensus = ?6, comment = ?7, at_ms = ?8";
        let values = params![
            self.campaign.0,
            self.task,
            self.reviewer.0,
            self.blind,
            self.last,
            self.consensus,
            self.comment,
            signed(self.at_ms),
        ];
        connection.prepare_cached(sql)?.execute(values).map(|_| ())
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            campaign: CampaignId(row.get(0)?),
            task: row.get(1)?,
            reviewer: AccountId(row.get(2)?),
            blind: row.get(3)?,
            last: row.get(4)?,
            consensus: row.get(5)?,
            comment: row.get(6)?,
            at_ms: unsigned(row.get(7)?),
        })
    }
}

impl Lesson {
    /// The first answer counts: whoever was told the right one has learnt nothing by repeating it.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let sql = "INSERT OR IGNORE INTO lessons VALUES (?1, ?2, ?3, ?4, ?5)";
        let at_ms = signed(self.at_ms);
        let values = params![
            self.campaign.0,
            self.account.0,
            self.task,
            self.correct,
            at_ms
        ];
        connection.prepare_cached(sql)?.execute(values).map(|_| ())
    }
}

impl Desk {
    /// Tasks of a campaign that shall be reviewed, by their position.
    pub fn asked(&self, campaign: CampaignId) -> Result<Vec<Asked>, Error> {
        let sql = "SELECT campaign, task, why, at_ms FROM asked WHERE campaign = ?1 ORDER BY task";
        let place = params![campaign.0];
        self.rows(("read what is to be reviewed", sql), place, Asked::read)
    }

    /// Reviews of a campaign, by task and reviewer.
    pub fn opinions(&self, campaign: CampaignId) -> Result<Vec<Opinion>, Error> {
        let sql = "SELECT campaign, task, reviewer, blind, final, consensus, comment, at_ms
                   FROM opinions WHERE campaign = ?1 ORDER BY task, reviewer";
        self.rows(("read reviews", sql), params![campaign.0], Opinion::read)
    }

    /// How many first answers of an account in a training campaign were right, and how many there
    /// are.
    pub fn lessons(&self, campaign: CampaignId, account: AccountId) -> Result<(u32, u32), Error> {
        let sql = "SELECT coalesce(sum(correct), 0), count(*) FROM lessons
                   WHERE campaign = ?1 AND account = ?2";
        let place = params![campaign.0, account.0];
        let doing = ("read lessons", sql);
        let rows = self.rows(doing, place, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.first().copied().unwrap_or_default())
    }

    /// Whether the first answer of an account to a task of a training campaign is kept.
    pub fn has_lesson(
        &self,
        (campaign, account): (CampaignId, AccountId),
        task: u32,
    ) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM lessons WHERE campaign = ?1 AND account = ?2 AND task = ?3";
        let place = params![campaign.0, account.0, task];
        let rows = self.rows(("read a lesson", sql), place, |_| Ok(()))?;
        Ok(!rows.is_empty())
    }
}
