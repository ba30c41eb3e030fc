//! Segments of metered uses: rows in order, each use once, sums and root computed again.

use crate::document::Document;
use crate::files::unreadable;
use crate::source::Index;
use crate::{Fault, Source};
use ledger::State;
use ledger::offer::Offer;
use proof::hash::Hash as Digest;
use proof::merkle;
use protocol::command::{PostSegment, UsageTotal};
use protocol::service::Price;
use protocol::{AllowanceId, Amount, Command, Entry, Rejection, UsageRow};
use std::collections::BTreeMap;

/// What all segments so far have charged, with the entry that did.
pub(crate) struct Segments<'a> {
    source: &'a dyn Source,
    /// By [`UsageRow::charge`]; `None` until the first segment.
    charged: Option<Box<dyn Index>>,
}

impl<'a> Segments<'a> {
    pub fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            charged: None,
        }
    }

    /// Where files are read.
    pub fn source(&self) -> &'a dyn Source {
        self.source
    }

    /// The rule by which a node turns a segment away before it asks all others, if it does: its
    /// rows do not read, or an audit would fault them.
    pub fn refuse(
        &self,
        state: &State,
        time_ms: u64,
        offer: &Offer,
        stored: Option<&Document>,
    ) -> Option<Rejection> {
        let submission = &offer.signed.submission;
        let Command::PostSegment(post) = &submission.command else {
            return None;
        };
        let key = state.key(&submission.key);
        let repeated = key.is_some_and(|key| key.nonces.find(submission.nonce).is_some());
        let poster = state.poster(post.asset, time_ms.max(state.time_ms));
        if repeated || poster.is_none() || poster != submission.account {
            return None;
        }
        let mut offered = offer.attachments.iter();
        let offered = offered.find(|bytes| proof::hash::sha256(&[bytes]) == post.rows.0);
        let rows = offered.or(stored.and_then(|document| document.bytes.as_ref()))?;
        let entry = state.next_entry(time_ms, offer.signed.clone());
        let fault = self.read(state, &entry, post, rows).err()?;
        Some(match fault.code {
            "segment_malformed" => Rejection::BadDocument,
            _ => Rejection::SegmentMismatch,
        })
    }

    /// Holds a segment's attachment against the entry and against all segments before it, and
    /// notes what it charges.
    pub fn check(
        &mut self,
        state: &State,
        entry: &Entry,
        post: &PostSegment,
        parquet: &[u8],
    ) -> Result<(), Fault> {
        let charges = self.read(state, entry, post, parquet)?;
        let index = match &mut self.charged {
            Some(index) => index,
            none => none.insert(self.source.index().map_err(|error| unreadable(&error))?),
        };
        index.add(entry.seq, &charges);
        Ok(())
    }

    /// What a segment charges with which nothing is wrong.
    fn read(
        &self,
        state: &State,
        entry: &Entry,
        post: &PostSegment,
        parquet: &[u8],
    ) -> Result<Vec<[u8; 16]>, Fault> {
        let path = format!("attachments/{}/{}", &post.rows.to_string()[..2], post.rows);
        let rows = self.source.usage_rows(parquet).map_err(|error| {
            Fault {
                code: "segment_malformed",
                ..unreadable(&error)
            }
            .of_file(&*path)
        })?;
        let price = state.price(post.asset, entry.time_ms).unwrap_or(Price {
            flat_units: Amount::ZERO,
            tokens: None,
        });
        let charges: Vec<_> = rows.iter().map(|row| row.charge(post.asset)).collect();
        self.check_rows(entry, (&rows, &charges), &price)
            .and_then(|()| check_sums(entry.seq, &rows, post))
            .map_err(|fault| fault.of_file(path))?;
        Ok(charges)
    }

    fn check_rows(
        &self,
        entry: &Entry,
        (rows, charges): (&[UsageRow], &[[u8; 16]]),
        price: &Price,
    ) -> Result<(), Fault> {
        let mut numbers = 0..rows.len();
        let fault = numbers.find_map(|number| {
            let fault = row_fault((entry.seq, entry.time_ms), rows, number, price)?;
            Some((number, fault))
        });
        // What is wrong with an earlier row is told first.
        let good = fault.as_ref().map_or(rows.len(), |(number, _)| *number);
        let found = match &self.charged {
            Some(index) => index.find(&charges[..good]),
            None => Ok(None),
        };
        let found = found.map_err(|error| unreadable(&error))?;
        let again = found.and_then(|(charge, before)| {
            let place = charges.iter().position(|it| *it == charge)?;
            Some(twice(entry.seq, rows[place].receipt, before))
        });
        again.or(fault.map(|(_, fault)| fault)).map_or(Ok(()), Err)
    }
}

