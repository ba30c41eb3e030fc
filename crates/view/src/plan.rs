//! Plans: campaigns before they open, with their units and what is known of them (`plans.sqlite`).
//!
//! What a campaign has committed to stands in the log; its known labels stay here until a round
//! opens them, and so do the operator's settings that are no promise to anybody.

use crate::database::Durability;
use crate::desk::{signed, unsigned};
use crate::{Database, Error};
use protocol::{AccountId, CampaignId, Hash};
use rusqlite::{OptionalExtension as _, params};
use std::path::Path;

const STEPS: &[&str] = &["
    CREATE TABLE plans (
        id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, settings TEXT NOT NULL,
        campaign INTEGER UNIQUE, units_hash BLOB, paused INTEGER NOT NULL DEFAULT 0,
        closing INTEGER NOT NULL DEFAULT 0,
        created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX plans_of ON plans (owner, id);
    CREATE TABLE units (
        plan INTEGER NOT NULL, position INTEGER NOT NULL,
        name TEXT NOT NULL, text TEXT, known TEXT,
        PRIMARY KEY (plan, position)) WITHOUT ROWID, STRICT;
"];

/// The plans' database; one writer.
#[derive(Debug)]
pub struct Plans(Database);

/// A campaign that was drawn up here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its number among the plans.
    pub id: u64,
    /// The requester.
    pub owner: AccountId,
    /// JSON of what was asked for, as the API has it.
    pub settings: String,
    /// The campaign that it has become.
    pub campaign: Option<CampaignId>,
    /// Nobody is given tasks while this holds.
    pub paused: bool,
    /// The requester has asked for its end: no further rounds.
    pub closing: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was last changed.
    pub changed_ms: u64,
}

/// One thing to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedUnit {
    /// The requester's own id for it.
    pub name: String,
    /// What is shown: a text, or an object of JSON.
    pub text: Option<String>,
    /// The known answer, as the kind of question writes it.
    pub known: Option<String>,
}

