//! The table of measured numbers: `cargo bench -p headwater --bench table [-- FILTER ..]`.
//!
//! Every row is made from seeded input. A goal counts as met by wall time; where the machine is
//! shared the CPU time beside it says what an idle one would need. Nothing here is a test.

mod accounts;
mod apply;
mod audits;
mod binary;
mod clock;
mod epoch;
mod header;
mod pipeline;
mod postgres;
mod river;
mod row;
mod score;
mod start;
mod world;

use row::Table;

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A name to filter by, and what measures the rows of that name.
type Measure = (&'static str, fn(&mut Table) -> anyhow::Result<()>);

const MEASURES: [Measure; 9] = [
    ("ledger", apply::measure),
    ("pipeline", pipeline::measure),
    ("postgres", postgres::measure),
    ("epoch", epoch::measure),
    ("river", river::measure),
    ("audit", audits::measure),
    ("start", start::measure),
    ("replay", score::measure),
    ("demo", binary::measure),
];

fn main() -> anyhow::Result<()> {
    // Cargo passes `--bench`; everything else is a filter.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filters: Vec<&String> = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .collect();
    if let [mode, count] = &filters[..]
        && *mode == accounts::CHILD
    {
        return accounts::audit(count.parse()?);
    }
    if let [mode] = &filters[..]
        && *mode == river::CHILD
    {
        return river::settle();
    }
    let wanted = |name: &str| {
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    header::print()?;
    let mut table = Table::begin();
    for (_, measure) in MEASURES.iter().filter(|(name, _)| wanted(name)) {
        measure(&mut table)?;
    }
    Ok(())
}
