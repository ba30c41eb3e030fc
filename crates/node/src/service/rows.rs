//! Rows of a data set or a label set, read from the front of its content.

use gateway::rows::{Page, Unread, Wanted};
use serde_json::Map;
use std::io::{BufReader, Read};
use table::rows::ROW_BYTES;
use table::{Error, Rows};

/// The rows that are asked for. One that cannot be read is counted in its place and not answered,
/// so that nobody pays for it.
///
/// # Errors
/// What is no table, or has no such column.
pub(super) fn page(content: Box<dyn Read + Send>, wanted: &Wanted) -> Result<Page, Unread> {
    let broken = |error: Error| Unread::NoTable(told(&error));
    let input = Box::new(BufReader::new(content));
    let mut rows = Rows::read("its content", input, None, ROW_BYTES).map_err(broken)?;
    if let Some(columns) = rows.columns() {
        let mut named = wanted.cells.iter().map(|(name, _)| name);
        if let Some(unknown) = named.find(|name| !columns.contains(name)) {
            return Err(Unread::Column(unknown.clone()));
        }
    }
    let mut page = Page::default();
    let mut place = 0;
    while let Some(line) = rows.advance().map_err(broken)? {
        if place >= wanted.from {
            if wanted.ends(&page, place) {
                page.next = Some(place);
                break;
            }
            if let Ok(row) = line {
                let row: Map<_, _> = row.cells.into_iter().collect();
                if wanted.fits(&row) {
                    page.add(row);
                }
            }
        }
        place += 1;
    }
    Ok(page)
}

/// What went wrong, without the hint, which is for whoever has the file.
fn told(error: &Error) -> String {
    let why = error.source.to_string();
    let why = why.lines().next().unwrap_or_default();
    format!("{error}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::io::Cursor;

    fn wanted(from: u64, limit: u64, cells: &[(&str, &str)]) -> Wanted {
        let cells = cells.iter();
        let cells = cells.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Wanted {
            from,
            limit,
            cells: cells.collect(),
            licensed: None,
        }
    }

    fn read(content: &str, wanted: &Wanted) -> Result<(Value, Option<u64>), Unread> {
        let content = Cursor::new(content.as_bytes().to_vec());
        let page = page(Box::new(content), wanted)?;
        Ok((page.rows.into(), page.next))
    }

    const CSV: &str = "text,n\nlate,1\nlost,2\n\"here,\nnow\",1\n";

    #[test]
    fn pages_of_any_length_give_every_row_once() {
        let lines = "{\"text\":\"late\",\"n\":\"1\"}\n\n{\"text\":\"lost\",\"n\":\"2\"}\n\
                     {\"text\":\"here,\\nnow\",\"n\":\"1\"}";
        let array = format!("[{}]", lines.replace("\n\n", "\n").replace("}\n{", "},{"));
        let whole = read(CSV, &wanted(0, 9, &[])).unwrap();
        assert_eq!(whole.0[2], json!({"text": "here,\nnow", "n": "1"}));
        assert_eq!((whole.0.as_array().unwrap().len(), whole.1), (3, None));
        for content in [CSV, lines, &array] {
            for limit in 1..4 {
                let (mut all, mut from) = (Vec::new(), Some(0));
                while let Some(begin) = from {
                    let (rows, next) = read(content, &wanted(begin, limit, &[])).unwrap();
                    all.extend(rows.as_array().unwrap().clone());
                    from = next;
                }
                assert_eq!(Value::from(all), whole.0, "{limit} at a time of {content}");
            }
            let beyond = read(content, &wanted(3, 1, &[])).unwrap();
            assert_eq!(beyond, (json!([]), None));
        }
    }

    #[test]
    fn cells_choose_and_places_stay_those_of_the_content() {
        let (rows, next) = read(CSV, &wanted(0, 1, &[("n", "1")])).unwrap();
        assert_eq!((&rows[0]["text"], next), (&json!("late"), Some(1)));
        let (rows, next) = read(CSV, &wanted(1, 1, &[("n", "1")])).unwrap();
        assert_eq!((&rows[0]["text"], next), (&json!("here,\nnow"), None));
        let both = wanted(0, 9, &[("n", "1"), ("text", "lost")]);
        assert_eq!(read(CSV, &both).unwrap(), (json!([]), None));
        let unknown = read(CSV, &wanted(0, 9, &[("size", "1")]));
        assert_eq!(unknown, Err(Unread::Column("size".to_owned())));
    }

    #[test]
    fn a_licence_for_some_rows_ends_the_page() {
        let of = |first, from| Wanted {
            licensed: Some(first),
            ..wanted(from, 9, &[])
        };
        let (rows, next) = read(CSV, &of(2, 1)).unwrap();
        assert_eq!((rows.as_array().unwrap().len(), next), (1, Some(2)));
        let (rows, next) = read(CSV, &of(3, 0)).unwrap();
        assert_eq!((rows.as_array().unwrap().len(), next), (3, None));
        assert_eq!(read(CSV, &of(0, 0)).unwrap(), (json!([]), Some(0)));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_or_told() {
        let (rows, next) = read("{\"a\":1}\nnonsense\n{\"a\":2}", &wanted(0, 2, &[])).unwrap();
        assert_eq!((rows, next), (json!([{"a": 1}, {"a": 2}]), None));
        let second = read("{\"a\":1}\nnonsense\n{\"a\":2}", &wanted(1, 1, &[])).unwrap();
        assert_eq!(second, (json!([{"a": 2}]), None));
        for content in ["", "[{\"a\":1}"] {
            let why = read(content, &wanted(0, 9, &[])).unwrap_err();
            assert!(matches!(why, Unread::NoTable(_)), "{why:?}");
        }
    }
}