impl Plans {
    /// Opens `plans.sqlite`, and makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self(Database::open(path, Durability::Power, STEPS)?))
    }

    /// Keeps a new plan and returns its number.
    pub fn create(&mut self, owner: AccountId, settings: &str, now_ms: u64) -> Result<u64, Error> {
        let sql = "INSERT INTO plans (owner, settings, created_ms, changed_ms)
                   VALUES (?1, ?2, ?3, ?3)";
        let connection = &self.0.connection;
        connection
            .execute(sql, params![owner.0, settings, signed(now_ms)])
            .map_err(Error::of("keep a plan"))?;
        Ok(unsigned(connection.last_insert_rowid()))
    }

    /// Puts other settings in the place of a plan's; false once it is a campaign or gone.
    pub fn change(&mut self, id: u64, settings: &str, now_ms: u64) -> Result<bool, Error> {
        let sql = "UPDATE plans SET settings = ?2, changed_ms = ?3
                   WHERE id = ?1 AND campaign IS NULL";
        self.update(sql, params![signed(id), settings, signed(now_ms)])
    }

    /// Remembers by which document of units a plan will be known when it opens; false once it is a
    /// campaign or gone.
    pub fn prepare(&mut self, id: u64, units: &Hash) -> Result<bool, Error> {
        let sql = "UPDATE plans SET units_hash = ?2 WHERE id = ?1 AND campaign IS NULL";
        self.update(sql, params![signed(id), &units.0[..]])
    }

    /// The newest plan of an account that waits to open with these units.
    pub fn prepared(&self, owner: AccountId, units: &Hash) -> Result<Option<u64>, Error> {
        let sql = "SELECT id FROM plans
                   WHERE owner = ?1 AND units_hash = ?2 AND campaign IS NULL ORDER BY id DESC";
        let connection = &self.0.connection;
        let found = connection.query_row(sql, params![owner.0, &units.0[..]], |row| row.get(0));
        let found = found.optional().map_err(Error::of("find a plan"))?;
        Ok(found.map(unsigned))
    }

    /// Says which campaign a plan has become; false if it is one already.
    pub fn opened(&mut self, id: u64, campaign: CampaignId, now_ms: u64) -> Result<bool, Error> {
        let sql = "UPDATE plans SET campaign = ?2, changed_ms = ?3
                   WHERE id = ?1 AND campaign IS NULL";
        self.update(sql, params![signed(id), campaign.0, signed(now_ms)])
    }

    /// Pauses a campaign or lets it go on; false if it is none of these.
    pub fn pause(&mut self, campaign: CampaignId, paused: bool) -> Result<bool, Error> {
        let sql = "UPDATE plans SET paused = ?2 WHERE campaign = ?1";
        self.update(sql, params![campaign.0, paused])
    }

    /// Notes that a campaign shall end; false if it is none of these.
    pub fn close(&mut self, campaign: CampaignId) -> Result<bool, Error> {
        let sql = "UPDATE plans SET closing = 1 WHERE campaign = ?1";
        self.update(sql, params![campaign.0])
    }

    /// Deletes a plan with its units; false once it is a campaign or gone.
    pub fn delete(&mut self, id: u64) -> Result<bool, Error> {
        let sql = "DELETE FROM plans WHERE id = ?1 AND campaign IS NULL";
        let gone = self.update(sql, params![signed(id)])?;
        if gone {
            self.update("DELETE FROM units WHERE plan = ?1", params![signed(id)])?;
        }
        Ok(gone)
    }

    fn update(&self, sql: &str, values: impl rusqlite::Params) -> Result<bool, Error> {
        let connection = &self.0.connection;
        let changed = connection.execute(sql, values);
        Ok(changed.map_err(Error::of("change a plan"))? > 0)
    }

    /// A plan by its number.
    pub fn plan(&self, id: u64) -> Result<Option<Plan>, Error> {
        self.one("WHERE id = ?1", params![signed(id)])
    }

    /// The plan that has become a campaign.
    pub fn of_campaign(&self, campaign: CampaignId) -> Result<Option<Plan>, Error> {
        self.one("WHERE campaign = ?1", params![campaign.0])
    }

    fn one(&self, which: &str, values: impl rusqlite::Params) -> Result<Option<Plan>, Error> {
        let sql = format!("{PLAN} {which}");
        let connection = &self.0.connection;
        let found = connection.query_row(&sql, values, read).optional();
        found.map_err(Error::of("read a plan"))
    }

    /// An account's plans, newest first, at most `limit` of those before number `before`.
    pub fn of_owner(&self, owner: AccountId, before: u64, limit: u32) -> Result<Vec<Plan>, Error> {
        let sql = format!("{PLAN} WHERE owner = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
        let failed = || Error::of("list plans");
        let mut statement = self.0.connection.prepare(&sql).map_err(failed())?;
        let rows = statement.query_map(params![owner.0, signed(before), limit], read);
        rows.and_then(Iterator::collect).map_err(failed())
    }

    /// Puts units in the place of a plan's, as they come; an error of the source, such as a file
    /// that ends early, leaves those that were there. Returns how many.
    pub fn put_units<E>(
        &mut self,
        id: u64,
        units: impl Iterator<Item = Result<PlannedUnit, E>>,
    ) -> Result<Result<u32, E>, Error> {
        let failed = || Error::of("keep the units of a plan");
        let transaction = self.0.connection.transaction().map_err(failed())?;
        let clear = "DELETE FROM units WHERE plan = ?1";
        transaction
            .execute(clear, params![signed(id)])
            .map_err(failed())?;
        let mut count: u32 = 0;
        {
            let sql = "INSERT INTO units VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut statement = transaction.prepare(sql).map_err(failed())?;
            for unit in units {
                let unit = match unit {
                    Ok(unit) => unit,
                    Err(error) => return Ok(Err(error)),
                };
                let values = params![signed(id), count, unit.name, unit.text, unit.known];
                statement.execute(values).map_err(failed())?;
                count = count
                    .checked_add(1)
                    .ok_or_else(|| Error::invalid("keep units", "there are more than 2^32"))?;
            }
        }
        transaction.commit().map_err(failed())?;
        Ok(Ok(count))
    }

    /// Units of a plan in their order, from a position on, at most `limit`.
    pub fn units(&self, id: u64, from: u32, limit: u32) -> Result<Vec<PlannedUnit>, Error> {
        let sql = "SELECT name, text, known FROM units WHERE plan = ?1 AND position >= ?2
                   ORDER BY position LIMIT ?3";
        let failed = || Error::of("read the units of a plan");
        let mut statement = self.0.connection.prepare_cached(sql).map_err(failed())?;
        let rows = statement.query_map(params![signed(id), from, limit], |row| {
            Ok(PlannedUnit {
                name: row.get(0)?,
                text: row.get(1)?,
                known: row.get(2)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(failed())
    }

    /// How many units a plan has, and how many of them are known.
    pub fn unit_count(&self, id: u64) -> Result<(u32, u32), Error> {
        let sql = "SELECT count(*), count(known) FROM units WHERE plan = ?1";
        let connection = &self.0.connection;
        let counted = connection.query_row(sql, params![signed(id)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        counted.map_err(Error::of("count the units of a plan"))
    }

    /// The known answers of a plan between two positions, ascending.
    pub fn known(&self, id: u64, range: std::ops::Range<u32>) -> Result<Vec<(u32, String)>, Error> {
        let sql = "SELECT position, known FROM units
                   WHERE plan = ?1 AND position >= ?2 AND position < ?3 AND known IS NOT NULL
                   ORDER BY position";
        let failed = || Error::of("read the known answers of a plan");
        let mut statement = self.0.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map(params![signed(id), range.start, range.end], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        rows.and_then(Iterator::collect).map_err(failed())
    }
}

const PLAN: &str = "SELECT id, owner, settings, campaign, paused, closing, created_ms, changed_ms
                    FROM plans";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Plan> {
    let campaign: Option<u32> = row.get(3)?;
    Ok(Plan {
        id: unsigned(row.get(0)?),
        owner: AccountId(row.get(1)?),
        settings: row.get(2)?,
        campaign: campaign.map(CampaignId),
        paused: row.get(4)?,
        closing: row.get(5)?,
        created_ms: unsigned(row.get(6)?),
        changed_ms: unsigned(row.get(7)?),
    })
}
