//! Detection of farmers and copies, on made-up crowds and on real ones with farmers put in.

use crate::hostile;
use crate::real::{self, Seeded};
use crate::screening::{Farmer, auroc, infiltrate};
use proptest::prelude::*;
use quality::detect::{self, screen};
use quality::{Answer, Answers, Variant, dawid_skene};

/// 20 workers answer all of 120 units of `classes` classes; the first `farmers` follow `label`, the
/// others are right in `accuracy`. Units below `gold` are known.
fn crowd(
    classes: u32,
    accuracy: f64,
    farmers: u32,
    label: impl Fn(u32, &mut Seeded) -> u32,
) -> (Answers, Vec<Option<u32>>) {
    let mut seeded = Seeded(3);
    let mut rows = Vec::new();
    for unit in 0..120 {
        for worker in 0..20 {
            let label = match worker < farmers {
                true => label(unit, &mut seeded),
                false if seeded.share() < accuracy => unit % classes,
                false => (unit + 1) % classes,
            };
            rows.push(Answer {
                unit,
                worker,
                label,
            });
        }
    }
    let gold = (0..120).map(|unit| (unit < 12).then_some(unit % classes));
    (
        Answers::new(120, 20, classes, rows).expect("in bounds"),
        gold.collect(),
    )
}

#[test]
fn a_ring_that_owns_the_consensus_is_found_by_gold_and_only_by_gold() {
    // 12 of 20 share one key, so the majority of every unit is theirs.
    let key = |unit: u32, _: &mut Seeded| (unit * unit + unit / 7) % 3;
    let (answers, gold) = crowd(3, 0.8, 12, key);
    let judged: Vec<_> = (0..20).map(|worker| (worker, worker < 12)).collect();
    let found = screen(&answers, &gold).expect("valid");
    let score = |worker: u32| f64::from(found[worker as usize].score_milli);
    assert_eq!(auroc(&judged, score), 1.0, "{found:?}");
    assert!(found[..12].iter().all(|ring| ring.trust_ppm < 10_000));
    assert!(found[12..].iter().all(|honest| honest.trust_ppm > 990_000));
    let blind = screen(&answers, &vec![None; gold.len()]).expect("valid");
    let score = |worker: u32| f64::from(blind[worker as usize].score_milli);
    assert!(
        auroc(&judged, score) < 0.5,
        "without gold nothing can be promised"
    );
}

#[test]
fn a_constant_answer_scores_nothing_however_often_it_is_right() {
    let mut rows = Vec::new();
    for unit in 0..100_u32 {
        let truth = u32::from(unit % 10 == 0);
        rows.push(Answer {
            unit,
            worker: 0,
            label: 0,
        });
        rows.push(Answer {
            unit,
            worker: 1,
            label: truth ^ u32::from(unit % 7 == 3),
        });
    }
    let answers = Answers::new(100, 2, 2, rows).expect("in bounds");
    let gold: Vec<_> = (0..100)
        .map(|unit| Some(u32::from(unit % 10 == 0)))
        .collect();
    let found = screen(&answers, &gold).expect("valid");
    assert_eq!(found[0].score_milli, 0, "right in 90 %");
    assert!(found[1].score_milli > 3_000, "right in 86 %: {found:?}");
    let fit = dawid_skene(&answers, &gold, Variant::Map).expect("valid");
    // The pseudo-counts leave a little of either.
    let (constant, honest) = (detect::information(&fit, 0), detect::information(&fit, 1));
    assert!(constant < 0.3 * honest, "{constant} {honest}");
    let (constant, honest) = (
        detect::spammer_score(&fit, 0),
        detect::spammer_score(&fit, 1),
    );
    assert!(constant < 0.1 * honest, "{constant} {honest}");
}

#[test]
fn information_and_spammer_score_are_those_of_the_formulas() {
    let (answers, gold) = crowd(3, 0.8, 2, |_, seeded| seeded.below(3));
    let fit = dawid_skene(&answers, &gold, Variant::Map).expect("valid");
    for worker in [0, 7] {
        let c = |truth, answer| fit.confusion(worker, truth, answer);
        let (mut information, mut distance) = (0.0, 0.0);
        for a in 0..3 {
            let marginal: f64 = (0..3).map(|k| fit.priors()[k as usize] * c(k, a)).sum();
            for k in 0..3 {
                information += fit.priors()[k as usize] * c(k, a) * (c(k, a) / marginal).ln();
                for other in 0..k {
                    distance += (c(k, a) - c(other, a)).powi(2) / 6.0;
                }
            }
        }
        assert!((detect::information(&fit, worker) - information).abs() < 1e-9);
        assert!((detect::spammer_score(&fit, worker) - distance).abs() < 1e-9);
    }
}

