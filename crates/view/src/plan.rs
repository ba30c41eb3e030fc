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
        campaign INTEGER UNIQUE, units_hash BLOB, upload INTEGER, paused INTEGER NOT NULL DEFAULT 0,
        closing INTEGER NOT NULL DEFAULT 0,
        created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX plans_of ON plans (owner, id);
    CREATE TABLE uploads (id INTEGER PRIMARY KEY, coming INTEGER NOT NULL) STRICT;
    CREATE TABLE units (
        upload INTEGER NOT NULL, position INTEGER NOT NULL,
        name TEXT NOT NULL, text TEXT, known TEXT,
        PRIMARY KEY (upload, position)) WITHOUT ROWID, STRICT;
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

/// Units on their way into a plan. They are nobody's until [`Plans::take`] puts them in the place
/// of those that were there, all at once, so that a file that breaks off changes nothing.
#[derive(Debug)]
pub struct Upload {
    id: u64,
    count: u32,
}

impl Upload {
    /// How many units have come so far.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// Rows that are written or deleted with one commit: others wait for no longer than that takes.
pub const TOGETHER: usize = 1_000;

impl Plans {
    /// Opens `plans.sqlite`, and makes it if it is not there. What was on its way when the last
    /// process ended is gone.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut plans = Self(Database::open(path, Durability::Power, STEPS)?);
        plans.update("UPDATE uploads SET coming = 0", [])?;
        while plans.sweep()? {}
        Ok(plans)
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

    /// Deletes a plan, and leaves its units to [`Plans::sweep`]; false once it is a campaign or
    /// gone.
    pub fn delete(&mut self, id: u64) -> Result<bool, Error> {
        let sql = "DELETE FROM plans WHERE id = ?1 AND campaign IS NULL";
        self.update(sql, params![signed(id)])
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
        let failed = || Error::of("read a plan");
        // Each request for tasks asks this.
        let mut statement = self.0.connection.prepare_cached(&sql).map_err(failed())?;
        statement
            .query_row(values, read)
            .optional()
            .map_err(failed())
    }

