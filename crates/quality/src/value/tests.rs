//! Tests of values against enumeration, and of their properties.

use super::*;
use crate::parallel::Threads;
use crate::random::Random;
use proptest::prelude::*;

fn cloud(count: usize, dimensions: usize, classes: u32, seed: u64) -> Points {
    let mut random = Random::new(seed, 9);
    let features = (0..count * dimensions)
        .map(|_| f64::from(random.below(7)))
        .collect();
    let labels = (0..count).map(|_| random.below(classes)).collect();
    Points::new(dimensions, features, labels).expect("valid")
}

/// Two clouds of classes about (0, 0) and (10, 10), the first `flipped` labels wrong.
fn clouds(count: usize, flipped: usize, seed: u64) -> Points {
    let mut random = Random::new(seed, 3);
    let (mut features, mut labels) = (Vec::new(), Vec::new());
    for point in 0..count {
        let class = random.below(2);
        features.extend((0..2).map(|_| 10.0 * f64::from(class) + 4.0 * random.unit()));
        labels.push(if point < flipped { 1 - class } else { class });
    }
    Points::new(2, features, labels).expect("valid")
}

fn part(points: &Points, inside: &[bool]) -> Points {
    let kept: Vec<usize> = (0..points.count()).filter(|point| inside[*point]).collect();
    let features = kept
        .iter()
        .flat_map(|point| points.row(*point).to_vec())
        .collect();
    let labels = kept.iter().map(|point| points.labels[*point]).collect();
    Points::new(points.dimensions, features, labels).expect("valid")
}

