//! Pages of lists: an opaque cursor says where the next one begins, whatever was added meanwhile.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use serde::Deserialize;

use crate::openapi::schema::Schema;
use crate::problem::Problem;

/// Rows of a page if nobody says how many, and at most.
pub const ROWS: u64 = 100;

/// Where a page begins.
pub const CURSOR: (&str, Schema, &str) = ("cursor", Schema::Text, "the `next` of the page before");
/// How long a page is.
pub const LIMIT: (&str, Schema, &str) = (
    "limit",
    Schema::Between(1, ROWS),
    "rows of the page, 100 if it is left out",
);
/// The parameters of every list.
pub const PAGE: &[(&str, Schema, &str)] = &[CURSOR, LIMIT];

/// What a request says of the page that it wants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paging {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u64>,
}

impl Paging {
    /// Rows of the page.
    ///
    /// # Errors
    /// 400 for none, or for more than a page has.
    pub fn rows(&self) -> Result<usize, Problem> {
        rows(self.limit)
    }

    /// The place behind which the page begins; `None` at the beginning of the list.
    ///
    /// # Errors
    /// 400 for what is no cursor of this list.
    pub fn place(&self, list: &str) -> Result<Option<u64>, Problem> {
        self.cursor
            .as_deref()
            .map(|text| read(list, text))
            .transpose()
    }

    /// The page of a whole list, and the cursor of the next one. `place` rises along the list.
    ///
    /// # Errors
    /// 400 for a cursor or limit that is none.
    pub fn cut<T>(
        &self,
        list: &str,
        rows: impl IntoIterator<Item = T>,
        place: impl Fn(&T) -> u64,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let (limit, after) = (self.rows()?, self.place(list)?);
        let behind = |row: &T| after.is_none_or(|after| place(row) > after);
        let rows: Vec<T> = rows.into_iter().filter(behind).take(limit + 1).collect();
        Ok(ended(list, rows, limit, place))
    }
}

/// The page of rows of which one more than `limit` was looked for, and the cursor of the next one.
pub fn ended<T>(
    list: &str,
    mut rows: Vec<T>,
    limit: usize,
    place: impl Fn(&T) -> u64,
) -> (Vec<T>, Option<String>) {
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more);
    let next = next.map(|row| write(list, place(row)));
    (rows, next)
}

/// How many rows a page shall have.
///
/// # Errors
/// 400 for none, or for more than [`ROWS`].
pub fn rows(limit: Option<u64>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(ROWS);
    if !(1..=ROWS).contains(&limit) {
        let detail = format!("`limit` is 1 to {ROWS}");
        return Err(Problem::invalid("invalid_query", detail));
    }
    Ok(limit as usize)
}

/// The cursor of a place in a list.
pub fn write(list: &str, place: u64) -> String {
    BASE64_URL.encode(format!("{list}/{place}"))
}

/// The place of a cursor.
///
/// # Errors
/// 400 for what is no cursor of this list.
pub fn read(list: &str, text: &str) -> Result<u64, Problem> {
    let bytes = BASE64_URL.decode(text).unwrap_or_default();
    let place = str::from_utf8(&bytes).ok().and_then(|words| {
        let (own, digits) = words.split_once('/')?;
        let place: u64 = digits.parse().ok()?;
        (own == list && place.to_string() == digits).then_some(place)
    });
    place.ok_or_else(|| {
        let detail =
            format!("`{text}` is no cursor of this list; take the `next` of its last page");
        Problem::invalid("invalid_cursor", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(cursor: Option<String>, list: &[u64]) -> (Vec<u64>, Option<String>) {
        let paging = Paging {
            cursor,
            limit: Some(2),
        };
        paging.cut("numbers", list.to_vec(), |row| *row).unwrap()
    }

    #[test]
    fn pages_hold_every_row_once_whatever_is_added() {
        let (first, next) = page(None, &[2, 4, 6, 8]);
        assert_eq!(first, [2, 4]);
        // A new row stands before the cursor, one behind it, and one that was seen is gone.
        let (second, next) = page(next, &[1, 2, 5, 6, 8]);
        assert_eq!(second, [5, 6]);
        assert_eq!(page(next.clone(), &[8]), (vec![8], None));
        assert_eq!(page(next, &[]), (Vec::new(), None));
        let (first, next) = page(None, &[1, 2, 3]);
        assert_eq!(first, [1, 2]);
        assert_eq!(page(next, &[1, 2, 3, 4]), (vec![3, 4], None));
        assert_eq!(page(None, &[]), (Vec::new(), None));
    }

    #[test]
    fn a_cursor_is_of_one_list() {
        assert_eq!(read("plans", &write("plans", 7)), Ok(7));
        for text in [
            "",
            "7",
            "cGxhbnMvNw==",
            "é",
            &write("keys", 7),
            &write("plans", 7)[1..],
        ] {
            assert_eq!(read("plans", text).unwrap_err().code(), "invalid_cursor");
        }
        for limit in [0, ROWS + 1] {
            assert_eq!(rows(Some(limit)).unwrap_err().code(), "invalid_query");
        }
        assert_eq!(rows(None), Ok(100));
    }
}
