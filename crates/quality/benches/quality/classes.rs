//! Truth inference over classes beside crowd-kit, on real sets and on made-up ones.

use std::fs;
use std::path::Path;

use quality::parallel::Threads;
use quality::{Answers, Consensus, Fit, Variant, dawid_skene, majority};
use serde_json::{Value, json};

use crate::table::{Goal, Table};
use crate::{Outcome, clock, peer, real, synthetic};

const SEED: u64 = 7;

/// Dawid-Skene, one-coin and votes on the real sets.
pub fn measure(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("classes");
    for name in real::SETS {
        let Some(set) = real::load(name) else {
            table.skip(name, "it is not beside the repository");
            continue;
        };
        real_set(table, &peer, name, &set.answers)?;
    }
    Ok(())
}

/// Votes and Dawid-Skene over a million made-up answers, then over ten million.
pub fn large(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("classes");
    million(table, &peer)?;
    ten_million(table)
}

/// MACE with ten restarts.
pub fn mace(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("classes");
    for name in ["rte", "dog", "product", "adult2"] {
        let Some(set) = real::load(name) else {
            table.skip(name, "it is not beside the repository");
            continue;
        };
        let run = || quality::mace(&set.answers, 10, SEED, Threads::ONE);
        let (found, spent) = clock::median(run);
        let said = peer.run(&[&folder(name), "MACE"]);
        let row = format!(
            "MACE, 10 restarts, {name} ({} answers)",
            set.answers.rows().len()
        );
        let goal = match name {
            "adult2" => Goal::Both(50.0, 0.6),
            _ => Goal::Times(50.0),
        };
        table.seconds(&row, spent.cpu_s, &cpu_s(&said), goal);
        accuracy(table, &set, &found.consensus, &said);
    }
    Ok(())
}

/// GLAD.
pub fn glad(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("classes");
    for name in ["temp", "dog", "product", "adult2"] {
        let Some(set) = real::load(name) else {
            table.skip(name, "it is not beside the repository");
            continue;
        };
        let (found, spent) = clock::median(|| quality::glad(&set.answers));
        let said = peer.run(&[&folder(name), "GLAD"]);
        let row = format!("GLAD, {name} ({} answers)", set.answers.rows().len());
        table.seconds(&row, spent.cpu_s, &cpu_s(&said), Goal::Times(20.0));
        let cells = set.answers.rows().len() as f64 * f64::from(set.answers.classes());
        let peak = said.as_ref().ok().and_then(|said| said["loss"].as_f64());
        if let Some(peak) = peak.map(|peak| peak * cells) {
            let figures = [format!("{:.1}", found.objective), format!("{peak:.1}")];
            let met = found.objective >= peak - 1e-6 * peak.abs();
            let [own, peer] = &figures;
            table.fact("its objective", [own, peer], "not lower", Some(met));
        }
        accuracy(table, &set, &found.consensus, &said);
    }
    Ok(())
}

/// A row of the shares of gold labels that ours and the peer's find.
fn accuracy(table: &mut Table, set: &real::Real, own: &Consensus, said: &Result<Value, String>) {
    let none = vec![None; set.gold.len()];
    let (right, all) = real::accuracy(own, &set.gold, &none);
    let own = format!("{:.4}", f64::from(right) / f64::from(all.max(1)));
    let peer = said
        .as_ref()
        .ok()
        .and_then(|said| said["accuracy"].as_f64());
    let peer = peer.map_or(String::new(), |peer| format!("{peer:.4}"));
    table.fact("its accuracy on gold", [&own, &peer], "", None);
}

fn folder(name: &str) -> String {
    let crowd = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    crowd.join(name).display().to_string()
}

fn real_set(table: &mut Table, peer: &peer::Peer, name: &str, answers: &Answers) -> Outcome {
    let count = answers.rows().len();
    let folder = folder(name);
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
    if name == "adult2" || name == "rte" {
        let (_, spent) = clock::median(|| quality::one_coin(answers));
        let said = peer.cpu_s(&[&folder, "OneCoinDawidSkene"]);
        let row = format!("one-coin, {name}");
        table.seconds(&row, spent.cpu_s, &said, Goal::Times(100.0));
        let (_, spent) = clock::median(|| quality::wawa(answers));
        let said = peer.cpu_s(&[&folder, "Wawa"]);
        table.seconds(
            &format!("Wawa, {name}"),
            spent.cpu_s,
            &said,
            Goal::Times(20.0),
        );
        let (_, spent) = clock::median(|| quality::zero_based_skill(answers));
        let said = peer.cpu_s(&[&folder, "ZeroBasedSkill"]);
        let row = format!("zero-based skill, {name}");
        table.seconds(&row, spent.cpu_s, &said, Goal::Times(20.0));
    }
    Ok(())
}

fn million(table: &mut Table, peer: &peer::Peer) -> Outcome {
    let rows = synthetic::rows(1_000_000, SEED);
    let place = synthetic::write(&rows, &peer::scratch("million")?)?;
    let place = place.display().to_string();
    let (_, copied) = clock::median(|| rows.clone());
    let (_, built) = clock::median(|| synthetic::table(rows.clone()));
    let answers = synthetic::table(rows);
    let none = vec![None; answers.units() as usize];
    let alone = Err(String::new());
    let row = "table of 1,000,000 answers, built";
    table.seconds(row, built.cpu_s - copied.cpu_s, &alone, Goal::None);
    let (_, vote) = clock::median(|| majority(&answers));
    let said = peer.cpu_s(&[&place, "MajorityVote"]);
    let row = "majority vote, 1,000,000 answers";
    table.seconds(row, vote.cpu_s, &said, Goal::Seconds(0.02));
    let fit = |variant, threads| Fit::new(variant).threads(Threads::new(threads));
    let (_, spent) = clock::median(|| fit(Variant::Crowdkit, 1).run(&answers, &none));
    let said = peer.run(&[&place, "DawidSkene"]);
    let row = "Dawid-Skene as crowd-kit, 1,000,000 answers";
    table.seconds(row, spent.cpu_s, &cpu_s(&said), Goal::Both(45.0, 0.3));
    let (_, spent) = clock::median(|| fit(Variant::Crowdkit, 2).run(&answers, &none));
    let wall = said.as_ref().map_err(Clone::clone);
    let wall = wall.map(|said| said["wall_s"].as_f64().unwrap_or(f64::NAN));
    let row = "the same by wall time, two threads";
    table.seconds(row, spent.wall_s, &wall, Goal::Times(80.0));
    let (_, spent) = clock::median(|| fit(Variant::Map, 1).run(&answers, &none));
    let row = "Dawid-Skene with pseudo-counts, 1,000,000 answers";
    table.seconds(row, spent.cpu_s, &alone, Goal::None);
    Ok(())
}

fn ten_million(table: &mut Table) -> Outcome {
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