#[test]
fn copies_stand_out_from_people_who_agree_because_they_are_right() {
    let (mut answers, gold) = crowd(3, 0.8, 0, |_, _| 0);
    let mut rows = answers.rows().to_vec();
    for unit in 0..120_usize {
        rows[unit * 20 + 5].label = rows[unit * 20 + 9].label;
    }
    answers = Answers::new(120, 20, 3, rows).expect("in bounds");
    let fit = dawid_skene(&answers, &gold, Variant::Map).expect("valid");
    let found = detect::copies(&answers, &fit);
    let of = |worker: usize| found[worker].expect("common units");
    assert_eq!((of(5).partner, of(9).partner), (9, 5));
    assert_eq!((of(5).common, of(5).same), (120, 120));
    assert!(of(5).z_milli > 4_000, "{found:?}");
    let honest = (0..20).filter(|worker| ![5, 9].contains(worker));
    assert!(
        honest.into_iter().all(|worker| of(worker).z_milli < 4_000),
        "{found:?}"
    );
    let few = Answers::new(120, 20, 3, answers.rows()[..140].to_vec()).expect("in bounds");
    assert!(
        detect::copies(&few, &fit).iter().all(Option::is_none),
        "7 units in common"
    );
}

#[test]
fn agreement_is_fooled_by_constants_and_agreement_beyond_chance_is_not() {
    let mut rows = Vec::new();
    let mut seeded = Seeded(8);
    for unit in 0..400_u32 {
        for worker in 0..6 {
            let truth = u32::from(unit % 10 == 0);
            let label = match worker {
                0 => 0,
                _ => truth ^ u32::from(seeded.share() < 0.2),
            };
            rows.push(Answer {
                unit,
                worker,
                label,
            });
        }
    }
    let answers = Answers::new(400, 6, 2, rows).expect("in bounds");
    let plain = detect::output_agreement(&answers);
    assert!(
        plain[1..].iter().all(|honest| honest.mean < plain[0].mean),
        "{plain:?}"
    );
    let beyond = detect::dasgupta_ghosh(&answers);
    let correlated = detect::correlated_agreement(&answers).expect("few classes");
    for scores in [beyond, correlated] {
        assert!(scores[0].mean.abs() < 1e-9, "{scores:?}");
        assert!(
            scores[1..].iter().all(|honest| honest.mean > 0.03),
            "{scores:?}"
        );
    }
    let entropy = detect::entropy_micronats(&answers);
    assert_eq!(entropy[0], 0);
    assert!(entropy[1..].iter().all(|honest| *honest > 400_000));
}

#[test]
fn farmers_among_real_workers_are_found_with_tenth_of_the_units_gold() {
    // docs/spec/detection.md, less a margin for three seeds. Where all truth is known (right
    // column of its table) the same score does no better.
    let floors = [
        ("temp", [0.94, 0.94, 0.94, 0.93]),
        ("rte", [0.94, 0.94, 0.95, 0.89]),
        ("dog", [0.99, 0.99, 0.99, 0.99]),
    ];
    for (name, floors) in floors {
        let Some(set) = real::load(name) else {
            continue;
        };
        for (farmer, floor) in Farmer::ALL.into_iter().zip(floors) {
            let mut mean = 0.0;
            for seed in 0..3 {
                let put = infiltrate(&set, farmer, 10, seed);
                let found = screen(&put.answers, &put.known).expect("valid");
                let score = |worker: u32| f64::from(found[worker as usize].score_milli);
                mean += auroc(&put.judged, score) / 3.0;
            }
            assert!(mean >= floor, "{name} {farmer:?}: {mean}");
        }
    }
}

proptest! {
    #[test]
    fn any_table_has_defined_scores((answers, gold) in hostile::table()) {
        let found = screen(&answers, &gold).expect("valid");
        let fit = dawid_skene(&answers, &gold, Variant::Map).expect("valid");
        let correlated = detect::correlated_agreement(&answers).expect("few classes");
        for worker in 0..answers.workers() {
            let score = found[worker as usize];
            prop_assert!(score.trust_ppm <= 1_000_000);
            prop_assert!(score.score_milli.abs() < 100_000);
            let most = (f64::from(answers.classes())).ln() + 1e-9;
            prop_assert!((0.0..=most).contains(&detect::information(&fit, worker)));
            prop_assert!((0.0..=1.0).contains(&detect::spammer_score(&fit, worker)));
            prop_assert!((-1.0..=1.0).contains(&correlated[worker as usize].mean));
        }
        for copy in detect::copies(&answers, &fit).iter().flatten() {
            prop_assert!(copy.same <= copy.common);
        }
    }
}
