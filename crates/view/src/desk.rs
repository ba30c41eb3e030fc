//! The desk: leases, drafts and skips of running rounds (`desk.sqlite`).
//!
//! All of it survives the end of the process; none of it is a fact of the log.

mod conduct;
mod endings;
mod review;

pub use conduct::{Firing, Outcome, Statement, Visit};
pub use endings::Endings;
pub use review::{Asked, Lesson, Opinion};

use crate::database::Durability;
use crate::{Database, Error};
use protocol::{AccountId, CampaignId};
use rusqlite::{ToSql, params};
use std::collections::BTreeMap;
use std::path::Path;

const STEPS: &[&str] = &[
    "
    CREATE TABLE leases (
        campaign INTEGER NOT NULL, task INTEGER NOT NULL, account INTEGER NOT NULL,
        given_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
        PRIMARY KEY (campaign, task, account)) WITHOUT ROWID, STRICT;
    CREATE TABLE drafts (
        campaign INTEGER NOT NULL, account INTEGER NOT NULL, task INTEGER NOT NULL,
        content TEXT NOT NULL, saved_ms INTEGER NOT NULL,
        PRIMARY KEY (campaign, account, task)) WITHOUT ROWID, STRICT;
    CREATE TABLE skips (
        campaign INTEGER NOT NULL, account INTEGER NOT NULL, task INTEGER NOT NULL,
        reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY (campaign, account, task)) WITHOUT ROWID, STRICT;
",
    conduct::STEP,
    review::STEP,
    endings::STEP,
];

/// The desk's database; one writer.
#[derive(Debug)]
pub struct Desk(Database);

/// A lease as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    /// Whose task.
    pub campaign: CampaignId,
    /// Position of the task in the campaign's open round.
    pub task: u32,
    /// Who works on it.
    pub account: AccountId,
    /// When it was given, in milliseconds since 1970.
    pub given_ms: u64,
    /// When it ends unless it is renewed.
    pub expires_ms: u64,
}

/// Something that changes at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A task was given, or its lease renewed.
    Lease(Lease),
    /// A task is nobody's any more, or answered; its draft goes with it.
    End {
        /// Whose task.
        campaign: CampaignId,
        /// Its position.
        task: u32,
        /// Who had it.
        account: AccountId,
    },
    /// A round has ended: all its leases, drafts and skips go.
    EndRound(CampaignId),
    /// What somebody has typed so far.
    Draft {
        /// Whose task.
        campaign: CampaignId,
        /// Its position.
        task: u32,
        /// Who types.
        account: AccountId,
        /// JSON of the page's own form.
        content: String,
        /// When, in milliseconds since 1970.
        saved_ms: u64,
    },
    /// A task was not to somebody's liking, and why.
    Skip {
        /// Whose task.
        campaign: CampaignId,
        /// Its position.
        task: u32,
        /// Who skips.
        account: AccountId,
        /// In words; may be empty.
        reason: String,
        /// When, in milliseconds since 1970.
        at_ms: u64,
    },
    /// A lease has ended, one way or the other.
    Visit(Visit),
    /// A rule of a campaign has fired.
    Fired(Firing),
    /// Somebody has lifted what a rule had done.
    Lifted {
        /// Number of the firing.
        id: u64,
        /// Who.
        by: AccountId,
        /// When, in milliseconds since 1970.
        at_ms: u64,
    },
    /// The rules of a campaign have seen all visits up to this one.
    Watched {
        /// Whose rules.
        campaign: CampaignId,
        /// Number of the last visit.
        through: u64,
    },
    /// Somebody has said something with an appeal or a verdict.
    Stated(Statement),
    /// A task shall be reviewed.
    Asked(Asked),
    /// A reviewer has looked at a task.
    Opinion(Opinion),
    /// Somebody was told what is right in a training campaign.
    Lesson(Lesson),
}

impl Desk {
    /// Opens `desk.sqlite`, and makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::open(path, Durability::Process, STEPS)?;
        database.checkpoint_rarely("open the desk")?;
        Ok(Self(database))
    }

    /// Makes changes together: all of them are kept, or none.
    pub fn commit(&mut self, changes: &[Change]) -> Result<(), Error> {
        let failed = || Error::of("write to the desk");
        let transaction = self.0.connection.transaction().map_err(failed())?;
        for change in changes {
            write(&transaction, change).map_err(failed())?;
        }
        transaction.commit().map_err(failed())
    }

    /// All leases, as a start finds them.
    pub fn leases(&self) -> Result<Vec<Lease>, Error> {
        let sql = "SELECT campaign, task, account, given_ms, expires_ms FROM leases
                   ORDER BY given_ms, campaign, task, account";
        let failed = || Error::of("read the leases");
        let mut statement = self.0.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map([], |row| {
            Ok(Lease {
                campaign: CampaignId(row.get(0)?),
                task: row.get(1)?,
                account: AccountId(row.get(2)?),
                given_ms: unsigned(row.get(3)?),
                expires_ms: unsigned(row.get(4)?),
            })
        });
        rows.and_then(Iterator::collect).map_err(failed())
    }

    /// Tasks that somebody has skipped in open rounds: campaign, task, account.
    pub fn skips(&self) -> Result<Vec<(CampaignId, u32, AccountId)>, Error> {
        let failed = || Error::of("read the skipped tasks");
        let sql = "SELECT campaign, task, account FROM skips";
        let mut statement = self.0.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map([], |row| {
            Ok((CampaignId(row.get(0)?), row.get(1)?, AccountId(row.get(2)?)))
        });
        rows.and_then(Iterator::collect).map_err(failed())
    }

    /// What an account has typed in a campaign, by task.
    pub fn drafts(
        &self,
        campaign: CampaignId,
        account: AccountId,
    ) -> Result<BTreeMap<u32, String>, Error> {
        let sql = "SELECT task, content FROM drafts WHERE campaign = ?1 AND account = ?2";
        let failed = || Error::of("read drafts");
        let mut statement = self.0.connection.prepare_cached(sql).map_err(failed())?;
        let place = params![campaign.0, account.0];
        let rows = statement.query_map(place, |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(failed())
    }
}

