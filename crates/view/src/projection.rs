//! What the log says as SQLite tables, so that any question is a query; it can be filled again.

mod asset;
mod batch;
mod book;
mod epoch;
mod event;
mod judgement;
mod keeping;
mod line;
mod market;
mod payout;
mod purpose;
mod round;
pub mod schema;
mod tally;
pub mod units;
mod work;

pub(crate) use epoch::part;
pub use event::{subject, word};

use crate::Error;
use crate::database::CHECKPOINT_PAGES;
use crate::error::Kind;
use batch::Batch;
use protocol::entry::Entry;
use protocol::{Event, Hash};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Prepared statements that stay ready; there are about 90.
const STATEMENTS: usize = 160;
/// Most memory for pages of the file. Uses come by the thousand a second and are rarely read again:
/// whatever this is, a gateway under load fills it.
const CACHE_KIB: u32 = 16_384;

/// An entry that the rules have taken, with what it has changed.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// As it stands in the log.
    pub entry: &'a Entry,
    /// What `decide` has made of it, in order.
    pub events: &'a [Event],
    /// Length of its encoding in bytes.
    pub bytes: usize,
}

/// Documents beside the log, by their SHA-256: units of campaigns, and scores.
pub trait Documents {
    /// The bytes; `None` where they are not at hand. What they would have told stays empty then.
    fn document(&self, hash: &Hash) -> Option<Vec<u8>>;
}

/// `view.sqlite`, open for writing.
#[derive(Debug)]
pub struct Projection {
    connection: Connection,
    through: u64,
    /// The signature of the last entry applied, by which a log is known again.
    last: Option<String>,
    /// Held while this process writes the view.
    _lock: File,
}

/// A view and what its opening has found.
#[derive(Debug)]
pub struct Opened {
    /// Ready for entries.
    pub projection: Projection,
    /// A sentence where an earlier file could not be gone on with.
    pub notice: Option<String>,
}

impl Projection {
    /// Opens the view, or begins an empty one: where there is none, where the one that is there has
    /// another schema, and where it is damaged or something else, which is then moved aside.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] while another process, or another projection of this one, keeps it.
    pub fn open(path: &Path) -> Result<Opened, Error> {
        let lock = lock(path)?;
        if !path.exists() {
            return Self::begin(path, lock, None);
        }
        match open_existing(path) {
            Ok(Some(connection)) => {
                let mut projection = Self::over(connection, lock);
                let looked = projection.look();
                looked.map_err(Error::of(format!("open `{}`", path.display())))?;
                Ok(Opened {
                    projection,
                    notice: None,
                })
            }
            Ok(None) => {
                remove(path)?;
                let notice = "`view.sqlite` had another schema: it is filled again";
                Self::begin(path, lock, Some(notice.to_owned()))
            }
            Err(error) if error.kind == Kind::Corrupt => {
                let notice = move_aside(path, &error.why)?;
                Self::begin(path, lock, Some(notice))
            }
            Err(error) => Err(error),
        }
    }

    /// Moves the file aside, which has turned out to be damaged or another log's, and begins an
    /// empty one; a sentence that says so.
    pub fn begin_again(&mut self, path: &Path, why: &str) -> Result<String, Error> {
        let nothing = Connection::open_in_memory().map_err(Error::of("leave the view"))?;
        drop(std::mem::replace(&mut self.connection, nothing));
        let notice = move_aside(path, why)?;
        self.connection = fresh(path)?;
        (self.through, self.last) = (0, None);
        Ok(notice)
    }

    fn begin(path: &Path, lock: File, notice: Option<String>) -> Result<Opened, Error> {
        let projection = Self::over(fresh(path)?, lock);
        Ok(Opened { projection, notice })
    }

    fn over(connection: Connection, lock: File) -> Self {
        Self {
            connection,
            through: 0,
            last: None,
            _lock: lock,
        }
    }

    fn look(&mut self) -> rusqlite::Result<()> {
        let sql = "SELECT through, signature FROM position";
        let read = self.connection.query_row(sql, [], |row| {
            let through: i64 = row.get(0)?;
            let signature: Option<String> = row.get(1)?;
            Ok((through.unsigned_abs(), signature))
        });
        let (through, signature) = read?;
        self.through = through;
        self.last = signature;
        Ok(())
    }

    /// Entries applied: the number of the next one.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// True if the view was made from the log in which this entry has the number before
    /// [`Projection::through`].
    pub fn follows(&self, entry: &Entry) -> bool {
        let signature = entry.signed.signature.to_string();
        self.last == Some(signature) && entry.seq + 1 == self.through
    }

