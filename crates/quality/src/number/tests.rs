//! Tests of numeric answers on simulated readings.

use super::*;
use proptest::prelude::*;

fn table(rows: &[(u32, u32, f64)]) -> Readings {
    let row = |(unit, worker, value): &(u32, u32, f64)| Reading {
        unit: *unit,
        worker: *worker,
        value: *value,
    };
    let units = rows.iter().map(|row| row.0 + 1).max().unwrap_or(0);
    let workers = rows.iter().map(|row| row.1 + 1).max().unwrap_or(0);
    Readings::new(units, workers, rows.iter().map(row).collect()).expect("valid")
}

/// A standard normal draw (sum of twelve).
fn normal(random: &mut crate::random::Random) -> f64 {
    (0..12).map(|_| random.unit()).sum::<f64>() - 6.0
}

/// 100 units of 8 workers, whose gains and deviations follow `of_worker`.
fn world(seed: u64, of_worker: impl Fn(u32) -> (f64, f64)) -> (Readings, Vec<f64>) {
    let mut random = crate::random::Random::new(seed, 0);
    let truth: Vec<f64> = (0..100)
        .map(|_| 50.0 + 20.0 * normal(&mut random))
        .collect();
    let mut rows = Vec::new();
    for (unit, truth) in (0..).zip(&truth) {
        for worker in 0..8 {
            let (gain, deviation) = of_worker(worker);
            let value = 50.0 + gain * (truth - 50.0) + deviation * normal(&mut random);
            rows.push((unit, worker, value));
        }
    }
    (table(&rows), truth)
}

fn rmse(found: &Estimate, truth: &[f64]) -> f64 {
    let square = |(found, truth): (&Option<f64>, &f64)| {
        let rest = found.expect("answered") - truth;
        rest * rest
    };
    let squares = found.values.iter().zip(truth).map(square);
    libm::sqrt(squares.sum::<f64>() / truth.len() as f64)
}

#[test]
fn plain_rules_by_hand() {
    let readings = table(&[
        (0, 0, 1.0),
        (0, 1, 2.0),
        (0, 2, 9.0),
        (2, 0, 4.0),
        (2, 1, 5.0),
    ]);
    assert_eq!(mean(&readings).values, [Some(4.0), None, Some(4.5)]);
    assert_eq!(median(&readings).values, [Some(2.0), None, Some(4.5)]);
    let cut = trimmed(&readings, 340_000).expect("in range");
    assert_eq!(cut.values, [Some(2.0), None, Some(4.5)]);
    assert_eq!(mean(&readings).micro(2), Some(4_500_000));
    let field = "share_ppm";
    assert_eq!(trimmed(&readings, 500_001), Err(Error::Setting { field }));
}

#[test]
fn careless_workers_lose_weight() {
    let (readings, truth) = world(1, |worker| (1.0, if worker < 3 { 2.0 } else { 30.0 }));
    let found = choose(&readings);
    assert_eq!(found.method, Method::Precision, "{:?}", found.signal);
    assert!(rmse(&found, &truth) < 0.3 * rmse(&mean(&readings), &truth));
    let deviations: Vec<f64> = found
        .readers
        .iter()
        .map(|reader| reader.deviation)
        .collect();
    assert!(
        deviations[..3].iter().all(|d| (1.0..4.0).contains(d)),
        "{deviations:?}"
    );
    assert!(
        deviations[3..].iter().all(|d| (25.0..35.0).contains(d)),
        "{deviations:?}"
    );
}

#[test]
fn workers_who_do_not_respond_win_nothing() {
    // Three rest at 50 whatever they see; their small scatter is no care.
    let gain = |worker| if worker < 3 { (0.0, 8.0) } else { (1.6, 20.0) };
    let (readings, truth) = world(2, gain);
    let found = choose(&readings);
    assert_eq!(found.method, Method::Mean, "{:?}", found.signal);
    assert!(rmse(&found, &truth) < rmse(&precision(&readings), &truth));
}

#[test]
fn equal_workers_lose_nothing() {
    let (mut chosen, mut plain) = (0.0, 0.0);
    for seed in 10..30 {
        let (readings, truth) = world(seed, |_| (1.0, 15.0));
        chosen += rmse(&choose(&readings), &truth);
        plain += rmse(&mean(&readings), &truth);
    }
    assert!(chosen < 1.03 * plain, "{chosen} {plain}");
}

#[test]
fn one_wild_worker_is_no_harm() {
    let (readings, truth) = world(4, |worker| (1.0, if worker == 0 { 1e6 } else { 5.0 }));
    let found = choose(&readings);
    assert!(rmse(&found, &truth) < 3.0);
}

#[test]
fn offsets_are_found() {
    let (readings, _) = world(5, |_| (1.0, 5.0));
    let mut rows = readings.rows().to_vec();
    rows.iter_mut()
        .filter(|row| row.worker == 0)
        .for_each(|row| row.value += 40.0);
    let found = precision(&Readings::new(100, 8, rows).expect("valid"));
    let rest: f64 = found.readers[1..]
        .iter()
        .map(|reader| reader.offset)
        .sum::<f64>()
        / 7.0;
    assert!((found.readers[0].offset - rest - 40.0).abs() < 2.0);
}

#[test]
fn scale_and_place_do_not_matter() {
    let (readings, _) = world(6, |worker| (1.0, 3.0 * f64::from(worker + 1)));
    let moved = readings.rows().iter().map(|row| Reading {
        value: 1e-3 * row.value + 7.0,
        ..*row
    });
    let moved = choose(&Readings::new(100, 8, moved.collect()).expect("valid"));
    let found = choose(&readings);
    assert_eq!(found.method, moved.method);
    for (one, other) in found.values.iter().zip(&moved.values) {
        let expected = 1e-3 * one.expect("answered") + 7.0;
        assert!((other.expect("answered") - expected).abs() < 1e-9);
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for value in [f64::NAN, f64::INFINITY, -1e13] {
        let row = Reading {
            unit: 0,
            worker: 0,
            value,
        };
        assert!(matches!(
            Readings::new(1, 1, vec![row]),
            Err(Error::Entry { row: 0, .. })
        ));
    }
    let empty = Readings::new(2, 0, Vec::new()).expect("empty is fine");
    assert_eq!(choose(&empty).values, [None, None]);
}

proptest! {
    #[test]
    fn values_lie_within_reason(
        rows in prop::collection::vec((0_u32..6, 0_u32..5, -1e12..1e12_f64), 0..60),
        same in any::<bool>(),
    ) {
        let mut rows = rows;
        if same {
            rows.iter_mut().for_each(|row| row.2 = -0.1);
        }
        let readings = table(&rows);
        for found in [choose(&readings), precision(&readings), median(&readings)] {
            for (unit, value) in found.values.iter().enumerate() {
                let mut own = rows.iter().filter(|row| row.0 as usize == unit).peekable();
                prop_assert_eq!(value.is_some(), own.peek().is_some());
                prop_assert!(value.is_none_or(|value| value.abs() < 1e13));
                if let (true, Some(value)) = (same, value) {
                    prop_assert!((value + 0.1).abs() < 1e-12);
                }
            }
            prop_assert!(found.readers.iter().all(|r| r.deviation >= 0.0 && r.offset.is_finite()));
        }
    }
}
