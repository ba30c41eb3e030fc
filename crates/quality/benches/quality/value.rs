//! Values of data beside pyDVL on the digits of scikit-learn, and at 100,000 points.

use std::fs;

use quality::parallel::Threads;
use quality::random::Random;
use quality::value::{Bagging, Points, Utility, out_of_bag, shapley};
use serde_json::{Value, json};

use crate::table::{Goal, Table};
use crate::{Outcome, clock, peer};

/// Digits with a tenth of the labels flipped, then many points in bounded memory.
pub fn measure(table: &mut Table) -> Outcome {
    let peer = peer::Peer::new("value");
    let folder = peer::scratch("digits")?.display().to_string();
    match peer.run(&["data", &folder]) {
        Ok(_) => digits(table, &peer, &folder)?,
        Err(why) => table.skip("digits", &why),
    }
    let found = clock::child("value", &[])?;
    let seconds = found["cpu_s"].as_f64().unwrap_or_default();
    let row = "Shapley, 100,000 points, 1,000 tests, 16 features";
    table.seconds(row, seconds, &Err(String::new()), Goal::None);
    let peak = found["peak_mb"].as_f64().unwrap_or_default();
    let row = "its peak memory; tests by points would be 800 MB";
    table.fact(
        row,
        [&format!("{peak:.0} MB"), ""],
        "<= 100 MB",
        Some(peak <= 100.0),
    );
    Ok(())
}

fn digits(table: &mut Table, peer: &peer::Peer, folder: &str) -> Outcome {
    let read = |name: &str| -> Result<Vec<f64>, Box<dyn std::error::Error>> {
        let text = fs::read_to_string(format!("{folder}/{name}.txt"))?;
        Ok(text
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?)
    };
    let labels = |name| -> Result<Vec<u32>, Box<dyn std::error::Error>> {
        Ok(read(name)?.into_iter().map(|label| label as u32).collect())
    };
    let train = Points::new(64, read("train")?, labels("train_labels")?)?;
    let test = Points::new(64, read("test")?, labels("test_labels")?)?;
    let flipped = read("flipped")?;
    let rank = |values: &[f64]| auroc(values, &flipped);
    let run = |utility| {
        clock::median(|| shapley(&train, &test, 5, utility, Threads::ONE).expect("valid"))
    };
    let (hard, spent) = run(Utility::Hard);
    let said = peer.run(&["shapley", folder]);
    let cpu_s = said.as_ref().map_err(Clone::clone);
    let cpu_s = cpu_s.and_then(|said| said["cpu_s"].as_f64().ok_or_else(String::new));
    let row = "Shapley, digits 1,500 by 297; pyDVL";
    table.seconds(row, spent.cpu_s, &cpu_s, Goal::Seconds(0.02));
    let other = said.ok().and_then(|said| said["auroc"].as_f64());
    let other = other.map_or(String::new(), |auroc| format!("{auroc:.4}"));
    let row = "its AUROC of flipped labels";
    table.fact(row, [&format!("{:.4}", rank(&hard)), &other], "", None);
    let (soft, spent) = run(Utility::Soft { classes: 10 });
    let row = "soft Shapley, digits";
    table.seconds(row, spent.cpu_s, &Err(String::new()), Goal::Seconds(0.02));
    table.fact("its AUROC", [&format!("{:.4}", rank(&soft)), ""], "", None);
    let bagging = Bagging {
        bags: 1_000,
        neighbours: 5,
        seed: 1,
    };
    let (bags, spent) = clock::time(|| out_of_bag(&train, &bagging, Threads::ONE).expect("valid"));
    let bags: Vec<f64> = bags.into_iter().map(Option::unwrap_or_default).collect();
    table.seconds(
        "Data-OOB, digits, 1,000 bags",
        spent.cpu_s,
        &Err(String::new()),
        Goal::None,
    );
    table.fact("its AUROC", [&format!("{:.4}", rank(&bags)), ""], "", None);
    Ok(())
}

/// Share of pairs in which the flipped point has the lower value, ties by half.
fn auroc(values: &[f64], flipped: &[f64]) -> f64 {
    let (mut better, mut pairs) = (0.0, 0.0);
    for (bad, _) in values
        .iter()
        .zip(flipped)
        .filter(|(_, flipped)| **flipped > 0.0)
    {
        for (good, _) in values
            .iter()
            .zip(flipped)
            .filter(|(_, flipped)| **flipped == 0.0)
        {
            pairs += 1.0;
            better += if bad < good {
                1.0
            } else if bad == good {
                0.5
            } else {
                0.0
            };
        }
    }
    better / pairs
}

/// The large case in a process of its own.
pub fn child(_: &[String]) -> Value {
    let mut random = Random::new(1, 0);
    let mut points = |count: usize| {
        let features = (0..count * 16).map(|_| random.unit()).collect();
        let labels = (0..count).map(|_| random.below(10)).collect();
        Points::new(16, features, labels).expect("valid")
    };
    let (train, test) = (points(100_000), points(1_000));
    let run = || shapley(&train, &test, 5, Utility::Hard, Threads::ONE).expect("valid");
    let (values, spent) = clock::time(run);
    let sum: f64 = values.iter().sum();
    json!({ "cpu_s": spent.cpu_s, "sum": sum, "peak_mb": clock::peak_mb() })
}
