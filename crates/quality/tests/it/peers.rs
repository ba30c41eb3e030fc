//! The known methods as a whole: threads, warm starts, streams, and tables of bad faith.

use crate::{hostile, real};
use proptest::prelude::*;
use quality::mace::{Model, mace_from};
use quality::parallel::Threads;
use quality::random::Random;
use quality::{Answer, Answers, Consensus, DawidSkene, Error, Fit, Stream, Variant};

/// Workers right with .7 to .95 on `units` units of 3 classes, 5 answers each; and the truth.
fn crowd(units: u32, seed: u64) -> (Answers, Vec<u32>) {
    let mut random = Random::new(seed, 0);
    let skills: Vec<f64> = (0..25).map(|_| 0.7 + 0.25 * random.unit()).collect();
    let truth: Vec<u32> = (0..units).map(|_| random.below(3)).collect();
    let mut rows = Vec::new();
    for unit in 0..units {
        let mut workers: Vec<u32> = (0..25).collect();
        random.shuffle(&mut workers);
        for worker in &workers[..5] {
            let right = random.unit() < skills[*worker as usize];
            let off = if right { 0 } else { 1 + random.below(2) };
            rows.push(Answer {
                unit,
                worker: *worker,
                label: (truth[unit as usize] + off) % 3,
            });
        }
    }
    random.shuffle(&mut rows);
    (Answers::new(units, 25, 3, rows).expect("in bounds"), truth)
}

fn bits(answers: &Answers, found: &DawidSkene) -> Vec<u64> {
    let posteriors = (0..answers.units()).flat_map(|unit| found.consensus.posterior(unit));
    let confusions = (0..answers.workers()).map(|worker| found.confusion(worker, 0, 1));
    let all = posteriors.copied().chain(found.priors().iter().copied());
    all.chain(confusions).map(f64::to_bits).collect()
}

fn gap(answers: &Answers, one: &Consensus, other: &Consensus) -> f64 {
    let cells = |found: &Consensus| -> Vec<f64> {
        let rows = (0..answers.units()).flat_map(|unit| found.posterior(unit));
        rows.copied().collect()
    };
    let gaps = cells(one).into_iter().zip(cells(other));
    gaps.fold(0.0, |most, (a, b)| f64::max(most, (a - b).abs()))
}

#[test]
fn threads_change_no_bit() {
    // More than two portions of units, and of pairs.
    let (answers, truth) = crowd(9_000, 5);
    let mut known = vec![None; truth.len()];
    (0..300).for_each(|unit| known[unit] = Some(truth[unit]));
    for variant in [Variant::Crowdkit, Variant::Map] {
        let one = quality::dawid_skene(&answers, &known, variant).expect("valid");
        for threads in [2, 3, 8] {
            let fit = Fit::new(variant).threads(Threads::new(threads));
            let several = fit.run(&answers, &known).expect("valid");
            assert_eq!(
                bits(&answers, &one),
                bits(&answers, &several),
                "{threads} threads"
            );
            assert_eq!(one.consensus.iterations, several.consensus.iterations);
        }
    }
    let one = quality::mace(&answers, 5, 3, Threads::ONE);
    assert_eq!(one, quality::mace(&answers, 5, 3, Threads::new(4)));
}

#[test]
fn restarts_of_mace_differ_and_the_best_is_taken() {
    let Some(set) = real::load("temp") else {
        return;
    };
    let found = quality::mace(&set.answers, 10, 1, Threads::ONE);
    let first = found.bounds[0];
    assert_eq!(found.bounds.len(), 10);
    assert!(found.bounds.iter().any(|other| *other != first));
    let best = found.bounds.iter().copied().fold(f64::MIN, f64::max);
    // The end of the best restart, begun again, cannot be worse than the best.
    let again = mace_from(&set.answers, found.model).expect("its own model");
    assert!(again.bounds[0] >= best - 1e-6, "{again:?} after {best}");
}

#[test]
fn a_warm_start_ends_where_a_cold_one_does_and_sooner() {
    let (answers, truth) = crowd(600, 9);
    let none = vec![None; truth.len()];
    let cold = quality::dawid_skene(&answers, &none, Variant::Map).expect("valid");
    let fit = Fit::new(Variant::Map);
    let warm = fit.from_model(&cold).run(&answers, &none).expect("valid");
    assert!(warm.consensus.iterations < cold.consensus.iterations / 2);
    assert!(gap(&answers, &cold.consensus, &warm.consensus) < 1e-4);
    let vote = quality::one_coin(&answers).consensus;
    let rows = (0..answers.units()).flat_map(|unit| vote.posterior(unit));
    let rows: Vec<f64> = rows.copied().collect();
    let warm = fit
        .from_posteriors(&rows)
        .run(&answers, &none)
        .expect("valid");
    assert!(gap(&answers, &cold.consensus, &warm.consensus) < 1e-4);
}

