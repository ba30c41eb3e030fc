//! Agreement: equal to the `krippendorff` package, to textbooks and to the definitions.

use crate::real;
use proptest::prelude::*;
use quality::agree::{
    Contingency, Draws, Error, Level, Measure, Units, Weighting, alpha, estimate, estimate_cohen,
    fleiss, percentage,
};
use quality::parallel::Threads;
use quality::{Answer, Answers};

/// `krippendorff` 0.9.0 with the labels' ranks from 1 as values: nominal, ordinal, interval, ratio.
const PUBLISHED: [(&str, [f64; 4]); 5] = [
    ("rte", [0.241_478_766_138_810_03; 4]),
    ("temp", [0.223_413_412_577_780_3; 4]),
    ("product", [0.157_473_316_928_076_87; 4]),
    (
        "dog",
        [
            0.519_417_841_323_358_6,
            0.813_085_308_283_805_2,
            0.818_009_125_652_998_9,
            0.759_159_728_372_593_3,
        ],
    ),
    (
        "adult2",
        [
            0.316_385_729_315_194_04,
            0.432_334_724_152_430_57,
            0.523_356_540_688_935_2,
            0.469_707_992_136_702_9,
        ],
    ),
];

fn measures(values: &[f64]) -> [Level<'_>; 4] {
    [
        Level::Nominal,
        Level::Ordinal,
        Level::Interval(values),
        Level::Ratio(values),
    ]
}

#[test]
fn alpha_equals_the_krippendorff_package() {
    for (name, expected) in PUBLISHED {
        let Some(set) = real::load(name) else {
            continue;
        };
        let values: Vec<f64> = (1..=set.answers.classes()).map(f64::from).collect();
        let units = Units::new(&set.answers);
        for (level, expected) in measures(&values).into_iter().zip(expected) {
            let found = alpha(&units, level).expect("some pairs");
            assert!(
                (found - expected).abs() <= 1e-12,
                "{name} {level:?}: {found}"
            );
        }
    }
}

#[test]
fn intervals_hold_their_estimate_and_do_not_depend_on_threads() {
    let Some(set) = real::load("adult2") else {
        return;
    };
    let units = Units::new(&set.answers);
    let draw = |threads| {
        let measure = Measure::Alpha(Level::Nominal);
        estimate(&units, measure, Draws::default(), Threads::new(threads)).expect("some pairs")
    };
    let found = draw(1);
    assert_eq!(found, draw(2));
    assert_eq!(found, draw(8));
    assert_eq!(found.resamples, 1_000);
    // evalica 0.4.2 gives [.261, .269] here, which its own estimate of .316 lies outside of.
    assert!(
        found.low < found.value - 0.004 && found.low > 0.30,
        "{found:?}"
    );
    assert!(
        found.high > found.value + 0.004 && found.high < 0.33,
        "{found:?}"
    );
}

fn answers(units: u32, workers: u32, classes: u32, rows: &[(u32, u32, u32)]) -> Answers {
    let row = |(unit, worker, label): &(u32, u32, u32)| Answer {
        unit: *unit,
        worker: *worker,
        label: *label,
    };
    Answers::new(units, workers, classes, rows.iter().map(row).collect()).expect("in bounds")
}

#[test]
fn fleiss_own_example() {
    // Ten subjects, fourteen raters, five categories.
    let counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ];
    let mut rows = Vec::new();
    for (unit, counts) in (0..).zip(counts) {
        let labels = (0..)
            .zip(counts)
            .flat_map(|(label, n)| (0..n).map(move |_| label));
        rows.extend(
            (0..)
                .zip(labels)
                .map(|(worker, label)| (unit, worker, label)),
        );
    }
    let units = Units::new(&answers(10, 14, 5, &rows));
    let found = fleiss(&units).expect("varied");
    assert!((found - 0.209_930_704_421_955_24).abs() < 1e-12, "{found}");
    assert!((percentage(&units).expect("pairs") - 0.378_021_978_021_978).abs() < 1e-12);
}

