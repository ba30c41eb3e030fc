//! Tables that nobody would send in good faith give a defined result or a clear error.

use proptest::prelude::*;
use quality::pay::Judgement;
use quality::{Answer, Answers, Error, Rule, Variant, dawid_skene, judge, majority};

/// Any small table with any gold: repeats, silent units and workers, one class, all the same.
pub fn table() -> impl Strategy<Value = (Answers, Vec<Option<u32>>)> {
    (1_u32..8, 1_u32..6, 1_u32..5).prop_flat_map(|(units, workers, classes)| {
        let answer = (0..units, 0..workers, 0..classes).prop_map(|(unit, worker, label)| Answer {
            unit,
            worker,
            label,
        });
        let rows = prop::collection::vec(answer, 0..80);
        let gold = prop::collection::vec(prop::option::of(0..classes), units as usize);
        (rows, gold).prop_map(move |(rows, gold)| {
            (
                Answers::new(units, workers, classes, rows).expect("in bounds"),
                gold,
            )
        })
    })
}

fn rule() -> Rule {
    Rule {
        beta_ppm: 400_000,
        reference_ppm: 1_000_000,
        block_length: 3,
        judgements: 1,
    }
}

pub fn judged(answers: &Answers, gold: &[Option<u32>]) -> Judgement {
    judge(answers, gold, &rule(), &[]).expect("valid")
}

