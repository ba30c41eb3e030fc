//! What other tools get wrong must be right here: one test for each row of `docs/guide/peers.md`.

use quality::mace::{Model, mace_from};
use quality::parallel::Threads;
use quality::random::Random;
use quality::{Answer, Answers, Fit, Variant};

fn answer(unit: u32, worker: u32, label: u32) -> Answer {
    Answer {
        unit,
        worker,
        label,
    }
}

/// 200 units, 20 workers, 5 answers each; six workers always say the same.
fn crowd() -> Vec<Answer> {
    let mut random = Random::new(1, 0);
    let mut rows = Vec::new();
    for unit in 0..200 {
        let truth = random.below(3);
        let mut workers: Vec<u32> = (0..20).collect();
        random.shuffle(&mut workers);
        for worker in &workers[..5] {
            let drawn = random.below(3);
            let right = random.unit() < 0.7;
            let label = match (*worker, right) {
                (0..6, _) => worker % 3,
                (_, true) => truth,
                (_, false) => drawn,
            };
            rows.push(answer(unit, *worker, label));
        }
    }
    rows
}

#[test]
fn mace_does_not_depend_on_the_order_of_rows() {
    let rows = crowd();
    let even = || Model {
        knows: vec![[0.5; 2]; 20],
        strategies: vec![1.0 / 3.0; 60],
    };
    let run = |rows: Vec<Answer>| {
        let answers = Answers::new(200, 20, 3, rows).expect("in bounds");
        mace_from(&answers, even()).expect("valid").consensus
    };
    let one = run(rows.clone());
    let other = run(rows.into_iter().rev().collect());
    for unit in 0..200 {
        let gaps = one.posterior(unit).iter().zip(other.posterior(unit));
        gaps.for_each(|(a, b)| assert!((a - b).abs() < 1e-9, "unit {unit}: {a} and {b}"));
    }
}

#[test]
fn restarts_of_mace_start_at_different_places() {
    let answers = Answers::new(200, 20, 3, crowd()).expect("in bounds");
    let bounds = quality::mace(&answers, 10, 0, Threads::ONE).bounds;
    let mut different: Vec<u64> = bounds.iter().map(|bound| bound.to_bits()).collect();
    different.sort_unstable();
    different.dedup();
    assert!(different.len() >= 5, "{bounds:?}");
}

#[test]
fn mace_keeps_its_numbers_over_thousands_of_answers() {
    let workers = 0..3_000_u32;
    let rows = workers.flat_map(|worker| [answer(0, worker, worker % 2), answer(1, worker, 0)]);
    let answers = Answers::new(2, 3_000, 2, rows.collect()).expect("in bounds");
    let found = quality::mace(&answers, 2, 1, Threads::ONE);
    assert!(found.bounds.iter().all(|bound| bound.is_finite()));
    let sums = (0..2).map(|unit| found.consensus.posterior(unit).iter().sum::<f64>());
    sums.for_each(|sum| assert!((sum - 1.0).abs() < 1e-9));
    assert_eq!(found.consensus.label(1), Some(0));
}

#[test]
fn messages_that_cancel_are_a_tie() {
    let rows = vec![answer(0, 0, 1), answer(1, 1, 1), answer(1, 2, 1)];
    let answers = Answers::new(2, 3, 2, rows).expect("in bounds");
    let found = quality::kos(&answers, 0).expect("two classes");
    assert_eq!(found.label(0), Some(0));
    assert_eq!(found.posterior(0), [0.5, 0.5]);
}

#[test]
fn dawid_skene_goes_on_until_nothing_moves() {
    let answers = Answers::new(200, 20, 3, crowd()).expect("in bounds");
    let none = vec![None; 200];
    let found = quality::dawid_skene(&answers, &none, Variant::Map).expect("valid");
    let fit = Fit::new(Variant::Map).rounds(1).from_model(&found);
    let next = fit.run(&answers, &none).expect("valid");
    for unit in 0..200 {
        let gaps = found.consensus.posterior(unit).iter();
        let gaps = gaps.zip(next.consensus.posterior(unit));
        gaps.for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "unit {unit} still moves"));
        let sum: f64 = found.consensus.posterior(unit).iter().sum();
        assert!((sum - 1.0).abs() < 1e-12, "probabilities are not clipped");
    }
}