#[test]
fn the_recursions_equal_enumeration() {
    for (points, seed) in [(1, 1), (2, 2), (5, 3), (9, 4), (9, 5)] {
        let (train, test) = (cloud(points, 2, 3, seed), cloud(4, 2, 3, seed + 50));
        for k in [1, 2, 3, 5, 9, 12] {
            for kind in [Utility::Hard, Utility::Soft { classes: 3 }] {
                let worth = |inside: &[bool]| {
                    utility(&part(&train, inside), &test, k, kind).expect("valid")
                };
                let expected = exact(points as u32, worth).expect("few");
                let found = shapley(&train, &test, k, kind, Threads::ONE).expect("valid");
                for (found, expected) in found.iter().zip(&expected) {
                    let apart = (found - expected.value).abs();
                    assert!(apart < 1e-12, "{points} {k} {kind:?}: {apart}");
                }
            }
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let (train, test) = (cloud(300, 5, 3, 1), cloud(70, 5, 3, 2));
    let one = shapley(&train, &test, 5, Utility::Hard, Threads::ONE).expect("valid");
    let bagging = Bagging {
        bags: 20,
        neighbours: 3,
        seed: 1,
    };
    let bags = out_of_bag(&train, &bagging, Threads::ONE).expect("valid");
    for threads in [2, 8] {
        let threads = Threads::new(threads);
        assert_eq!(
            shapley(&train, &test, 5, Utility::Hard, threads).expect("valid"),
            one
        );
        assert_eq!(out_of_bag(&train, &bagging, threads).expect("valid"), bags);
    }
}

#[test]
fn nearest_is_the_head_of_all() {
    for seed in 0..20 {
        let (train, from) = (cloud(200, 1, 2, seed), cloud(1, 1, 2, seed + 99));
        let mut order = order::Order::new(200);
        order.measure(&train, from.row(0));
        let near: Vec<usize> = order.nearest(30).collect();
        order.measure(&train, from.row(0));
        let all: Vec<usize> = order.all().collect();
        assert_eq!(near, all[..30]);
        for two in all.windows(2) {
            let (a, b) = (order.distance(two[0]), order.distance(two[1]));
            assert!(a < b || (a == b && two[0] < two[1]));
        }
    }
}

#[test]
fn many_points_are_sorted_like_few() {
    for (count, seed) in [(511, 1), (512, 2), (700, 3), (3_000, 4)] {
        let train = cloud(count, 3, 2, seed);
        let mut order = order::Order::new(count);
        order.measure(&train, &[2.5, 3.0, 1.0]);
        let found: Vec<usize> = order.all().collect();
        let mut expected: Vec<usize> = (0..count).collect();
        let key = |point: &usize| order.distance(*point);
        expected.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.cmp(b)));
        assert_eq!(found, expected);
        // Once more, after the nearest were taken out of their order.
        let near: Vec<usize> = order.nearest(40).collect();
        assert_eq!(near, expected[..40]);
        assert_eq!(order.all().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn distances_that_a_single_float_cannot_tell_apart_are() {
    let train = Points::new(1, vec![1.0 + 1e-12, 1.0, 1.0 + 1e-9, 1.0], vec![0; 4]).expect("valid");
    let mut order = order::Order::new(4);
    order.measure(&train, &[0.0]);
    assert_eq!(order.nearest(3).collect::<Vec<_>>(), [1, 3, 0]);
    assert_eq!(order.all().collect::<Vec<_>>(), [1, 3, 0, 2]);
}

#[test]
fn wrong_labels_are_worth_least() {
    let (train, test) = (clouds(200, 20, 1), clouds(60, 0, 2));
    let values = shapley(&train, &test, 5, Utility::Hard, Threads::ONE).expect("valid");
    let best_wrong = values[..20]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let worst_right = values[20..].iter().copied().fold(f64::INFINITY, f64::min);
    assert!(best_wrong < worst_right, "{best_wrong} {worst_right}");
    let bagging = Bagging {
        bags: 50,
        neighbours: 5,
        seed: 3,
    };
    let bags = out_of_bag(&train, &bagging, Threads::ONE).expect("valid");
    let mean = |part: &[Option<f64>]| part.iter().flatten().sum::<f64>() / part.len() as f64;
    assert!(mean(&bags[..20]) < 0.2 && mean(&bags[20..]) > 0.95);
}

#[test]
fn nobody_votes_on_their_own_point() {
    let mut points = clouds(50, 0, 6);
    points.labels[7] = 9;
    let bagging = Bagging {
        bags: 40,
        neighbours: 1,
        seed: 5,
    };
    let found = out_of_bag(&points, &bagging, Threads::ONE).expect("valid");
    assert_eq!(found[7], Some(0.0));
}

#[test]
fn contributors_are_valued_alike_both_ways() {
    let (train, test) = (clouds(90, 15, 4), clouds(40, 0, 5));
    let owners: Vec<u32> = (0..90).map(|point| point / 15).collect();
    let coalitions = Coalitions::new(&train, &test, &owners, 6, 3).expect("valid");
    let whole = utility(&train, &test, 3, Utility::Hard).expect("valid");
    assert!((coalitions.worth(&[true; 6]) - whole).abs() < 1e-12);
    let exact = exact(6, |inside| coalitions.worth(inside)).expect("few");
    let sum: f64 = exact.iter().map(|share| share.value).sum();
    assert!((sum - whole).abs() < 1e-12);
    let sampling = Sampling {
        orders: 400,
        tolerance: 0.0,
        seed: 2,
    };
    let found = sampled(6, &sampling, |inside| coalitions.worth(inside)).expect("valid");
    for (found, exact) in found.iter().zip(&exact) {
        assert!((found.value - exact.value).abs() < 4.0 * found.error + 1e-12);
    }
    let rough = Sampling {
        tolerance: 0.02,
        ..sampling
    };
    let found = sampled(6, &rough, |inside| coalitions.worth(inside)).expect("valid");
    let sum: f64 = found.iter().map(|share| share.value).sum();
    assert!((sum - whole).abs() <= 0.02);
    // All labels of the first contributor are flipped.
    assert!(exact[1..].iter().all(|share| share.value > exact[0].value));
    let points = shapley(&train, &test, 3, Utility::Hard, Threads::ONE).expect("valid");
    let sums = sums(&points, &owners, 6).expect("valid");
    assert!((sums.iter().sum::<f64>() - whole).abs() < 1e-12);
    assert!(sums[1..].iter().all(|value| *value > sums[0]));
}

#[test]
fn what_does_not_fit_is_named() {
    let nan = Points::new(1, vec![1.0, f64::NAN], vec![0, 0]);
    assert!(matches!(nan, Err(Error::Entry { row: 1, .. })));
    assert!(matches!(
        Points::new(2, vec![1.0], vec![0]),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        Points::new(0, vec![], vec![]),
        Err(Error::Setting { .. })
    ));
    let (one, two) = (cloud(3, 1, 2, 1), cloud(3, 2, 2, 1));
    assert!(matches!(
        shapley(&one, &two, 1, Utility::Hard, Threads::ONE),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        shapley(&one, &one, 0, Utility::Hard, Threads::ONE),
        Err(Error::Setting { .. })
    ));
    let none = Points::new(1, vec![], vec![]).expect("empty is fine");
    assert_eq!(
        shapley(&none, &one, 1, Utility::Hard, Threads::ONE),
        Ok(vec![])
    );
    assert_eq!(
        shapley(&one, &none, 1, Utility::Hard, Threads::ONE),
        Ok(vec![0.0; 3])
    );
    assert_eq!(
        utility(&none, &one, 1, Utility::Soft { classes: 4 }),
        Ok(0.25)
    );
    assert!(exact(17, |_| 0.0).is_err());
    assert_eq!(exact(0, |_| 0.0), Ok(vec![]));
    let alone = Bagging {
        bags: 3,
        neighbours: 2,
        seed: 0,
    };
    let single = cloud(1, 1, 1, 0);
    assert_eq!(out_of_bag(&single, &alone, Threads::ONE), Ok(vec![None]));
    assert_eq!(
        sums(&[1.0], &[4], 2),
        Err(Error::OutOfBounds {
            row: 0,
            column: "owner"
        })
    );
}

proptest! {
    #[test]
    fn efficient_and_symmetric(
        points in 1_usize..30,
        tests in 1_usize..6,
        k in 1_u32..12,
        seed: u64,
    ) {
        let (mut train, test) = (cloud(points, 2, 3, seed), cloud(tests, 2, 3, !seed));
        // The last two points are twins far from all others, in one place and of one label.
        if points > 2 {
            let twin = train.row(points - 2).to_vec();
            train.features[(points - 1) * 2..].copy_from_slice(&twin);
            train.labels[points - 1] = train.labels[points - 2];
        }
        for kind in [Utility::Hard, Utility::Soft { classes: 3 }] {
            let found = shapley(&train, &test, k, kind, Threads::ONE).expect("valid");
            let whole = utility(&train, &test, k, kind).expect("valid");
            let none = if kind == Utility::Hard { 0.0 } else { 1.0 / 3.0 };
            prop_assert!((found.iter().sum::<f64>() - (whole - none)).abs() < 1e-12);
            if points > 2 {
                // Nothing lies between twins but points at exactly their distance.
                let unique = (0..points - 2).all(|point| (0..tests).all(|test_point| {
                    let from = |point: usize| {
                        let rows = train.row(point).iter().zip(test.row(test_point));
                        rows.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
                    };
                    from(point) != from(points - 1)
                }));
                prop_assert!(!unique || (found[points - 1] - found[points - 2]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn who_adds_nothing_gets_nothing(seed: u64, k in 1_u32..4) {
        // The third contributor has no points.
        let train = clouds(40, 0, seed);
        let owners: Vec<u32> = (0..40).map(|point| point % 2).collect();
        let test = clouds(10, 0, !seed);
        let coalitions = Coalitions::new(&train, &test, &owners, 3, k).expect("valid");
        let shares = exact(3, |inside| coalitions.worth(inside)).expect("few");
        prop_assert!(shares[2].value.abs() < 1e-15);
        prop_assert!(shares[0].value > 0.0);
    }
}