#[test]
fn a_start_that_does_not_fit_is_named() {
    let (answers, _) = crowd(10, 1);
    let none = vec![None; 10];
    let fit = Fit::new(Variant::Map);
    let refused = |rows: &[f64]| {
        fit.from_posteriors(rows)
            .run(&answers, &none)
            .expect_err("bad")
    };
    assert!(matches!(
        refused(&[0.5; 9]),
        Error::Length {
            list: "posteriors",
            ..
        }
    ));
    assert_eq!(refused(&[0.5; 30]), Error::NotADistribution { unit: 0 });
    assert_eq!(
        refused(&[f64::NAN; 30]),
        Error::NotADistribution { unit: 0 }
    );
    let two = Answers::new(1, 1, 2, Vec::new()).expect("empty");
    let other = quality::dawid_skene(&two, &[None], Variant::Map).expect("valid");
    let refused = fit
        .from_model(&other)
        .run(&answers, &none)
        .expect_err("2 classes for 3");
    assert!(matches!(refused, Error::Length { list: "model", .. }));
    for weight in [f64::NAN, -1.0, f64::INFINITY] {
        let mut weights = [1.0; 25];
        weights[7] = weight;
        let refused = quality::weighted(&answers, &weights).expect_err("no weight");
        assert_eq!(refused, Error::Weight { worker: 7 });
        let model = Model {
            knows: vec![[0.5; 2]; 25],
            strategies: vec![weight; 75],
        };
        assert_eq!(mace_from(&answers, model), Err(Error::Weight { worker: 0 }));
    }
}

#[test]
fn weights_of_zero_fall_back_to_the_plain_vote() {
    let (answers, _) = crowd(40, 2);
    let found = quality::weighted(&answers, &[0.0; 25]).expect("valid");
    assert_eq!(found.consensus, quality::majority(&answers));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_stream_that_is_refined_is_at_an_end(
        seed in 0_u64..1_000,
        often in 1_usize..6,
    ) {
        let (answers, truth) = crowd(150, seed);
        let mut known = vec![None; truth.len()];
        (0..15).for_each(|unit| known[unit] = Some(truth[unit]));
        let mut stream = Stream::new(3);
        for unit in 0..15 {
            stream.know(unit, truth[unit as usize]).expect("a class");
        }
        let every = answers.rows().len() / often;
        for (at, row) in answers.rows().iter().enumerate() {
            stream.push(*row).expect("in bounds");
            if (at + 1) % every == 0 {
                stream.refine(Threads::ONE).expect("small");
            }
        }
        let right = |label: &dyn Fn(u32) -> Option<u32>| {
            let hits = (15..150).filter(|unit| label(*unit) == Some(truth[*unit as usize]));
            hits.count()
        };
        let cheap = right(&|unit| stream.label(unit));
        let found = stream.refine(Threads::new(2)).expect("small");
        let cold = quality::dawid_skene(&answers, &known, Variant::Map).expect("valid");
        // A table can have several ends that differ in a unit or two: 4 of 300 seeds do.
        let labels = found.consensus.labels().iter().zip(cold.consensus.labels());
        prop_assert!(labels.filter(|(one, other)| one != other).count() <= 4);
        // Few tables climb so slowly that the limit of rounds stops them on their way: they go on.
        let on = |model, rounds| {
            let fit = Fit::new(Variant::Map).rounds(rounds).from_model(model);
            fit.run(&answers, &known).expect("valid")
        };
        let end = match found.consensus.iterations {
            200 => on(&found, 100_000),
            _ => found.clone(),
        };
        let more = on(&end, 200).consensus.iterations;
        prop_assert!(more <= 2, "{more} steps behind an end");
        let whole = right(&|unit| cold.consensus.label(unit));
        prop_assert!(cheap + 8 >= whole, "{cheap} of {whole} without a last refinement");
        let all = stream.posterior(20);
        prop_assert_eq!(all.as_slice(), found.consensus.posterior(20));
    }
}

