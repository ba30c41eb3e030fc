//! Questions in SQL from people: read-only, with a limit on time and rows.

use crate::Error;
use crate::projection::units;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Virtual-machine steps between two looks at the clock.
const STEPS: i32 = 10_000;

/// What one question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows that are given back; of more there is only a word.
    pub rows: usize,
    /// How long it may run.
    pub time: Duration,
}

/// A database that answers and never changes.
#[derive(Debug)]
pub struct Console {
    connection: Connection,
    limits: Limits,
}

/// What a question was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Names of columns.
    pub columns: Vec<String>,
    /// Rows, each as wide as the columns.
    pub rows: Vec<Vec<Cell>>,
    /// True if there are more rows than the limit.
    pub cut: bool,
}

/// A value as SQLite has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number of the log, a count, a time in milliseconds, an amount up to 2^63 - 1.
    Integer(i64),
    /// What arithmetic of a question has made, in decimal digits.
    Decimal(String),
    /// Words, hashes in hex, amounts from 2^63 on.
    Text(String),
    /// Bytes; no table of the view holds any.
    Blob(Vec<u8>),
}

impl Console {
    /// Opens a view that is there, beside whoever writes it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unavailable`] where there is none,
    /// [`crate::error::Kind::Corrupt`] where it is no view.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, Error> {
        let doing = || format!("read `{}`", path.display());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(path, flags).map_err(Error::of(doing()))?;
        connection
            .execute_batch("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000;")
            .map_err(Error::of(doing()))?;
        let made =
            connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
        if made.map_err(Error::of(doing()))? != crate::projection::schema::APPLICATION_ID {
            return Err(Error::corrupt(doing(), "it is no view"));
        }
        units::add_functions(&connection)?;
        connection
            .authorizer(Some(|context: AuthContext<'_>| permit(&context.action)))
            .map_err(Error::of(doing()))?;
        Ok(Self { connection, limits })
    }

    /// Answers one statement: `SELECT`, `WITH`, `VALUES` or `EXPLAIN`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Invalid`] for anything else, for what does not parse, and for what
    /// takes too long.
    pub fn ask(&mut self, sql: &str) -> Result<Answer, Error> {
        let until = Instant::now() + self.limits.time;
        let late = move || Instant::now() >= until;
        self.connection
            .progress_handler(STEPS, Some(late))
            .map_err(Error::of("answer"))?;
        let answer = self.answer(sql);
        let cleared = self.connection.progress_handler(0, None::<fn() -> bool>);
        cleared.map_err(Error::of("answer"))?;
        answer.map_err(|error| self.explain(error))
    }

    fn answer(&self, sql: &str) -> Result<Answer, rusqlite::Error> {
        let mut statement = self.connection.prepare(sql)?;
        if !statement.readonly() || statement.column_count() == 0 {
            return Err(rusqlite::Error::InvalidQuery);
        }
        let columns = statement.column_names().map(str::to_owned);
        let columns: Vec<String> = columns.collect();
        let (rows, cut) = read(&mut statement, columns.len(), self.limits.rows)?;
        Ok(Answer { columns, rows, cut })
    }

    fn explain(&self, error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode as Code;
        let hint = |why: &str, hint: &str| Error::invalid("answer", format!("{why}\nhint: {hint}"));
        match &error {
            rusqlite::Error::MultipleStatement => {
                hint("there are several statements", "ask one question at a time")
            }
            rusqlite::Error::InvalidQuery => {
                hint("it is no question", "begin with SELECT, WITH or EXPLAIN")
            }
            _ => match error.sqlite_error_code() {
                Some(Code::AuthorizationForStatementDenied | Code::ReadOnly) => hint(
                    "the view is only read, its entries write it",
                    "begin with SELECT, WITH or EXPLAIN",
                ),
                Some(Code::OperationInterrupted) => hint(
                    &format!("it takes longer than {:?}", self.limits.time),
                    "narrow it with WHERE on an indexed column, or give it more time",
                ),
                _ => {
                    let error = Error::of("answer")(error);
                    let unknown = ["no such table", "no such column"];
                    if unknown.iter().any(|what| error.why.contains(what)) {
                        return hint(&error.why, "`headwater sql --schema` lists what there is");
                    }
                    error
                }
            },
        }
    }
}

fn read(
    statement: &mut Statement<'_>,
    width: usize,
    limit: usize,
) -> Result<(Vec<Vec<Cell>>, bool), rusqlite::Error> {
    let mut rows = statement.query([])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        if read.len() == limit {
            return Ok((read, true));
        }
        let cells = (0..width).map(|column| Ok(Cell::of(row.get_ref(column)?)));
        read.push(cells.collect::<Result<_, rusqlite::Error>>()?);
    }
    Ok((read, false))
}

/// Reading, and nothing else. Full-text tables ask for a pragma of their own while they read.
fn permit(action: &AuthAction<'_>) -> Authorization {
    let may = match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !function_name.contains("load_extension"),
        AuthAction::Pragma { pragma_name, .. } => *pragma_name == "data_version",
        _ => false,
    };
    if may {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

impl Cell {
    fn of(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Decimal(number.to_string()),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

impl fmt::Display for Cell {
    /// As people read it; amounts from 2^63 on without the zeros that make them sort.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Integer(number) => fmt::Display::fmt(number, f),
            Self::Decimal(digits) => f.write_str(digits),
            Self::Text(text) => f.write_str(units::shown(text)),
            Self::Blob(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}
