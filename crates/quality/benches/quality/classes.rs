//! Truth inference over classes beside crowd-kit, on real sets and on made-up ones.

use std::fs;
use std::path::Path;

use quality::{Answers, Variant, dawid_skene, majority};
use serde_json::{Value, json};

use crate::table::{Goal, Table};
use crate::{Outcome, clock, peer, real, synthetic};

const SEED: u64 = 7;

/// Real sets first, then a million answers, then ten.
pub fn measure(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("classes");
    for name in real::SETS {
        let Some(set) = real::load(name) else {
            table.skip(name, "it is not beside the repository");
            continue;
        };
        real_set(table, &peer, name, &set.answers)?;
    }
    million(table, &peer)
}

fn real_set(table: &mut Table, peer: &peer::Peer, name: &str, answers: &Answers) -> Outcome {
    let count = answers.rows().len();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    let folder = folder.join(name).display().to_string();
    let out = peer::scratch("out")?.join(name).display().to_string();
    let none = vec![None; answers.units() as usize];
    let said = peer.run(&[&folder, "DawidSkene", &out]);
    let run = || dawid_skene(answers, &none, Variant::Crowdkit).expect("valid");
    let (found, spent) = clock::median(run);
    let row = format!("Dawid-Skene as crowd-kit, {name} ({count} answers)");
    table.seconds(&row, spent.cpu_s, &cpu_s(&said), Goal::Times(100.0));
    if let Ok(said) = &said {
        let posteriors = numbers(&out)?;
        let own = (0..answers.units()).flat_map(|unit| found.consensus.posterior(unit));
        let gap = own.zip(&posteriors).map(|(own, peer)| (own - peer).abs());
        let gap = gap.fold(0.0, f64::max);
        let iterations = [
            found.consensus.iterations.to_string(),
            said["iterations"].to_string(),
        ];
        let equal = gap <= 1e-9 && iterations[0] == iterations[1];
        let row = format!("its iterations, and the largest gap of a posterior: {gap:.1e}");
        let [own, peer] = &iterations;
        table.fact(&row, [own, peer], "equal, gap <= 1e-9", Some(equal));
    }
    Ok(())
}

fn million(table: &mut Table, peer: &peer::Peer) -> Outcome {
    let rows = synthetic::rows(1_000_000, SEED);
    let place = synthetic::write(&rows, &peer::scratch("million")?)?;
    let place = place.display().to_string();
    let (_, built) = clock::median(|| synthetic::table(rows.clone()));
    let answers = synthetic::table(rows);
    let none = vec![None; answers.units() as usize];
    table.seconds(
        "table of 1,000,000 answers, built",
        built.cpu_s,
        &Err(String::new()),
        Goal::None,
    );
    let (_, vote) = clock::median(|| majority(&answers));
    let said = peer.cpu_s(&[&place, "MajorityVote"]);
    let row = "majority vote, 1,000,000 answers";
    table.seconds(row, vote.cpu_s, &said, Goal::Seconds(0.02));
    let (_, spent) = clock::median(|| dawid_skene(&answers, &none, Variant::Crowdkit));
    let said = peer.cpu_s(&[&place, "DawidSkene"]);
    let row = "Dawid-Skene as crowd-kit, 1,000,000 answers";
    table.seconds(row, spent.cpu_s, &said, Goal::Both(45.0, 0.3));
    let said = clock::child("classes", &["10000000"])?;
    let figure = |field: &str| said[field].as_f64().unwrap_or(f64::NAN);
    let row = "Dawid-Skene as crowd-kit, 10,000,000 answers";
    let none = Err("not finished in 580 s".to_owned());
    table.seconds(row, figure("cpu_s"), &none, Goal::Seconds(8.0));
    let peak = figure("peak_mb");
    table.fact(
        "its peak memory, table and rows included",
        [&format!("{peak:.0} MB"), ""],
        "<= 1,200 MB",
        Some(peak <= 1_200.0),
    );
    Ok(())
}

/// Dawid-Skene over as many made-up answers as the first word says.
pub fn child(words: &[String]) -> Value {
    let count = words.first().and_then(|word| word.parse().ok());
    let answers = synthetic::table(synthetic::rows(count.unwrap_or(1_000), SEED));
    let none = vec![None; answers.units() as usize];
    let (found, spent) = clock::time(|| dawid_skene(&answers, &none, Variant::Crowdkit));
    let iterations = found.expect("valid").consensus.iterations;
    json!({"cpu_s": spent.cpu_s, "peak_mb": clock::peak_mb(), "iterations": iterations})
}

fn cpu_s(said: &Result<Value, String>) -> Result<f64, String> {
    let said = said.as_ref().map_err(Clone::clone)?;
    said["cpu_s"]
        .as_f64()
        .ok_or_else(|| "says no CPU seconds".to_owned())
}

/// Little-endian 64-bit floats of a file.
fn numbers(path: &str) -> std::io::Result<Vec<f64>> {
    let bytes = fs::read(path)?;
    let words = bytes.chunks_exact(8);
    Ok(words
        .map(|word| f64::from_le_bytes(word.try_into().expect("eight bytes")))
        .collect())
}