fn write(connection: &rusqlite::Connection, change: &Change) -> Result<(), rusqlite::Error> {
    let run = |sql: &str, values: &[&dyn ToSql]| {
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(values).map(|_| ())
    };
    match change {
        Change::Lease(lease) => run(
            "INSERT OR REPLACE INTO leases VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                lease.campaign.0,
                lease.task,
                lease.account.0,
                signed(lease.given_ms),
                signed(lease.expires_ms),
            ],
        ),
        Change::End {
            campaign,
            task,
            account,
        } => {
            let place = params![campaign.0, task, account.0];
            let lease = "DELETE FROM leases WHERE campaign = ?1 AND task = ?2 AND account = ?3";
            run(lease, place)?;
            let draft = "DELETE FROM drafts WHERE campaign = ?1 AND task = ?2 AND account = ?3";
            run(draft, place)
        }
        Change::EndRound(campaign) => ["leases", "drafts", "skips"].iter().try_for_each(|table| {
            let sql = format!("DELETE FROM {table} WHERE campaign = ?1");
            run(&sql, params![campaign.0])
        }),
        Change::Draft {
            campaign,
            task,
            account,
            content,
            saved_ms,
        } => run(
            "INSERT OR REPLACE INTO drafts VALUES (?1, ?2, ?3, ?4, ?5)",
            params![campaign.0, account.0, task, content, signed(*saved_ms)],
        ),
        Change::Skip {
            campaign,
            task,
            account,
            reason,
            at_ms,
        } => run(
            "INSERT OR REPLACE INTO skips VALUES (?1, ?2, ?3, ?4, ?5)",
            params![campaign.0, account.0, task, reason, signed(*at_ms)],
        ),
        other => judged(connection, other),
    }
}

/// What people do and what is made of it.
fn judged(connection: &rusqlite::Connection, change: &Change) -> Result<(), rusqlite::Error> {
    let run = |sql: &str, values: &[&dyn ToSql]| {
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(values).map(|_| ())
    };
    match change {
        Change::Visit(visit) => visit.write(connection),
        Change::Fired(firing) => firing.write(connection),
        Change::Lifted { id, by, at_ms } => run(
            "UPDATE firings SET lifted_by = ?2, lifted_ms = ?3
             WHERE id = ?1 AND lifted_ms IS NULL",
            params![signed(*id), by.0, signed(*at_ms)],
        ),
        Change::Watched { campaign, through } => run(
            "INSERT OR REPLACE INTO watched VALUES (?1, ?2)",
            params![campaign.0, signed(*through)],
        ),
        Change::Stated(said) => said.write(connection),
        Change::Asked(asked) => asked.write(connection),
        Change::Opinion(opinion) => opinion.write(connection),
        Change::Lesson(lesson) => lesson.write(connection),
        Change::Lease(_)
        | Change::End { .. }
        | Change::EndRound(_)
        | Change::Draft { .. }
        | Change::Skip { .. } => Ok(()),
    }
}

/// SQLite has no unsigned integers; times stay far below the limit.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: CampaignId = CampaignId(3);

    fn draft(account: u32, task: u32, content: &str) -> Change {
        Change::Draft {
            campaign: CAMPAIGN,
            task,
            account: AccountId(account),
            content: content.to_owned(),
            saved_ms: 7,
        }
    }

    #[test]
    fn drafts_are_their_authors_and_go_with_the_task() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut desk = Desk::open(&dir.path().join("desk.sqlite")).expect("it opens");
        let end = Change::End {
            campaign: CAMPAIGN,
            task: 5,
            account: AccountId(1),
        };
        let kept = [
            draft(1, 4, "a"),
            draft(1, 5, "b"),
            draft(2, 4, "c"),
            draft(1, 4, "d"),
        ];
        desk.commit(&kept).expect("they are kept");
        let drafts = |desk: &Desk, campaign| {
            let drafts = desk.drafts(campaign, AccountId(1)).expect("they are read");
            let drafts = drafts
                .into_iter()
                .map(|(task, words)| format!("{task}{words}"));
            drafts.collect::<Vec<_>>()
        };
        assert_eq!(drafts(&desk, CAMPAIGN), ["4d", "5b"]);
        assert!(
            drafts(&desk, CampaignId(4)).is_empty(),
            "of another campaign"
        );
        desk.commit(&[end]).expect("it is kept");
        assert_eq!(drafts(&desk, CAMPAIGN), ["4d"]);
    }

    #[test]
    fn commits_seldom_wait_for_pages_to_move_into_the_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("desk.sqlite");
        let mut desk = Desk::open(&path).expect("it opens");
        let long = "x".repeat(64 << 10);
        for task in 0..100 {
            desk.commit(&[draft(1, task, &long)]).expect("it is kept");
        }
        let log = std::fs::metadata(dir.path().join("desk.sqlite-wal")).expect("it is there");
        let file = std::fs::metadata(&path).expect("it is there");
        assert!(
            log.len() > 6 << 20 && file.len() < 1 << 20,
            "{log:?} {file:?}"
        );
    }
}
