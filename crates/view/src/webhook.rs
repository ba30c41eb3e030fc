//! Who wants to be told of entries where, how far each has been told, and how that went.

use crate::database::Durability;
use crate::desk::{signed, unsigned};
use crate::{Database, Error};
use protocol::{AccountId, CampaignId};
use rusqlite::{Row, params};
use std::path::Path;

const STEPS: &[&str] = &["
    CREATE TABLE webhooks (
        id INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL, url TEXT NOT NULL,
        kinds TEXT NOT NULL, campaign INTEGER, secret BLOB NOT NULL, next INTEGER NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0, due_ms INTEGER NOT NULL DEFAULT 0,
        disabled TEXT, created_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX webhooks_of ON webhooks (owner, id);
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        webhook INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
        entry INTEGER NOT NULL, status INTEGER, why TEXT, took_ms INTEGER NOT NULL,
        at_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX deliveries_of ON deliveries (webhook, id);
"];

/// Most webhooks of one account.
pub const MOST: u32 = 20;
/// Attempts that are remembered of each webhook.
pub const REMEMBERED: u32 = 1_000;

/// The webhooks' database; one writer.
#[derive(Debug)]
pub struct Webhooks(Database);

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWebhook {
    /// Whose it is.
    pub owner: AccountId,
    /// Where entries are told.
    pub url: String,
    /// Words of commands that are told; all where there are none.
    pub kinds: Vec<String>,
    /// The one campaign whose entries are told.
    pub campaign: Option<CampaignId>,
    /// What deliveries are signed with.
    pub secret: Vec<u8>,
    /// The first entry that is told.
    pub next: u64,
}

/// A webhook and how it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: u64,
    /// What was asked for; `next` is the first entry that has not been told yet.
    pub wish: NewWebhook,
    /// Attempts in a row that have failed.
    pub failures: u32,
    /// Before when nothing more is sent, in milliseconds since 1970.
    pub due_ms: u64,
    /// Why nothing is sent any more.
    pub disabled: Option<String>,
    /// When it was made.
    pub created_ms: u64,
}

/// An attempt to tell of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number; rises with time.
    pub id: u64,
    /// The place in the log of what was told.
    pub entry: u64,
    /// What the receiver has answered; `None` where there was no answer.
    pub status: Option<u16>,
    /// Why it failed; `None` for a success.
    pub why: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// When it began.
    pub at_ms: u64,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// On with the next entry.
    Told,
    /// The same again, not before this time.
    Again(u64),
    /// Nothing more, for this reason, until somebody asks for a replay.
    Disabled(String),
}

