//! The tables of the view, each with its meaning beside it: the text that makes them is their page.

/// What makes an empty view, in an order in which it can run. Comments in it are the documentation
/// of tables and columns: a line before a table, and one behind each column.
pub const SCHEMA: &str = concat!(
    include_str!("schema/log.sql"),
    "\n",
    include_str!("schema/people.sql"),
    "\n",
    include_str!("schema/work.sql"),
    "\n",
    include_str!("schema/judging.sql"),
    "\n",
    include_str!("schema/asset.sql"),
    "\n",
    include_str!("schema/market.sql"),
    "\n",
    include_str!("schema/money.sql"),
);

/// Marks a SQLite file as a view, in the header's `application_id`: "HWVW".
pub const APPLICATION_ID: i32 = 0x4857_5657;

/// A number that differs between schemas (FNV-1a, 31 bits), in the header's `user_version`: a file
/// with another one is filled again.
pub const fn version() -> i32 {
    let bytes = SCHEMA.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    let mut place = 0;
    while place < bytes.len() {
        hash = (hash ^ bytes[place] as u32).wrapping_mul(0x0100_0193);
        place += 1;
    }
    (hash & 0x7fff_ffff).cast_signed()
}

/// A table, index or view of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// As questions in SQL call it.
    pub name: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// Columns with their types and meanings; the type is empty in views.
    pub columns: Vec<(&'static str, &'static str, &'static str)>,
}

/// The tables and views with what their comments say, in the order of the schema.
pub fn tables() -> Vec<Table> {
    let mut found = Vec::new();
    let mut meaning = "";
    let mut open: Option<Table> = None;
    for line in SCHEMA.lines() {
        if let Some(text) = line.strip_prefix("-- ") {
            meaning = text;
        } else if let Some(name) = made(line) {
            let columns = match line.split_once(" fts5 (") {
                Some((_, list)) => words(list),
                None => Vec::new(),
            };
            open = Some(Table {
                name,
                meaning,
                columns,
            });
        } else if let (Some(table), Some((code, says))) = (&mut open, line.split_once(" -- ")) {
            table.columns.extend(column(code, says));
        }
        if line.ends_with(';') {
            found.extend(open.take());
        }
    }
    found
}

fn made(line: &'static str) -> Option<&'static str> {
    let heads = ["CREATE TABLE ", "CREATE VIRTUAL TABLE ", "CREATE VIEW "];
    let rest = heads.iter().find_map(|head| line.strip_prefix(head))?;
    rest.split(' ').next()
}

/// Columns of a full-text index: those before its settings.
fn words(list: &'static str) -> Vec<(&'static str, &'static str, &'static str)> {
    let names = list.trim_end_matches(");").split(", ");
    let names = names.take_while(|name| !name.contains('='));
    names.map(|name| (name, "TEXT", "searched")).collect()
}

fn column(
    code: &'static str,
    says: &'static str,
) -> Option<(&'static str, &'static str, &'static str)> {
    let code = code.trim().trim_end_matches(',');
    if let Some((_, name)) = code.rsplit_once(" AS ") {
        return Some((name, "", says));
    }
    if let Some((_, name)) = code.split_once('.') {
        return Some((name, "", says));
    }
    let mut words = code.split(' ');
    Some((words.next()?, words.next()?, says))
}
