//! The table of a contributor's day: `cargo bench -p headwater --bench work [-- FILTER ..]`.
//!
//! A real node and Label Studio, each as processes of their own, driven over the loopback
//! interface in one run. Figures of a shared machine are worth little by themselves: ratios of one
//! run count, and CPU time. `--soak MINUTES` holds ten thousand people on a node instead.

mod bulk;
mod figure;
mod once;
mod pace;
mod site;
mod soak;
mod studio;

use anyhow::{Context as _, Result};
use figure::Table;
use headwater::load::machine;
use std::path::Path;

/// The program that is measured.
const BINARY: &str = env!("CARGO_BIN_EXE_headwater");

/// A name to filter by, and what measures the rows of that name.
type Measure = (&'static str, fn(&mut Table) -> Result<()>);

/// Label Studio first: its figures stand beside ours.
const MEASURES: [Measure; 4] = [
    ("studio", studio::measure),
    ("pace", pace::measure),
    ("bulk", bulk::measure),
    ("once", once::measure),
];

fn main() -> Result<()> {
    // Cargo passes `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let words: Vec<&str> = words
        .into_iter()
        .filter(|word| *word != "--bench")
        .collect();
    if let Some(place) = words.iter().position(|word| *word == "--soak") {
        let minutes = words.get(place + 1).context("--soak wants minutes")?;
        return soak::run(minutes.parse()?);
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let scratch = scratch()?;
    let syncs = machine::sync_times(scratch.path(), 1_000)?;
    let all: f64 = syncs.iter().map(std::time::Duration::as_secs_f64).sum();
    println!("machine    {}", machine::machine());
    println!("load       {}", machine::load_average());
    println!(
        "fdatasync  {:.0} a second one after the other, p50 {:.2?}, p99 {:.2?} after 4 KiB",
        syncs.len() as f64 / all,
        syncs[syncs.len() / 2],
        syncs[syncs.len() * 99 / 100],
    );
    println!();
    let mut table = Table::begin(syncs.len() as f64 / all);
    for (_, measure) in MEASURES.iter().filter(|(name, _)| wanted(name)) {
        measure(&mut table)?;
    }
    Ok(())
}

/// A new empty directory on the disk that is measured.
fn scratch() -> Result<tempfile::TempDir> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

fn binary() -> &'static Path {
    Path::new(BINARY)
}