    /// Applies entries in log order, in one transaction: all of them or, after an error, none.
    /// Those that are applied already are passed over.
    ///
    /// # Errors
    /// [`Kind::Invalid`] where an entry is missing before the first new one;
    /// [`Kind::Unavailable`] if another process writes the view, or the disk is full;
    /// [`Kind::Corrupt`] where tables and entries contradict each other: then begin again.
    pub fn apply(
        &mut self,
        entries: &[Applied<'_>],
        documents: &dyn Documents,
    ) -> Result<(), Error> {
        let doing = || "write the view";
        let through = self.through;
        let new = |applied: &&Applied<'_>| applied.entry.seq >= through;
        let mut fresh = entries.iter().filter(new).peekable();
        let Some(first) = fresh.peek() else {
            return Ok(());
        };
        if first.entry.seq != through {
            let why = format!("entry {through} is missing before {}", first.entry.seq);
            return Err(Error::invalid(doing(), why));
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::of(doing()))?;
        let stands: i64 = transaction
            .query_row("SELECT through FROM position", [], |row| row.get(0))
            .map_err(Error::of(doing()))?;
        if stands.unsigned_abs() != through {
            let why = "another process writes the same view";
            return Err(Error {
                kind: Kind::Unavailable,
                ..Error::invalid(doing(), why)
            });
        }
        let mut batch = Batch::new(&transaction, documents)?;
        let mut forgets = false;
        for applied in fresh {
            batch.entry(applied)?;
            forgets |= applied.events.iter().any(erases);
        }
        batch.flush()?;
        let (through, last) = batch.stop()?;
        drop(batch);
        transaction.commit().map_err(Error::of(doing()))?;
        self.through = through;
        self.last = Some(last);
        if forgets { self.overwrite() } else { Ok(()) }
    }

    /// Leaves nothing of what was erased in the file's write-ahead log either.
    fn overwrite(&self) -> Result<(), Error> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let checkpoint = self.connection.query_row(sql, [], |_| Ok(()));
        checkpoint.map_err(Error::of("erase from the view's file"))
    }
}

fn erases(event: &Event) -> bool {
    matches!(event, Event::RoundForgotten { .. })
}

/// The view, if it is whole and has this schema; `None` if it has another.
fn open_existing(path: &Path) -> Result<Option<Connection>, Error> {
    let doing = || format!("open `{}`", path.display());
    let connection = connect(path)?;
    let header = |pragma: &str| {
        let value = connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
        value.map_err(Error::of(doing()))
    };
    if header("application_id")? != schema::APPLICATION_ID {
        return Err(Error::corrupt(doing(), "it is no view"));
    }
    if header("user_version")? != schema::version() {
        return Ok(None);
    }
    let checked: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(Error::of(doing()))?;
    if checked == "ok" {
        Ok(Some(connection))
    } else {
        Err(Error::corrupt(doing(), checked))
    }
}

/// An empty view.
fn fresh(path: &Path) -> Result<Connection, Error> {
    let connection = connect(path)?;
    let tables = format!(
        "BEGIN IMMEDIATE; {}
         INSERT INTO position VALUES (1, 0, 0, NULL);
         PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
        schema::SCHEMA,
        schema::APPLICATION_ID,
        schema::version(),
    );
    let made = connection.execute_batch(&tables);
    made.map_err(Error::of(format!("make `{}`", path.display())))?;
    Ok(connection)
}

/// One projection at a time writes a view; it ends with the process. A reader's directory may be
/// new.
fn lock(path: &Path) -> Result<File, Error> {
    let path = beside(path, ".lock");
    let unavailable = |why: &str| Error {
        kind: Kind::Unavailable,
        ..Error::invalid(format!("lock `{}`", path.display()), why)
    };
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let file = made.and_then(|()| File::create(&path));
    let file = file.map_err(|source| unavailable(&source.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(unavailable(
            "another process keeps the view; hint: ask the node that does, or give a reader of a \
             bucket a directory of its own with --data",
        )),
        Err(TryLockError::Error(source)) => Err(unavailable(&source.to_string())),
    }
}

/// What is committed survives the end of the process; after a loss of power the last entries may
/// be missing, and are applied again. What is deleted is overwritten.
fn connect(path: &Path) -> Result<Connection, Error> {
    let doing = || format!("open `{}`", path.display());
    let connection = Connection::open(path).map_err(Error::of(doing()))?;
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
             PRAGMA secure_delete = ON; PRAGMA cache_size = -{CACHE_KIB};
             PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};"
        ))
        .map_err(Error::of(doing()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    units::add_functions(&connection)?;
    Ok(connection)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// What belongs to a SQLite file.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn remove(path: &Path) -> Result<(), Error> {
    for part in PARTS {
        let file = beside(path, part);
        if file.exists() {
            std::fs::remove_file(&file).map_err(|source| {
                let doing = format!("remove `{}`", file.display());
                Error::invalid(doing, source.to_string())
            })?;
        }
    }
    Ok(())
}

/// Keeps a file that is no view, or a damaged one, under another name; an earlier one is replaced.
fn move_aside(path: &Path, why: &str) -> Result<String, Error> {
    let aside = beside(path, ".aside");
    remove(&aside)?;
    for part in PARTS {
        let file = beside(path, part);
        if file.exists() {
            std::fs::rename(&file, beside(&aside, part)).map_err(|source| {
                let doing = format!("move `{}` aside", file.display());
                Error::invalid(doing, source.to_string())
            })?;
        }
    }
    Ok(format!(
        "`{}` could not be gone on with ({why}): it is kept as `{}` and the view is filled again",
        path.display(),
        aside.display()
    ))
}
