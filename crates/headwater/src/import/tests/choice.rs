//! The share of gold that is hidden, and accuracy on the rest.

use super::super::{Accuracy, Dataset, hidden_gold, measured_gold, parse_classes, parse_share};
use proptest::prelude::*;

/// Units whose gold is given by class; every third of all has none.
fn dataset(per_class: &[usize]) -> Dataset {
    let mut gold = Vec::new();
    for (class, &units) in (0..).zip(per_class) {
        for unit in 0..units {
            gold.push(Some(class));
            gold.extend((unit % 2 == 0).then_some(None));
        }
    }
    Dataset {
        name: String::new(),
        classes: (0..per_class.len())
            .map(|class| class.to_string())
            .collect(),
        units: (0..gold.len()).map(|unit| unit.to_string()).collect(),
        workers: Vec::new(),
        answers: Vec::new(),
        gold,
        warnings: Vec::new(),
    }
}

fn chosen_per_class(dataset: &Dataset, units: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; dataset.classes.len()];
    for &unit in units {
        counts[usize::from(dataset.gold[unit as usize].expect("gold"))] += 1;
    }
    counts
}

fn check(per_class: &[usize], share_ppm: u32, expected: &[usize]) {
    let dataset = dataset(per_class);
    assert_eq!(
        chosen_per_class(&dataset, &hidden_gold(&dataset, share_ppm, 7)),
        expected
    );
}

#[test]
fn classes_get_equally_many_as_far_as_they_have_them() {
    check(&[88, 12], 100_000, &[5, 5]);
    check(&[90, 3, 7], 200_000, &[10, 3, 7]);
    check(&[5, 5, 5], 330_000, &[2, 2, 1]);
    check(&[10, 0, 1], 100_000, &[1, 0, 1]);
    check(&[3, 4], 1_000_000, &[3, 4]);
    check(&[3, 4], 1, &[1, 1]);
    check(&[3, 4], 0, &[0, 0]);
    check(&[0, 0], 500_000, &[0, 0]);
    check(&[5, 0], 300_000, &[2, 0]);
}

#[test]
fn another_seed_chooses_others_and_every_unit_has_its_turn() {
    let dataset = dataset(&[20, 5]);
    let mut hits = vec![0_u32; dataset.units.len()];
    for seed in 0..1_000 {
        for unit in hidden_gold(&dataset, 160_000, seed) {
            hits[unit as usize] += 1;
        }
    }
    for (unit, gold) in dataset.gold.iter().enumerate() {
        // Two of 20 and two of 5, with six standard deviations to either side.
        let expected = match gold {
            Some(0) => 43..=157,
            Some(_) => 307..=493,
            None => 0..=0,
        };
        assert!(
            expected.contains(&hits[unit]),
            "unit {unit} was chosen {} times",
            hits[unit]
        );
    }
}

proptest! {
    #[test]
    fn a_choice_is_a_repeatable_balanced_share_of_the_gold(
        per_class in prop::collection::vec(0_usize..40, 1..6),
        share_ppm in 0_u32..=1_000_000,
        seed: u64,
    ) {
        let dataset = dataset(&per_class);
        let hidden = hidden_gold(&dataset, share_ppm, seed);
        prop_assert_eq!(&hidden, &hidden_gold(&dataset, share_ppm, seed));
        prop_assert!(hidden.windows(2).all(|pair| pair[0] < pair[1]));

        let gold: usize = per_class.iter().sum();
        let used = per_class.iter().filter(|&&units| units > 0).count();
        let rounded = (gold * share_ppm as usize + 500_000) / 1_000_000;
        let wanted = if share_ppm == 0 { 0 } else { rounded.max(used) };
        prop_assert_eq!(hidden.len(), wanted);

        let counts = chosen_per_class(&dataset, &hidden);
        let most = counts.iter().max().copied().unwrap_or(0);
        for (count, has) in counts.iter().zip(&per_class) {
            prop_assert!(count == has || count + 1 >= most);
        }
        let measured = measured_gold(&dataset, &hidden);
        let mut all = [hidden, measured].concat();
        all.sort_unstable();
        prop_assert_eq!(all, dataset.gold_units().collect::<Vec<_>>());
    }
}

#[test]
fn accuracy_counts_unlabelled_units_as_wrong_and_unknown_ones_not_at_all() {
    let dataset = Dataset {
        gold: vec![Some(0), Some(1), None, Some(1)],
        ..dataset(&[0, 0])
    };
    let labels = [Some(0), None, Some(1), Some(1)];
    let accuracy = Accuracy::over(&dataset, &[0, 1, 2, 3], &labels);
    assert_eq!(
        (accuracy, accuracy.ppm()),
        (Accuracy { right: 2, total: 3 }, Some(666_667))
    );
    let accuracy = Accuracy::over(&dataset, &[1, 2], &labels);
    assert_eq!(
        (accuracy, accuracy.ppm()),
        (Accuracy { right: 0, total: 1 }, Some(0))
    );
    assert_eq!(Accuracy::over(&dataset, &[2], &labels).ppm(), None);
}

#[test]
fn shares_are_exact() {
    for (text, ppm) in [
        ("0.1", 100_000),
        ("0", 0),
        ("1", 1_000_000),
        ("1.0000000", 1_000_000),
        (".5", 500_000),
        ("1.", 1_000_000),
        ("00.000001", 1),
        ("0.999999", 999_999),
    ] {
        assert_eq!(parse_share(text).ok(), Some(ppm), "{text}");
    }
    let refused = [
        "",
        ".",
        "-0.1",
        "+1",
        "1e-3",
        "10%",
        "0,1",
        "1.000001",
        "2",
        "0.0000001",
        "９",
    ];
    let long = "9".repeat(10_000);
    for text in refused.into_iter().chain([long.as_str()]) {
        assert_eq!(parse_share(text).ok(), None, "{text}");
    }
}

#[test]
fn classes_are_named_once_and_sorted() {
    assert_eq!(
        parse_classes(" b,a , 10,9").ok(),
        Some(["10", "9", "a", "b"].map(String::from).into())
    );
    let message = |text| parse_classes(text).expect_err("bad classes").to_string();
    assert_eq!(message("a,,b"), "a class name is empty");
    assert_eq!(message("a,b,a"), "the class `a` stands there twice");
    assert_eq!(
        message("a"),
        "there is one class: name at least two, as in `yes,no`"
    );
}
