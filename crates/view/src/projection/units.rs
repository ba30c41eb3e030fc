//! Amounts of money as SQLite holds them: they compare right, and `sum_units` adds them exactly.

use crate::Error;
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};

/// Digits of the largest amount of a token, 2^96 - 1.
const DIGITS: usize = 29;

/// Base units: an INTEGER up to 2^63 - 1, and above that a TEXT of 29 digits. SQLite sorts every
/// INTEGER before every TEXT, and texts of one length as their numbers; so the column sorts right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Units(pub u128);

impl ToSql for Units {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match i64::try_from(self.0) {
            Ok(small) => Value::Integer(small),
            Err(_) => Value::Text(format!("{:0DIGITS$}", self.0)),
        };
        Ok(ToSqlOutput::Owned(value))
    }
}

impl FromSql for Units {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(units) => u128::try_from(units).ok(),
            ValueRef::Text(digits) => str::from_utf8(digits).ok().and_then(|it| it.parse().ok()),
            _ => None,
        }
        .map(Units)
        .ok_or(FromSqlError::InvalidType)
    }
}

/// An amount above 2^63 - 1 without the zeros before it; any other text as it is.
pub(crate) fn shown(text: &str) -> &str {
    let amount = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    if amount {
        text.trim_start_matches('0')
    } else {
        text
    }
}

/// Adds the aggregate `sum_units(amount)` to a connection: the exact sum, in the form of a column;
/// 0 over no rows. SQLite's own `sum` refuses sums above 2^63 - 1 and rounds texts.
pub(crate) fn add_functions(connection: &Connection) -> Result<(), Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_aggregate_function("sum_units", 1, flags, Sum)
        .map_err(Error::of("add the function `sum_units`"))
}

struct Sum;

impl Aggregate<u128, Units> for Sum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<u128> {
        Ok(0)
    }

    fn step(&self, row: &mut Context<'_>, sum: &mut u128) -> rusqlite::Result<()> {
        let Some(Units(more)) = row.get::<Option<Units>>(0)? else {
            return Ok(());
        };
        let too_large = || rusqlite::Error::UserFunctionError("the sum is too large".into());
        *sum = sum.checked_add(more).ok_or_else(too_large)?;
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<u128>) -> rusqlite::Result<Units> {
        Ok(Units(sum.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(amounts: &[u128]) -> Connection {
        let connection = Connection::open_in_memory().expect("it opens");
        add_functions(&connection).expect("it takes functions");
        connection
            .execute_batch("CREATE TABLE t (x ANY NOT NULL) STRICT; CREATE INDEX i ON t (x)")
            .expect("it is made");
        for amount in amounts {
            connection
                .execute("INSERT INTO t VALUES (?1)", [Units(*amount)])
                .expect("it is written");
        }
        connection
    }

    proptest! {
        /// Around 2^63, where the form changes, and at both ends.
        #[test]
        fn amounts_sort_and_sum_as_numbers(
            amounts in proptest::collection::vec(
                prop_oneof![
                    0..10_u128,
                    (1 << 63) - 3..(1_u128 << 63) + 3,
                    (1 << 96) - 3..1_u128 << 96,
                    0..1_u128 << 96,
                ],
                0..20,
            )
        ) {
            let connection = table(&amounts);
            let mut rows = connection.prepare("SELECT x FROM t ORDER BY x").expect("it parses");
            let sorted: Result<Vec<Units>, _> =
                rows.query_map([], |row| row.get(0)).expect("it runs").collect();
            let mut expected: Vec<Units> = amounts.iter().copied().map(Units).collect();
            expected.sort();
            prop_assert_eq!(sorted.expect("they are read"), expected);
            let sum: Units = connection
                .query_row("SELECT sum_units(x) FROM t", [], |row| row.get(0))
                .expect("it sums");
            prop_assert_eq!(sum.0, amounts.iter().sum::<u128>());
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let connection = table(&[]);
        for wrong in ["-1", "'many'", "1.5", "x'00'"] {
            let sql = format!("SELECT sum_units({wrong})");
            let sum = connection.query_row(&sql, [], |row| row.get::<_, Units>(0));
            assert!(sum.is_err(), "{wrong} counts as {sum:?}");
        }
    }
}