#[test]
fn cohen_of_two_readers() {
    // 20 both yes, 5 yes and no, 10 no and yes, 15 both no: .7 observed, .5 by chance.
    let mut rows = Vec::new();
    for (times, one, other) in [(20, 1, 1), (5, 1, 0), (10, 0, 1), (15, 0, 0)] {
        for _ in 0..times {
            let unit = rows.len() as u32 / 2;
            rows.extend([(unit, 0, one), (unit, 1, other)]);
        }
    }
    let table = answers(50, 3, 2, &rows);
    let pair = Contingency::new(&table, 0, 1).expect("both answered");
    assert_eq!(pair.units(), 50);
    for weighting in [Weighting::Plain, Weighting::Linear, Weighting::Quadratic] {
        assert!((pair.kappa(weighting).expect("varied") - 0.4).abs() < 1e-12);
    }
    let found = estimate_cohen(&pair, Weighting::Plain, Draws::default(), Threads::new(2));
    let found = found.expect("varied");
    assert!(
        found.low > 0.1 && found.low < 0.25 && found.high > 0.55,
        "{found:?}"
    );
    assert_eq!(Contingency::new(&table, 0, 2), Err(Error::NoPairs));
    assert_eq!(Contingency::new(&table, 0, 0), Err(Error::Contributor));
    assert_eq!(Contingency::new(&table, 0, 3), Err(Error::Contributor));
}

#[test]
fn agreement_without_a_value_is_refused() {
    let same = Units::new(&answers(
        2,
        2,
        3,
        &[(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)],
    ));
    let values = [1.0, 2.0, 3.0];
    for level in measures(&values) {
        assert_eq!(alpha(&same, level), Err(Error::NoVariation));
    }
    assert_eq!(fleiss(&same), Err(Error::NoVariation));
    assert_eq!(percentage(&same), Ok(1.0));
    let lone = Units::new(&answers(2, 2, 3, &[(0, 0, 1), (1, 1, 2), (1, 1, 0)]));
    assert_eq!(lone.count(), 0);
    assert_eq!(alpha(&lone, Level::Nominal), Err(Error::NoPairs));
    assert_eq!(percentage(&lone), Err(Error::NoPairs));
    assert_eq!(
        alpha(&same, Level::Interval(&[0.0])),
        Err(Error::Length {
            found: 1,
            needed: 3
        })
    );
    for bad in [f64::NAN, f64::INFINITY] {
        let refused = alpha(&same, Level::Interval(&[0.0, bad, 1.0]));
        assert_eq!(refused, Err(Error::Value { label: 1 }));
    }
    let below = alpha(&same, Level::Ratio(&[0.0, 1.0, -1.0]));
    assert_eq!(below, Err(Error::Value { label: 2 }));
}

/// Alpha by its definition: over all pairs of answers, within units and across all.
fn by_definition(units: &[Vec<u32>], distance: &dyn Fn(u32, u32) -> f64) -> f64 {
    let all: Vec<u32> = units
        .iter()
        .filter(|unit| unit.len() > 1)
        .flatten()
        .copied()
        .collect();
    let (mut observed, mut expected) = (0.0, 0.0);
    for unit in units.iter().filter(|unit| unit.len() > 1) {
        let pairs = unit
            .iter()
            .flat_map(|a| unit.iter().map(move |b| distance(*a, *b)));
        observed += pairs.sum::<f64>() / (unit.len() - 1) as f64;
    }
    for a in &all {
        expected += all.iter().map(|b| distance(*a, *b)).sum::<f64>();
    }
    1.0 - (all.len() - 1) as f64 * observed / expected
}

