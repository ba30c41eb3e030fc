//! Rows of data sets and label sets: which are asked for, and the answer, which is paid by the row.

use std::sync::Arc;

use bytes::Bytes;
use protocol::usage::{TokenSource, Tokens};
use serde_json::{Map, Value, json};

use crate::call::{Call, prefix};
use crate::fault::briefly;
use crate::receipt::digest;
use crate::{Books, Fault, Reply};

/// Most rows of one answer.
pub const MOST_ROWS: u64 = 1_000;
/// Rows of an answer where the caller says nothing.
pub const USUAL_ROWS: u32 = 100;
/// Bytes of rows after which an answer takes no further one.
const ENOUGH_BYTES: usize = 512 << 10;
/// Most cells that a question names.
const MOST_CELLS: usize = 16;
/// The fields of a question. One that is not understood would be paid for and not heeded.
const FIELDS: [&str; 5] = ["model", "where", "from", "limit", "stream"];

/// Which rows are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many rows of the content are passed over.
    pub from: u64,
    /// Most rows of the answer.
    pub limit: u64,
    /// Columns and what a row must have there, as text.
    pub cells: Vec<(String, String)>,
    /// The first rows of the content, beyond which the payer may read nothing; `None` for all.
    pub licensed: Option<u64>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, each with its cells by column.
    pub rows: Vec<Value>,
    /// From which row on the next page begins; `None` at the end of the content.
    pub next: Option<u64>,
    bytes: usize,
}

/// Why no rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The content has no such column.
    Column(String),
    /// The content is no table, in words.
    NoTable(String),
    /// The content is not at hand, in words.
    Absent(String),
}

impl Wanted {
    /// The fields of a request.
    ///
    /// # Errors
    /// 400 with the field that is wrong, or that there is none of.
    pub(crate) fn read(fields: &Map<String, Value>) -> Result<Self, Fault> {
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            let (unknown, known) = (briefly(unknown), FIELDS.join("`, `"));
            let words = format!("there is no field `{unknown}`; `/v1/rows` takes `{known}`");
            return Err(Fault::invalid("unknown_field", words));
        }
        let number = |name: &'static str, usual: u64, words: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(usual),
            Some(value) => value.as_u64().ok_or_else(|| Fault::field(name, words)),
        };
        let words = format!("`limit` is a number of rows, 1 to {MOST_ROWS}");
        let limit = number("limit", USUAL_ROWS.into(), &words)?;
        if !(1..=MOST_ROWS).contains(&limit) {
            return Err(Fault::field("limit", words));
        }
        Ok(Self {
            from: number("from", 0, "`from` is a number of rows to pass over")?,
            limit,
            cells: cells(fields.get("where"))?,
            licensed: None,
        })
    }

    /// Whether nothing that follows belongs to a page any more: it is full, or what comes from this
    /// row on is not the payer's to read.
    pub fn ends(&self, page: &Page, place: u64) -> bool {
        self.licensed.is_some_and(|first| place >= first)
            || page.rows.len() as u64 >= self.limit
            || page.bytes >= ENOUGH_BYTES
    }

    /// Whether a row has all cells that are asked for.
    pub fn fits(&self, row: &Map<String, Value>) -> bool {
        let has = |(name, wanted): &(String, String)| {
            let own = row.get(name).and_then(text);
            own.is_some_and(|own| own == *wanted)
        };
        self.cells.iter().all(has)
    }
}

impl Page {
    /// Takes one more row.
    pub fn add(&mut self, row: Map<String, Value>) {
        let row = Value::Object(row);
        self.bytes += row.to_string().len();
        self.rows.push(row);
    }
}

fn cells(asked: Option<&Value>) -> Result<Vec<(String, String)>, Fault> {
    let wrong = || {
        let words = format!(
            "`where` is an object of at most {MOST_CELLS} columns, each with the text, number or \
             truth value that a row has there"
        );
        Fault::field("where", words)
    };
    let named = match asked {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(named)) if named.len() <= MOST_CELLS => named,
        Some(_) => return Err(wrong()),
    };
    let cell = |(name, value): (&String, &Value)| Some((name.clone(), text(value)?));
    let cells = named.iter().map(cell).collect::<Option<Vec<_>>>();
    cells.ok_or_else(wrong)
}

