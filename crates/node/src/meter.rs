//! Metered use: rows with receipts, cut into segments with one entry each.

use crate::log::digest;
use proof::merkle;
use protocol::command::{PostSegment, UsageTotal};
use protocol::service::Price;
use protocol::usage::{TokenSource, Tokens, UsageRow};
use protocol::{AllowanceId, Amount, AssetId, Hash};
use std::collections::BTreeMap;
use table::{Column, Values};

/// A segment ready to be signed by the asset's owner: the command and its attachment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// What the log keeps.
    pub command: PostSegment,
    /// The rows as a Parquet file.
    pub rows: Vec<u8>,
}

/// Cuts rows into a segment: sorted by receipt, summed by payer and purpose, under one root. `None`
/// where the sums exceed what a token can hold.
pub fn segment(
    asset: AssetId,
    number: u32,
    mut rows: Vec<UsageRow>,
) -> Result<Option<Segment>, table::Error> {
    rows.sort_unstable();
    let Some(totals) = totals(&rows) else {
        return Ok(None);
    };
    let parquet = write(&rows)?;
    let command = PostSegment {
        asset,
        number,
        rows_root: root(&rows),
        rows: digest(&parquet),
        totals,
    };
    Ok(Some(Segment {
        command,
        rows: parquet,
    }))
}

/// Whether rows are what their entry says, as an audit will ask: each once and in order, at the
/// asset's price, not later than the entry, with its root and sums.
pub(crate) fn fits(post: &PostSegment, rows: &[UsageRow], price: &Price, time_ms: u64) -> bool {
    let sorted = rows.is_sorted_by(|row, next| row.receipt < next.receipt);
    let good = |row: &UsageRow| price.fits(row) && row.time_ms <= time_ms;
    sorted
        && rows.iter().all(good)
        && root(rows) == post.rows_root
        && totals(rows).as_ref() == Some(&post.totals)
}

fn root(rows: &[UsageRow]) -> Hash {
    let leaves = rows.iter().map(|row| merkle::leaf_hash(&row.bytes()));
    Hash(merkle::root(&leaves.collect::<Vec<_>>()))
}

/// Sums by payer and purpose; `None` above what a token can hold.
fn totals(rows: &[UsageRow]) -> Option<Vec<UsageTotal>> {
    let mut sums: BTreeMap<(u32, u16), UsageTotal> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry((row.allowance, row.purpose));
        let sum = sum.or_insert_with(|| UsageTotal {
            allowance: AllowanceId(row.allowance),
            purpose: row.purpose,
            uses: 0,
            amount_units: Amount::ZERO,
            input_tokens: row.tokens.map(|_| 0),
            output_tokens: row.tokens.map(|_| 0),
        });
        sum.uses += 1;
        let amount = Amount::new(row.amount_units)?;
        sum.amount_units = sum.amount_units.checked_add(amount)?;
        let more = |sum: Option<u64>, tokens: Option<u32>| {
            let (sum, tokens) = sum.zip(tokens)?;
            Some(sum + u64::from(tokens))
        };
        sum.input_tokens = more(sum.input_tokens, row.tokens.map(|tokens| tokens.input));
        sum.output_tokens = more(sum.output_tokens, row.tokens.map(|tokens| tokens.output));
    }
    Some(sums.into_values().collect())
}

const COLUMNS: [&str; 10] = [
    "receipt",
    "allowance",
    "purpose",
    "time_ms",
    "amount_units",
    "input",
    "output",
    "input_tokens",
    "output_tokens",
    "token_source",
];
/// Columns of rows without counts.
const PLAIN: usize = 7;

/// The Parquet form of rows (`docs/spec/segment.md`): hashes as hex, amounts as decimal text,
/// because they exceed 64 bits. Rows have counts of tokens if the first one has.
pub fn write(rows: &[UsageRow]) -> Result<Vec<u8>, table::Error> {
    let texts = |name: usize, text: &dyn Fn(&UsageRow) -> String| {
        Column::texts(COLUMNS[name], rows.iter().map(text).collect())
    };
    let integers = |name: usize, number: &dyn Fn(&UsageRow) -> i64| {
        Column::integers(COLUMNS[name], rows.iter().map(number).collect())
    };
    let count = |name: usize, number: &dyn Fn(Tokens) -> i64| {
        integers(name, &|row| row.tokens.map_or(0, number))
    };
    let mut columns = vec![
        texts(0, &|row| Hash(row.receipt).to_string()),
        integers(1, &|row| i64::from(row.allowance)),
        integers(2, &|row| i64::from(row.purpose)),
        integers(3, &|row| i64::try_from(row.time_ms).unwrap_or(i64::MAX)),
        texts(4, &|row| row.amount_units.to_string()),
        texts(5, &|row| Hash(row.input).to_string()),
        texts(6, &|row| Hash(row.output).to_string()),
    ];
    if rows.first().is_some_and(|row| row.tokens.is_some()) {
        columns.push(count(7, &|tokens| tokens.input.into()));
        columns.push(count(8, &|tokens| tokens.output.into()));
        columns.push(count(9, &|tokens| (tokens.source as u8).into()));
    }
    table::parquet::write(&columns)
}

/// Reads the rows of a segment back; `None` where the file is not of one of the two forms.
pub fn read(parquet: Vec<u8>) -> Option<Vec<UsageRow>> {
    let columns = table::parquet::read(parquet).ok()?;
    let counted = columns.len() == COLUMNS.len();
    let names = columns.iter().map(|column| column.name.as_str());
    if !(counted || columns.len() == PLAIN) || !names.eq(COLUMNS.into_iter().take(columns.len())) {
        return None;
    }
    let at = |column: usize, row: usize| integer(&columns[column], row);
    let tokens = |row: usize| -> Option<Option<Tokens>> {
        if !counted {
            return Some(None);
        }
        let source = u8::try_from(at(9, row)?).ok()?;
        Some(Some(Tokens {
            input: u32::try_from(at(7, row)?).ok()?,
            output: u32::try_from(at(8, row)?).ok()?,
            source: TokenSource::new(source)?,
        }))
    };
    (0..columns[0].rows())
        .map(|row| {
            Some(UsageRow {
                receipt: hash(text(&columns[0], row)?)?,
                allowance: u32::try_from(at(1, row)?).ok()?,
                purpose: u16::try_from(at(2, row)?).ok()?,
                time_ms: u64::try_from(at(3, row)?).ok()?,
                amount_units: text(&columns[4], row)?.parse().ok()?,
                input: hash(text(&columns[5], row)?)?,
                output: hash(text(&columns[6], row)?)?,
                tokens: tokens(row)?,
            })
        })
        .collect()
}

fn text(column: &Column, row: usize) -> Option<&str> {
    match &column.values {
        Values::Texts(texts) => texts.get(row).map(String::as_str),
        Values::Integers(_) | Values::Reals(_) => None,
    }
}

fn integer(column: &Column, row: usize) -> Option<i64> {
    match &column.values {
        Values::Integers(integers) => integers.get(row).copied(),
        Values::Texts(_) | Values::Reals(_) => None,
    }
}

/// Lower-case hex of 32 bytes; one form only, so that a row has one encoding.
fn hash(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
