//! Metered use: rows with receipts, cut into segments with one entry each.

use crate::log::digest;
use proof::merkle;
use protocol::command::{PostSegment, UsageTotal};
use protocol::usage::UsageRow;
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
pub(crate) fn fits(post: &PostSegment, rows: &[UsageRow], price: Amount, time_ms: u64) -> bool {
    let sorted = rows.is_sorted_by(|row, next| row.receipt < next.receipt);
    let good = |row: &UsageRow| row.amount_units == price.units() && row.time_ms <= time_ms;
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
    let mut sums: BTreeMap<(u32, u16), (u32, u128)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry((row.allowance, row.purpose)).or_default();
        sum.0 += 1;
        sum.1 = sum.1.checked_add(row.amount_units)?;
    }
    let total = |((allowance, purpose), (uses, units))| {
        Some(UsageTotal {
            allowance: AllowanceId(allowance),
            purpose,
            uses,
            amount_units: Amount::new(units)?,
        })
    };
    sums.into_iter().map(total).collect()
}

/// The Parquet form of rows (`docs/spec/segment.md`): hashes as hex, amounts as decimal text,
/// because they exceed 64 bits.
pub fn write(rows: &[UsageRow]) -> Result<Vec<u8>, table::Error> {
    let texts = |name: &str, text: &dyn Fn(&UsageRow) -> String| {
        Column::texts(name, rows.iter().map(text).collect())
    };
    let integers = |name: &str, number: &dyn Fn(&UsageRow) -> i64| {
        Column::integers(name, rows.iter().map(number).collect())
    };
    table::parquet::write(&[
        texts("receipt", &|row| Hash(row.receipt).to_string()),
        integers("allowance", &|row| i64::from(row.allowance)),
        integers("purpose", &|row| i64::from(row.purpose)),
        integers("time_ms", &|row| {
            i64::try_from(row.time_ms).unwrap_or(i64::MAX)
        }),
        texts("amount_units", &|row| row.amount_units.to_string()),
        texts("input", &|row| Hash(row.input).to_string()),
        texts("output", &|row| Hash(row.output).to_string()),
    ])
}

/// Reads the rows of a segment back; `None` where the file is not of this form.
pub fn read(parquet: Vec<u8>) -> Option<Vec<UsageRow>> {
    let columns = table::parquet::read(parquet).ok()?;
    let [receipt, allowance, purpose, time_ms, amount, input, output] = &columns[..] else {
        return None;
    };
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if names
        != [
            "receipt",
            "allowance",
            "purpose",
            "time_ms",
            "amount_units",
            "input",
            "output",
        ]
    {
        return None;
    }
    (0..receipt.rows())
        .map(|row| {
            Some(UsageRow {
                receipt: hash(text(receipt, row)?)?,
                allowance: u32::try_from(integer(allowance, row)?).ok()?,
                purpose: u16::try_from(integer(purpose, row)?).ok()?,
                time_ms: u64::try_from(integer(time_ms, row)?).ok()?,
                amount_units: text(amount, row)?.parse().ok()?,
                input: hash(text(input, row)?)?,
                output: hash(text(output, row)?)?,
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