proptest! {
    #[test]
    fn posteriors_are_distributions_and_gold_keeps_its_label((answers, gold) in table()) {
        for variant in [Variant::Crowdkit, Variant::Map] {
            let found = dawid_skene(&answers, &gold, variant).expect("valid");
            for unit in 0..answers.units() {
                let label = found.consensus.label(unit);
                prop_assert_eq!(
                    label.is_some(),
                    !answers.of_unit(unit).is_empty() || gold[unit as usize].is_some()
                );
                if let Some(label) = label {
                    let sum: f64 = found.consensus.posterior(unit).iter().sum();
                    prop_assert!((sum - 1.0).abs() < 1e-6, "{}", sum);
                    let least = 1_000_000 / answers.classes();
                    prop_assert!(found.consensus.probability_ppm(unit) >= least);
                    prop_assert!(gold[unit as usize].is_none_or(|gold| gold == label));
                }
            }
            for worker in 0..answers.workers() {
                for truth in 0..answers.classes() {
                    let row = (0..answers.classes()).map(|a| found.confusion(worker, truth, a));
                    let row: Vec<_> = row.collect();
                    prop_assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{:?}", row);
                    let sum: f64 = row.iter().sum();
                    prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn blocks_cover_every_answer_once((answers, gold) in table()) {
        let found = judged(&answers, &gold);
        let covered: u32 = found.blocks.iter().map(|block| block.answers).sum();
        prop_assert_eq!(covered as usize, answers.rows().len());
        prop_assert_eq!(found.standings.len(), answers.workers() as usize);
        prop_assert!(found.standings.iter().all(|s| (1..1_000_000).contains(&s.reputation_ppm)));
    }

    #[test]
    fn names_of_workers_do_not_matter((answers, gold) in table()) {
        // Workers are numbered backwards; rows keep their order, so every sum over units keeps its
        // order too.
        let last = answers.workers() - 1;
        let turned = answers.rows().iter().map(|row| Answer { worker: last - row.worker, ..*row });
        let turned = Answers::new(answers.units(), last + 1, answers.classes(), turned.collect());
        let turned = judged(&turned.expect("in bounds"), &gold);
        let found = judged(&answers, &gold);
        prop_assert_eq!(&found.accepted, &turned.accepted);
        let standings: Vec<_> = turned.standings.into_iter().rev().collect();
        prop_assert_eq!(found.standings, standings);
    }

    #[test]
    fn names_of_units_do_not_matter((answers, gold) in table()) {
        let last = answers.units() - 1;
        let turned = answers.rows().iter().map(|row| Answer { unit: last - row.unit, ..*row });
        let turned = Answers::new(last + 1, answers.workers(), answers.classes(), turned.collect());
        let turned = turned.expect("in bounds");
        let turned_gold: Vec<_> = gold.iter().rev().copied().collect();
        prop_assert_eq!(judged(&answers, &gold).accepted, judged(&turned, &turned_gold).accepted);
        let one = majority(&answers);
        let other = majority(&turned);
        prop_assert!((0..=last).all(|unit| one.label(unit) == other.label(last - unit)));
    }
}

#[test]
fn an_empty_table_has_no_labels() {
    for (units, workers, classes) in [(0, 0, 0), (3, 2, 2), (2, 0, 0), (0, 5, 1)] {
        let answers = Answers::new(units, workers, classes, Vec::new()).expect("empty is fine");
        let gold = vec![None; units as usize];
        let found = dawid_skene(&answers, &gold, Variant::Map).expect("valid");
        assert!(found.consensus.labels().iter().all(Option::is_none));
        assert!((0..units).all(|unit| majority(&answers).probability_ppm(unit) == 0));
        assert!(judged(&answers, &gold).blocks.is_empty());
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let answer = |unit, worker, label| Answer {
        unit,
        worker,
        label,
    };
    let table = |classes, rows| Answers::new(2, 2, classes, rows);
    let bad = table(2, vec![answer(0, 0, 0), answer(0, 0, 2)]).expect_err("label 2 of 2");
    assert_eq!(
        bad,
        Error::OutOfBounds {
            row: 1,
            column: "label"
        }
    );
    assert_eq!(table(0, vec![answer(0, 0, 0)]), Err(Error::NoClasses));
    let huge = Answers::new(u32::MAX, 1, 65_535, Vec::new()).expect_err("too many cells");
    assert!(matches!(huge, Error::TooLarge { .. }), "{huge}");
    let fine = table(2, vec![answer(0, 0, 0)]).expect("in bounds");
    let short = dawid_skene(&fine, &[None], Variant::Map).expect_err("one entry for two units");
    assert_eq!(
        short,
        Error::Length {
            list: "known",
            found: 1,
            needed: 2
        }
    );
    let unknown = judge(&fine, &[None, Some(7)], &Rule::default(), &[]).expect_err("class 7 of 2");
    assert_eq!(unknown, Error::UnknownClass { unit: 1 });
    let at_chance = Rule {
        reference_ppm: 500_000,
        ..Rule::default()
    };
    let refused = judge(&fine, &[None; 2], &at_chance, &[]).expect_err("reference at chance");
    assert_eq!(
        refused,
        Error::Rule {
            field: "reference_ppm"
        }
    );
}

#[test]
fn many_classes_work() {
    let rows = (0..60).map(|i| Answer {
        unit: i % 10,
        worker: i / 10,
        label: i % 10 * 6_000,
    });
    let answers = Answers::new(10, 6, 65_535, rows.collect()).expect("in bounds");
    let gold: Vec<_> = (0..10).map(|unit| Some(unit * 6_000)).collect();
    let found = judged(&answers, &gold);
    assert!(found.accepted.iter().all(|accepted| *accepted));
    let none = vec![None; 10];
    let consensus = dawid_skene(&answers, &none, Variant::Map)
        .expect("valid")
        .consensus;
    assert!((0..10).all(|unit| consensus.label(unit) == Some(unit * 6_000)));
}

#[test]
fn ties_go_to_the_smallest_label() {
    let rows = (0..4).map(|i| Answer {
        unit: 0,
        worker: i,
        label: 3 - i,
    });
    let answers = Answers::new(1, 4, 4, rows.collect()).expect("in bounds");
    assert_eq!(majority(&answers).label(0), Some(0));
    assert_eq!(majority(&answers).probability_ppm(0), 250_000);
    let found = dawid_skene(&answers, &[None], Variant::Crowdkit).expect("valid");
    assert_eq!(found.consensus.label(0), Some(0));
}
