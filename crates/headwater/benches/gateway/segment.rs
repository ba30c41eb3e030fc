//! A million uses cut into one segment, and the way of one of them to its root.

use anyhow::{Context as _, Result};
use node::meter;
use proof::hash::sha256;
use protocol::AssetId;
use protocol::usage::{TokenSource, Tokens, UsageRow};
use std::time::Instant;

const ROWS: u32 = 1_000_000;

/// Milliseconds for the whole segment (sorted, summed, hashed, as Parquet), and how many million
/// rows are hashed in a second.
pub fn measure() -> Result<(f64, f64)> {
    let rows: Vec<UsageRow> = (0..ROWS).map(row).collect();
    let start = Instant::now();
    let leaves = rows
        .iter()
        .map(|row| proof::merkle::leaf_hash(&row.bytes()));
    let root = proof::merkle::root(&leaves.collect::<Vec<_>>());
    let hashed = f64::from(ROWS) / 1e6 / start.elapsed().as_secs_f64();
    std::hint::black_box(root);
    let start = Instant::now();
    let segment = meter::segment(AssetId(0), 0, rows)?;
    let segment = segment.context("the sums fit")?;
    std::hint::black_box(&segment.rows);
    Ok((start.elapsed().as_secs_f64() * 1_000.0, hashed))
}

fn row(number: u32) -> UsageRow {
    let receipt = sha256(&[&number.to_be_bytes()]);
    UsageRow {
        receipt,
        allowance: number % 100,
        purpose: 0,
        time_ms: 1_767_603_600_000 + u64::from(number) / 1_000,
        amount_units: 1_000,
        input: receipt,
        output: receipt,
        tokens: Some(Tokens {
            input: 12,
            output: 20,
            source: TokenSource::Counted,
        }),
    }
}
