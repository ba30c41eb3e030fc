//! Table of the default inference and its peers on the real sets: accuracy, calibration, seconds.
//!
//! `cargo run --release -p quality --example infer_table -- RESAMPLES`

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/it/real.rs"]
mod real;

use quality::calibrate::Reliability;
use quality::infer::Options;
use quality::parallel::Threads;
use quality::random::Random;
use quality::{Answers, Consensus, Inferred, Variant, dawid_skene, infer, majority};
use std::time::Instant;

/// Accuracy on the gold units of one resample, as a list of hits per unit.
fn hits(found: &Consensus, gold: &[Option<u32>]) -> Vec<bool> {
    let hit = |(unit, truth): (usize, &Option<u32>)| {
        let (truth, label) = ((*truth)?, found.label(unit as u32)?);
        Some(truth == label)
    };
    gold.iter().enumerate().filter_map(hit).collect()
}

/// 2.5 % and 97.5 % quantiles.
fn interval(mut differences: Vec<f64>) -> (f64, f64) {
    differences.sort_by(f64::total_cmp);
    let at = |share: f64| differences[((differences.len() - 1) as f64 * share) as usize];
    (at(0.025), at(0.975))
}

/// Mean over resampled units of (ours - theirs), one entry per resample.
fn resampled(ours: &[bool], theirs: &[bool], resamples: u32, stream: u64) -> Vec<f64> {
    let mut random = Random::new(26, stream);
    let one = |_| {
        let mut sum = 0;
        for _ in 0..ours.len() {
            let unit = random.below(ours.len() as u32) as usize;
            sum += i32::from(ours[unit]) - i32::from(theirs[unit]);
        }
        f64::from(sum) / ours.len() as f64
    };
    (0..resamples).map(one).collect()
}

fn main() {
    let resamples = std::env::args()
        .nth(1)
        .map_or(2_000, |text| text.parse().expect("a number"));
    let names = ["infer", "majority", "ds crowdkit", "ds map"];
    let mut means = [(0.0, 0.0); 4];
    let mut differences = vec![0.0; resamples as usize];
    let mut sets = 0.0;
    for (stream, name) in real::SETS.into_iter().enumerate() {
        let Some(set) = real::load(name) else {
            continue;
        };
        let none = vec![None; set.gold.len()];
        let fit = |variant| {
            dawid_skene(&set.answers, &none, variant)
                .expect("valid")
                .consensus
        };
        let (seconds, found) = timed(&set.answers, &none);
        let all = [
            found.consensus.clone(),
            majority(&set.answers),
            fit(Variant::Crowdkit),
            fit(Variant::Map),
        ];
        print!("| {name} |");
        for (consensus, mean) in all.iter().zip(&mut means) {
            let reliability = Reliability::new(consensus, &set.gold).expect("fits");
            let accuracy = f64::from(reliability.accuracy_ppm) / 1e6;
            let error = f64::from(reliability.error_ppm) / 1e6;
            print!(" {accuracy:.4} / {error:.3} |");
            mean.0 += accuracy;
            mean.1 += error;
        }
        let (ours, theirs) = (hits(&all[0], &set.gold), hits(&all[2], &set.gold));
        let drawn = resampled(&ours, &theirs, resamples, stream as u64);
        for (sum, one) in differences.iter_mut().zip(&drawn) {
            *sum += one;
        }
        let (low, high) = interval(drawn);
        let rounds = found.readings.map(|reading| reading.iterations);
        println!(" {low:+.4} .. {high:+.4} | {seconds:.4} s | {rounds:?}");
        sets += 1.0;
    }
    for (name, mean) in names.iter().zip(means) {
        println!(
            "{name}: mean accuracy {:.4}, ECE {:.3}",
            mean.0 / sets,
            mean.1 / sets
        );
    }
    differences.iter_mut().for_each(|sum| *sum /= sets);
    println!("infer - ds crowdkit, mean: {:?}", interval(differences));
    speed();
}

/// The least wall time of five runs, and what they found.
fn timed(answers: &Answers, none: &[Option<u32>]) -> (f64, Inferred) {
    let run = |_| {
        let start = Instant::now();
        let found = infer(answers, none, Options::default()).expect("valid");
        (start.elapsed().as_secs_f64(), found)
    };
    let runs: Vec<_> = (0..5).map(run).collect();
    let seconds = runs.iter().map(|run| run.0).fold(f64::MAX, f64::min);
    (seconds, runs[0].1.clone())
}

/// Seconds for a million answers.
fn speed() {
    let big = world(200_000, 2_000, 4);
    for threads in [1, 2] {
        let start = Instant::now();
        let threads_of = Options {
            threads: Threads::new(threads),
        };
        let found = infer(&big, &vec![None; 200_000], threads_of).expect("valid");
        let seconds = start.elapsed().as_secs_f64();
        let rounds = found.readings.map(|reading| reading.iterations);
        println!("1e6 answers, {threads} threads: {seconds:.2} s, {rounds:?}");
    }
}

/// Five answers to each unit, by workers who are right with .4 to .95.
fn world(units: u32, workers: u32, classes: u32) -> Answers {
    let mut random = Random::new(1, 0);
    let skills: Vec<f64> = (0..workers).map(|_| 0.4 + 0.55 * random.unit()).collect();
    let mut rows = Vec::new();
    for unit in 0..units {
        let truth = random.below(classes);
        for _ in 0..5 {
            let worker = random.below(workers);
            let right = random.unit() < skills[worker as usize];
            let label = if right { truth } else { random.below(classes) };
            rows.push(quality::Answer {
                unit,
                worker,
                label,
            });
        }
    }
    Answers::new(units, workers, classes, rows).expect("in bounds")
}