/// What is wrong with a row beside the rows before it in the same segment.
fn row_fault(
    (seq, time_ms): (u64, u64),
    rows: &[UsageRow],
    number: usize,
    price: &Price,
) -> Option<Fault> {
    let row = &rows[number];
    let before = number.checked_sub(1).map(|before| &rows[before].receipt);
    let fault = |code, what: String| Some(Fault::new(code, what));
    if before > Some(&row.receipt) {
        return fault(
            "segment_unsorted",
            format!("row {number} of the segment of entry {seq} is out of order"),
        );
    }
    if !price.fits(row) {
        let right = match row.tokens {
            Some(tokens) => price.of(tokens.input.into(), tokens.output.into()),
            None => Some(price.flat_units).filter(|_| price.tokens.is_none()),
        };
        let right = right.map_or("a price by tokens".to_owned(), |it| it.to_string());
        let what = format!(
            "row {number} of the segment of entry {seq} costs {} units, not {right}",
            row.amount_units
        );
        return fault("segment_price", what);
    }
    if row.time_ms > time_ms {
        let what = format!("row {number} of the segment of entry {seq} is later than the entry");
        return fault("segment_time", what);
    }
    (before == Some(&row.receipt)).then(|| twice(seq, row.receipt, seq))
}

fn twice(seq: u64, receipt: [u8; 32], before: u64) -> Fault {
    let receipt = protocol::Hash(receipt);
    let what = format!("entry {seq} charges receipt {receipt}, which entry {before} has charged");
    Fault::new("receipt_twice", what)
}

fn check_sums(seq: u64, rows: &[UsageRow], post: &PostSegment) -> Result<(), Fault> {
    if root(rows) != post.rows_root.0 {
        let what = format!(
            "the {} rows of the segment of entry {seq} do not give its root",
            rows.len()
        );
        return Err(Fault::new("segment_root", what));
    }
    let sums = totals(rows);
    if sums.as_ref() == Some(&post.totals) {
        return Ok(());
    }
    let sums = sums.unwrap_or_default();
    let wrong = post.totals.iter().find(|total| !sums.contains(total));
    let what = match wrong.or_else(|| sums.iter().find(|sum| !post.totals.contains(sum))) {
        Some(total) => format!("allowance {}, purpose {}", total.allowance, total.purpose),
        None => "their order".to_owned(),
    };
    let what = format!("entry {seq} charges sums that its rows do not give: {what}");
    Err(Fault::new("segment_totals", what))
}

/// RFC 6962 root over the rows' bytes.
fn root(rows: &[UsageRow]) -> Digest {
    let leaves = rows.iter().map(|row| merkle::leaf_hash(&row.bytes()));
    merkle::root(&leaves.collect::<Vec<_>>())
}

/// Uses, money and tokens by allowance and purpose, ascending; `None` above the supply cap.
fn totals(rows: &[UsageRow]) -> Option<Vec<UsageTotal>> {
    let mut sums: BTreeMap<(u32, u16), UsageTotal> = BTreeMap::new();
    for row in rows {
        let counts = row
            .tokens
            .map(|tokens| (tokens.input.into(), tokens.output.into()));
        let (input, output) = counts.unzip();
        let sum = sums
            .entry((row.allowance, row.purpose))
            .or_insert(UsageTotal {
                allowance: AllowanceId(row.allowance),
                purpose: row.purpose,
                uses: 0,
                amount_units: Amount::ZERO,
                input_tokens: counts.map(|_| 0),
                output_tokens: counts.map(|_| 0),
            });
        sum.uses = sum.uses.checked_add(1)?;
        sum.amount_units = sum
            .amount_units
            .checked_add(Amount::new(row.amount_units)?)?;
        sum.input_tokens = sum
            .input_tokens
            .zip(input)
            .map(|(sum, more): (u64, u64)| sum + more);
        sum.output_tokens = sum
            .output_tokens
            .zip(output)
            .map(|(sum, more): (u64, u64)| sum + more);
    }
    Some(sums.into_values().collect())
}
