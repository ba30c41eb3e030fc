//! The quality engine beside its peers: `cargo xtask bench quality [MEASURE ..]`.
//!
//! A measure is one file with a function `measure(&mut Table) -> Outcome`, and a line in
//! [`MEASURES`]. Its peers are scripts in `peers/`: see [`peer`]. Nothing here is a test.

mod agree;
#[expect(dead_code, reason = "the tests use what the table does not")]
#[path = "../../tests/it/battles.rs"]
mod battles;
mod classes;
mod clock;
mod defects;
mod near;
mod pairs;
mod peer;
#[expect(dead_code, reason = "the tests use what the table does not")]
#[path = "../../tests/it/real.rs"]
mod real;
mod synthetic;
mod table;
mod value;

use table::Table;

/// What a measure ends with; an error ends the whole table.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A name to filter by, and what measures the rows of that name.
type Measure = (&'static str, fn(&mut Table) -> Outcome);

const MEASURES: [Measure; 9] = [
    ("classes", classes::measure),
    ("mace", classes::mace),
    ("glad", classes::glad),
    ("large", classes::large),
    ("pairs", pairs::measure),
    ("agree", agree::measure),
    ("value", value::measure),
    ("near", near::measure),
    ("defects", defects::measure),
];

/// Work that runs in a process of its own, so that its peak memory is its own: called with the
/// words that were given to [`clock::child`], and its answer is printed as one JSON value.
type Child = (&'static str, fn(&[String]) -> serde_json::Value);

const CHILDREN: [Child; 3] = [
    ("classes", classes::child),
    ("pairs", pairs::child),
    ("value", value::child),
];

fn main() -> Outcome {
    // Cargo passes `--bench`; everything else is a filter.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, rest @ ..] = &arguments[..]
        && flag == clock::CHILD
    {
        let found = CHILDREN.iter().find(|(own, _)| own == name);
        let (_, work) = found.ok_or_else(|| format!("there is no child `{name}`"))?;
        println!("{}", work(rest));
        return Ok(());
    }
    let filters: Vec<&String> = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .collect();
    let known = |filter: &&String| MEASURES.iter().any(|(name, _)| name == filter);
    if let Some(unknown) = filters.iter().find(|filter| !known(filter)) {
        let names = MEASURES.map(|(name, _)| name).join(" ");
        return Err(format!("there is no measure `{unknown}`, there are: {names}").into());
    }
    table::header();
    let mut table = Table::begin();
    for (name, measure) in MEASURES {
        if filters.is_empty() || filters.iter().any(|filter| *filter == name) {
            measure(&mut table)?;
        }
    }
    Ok(())
}