/// A cell as text, so that `1` is the same in CSV and JSON; `None` for what is no single value.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads the rows and has each of them paid. A row counts as a token that is answered, and nothing
/// counts as asked.
pub(crate) async fn answer(
    books: Arc<dyn Books>,
    call: Call,
    wanted: Wanted,
) -> Result<Reply, Fault> {
    let asset = call.model.served.asset;
    let beyond = wanted.licensed.filter(|first| wanted.from >= *first);
    if let Some(first) = beyond {
        let words = format!("the payer's grant for asset {asset} is for its first {first} rows");
        return Err(Fault::forbidden("licence_denied", words));
    }
    // A long table takes a while, and no other call shall wait for it.
    let page = tokio::task::spawn_blocking(move || books.rows(asset, &wanted)).await;
    let page = page.map_err(|_| Fault::broken("the rows could not be read"))?;
    let page = page.map_err(|why| unread(&call, why))?;
    let rows = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
    let document = json!({
        "id": format!("{}-{}", prefix(call.route), call.id),
        "object": "list",
        "created": call.now_ms / 1_000,
        "model": call.model.name,
        "data": page.rows,
        "next": page.next,
        "usage": {"rows": rows},
    });
    let body = Bytes::from(document.to_string());
    let output = digest(&call.salt, &[&body]);
    let tokens = Tokens {
        input: 0,
        output: rows,
        source: TokenSource::Counted,
    };
    let (id, name) = (call.id.clone(), call.model.name.clone());
    let settled = call.charge(tokens, output, true).await?;
    let reply = Reply::whole(200, "application/json", body);
    Ok(settled.tell(reply, &id, &name))
}

fn unread(call: &Call, why: Unread) -> Fault {
    let asset = call.model.served.asset;
    match why {
        Unread::Column(name) => {
            let name = briefly(&name);
            let words = format!("asset {asset} has no column `{name}`");
            Fault {
                param: Some("where"),
                ..Fault::invalid("unknown_column", words)
            }
        }
        Unread::NoTable(why) => {
            let words = format!(
                "asset {asset} has no rows to read: {}; it can be downloaded whole by whoever has \
                 a licence",
                briefly(&why)
            );
            Fault::invalid("not_a_table", words)
        }
        Unread::Absent(why) => Fault::no_model(&call.model.name, Some(&why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Wanted, Fault> {
        Wanted::read(body.as_object().unwrap())
    }

    #[test]
    fn a_question_is_read_or_the_field_is_named() {
        let usual = read(&json!({"model": "m", "limit": null})).unwrap();
        assert_eq!((usual.from, usual.limit), (0, USUAL_ROWS.into()));
        let asked = json!({"from": 7, "limit": 1_000, "where": {"n": 1, "yes": true, "t": "x"}});
        let asked = read(&asked).unwrap();
        let cell = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let cells = [cell("n", "1"), cell("t", "x"), cell("yes", "true")];
        assert_eq!((asked.from, &asked.cells[..]), (7, &cells[..]));
        let many: Map<String, Value> = (0..17).map(|n| (n.to_string(), n.into())).collect();
        for (body, code, param) in [
            (json!({"limit": 0}), "missing_field", Some("limit")),
            (json!({"limit": 1_001}), "missing_field", Some("limit")),
            (json!({"limit": "5"}), "missing_field", Some("limit")),
            (json!({"from": -1}), "missing_field", Some("from")),
            (json!({"from": 0.5}), "missing_field", Some("from")),
            (json!({"where": "a"}), "missing_field", Some("where")),
            (
                json!({"where": {"a": null}}),
                "missing_field",
                Some("where"),
            ),
            (json!({"where": {"a": [1]}}), "missing_field", Some("where")),
            (json!({"where": many}), "missing_field", Some("where")),
            (json!({"filter": {}}), "unknown_field", None),
        ] {
            let fault = read(&body).unwrap_err();
            assert_eq!((fault.code, fault.param), (code, param), "{body}");
            assert_eq!(fault.status, 400);
        }
    }

    #[test]
    fn a_page_ends_where_it_is_full_or_the_licence_is() {
        let wanted = Wanted {
            licensed: Some(5),
            ..read(&json!({"limit": 2})).unwrap()
        };
        let row = |text: &str| json!({"t": text}).as_object().unwrap().clone();
        let mut page = Page::default();
        assert!(!wanted.ends(&page, 4) && wanted.ends(&page, 5));
        page.add(row("a"));
        assert!(!wanted.ends(&page, 1));
        page.add(row("b"));
        assert!(wanted.ends(&page, 2));
        let mut long = Page::default();
        long.add(row(&"x".repeat(ENOUGH_BYTES)));
        assert!(
            wanted.ends(&long, 1),
            "a long row is whole, and the last one"
        );
    }

    #[test]
    fn a_row_fits_by_the_text_of_its_cells() {
        let fits = |wanted: Value| {
            let row = json!({"n": "1", "m": 1, "yes": false, "list": [1]});
            let wanted = read(&json!({"where": wanted})).unwrap();
            wanted.fits(row.as_object().unwrap())
        };
        assert!(fits(json!({})) && fits(json!({"n": 1, "m": "1"})) && fits(json!({"yes": false})));
        for other in [
            json!({"n": 2}),
            json!({"n": 1, "none": 1}),
            json!({"list": "[1]"}),
        ] {
            assert!(!fits(other.clone()), "{other}");
        }
    }
}
