//! Ratings from comparisons in pairs beside evalica, arena-rank and crowd-kit.

use std::fs;
use std::path::Path;

use quality::pairs::{
    Comparisons, Counts, Fit, Model, Outcome as Vote, Tally, bootstrap, fit, fit_voters,
    standard_errors,
};
use quality::parallel::Threads;
use serde_json::{Value, json};

use crate::table::{Goal, Table};
use crate::{Outcome, battles, clock, peer};

const SEED: u64 = 11;
const ITEMS: u32 = 200;
const ROWS: u32 = 1_000_000;
const RESAMPLES: u32 = 100;
const MODEL: Model = Model {
    ties: quality::pairs::Ties::Half,
    ridge: 0.0,
};

/// A million made-up comparisons of 200 items, then the public ones of 59 language models.
pub fn measure(table: &mut Table) -> Outcome {
    let (light, heavy) = (peer::Peer::new("pairs"), peer::Peer::new("arena"));
    let (_, million) = battles::battles(ITEMS, ROWS, 10, SEED);
    let folder = write(&million, "million")?;
    let core = light.cpu_s(&[&folder, "core"]);
    let (found, spent) = clock::median(|| cold(&million));
    let name = format!("Bradley-Terry, {ROWS} comparisons x {ITEMS}");
    table.seconds(
        &format!("{name}, numbers ready; evalica's core"),
        spent.cpu_s,
        &core,
        Goal::Seconds(0.006),
    );
    let api = light.cpu_s(&[&folder, "names"]);
    table.seconds(
        "the same; evalica from names",
        spent.cpu_s,
        &api,
        Goal::Times(25.0),
    );
    incremental(table, &million, &found, &core)?;
    let tally = Tally::of(&million)?;
    let (_, spent) = clock::median(|| {
        let found = cold(&million);
        standard_errors(&tally, &found, MODEL, 0.0).expect("regular")
    });
    let arena = heavy.cpu_s(&[&folder]);
    table.seconds(
        "with sandwich intervals; arena-rank, warm",
        spent.cpu_s,
        &arena,
        Goal::Both(100.0, 0.02),
    );
    resampled(table)?;
    let Some(real) = battles::arena() else {
        table.skip("llmfao_pairs", "it is not beside the repository");
        return Ok(());
    };
    public(table, &real.table, [&light, &heavy])
}

fn cold(table: &Comparisons) -> Fit {
    let tally = Counts::of(table).expect("few items").tally();
    fit(&tally, MODEL, None).expect("connected")
}

/// One more comparison, and ratings again.
fn incremental(
    table: &mut Table,
    million: &Comparisons,
    found: &Fit,
    core: &Result<f64, String>,
) -> Outcome {
    let mut counts = Counts::of(million)?;
    let mut last = found.clone();
    let mut pair = 0;
    let (_, spent) = clock::median(|| {
        pair = (pair + 1) % (ITEMS - 1);
        counts.add(pair, pair + 1, Vote::Left).expect("in bounds");
        last = fit(&counts.tally(), MODEL, Some(&last)).expect("connected");
    });
    table.seconds(
        "one comparison more; evalica's core anew",
        spent.cpu_s,
        core,
        Goal::Both(10.0, 0.000_5),
    );
    Ok(())
}

/// In a process of its own, for the memory.
fn resampled(table: &mut Table) -> Outcome {
    let said = clock::child("pairs", &[])?;
    let number = |name: &str| said[name].as_f64().unwrap_or_default();
    let none = Err("10 GB, not run".to_owned());
    table.seconds(
        &format!("with {RESAMPLES} resamples; evalica"),
        number("cpu_s"),
        &none,
        Goal::Seconds(0.3),
    );
    let memory = number("mb");
    let row = "their memory above the table's";
    let figures = [&format!("{memory:.1} MB"), ""];
    table.fact(row, figures, "<= 50 MB", Some(memory <= 50.0));
    Ok(())
}

/// Resamples of the million: CPU seconds and memory above that of the comparisons.
pub fn child(_: &[String]) -> Value {
    let (_, million) = battles::battles(ITEMS, ROWS, 10, SEED);
    let before = clock::peak_mb();
    let (_, spent) = clock::time(|| {
        let tally = Counts::of(&million).expect("few items").tally();
        let found = fit(&tally, MODEL, None).expect("connected");
        bootstrap(&tally, MODEL, &found, (RESAMPLES, SEED), Threads::ONE).expect("rated")
    });
    json!({ "cpu_s": spent.cpu_s, "mb": clock::peak_mb() - before })
}

fn public(table: &mut Table, real: &Comparisons, [light, heavy]: [&peer::Peer; 2]) -> Outcome {
    let folder = write(real, "llmfao")?;
    let name = format!(
        "llmfao ({} comparisons x {})",
        real.rows().len(),
        real.items()
    );
    let (found, spent) = clock::median(|| cold(real));
    let said = light.cpu_s(&[&folder, "names"]);
    let row = format!("Bradley-Terry, {name}; evalica from names");
    table.seconds(&row, spent.cpu_s, &said, Goal::None);
    let tally = Tally::of(real)?;
    let draw = || bootstrap(&tally, MODEL, &found, (RESAMPLES, SEED), Threads::ONE);
    let (_, spent) = clock::median(|| draw().expect("rated"));
    let said = light.cpu_s(&[&folder, "bootstrap"]);
    let row = format!("with {RESAMPLES} resamples; evalica");
    table.seconds(&row, spent.cpu_s, &said, Goal::Times(10.0));
    let errors = || standard_errors(&tally, &cold(real), MODEL, 0.0).expect("regular");
    let (_, spent) = clock::median(errors);
    let said = heavy.cpu_s(&[&folder]);
    let row = "with sandwich intervals; arena-rank, warm";
    table.seconds(row, spent.cpu_s, &said, Goal::Times(100.0));
    let (_, spent) = clock::median(|| fit_voters(real, 0.01).expect("connected"));
    let said = light.cpu_s(&[&folder, "noisy"]);
    let row = "with skills of voters; crowd-kit's NoisyBradleyTerry";
    table.seconds(row, spent.cpu_s, &said, Goal::Times(10.0));
    Ok(())
}

/// Columns of little-endian 32-bit numbers for the peers: left, right, outcome (left, right, tie),
/// worker.
fn write(table: &Comparisons, name: &str) -> std::io::Result<String> {
    let place = peer::scratch("pairs")?.join(name);
    fs::create_dir_all(&place)?;
    let column = |name: &str, of: &dyn Fn(&quality::pairs::Comparison) -> u32| {
        let bytes = table.rows().iter().flat_map(|row| of(row).to_le_bytes());
        fs::write(Path::new(&place).join(name), bytes.collect::<Vec<u8>>())
    };
    column("left.u32", &|row| row.left)?;
    column("right.u32", &|row| row.right)?;
    column("outcome.u32", &|row| row.outcome as u32)?;
    column("worker.u32", &|row| row.voter)?;
    Ok(place.display().to_string())
}