impl Webhooks {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self(Database::open(path, Durability::Power, STEPS)?))
    }

    /// Keeps a new webhook and returns its number; `None` if its owner has as many as one may have.
    pub fn create(&mut self, new: &NewWebhook, now_ms: u64) -> Result<Option<u64>, Error> {
        let connection = &self.0.connection;
        let sql = "SELECT count(*) FROM webhooks WHERE owner = ?1";
        let count: u32 = connection
            .query_row(sql, [new.owner.0], |row| row.get(0))
            .map_err(Error::of("count webhooks"))?;
        if count >= MOST {
            return Ok(None);
        }
        let sql = "INSERT INTO webhooks (owner, url, kinds, campaign, secret, next, created_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let campaign = new.campaign.map(|id| id.0);
        self.change(
            sql,
            params![
                new.owner.0,
                new.url,
                new.kinds.join(" "),
                campaign,
                new.secret,
                signed(new.next),
                signed(now_ms)
            ],
        )?;
        Ok(Some(unsigned(self.0.connection.last_insert_rowid())))
    }

    /// All of an account, in the order they were made.
    pub fn of_owner(&self, owner: AccountId) -> Result<Vec<Webhook>, Error> {
        self.many("WHERE owner = ?1 ORDER BY id", [owner.0])
    }

    /// One of an account's.
    pub fn one(&self, owner: AccountId, id: u64) -> Result<Option<Webhook>, Error> {
        let found = self.many("WHERE owner = ?1 AND id = ?2", params![owner.0, signed(id)]);
        Ok(found?.pop())
    }

    /// Those that something may be sent to now, whoever's they are.
    pub fn due(&self, now_ms: u64) -> Result<Vec<Webhook>, Error> {
        let which = "WHERE disabled IS NULL AND due_ms <= ?1 ORDER BY id";
        self.many(which, [signed(now_ms)])
    }

    /// How many are told, wait after a failure, and were given up.
    pub fn counts(&self) -> Result<(u64, u64, u64), Error> {
        let sql = "SELECT count(*) FILTER (WHERE disabled IS NULL AND failures = 0),
                   count(*) FILTER (WHERE disabled IS NULL AND failures > 0),
                   count(*) FILTER (WHERE disabled IS NOT NULL) FROM webhooks";
        let read = |row: &Row<'_>| {
            let count = |place| Ok::<_, rusqlite::Error>(unsigned(row.get(place)?));
            Ok((count(0)?, count(1)?, count(2)?))
        };
        let counted = self.0.connection.query_row(sql, [], read);
        counted.map_err(Error::of("count webhooks"))
    }

    /// Deletes one of an account's, with what is remembered of it; false if there is none.
    pub fn delete(&mut self, owner: AccountId, id: u64) -> Result<bool, Error> {
        let sql = "DELETE FROM webhooks WHERE owner = ?1 AND id = ?2";
        Ok(self.change(sql, params![owner.0, signed(id)])? > 0)
    }

    /// Begins to tell anew from an entry on, also where it had been given up; false if there is no
    /// such webhook.
    pub fn replay(&mut self, owner: AccountId, id: u64, next: u64) -> Result<bool, Error> {
        let sql = "UPDATE webhooks SET next = ?3, failures = 0, due_ms = 0, disabled = NULL
                   WHERE owner = ?1 AND id = ?2";
        Ok(self.change(sql, params![owner.0, signed(id), signed(next)])? > 0)
    }

    /// Goes on over entries that nobody wants to be told, unless the webhook was moved meanwhile.
    pub fn pass(&mut self, id: u64, from: u64, next: u64) -> Result<(), Error> {
        let sql = "UPDATE webhooks SET next = ?3 WHERE id = ?1 AND next = ?2";
        self.change(sql, params![signed(id), signed(from), signed(next)])?;
        Ok(())
    }

    /// Remembers an attempt and what follows from it. A webhook that was moved or deleted while it
    /// went on stays as it is: false.
    pub fn attempted(
        &mut self,
        webhook: &Webhook,
        attempt: &Delivery,
        then: &Then,
    ) -> Result<bool, Error> {
        let id = signed(webhook.id);
        let sql = "INSERT INTO deliveries (webhook, entry, status, why, took_ms, at_ms)
                   SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM webhooks WHERE id = ?1";
        let Delivery {
            entry,
            status,
            why,
            took_ms,
            at_ms,
            ..
        } = attempt;
        let (entry, took_ms, at_ms) = (signed(*entry), signed(*took_ms), signed(*at_ms));
        self.change(sql, params![id, entry, status, why, took_ms, at_ms])?;
        let sql = "DELETE FROM deliveries WHERE webhook = ?1 AND id <= (
                   SELECT id FROM deliveries WHERE webhook = ?1 ORDER BY id DESC
                   LIMIT 1 OFFSET ?2)";
        self.change(sql, params![id, REMEMBERED])?;
        let from = signed(webhook.wish.next);
        let moved = match then {
            Then::Told => {
                let sql = "UPDATE webhooks SET next = ?3, failures = 0, due_ms = 0
                           WHERE id = ?1 AND next = ?2";
                self.change(sql, params![id, from, entry + 1])
            }
            Then::Again(due_ms) => {
                let sql = "UPDATE webhooks SET next = ?3, failures = failures + 1, due_ms = ?4
                           WHERE id = ?1 AND next = ?2";
                self.change(sql, params![id, from, entry, signed(*due_ms)])
            }
            Then::Disabled(reason) => {
                let sql = "UPDATE webhooks SET next = ?3, failures = failures + 1, disabled = ?4
                           WHERE id = ?1 AND next = ?2";
                self.change(sql, params![id, from, entry, reason])
            }
        };
        Ok(moved? > 0)
    }

    /// Attempts of a webhook, newest first, at most `limit` of those before number `before`.
    pub fn deliveries(&self, id: u64, before: u64, limit: u32) -> Result<Vec<Delivery>, Error> {
        let sql = "SELECT id, entry, status, why, took_ms, at_ms FROM deliveries
                   WHERE webhook = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        let read = |row: &Row<'_>| {
            Ok(Delivery {
                id: unsigned(row.get(0)?),
                entry: unsigned(row.get(1)?),
                status: row.get(2)?,
                why: row.get(3)?,
                took_ms: unsigned(row.get(4)?),
                at_ms: unsigned(row.get(5)?),
            })
        };
        let failed = || Error::of("list deliveries");
        let mut statement = self.0.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map(params![signed(id), signed(before), limit], read);
        rows.and_then(Iterator::collect).map_err(failed())
    }

    fn many(&self, which: &str, values: impl rusqlite::Params) -> Result<Vec<Webhook>, Error> {
        let sql = format!(
            "SELECT id, owner, url, kinds, campaign, secret, next, failures, due_ms, disabled,
             created_ms FROM webhooks {which}"
        );
        let failed = || Error::of("read webhooks");
        let mut statement = self.0.connection.prepare(&sql).map_err(failed())?;
        let rows = statement.query_map(values, read);
        rows.and_then(Iterator::collect).map_err(failed())
    }

    fn change(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, Error> {
        let changed = self.0.connection.execute(sql, values);
        changed.map_err(Error::of("change webhooks"))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let kinds: String = row.get(3)?;
    let campaign: Option<u32> = row.get(4)?;
    Ok(Webhook {
        id: unsigned(row.get(0)?),
        wish: NewWebhook {
            owner: AccountId(row.get(1)?),
            url: row.get(2)?,
            kinds: kinds.split_whitespace().map(str::to_owned).collect(),
            campaign: campaign.map(CampaignId),
            secret: row.get(5)?,
            next: unsigned(row.get(6)?),
        },
        failures: row.get(7)?,
        due_ms: unsigned(row.get(8)?),
        disabled: row.get(9)?,
        created_ms: unsigned(row.get(10)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(1);

    fn wish() -> NewWebhook {
        NewWebhook {
            owner: ANN,
            url: "https://example.org/hook".to_owned(),
            kinds: vec!["seal_answers".to_owned(), "post_scores".to_owned()],
            campaign: Some(CampaignId(3)),
            secret: vec![7; 32],
            next: 10,
        }
    }

    fn attempt(entry: u64) -> Delivery {
        Delivery {
            id: 0,
            entry,
            status: Some(500),
            why: Some("it answers 500".to_owned()),
            took_ms: 3,
            at_ms: 100,
        }
    }

    #[test]
    fn a_webhook_goes_on_stays_and_is_given_up() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("webhooks.sqlite");
        let mut hooks = Webhooks::open(&path).expect("it opens");
        let id = hooks
            .create(&wish(), 5)
            .expect("it is kept")
            .expect("there is room");
        let now = |hooks: &Webhooks| hooks.one(ANN, id).expect("it reads").expect("it is there");
        assert_eq!(now(&hooks).wish, wish());
        let told = now(&hooks);
        hooks
            .attempted(&told, &attempt(12), &Then::Told)
            .expect("it is noted");
        assert_eq!(now(&hooks).wish.next, 13);
        let stale = told;
        let stood = hooks.attempted(&stale, &attempt(12), &Then::Told);
        assert!(!stood.expect("it is noted"), "it was moved meanwhile");
        assert_eq!(now(&hooks).wish.next, 13);
        let again = now(&hooks);
        hooks
            .attempted(&again, &attempt(14), &Then::Again(900))
            .expect("it is noted");
        assert_eq!((now(&hooks).wish.next, now(&hooks).failures), (14, 1));
        assert_eq!(hooks.due(899).expect("it reads").len(), 0);
        assert_eq!(hooks.due(900).expect("it reads").len(), 1);
        let last = now(&hooks);
        let gone = Then::Disabled("gone".to_owned());
        hooks
            .attempted(&last, &attempt(14), &gone)
            .expect("it is noted");
        drop(hooks);
        let mut hooks = Webhooks::open(&path).expect("it opens");
        assert_eq!(now(&hooks).disabled.as_deref(), Some("gone"));
        assert_eq!(hooks.due(u64::MAX / 2).expect("it reads").len(), 0);
        assert!(hooks.replay(ANN, id, 2).expect("it is moved"));
        assert_eq!((now(&hooks).wish.next, now(&hooks).failures), (2, 0));
        let log = hooks.deliveries(id, u64::MAX / 2, 10).expect("it reads");
        assert_eq!(
            log.iter().map(|it| it.entry).collect::<Vec<_>>(),
            [14, 14, 12, 12]
        );
        assert!(
            !hooks.replay(AccountId(2), id, 0).expect("it is asked"),
            "it is Ann's"
        );
        assert!(hooks.delete(ANN, id).expect("it goes"));
        assert_eq!(
            hooks.deliveries(id, u64::MAX / 2, 10).expect("it reads"),
            []
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut hooks = Webhooks::open(&dir.path().join("w.sqlite")).expect("it opens");
        for _ in 0..MOST {
            assert!(hooks.create(&wish(), 5).expect("it is kept").is_some());
        }
        assert_eq!(hooks.create(&wish(), 5).expect("it is asked"), None);
        for entry in 0..u64::from(REMEMBERED) + 20 {
            let webhook = hooks.of_owner(ANN).expect("it reads").remove(0);
            hooks
                .attempted(&webhook, &attempt(entry), &Then::Told)
                .expect("it is noted");
        }
        let log = hooks.deliveries(1, u64::MAX / 2, 5_000).expect("it reads");
        assert_eq!(log.len(), REMEMBERED as usize);
    }
}
