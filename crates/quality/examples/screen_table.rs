//! Prints the tables of `docs/spec/detection.md`: how well each score finds farmers in real crowds.

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/real.rs"]
mod real;
#[path = "../tests/it/screening.rs"]
mod screening;

use quality::detect::{self, screen};
use quality::{Variant, dawid_skene};
use screening::{Farmer, auroc, infiltrate};

const NAMES: [&str; 7] = [
    "screen",
    "evidence",
    "trust",
    "DS skill",
    "MI",
    "Raykar-Yu",
    "copy",
];

/// Arguments: seeds (4) and percentage of the units that are gold (10).
fn main() {
    let argument = |nth, default: u64| {
        let given = std::env::args().nth(nth);
        given.map_or(default, |given| given.parse().expect("a whole number"))
    };
    let (seeds, percent) = (argument(1, 4), argument(2, 10) as usize);
    println!("{percent} % gold, {seeds} seeds, area under the ROC curve");
    println!(
        "{:14} {:9} {}",
        "set",
        "farmers",
        NAMES.map(|name| format!("{name:>9}")).concat()
    );
    for farmer in Farmer::ALL {
        let mut means = [0.0; NAMES.len()];
        let mut sets = 0.0;
        for name in real::SETS {
            let Some(set) = real::load(name) else {
                continue;
            };
            let mut sums = [0.0; NAMES.len()];
            for seed in 0..seeds {
                let put = infiltrate(&set, farmer, percent, seed);
                for (sum, area) in sums.iter_mut().zip(areas(&put)) {
                    *sum += area / seeds as f64;
                }
            }
            line(name, farmer, &sums);
            means
                .iter_mut()
                .zip(sums)
                .for_each(|(mean, sum)| *mean += sum);
            sets += 1.0;
        }
        line(
            "mean",
            farmer,
            &means.map(|mean| mean / f64::max(sets, 1.0)),
        );
    }
}

fn line(name: &str, farmer: Farmer, areas: &[f64]) {
    let areas: Vec<String> = areas.iter().map(|area| format!("{area:9.3}")).collect();
    println!("{name:14} {:9} {}", format!("{farmer:?}"), areas.concat());
}

fn areas(put: &screening::Infiltrated) -> [f64; NAMES.len()] {
    let (answers, classes) = (&put.answers, put.answers.classes());
    let found = screen(answers, &put.known).expect("valid");
    let fit = dawid_skene(answers, &put.known, Variant::Map).expect("valid");
    let copies = detect::copies(answers, &fit);
    let skill = |worker| -> f64 {
        let right = |class| fit.priors()[class as usize] * fit.confusion(worker, class, class);
        (0..classes).map(right).sum()
    };
    let of = |worker: u32| found[worker as usize];
    let by = |score: &dyn Fn(u32) -> f64| auroc(&put.judged, score);
    [
        by(&|worker| f64::from(of(worker).score_milli)),
        by(&|worker| of(worker).evidence_micronats as f64),
        by(&|worker| f64::from(of(worker).trust_ppm)),
        by(&skill),
        by(&|worker| detect::information(&fit, worker)),
        by(&|worker| detect::spammer_score(&fit, worker)),
        by(&|worker| -copies[worker as usize].map_or(0.0, |copy| f64::from(copy.z_milli))),
    ]
}