proptest! {
    #[test]
    fn values_are_those_of_the_definition(
        rows in prop::collection::vec((0_u32..8, 0_u32..5, 0_u32..4), 0..60),
        seed in 0_u64..100,
    ) {
        let table = answers(8, 5, 4, &rows);
        let units = Units::new(&table);
        let mut by_unit = vec![Vec::new(); 8];
        let mut seen = Vec::new();
        for (unit, worker, label) in &rows {
            if !seen.contains(&(unit, worker)) {
                seen.push((unit, worker));
                by_unit[*unit as usize].push(*label);
            }
        }
        let values: [f64; 4] = [0.0, 1.0, 2.5, 10.0];
        let answered: Vec<u32> =
            by_unit.iter().filter(|unit| unit.len() > 1).flatten().copied().collect();
        let held = |label: u32| answered.iter().filter(|found| **found == label).count() as f64;
        let ordinal = |a: u32, b: u32| {
            let between: f64 = (a.min(b)..=a.max(b)).map(held).sum();
            if a == b { 0.0 } else { (between - 0.5 * (held(a) + held(b))).powi(2) }
        };
        let value = |label: u32| values[label as usize];
        let distances: [&dyn Fn(u32, u32) -> f64; 4] = [
            &|a, b| f64::from(u8::from(a != b)),
            &ordinal,
            &|a, b| (value(a) - value(b)).powi(2),
            &|a, b| {
                let apart = (value(a) - value(b)) / (value(a) + value(b));
                if a == b { 0.0 } else { apart.powi(2) }
            },
        ];
        let varied = answered.iter().any(|label| *label != answered[0]);
        for (level, distance) in measures(&values).into_iter().zip(distances) {
            match alpha(&units, level) {
                Ok(found) => {
                    let expected = by_definition(&by_unit, distance);
                    let gap = (found - expected).abs();
                    prop_assert!(gap < 1e-9, "{:?}: {} {}", level, found, expected);
                    let draws = Draws { resamples: 20, seed, level: 0.9 };
                    let drawn = estimate(&units, Measure::Alpha(level), draws, Threads::ONE);
                    let drawn = drawn.expect("the same units");
                    prop_assert!(drawn.low <= found && found <= drawn.high && drawn.value == found);
                    prop_assert!(drawn.low.is_finite() && drawn.high.is_finite());
                }
                Err(Error::NoPairs) => prop_assert!(answered.is_empty()),
                Err(error) => {
                    prop_assert_eq!(error, Error::NoVariation);
                    prop_assert!(!varied);
                }
            }
        }
        if let Ok(found) = fleiss(&units) {
            prop_assert!(found.is_finite() && found <= 1.0 && varied);
        }
        let first = |unit: u32, worker: u32| {
            rows.iter().find(|row| (row.0, row.1) == (unit, worker)).map(|row| row.2)
        };
        let both = |unit| Some((f64::from(first(unit, 0)?), f64::from(first(unit, 1)?)));
        let both: Vec<(f64, f64)> = (0..8).filter_map(both).collect();
        type Distance = fn(f64) -> f64;
        let distances: [(Weighting, Distance); 3] = [
            (Weighting::Plain, |apart| f64::from(u8::from(apart != 0.0))),
            (Weighting::Linear, f64::abs),
            (Weighting::Quadratic, |apart| apart * apart),
        ];
        for (weighting, distance) in distances {
            let observed: f64 = both.iter().map(|(a, b)| distance(a - b)).sum();
            let chance = |(a, _): &(f64, f64)| {
                let apart = both.iter().map(|(_, b)| distance(a - b));
                apart.sum::<f64>()
            };
            let expected: f64 = both.iter().map(chance).sum();
            match Contingency::new(&table, 0, 1).and_then(|pair| pair.kappa(weighting)) {
                Ok(found) => {
                    let expected = 1.0 - observed * both.len() as f64 / expected;
                    prop_assert!((found - expected).abs() < 1e-9, "{:?}: {}", weighting, found);
                }
                Err(Error::NoPairs) => prop_assert!(both.is_empty()),
                Err(error) => {
                    prop_assert_eq!(error, Error::NoVariation);
                    prop_assert!(expected == 0.0);
                }
            }
        }
    }
}