    /// An account's plans, newest first, at most `limit` of those before number `before`.
    pub fn of_owner(&self, owner: AccountId, before: u64, limit: u32) -> Result<Vec<Plan>, Error> {
        let sql = format!("{PLAN} WHERE owner = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
        let failed = || Error::of("list plans");
        let mut statement = self.0.connection.prepare(&sql).map_err(failed())?;
        let rows = statement.query_map(params![owner.0, signed(before), limit], read);
        rows.and_then(Iterator::collect).map_err(failed())
    }

    /// Begins to take units in.
    pub fn begin_upload(&mut self) -> Result<Upload, Error> {
        let connection = &self.0.connection;
        connection
            .execute("INSERT INTO uploads (coming) VALUES (1)", [])
            .map_err(Error::of("begin an upload"))?;
        let id = unsigned(connection.last_insert_rowid());
        Ok(Upload { id, count: 0 })
    }

    /// Adds units behind those that have come, with one commit.
    pub fn add(&mut self, upload: &mut Upload, units: &[PlannedUnit]) -> Result<(), Error> {
        let failed = || Error::of("keep the units of a plan");
        let transaction = self.0.connection.transaction().map_err(failed())?;
        {
            let sql = "INSERT INTO units VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut statement = transaction.prepare_cached(sql).map_err(failed())?;
            for (position, unit) in (upload.count..).zip(units) {
                let place = (signed(upload.id), position);
                let values = params![place.0, place.1, unit.name, unit.text, unit.known];
                statement.execute(values).map_err(failed())?;
            }
        }
        transaction.commit().map_err(failed())?;
        let more = u32::try_from(units.len()).ok();
        let count = more.and_then(|more| upload.count.checked_add(more));
        let too_many = || Error::invalid("keep units", "there are more than 2^32");
        upload.count = count.ok_or_else(too_many)?;
        Ok(())
    }

    /// Puts units in the place of a plan's; false, and nothing changes, once it is a campaign or
    /// gone. [`Plans::end_upload`] comes after it, and [`Plans::sweep`] takes what nobody has then.
    pub fn take(&mut self, id: u64, upload: &Upload, now_ms: u64) -> Result<bool, Error> {
        let sql = "UPDATE plans SET upload = ?2, changed_ms = ?3
                   WHERE id = ?1 AND campaign IS NULL";
        self.update(sql, params![signed(id), signed(upload.id), signed(now_ms)])
    }

    /// Nothing more comes: units that no plan has taken are [`Plans::sweep`]'s.
    pub fn end_upload(&mut self, upload: &Upload) -> Result<(), Error> {
        let sql = "UPDATE uploads SET coming = 0 WHERE id = ?1";
        self.update(sql, params![signed(upload.id)]).map(|_| ())
    }

    /// Deletes some units that belong to no plan and are not on their way; true if there may be
    /// more.
    pub fn sweep(&mut self) -> Result<bool, Error> {
        let failed = || Error::of("delete units that are nobody's");
        let connection = &self.0.connection;
        let stray = "SELECT id FROM uploads WHERE coming = 0
                     AND id NOT IN (SELECT upload FROM plans WHERE upload IS NOT NULL) LIMIT 1";
        let stray = connection.query_row(stray, [], |row| row.get::<_, i64>(0));
        let Some(stray) = stray.optional().map_err(failed())? else {
            return Ok(false);
        };
        let units = "DELETE FROM units WHERE upload = ?1 AND position IN
                     (SELECT position FROM units WHERE upload = ?1 LIMIT ?2)";
        let gone = connection.execute(units, params![stray, TOGETHER as i64]);
        if gone.map_err(failed())? == 0 {
            let upload = "DELETE FROM uploads WHERE id = ?1";
            connection.execute(upload, [stray]).map_err(failed())?;
        }
        Ok(true)
    }

    /// Puts units that are at hand in the place of a plan's; false once it is a campaign or gone.
    pub fn put_units(
        &mut self,
        id: u64,
        units: &[PlannedUnit],
        now_ms: u64,
    ) -> Result<bool, Error> {
        let mut upload = self.begin_upload()?;
        for part in units.chunks(TOGETHER) {
            self.add(&mut upload, part)?;
        }
        let taken = self.take(id, &upload, now_ms)?;
        self.end_upload(&upload)?;
        while self.sweep()? {}
        Ok(taken)
    }

    /// Units of a plan in their order, from a position on, at most `limit`.
    pub fn units(&self, id: u64, from: u32, limit: u32) -> Result<Vec<PlannedUnit>, Error> {
        let sql = "SELECT name, text, known FROM units
                   WHERE upload = (SELECT upload FROM plans WHERE id = ?1) AND position >= ?2
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
        let sql = "SELECT count(*), count(known) FROM units
                   WHERE upload = (SELECT upload FROM plans WHERE id = ?1)";
        let connection = &self.0.connection;
        let counted = connection.query_row(sql, params![signed(id)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        counted.map_err(Error::of("count the units of a plan"))
    }

    /// The known answers of a plan between two positions, ascending.
    pub fn known(&self, id: u64, range: std::ops::Range<u32>) -> Result<Vec<(u32, String)>, Error> {
        let sql = "SELECT position, known FROM units
                   WHERE upload = (SELECT upload FROM plans WHERE id = ?1)
                   AND position >= ?2 AND position < ?3 AND known IS NOT NULL
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

#[cfg(test)]
mod tests {
    use super::*;

    fn units(count: usize, known: bool) -> Vec<PlannedUnit> {
        let unit = |number| PlannedUnit {
            name: format!("unit-{number}"),
            text: None,
            known: known.then(|| "yes".to_owned()),
        };
        (0..count).map(unit).collect()
    }

    #[test]
    fn units_change_all_at_once_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("plans.sqlite");
        let mut plans = Plans::open(&path).expect("it opens");
        let id = plans.create(AccountId(3), "{}", 1).expect("it is kept");
        assert!(plans.put_units(id, &units(2_500, true), 2).expect("taken"));
        assert_eq!(plans.unit_count(id).expect("counted"), (2_500, 2_500));
        // A file that breaks off, and a process that ends while another comes in.
        for ends in [true, false] {
            let mut broken = plans.begin_upload().expect("it begins");
            plans.add(&mut broken, &units(7, false)).expect("added");
            assert_eq!(plans.unit_count(id).expect("counted"), (2_500, 2_500));
            if ends {
                plans.end_upload(&broken).expect("ended");
                while plans.sweep().expect("swept") {}
            }
        }
        let mut plans = Plans::open(&path).expect("it opens again");
        let strays = "SELECT (SELECT count(*) FROM units), (SELECT count(*) FROM uploads)";
        let count = |plans: &Plans| -> (u32, u32) {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let connection = &plans.0.connection;
            connection.query_row(strays, [], row).expect("counted")
        };
        assert_eq!(count(&plans), (2_500, 1));
        assert!(plans.put_units(id, &units(3, false), 3).expect("taken"));
        assert_eq!(count(&plans), (3, 1), "what was there before is gone");
        assert!(plans.opened(id, CampaignId(0), 4).expect("opened"));
        assert!(!plans.put_units(id, &units(9, true), 5).expect("refused"));
        assert_eq!(plans.unit_count(id).expect("counted"), (3, 0));
        assert_eq!(count(&plans), (3, 1));
    }
}