#[test]
fn a_stream_that_is_refined_ends_where_a_cold_run_does() {
    let mut same = 0;
    for seed in 0..40 {
        let (answers, truth) = crowd(150, seed);
        let mut stream = Stream::new(3);
        for row in answers.rows() {
            stream.push(*row).expect("in bounds");
        }
        let found = stream.refine(Threads::ONE).expect("small");
        let none = vec![None; truth.len()];
        let cold = quality::dawid_skene(&answers, &none, Variant::Map).expect("valid");
        same += u32::from(gap(&answers, &found.consensus, &cold.consensus) < 1e-4);
    }
    assert!(same >= 36, "{same} of 40");
}

fn sound(answers: &Answers, found: &Consensus) {
    for unit in 0..answers.units() {
        let answered = !answers.of_unit(unit).is_empty();
        assert_eq!(found.label(unit).is_some(), answered);
        let sum: f64 = found.posterior(unit).iter().sum();
        assert!(!answered || (sum - 1.0).abs() < 1e-6, "{found:?}");
        assert!(
            found
                .posterior(unit)
                .iter()
                .all(|q| (0.0..=1.0).contains(q))
        );
    }
}

proptest! {
    #[test]
    fn every_method_is_sound_on_any_table((answers, gold) in hostile::table()) {
        let skills = |skills: &[Option<f64>]| {
            skills.iter().flatten().all(|skill| (0.0..=1.001).contains(skill))
        };
        let wawa = quality::wawa(&answers);
        let zero = quality::zero_based_skill(&answers);
        let coin = quality::one_coin(&answers);
        prop_assert!(skills(&wawa.skills) && skills(&zero.skills) && skills(&coin.skills));
        let mace = quality::mace(&answers, 2, 1, Threads::ONE);
        prop_assert!(mace.bounds.iter().all(|it| it.is_finite()));
        let glad = quality::glad(&answers);
        prop_assert!(glad.objective.is_finite());
        sound(&answers, &wawa.consensus);
        sound(&answers, &zero.consensus);
        sound(&answers, &coin.consensus);
        sound(&answers, &mace.consensus);
        sound(&answers, &glad.consensus);
        if let Ok(found) = quality::kos(&answers, 1) {
            sound(&answers, &found);
        }
        let mut stream = Stream::new(answers.classes());
        for row in answers.rows() {
            stream.push(*row).expect("in bounds");
        }
        for (unit, label) in (0..).zip(&gold) {
            if let Some(label) = label {
                stream.know(unit, *label).expect("a class");
                prop_assert_eq!(stream.label(unit), Some(*label));
            }
        }
        let found = stream.refine(Threads::new(2)).expect("small");
        let cold = quality::dawid_skene(&answers, &gold, Variant::Map).expect("valid");
        for unit in 0..answers.units() {
            let sum: f64 = stream.posterior(unit).iter().sum();
            prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-6);
            prop_assert_eq!(stream.label(unit).is_some(), cold.consensus.label(unit).is_some());
        }
        prop_assert!(found.priors().iter().all(|prior| prior.is_finite()));
    }
}

#[test]
fn empty_tables_and_single_classes_are_fine() {
    for (units, workers, classes) in [(0, 0, 0), (3, 2, 2), (2, 0, 0), (0, 5, 1)] {
        let answers = Answers::new(units, workers, classes, Vec::new()).expect("empty is fine");
        let found = [
            quality::wawa(&answers).consensus,
            quality::zero_based_skill(&answers).consensus,
            quality::one_coin(&answers).consensus,
            quality::mace(&answers, 0, 0, Threads::ONE).consensus,
            quality::glad(&answers).consensus,
            quality::kos(&answers, 0).expect("empty"),
        ];
        found.iter().for_each(|found| sound(&answers, found));
    }
    let mut stream = Stream::new(2);
    assert_eq!(stream.label(7), None);
    assert!(stream.refine(Threads::ONE).is_ok());
    let answer = |label| Answer {
        unit: 0,
        worker: 0,
        label,
    };
    assert!(stream.push(answer(2)).is_err());
    assert!(stream.rows().is_empty() && stream.push(answer(1)).is_ok());
    assert_eq!(stream.label(0), Some(1));
    let far = Answer {
        unit: u32::MAX,
        worker: 0,
        label: 0,
    };
    assert!(matches!(stream.push(far), Err(Error::TooLarge { .. })));
}
