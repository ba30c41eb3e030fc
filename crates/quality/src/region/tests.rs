//! Tests of boxes on made-up pictures.

use super::*;
use crate::random::Random;
use proptest::prelude::*;

fn region(corners: [f64; 4]) -> Region {
    Region { corners, kind: 0 }
}

fn drawing(unit: u32, worker: u32, regions: Vec<Region>) -> Drawing {
    Drawing {
        unit,
        worker,
        regions,
    }
}

#[test]
fn overlap_by_hand() {
    let one = region([0.0, 0.0, 2.0, 2.0]);
    assert_eq!(overlap(&one, &one), 1.0);
    assert_eq!(overlap(&one, &region([1.0, 0.0, 3.0, 2.0])), 2.0 / 6.0);
    assert_eq!(overlap(&one, &region([2.0, 0.0, 3.0, 2.0])), 0.0);
    assert_eq!(overlap(&one, &region([0.5, 0.5, 1.0, 1.5])), 0.125);
}

#[test]
fn corners_are_medians() {
    let left = [0.0, 1.0, 2.0, 3.0, 90.0];
    let row =
        |(worker, left): (u32, &f64)| drawing(0, worker, vec![region([*left, 0.0, 100.0, 50.0])]);
    let table = Drawings::new(1, 5, (0..).zip(&left).map(row).collect()).expect("valid");
    let found = vote(&table, 500_000).expect("in range");
    let found = found.units[0].as_ref().expect("drawn");
    assert_eq!(found.len(), 1, "the fifth box is another object");
    assert_eq!(found[0].region.corners, [1.5, 0.0, 100.0, 50.0]);
    assert_eq!((found[0].votes, found[0].probability_ppm), (4, 800_000));
    assert_eq!(found[0].milli(), [1_500, 0, 100_000, 50_000]);
}

#[test]
fn kinds_and_workers_stay_apart() {
    let one = region([0.0, 0.0, 10.0, 10.0]);
    let other = Region { kind: 1, ..one };
    let rows = (0..3).map(|worker| drawing(0, worker, vec![one, one, other]));
    let table = Drawings::new(2, 3, rows.collect()).expect("valid");
    let found = infer(&table);
    let boxes = found.units[0].as_ref().expect("drawn");
    assert_eq!(
        boxes.iter().map(|found| found.votes).collect::<Vec<_>>(),
        [3, 3, 3]
    );
    assert_eq!(found.units[1], None);
}

/// Objects that careful workers find with probability 0.7, among the boxes of inventors.
#[test]
fn inventions_are_dropped_and_hard_objects_kept() {
    let mut random = Random::new(5, 0);
    let (mut rows, mut truths) = (Vec::new(), Vec::new());
    for unit in 0..100 {
        let mut place = || {
            let (x, y) = (random.unit() * 900.0, random.unit() * 900.0);
            region([
                x,
                y,
                x + 30.0 + random.unit() * 60.0,
                y + 30.0 + random.unit() * 60.0,
            ])
        };
        let truth: Vec<Region> = (0..4).map(|_| place()).collect();
        let inventions: Vec<Vec<Region>> =
            (0..6).map(|_| (0..4).map(|_| place()).collect()).collect();
        for worker in 0..6 {
            let mut own = Vec::new();
            for object in &truth {
                if worker < 4 && random.unit() < 0.4 {
                    let corners = object.corners.map(|c| c + 6.0 * (random.unit() - 0.5));
                    own.push(region(corners));
                }
            }
            if worker >= 4 {
                own.clone_from(&inventions[worker as usize]);
            }
            rows.push(drawing(unit, worker, own));
        }
        truths.push(truth);
    }
    let table = Drawings::new(100, 6, rows).expect("valid");
    let score = |found: &Regions| {
        let (mut hits, mut all) = (0, 0);
        for (found, truth) in found.units.iter().zip(&truths) {
            let found = found.as_ref().expect("drawn");
            let hit = |object: &&Region| found.iter().any(|f| overlap(&f.region, object) >= 0.5);
            hits += truth.iter().filter(hit).count();
            all += found.len() + truth.len();
        }
        2.0 * hits as f64 / all as f64
    };
    let plain = score(&vote(&table, 500_000).expect("in range"));
    let found = infer(&table);
    let inferred = score(&found);
    assert!(
        inferred > 0.6 && inferred > plain + 0.2,
        "{plain} {inferred}"
    );
    let rate = |drawer: &Drawer| f64::from(drawer.confirmed) / f64::from(drawer.regions);
    assert!(found.drawers[..4].iter().all(|drawer| rate(drawer) > 0.6));
    assert!(found.drawers[4..].iter().all(|drawer| rate(drawer) < 0.1));
}

#[test]
fn one_worker_is_believed_for_want_of_others() {
    let one = region([0.0, 0.0, 1.0, 1.0]);
    let table = Drawings::new(1, 1, vec![drawing(0, 0, vec![one])]).expect("valid");
    let found = infer(&table);
    assert_eq!(found.units[0].as_ref().expect("drawn")[0].region, one);
}

#[test]
fn what_is_no_box_is_refused() {
    let bad = [
        [0.0, 0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0, 1.0],
        [0.0, 0.0, f64::NAN, 1.0],
        [0.0, 0.0, f64::INFINITY, 1.0],
        [0.0, 0.0, 1e-300, 1e-300],
    ];
    for corners in bad {
        let refused = Drawings::new(1, 1, vec![drawing(0, 0, vec![region(corners)])]);
        assert!(
            matches!(refused, Err(Error::Entry { row: 0, .. })),
            "{corners:?}"
        );
    }
    let twice = Drawings::new(1, 1, vec![drawing(0, 0, vec![]), drawing(0, 0, vec![])]);
    assert!(matches!(twice, Err(Error::Entry { row: 1, .. })));
    let one = region([0.0, 0.0, 1.0, 1.0]);
    let many = Drawings::new(1, 1, vec![drawing(0, 0, vec![one; BOX_LIMIT + 1])]);
    assert!(matches!(many, Err(Error::Entry { row: 0, .. })));
}

/// Left, top, width and height.
type Sides = (f64, f64, f64, f64);

proptest! {
    #[test]
    fn every_found_box_is_one(rows in prop::collection::btree_map(
        (0_u32..3, 0_u32..5),
        prop::collection::vec((0.0..50.0_f64, 0.0..50.0_f64, 1e-9..40.0_f64, 1e-9..40.0_f64), 0..6),
        0..15,
    )) {
        let row = |((unit, worker), own): ((u32, u32), Vec<Sides>)| {
            let own = own.into_iter().map(|(x, y, w, h)| region([x, y, x + w, y + h]));
            drawing(unit, worker, own.collect())
        };
        let rows: Vec<Drawing> = rows.into_iter().map(row).collect();
        let Ok(table) = Drawings::new(3, 5, rows.clone()) else { return Ok(()); };
        let all: u32 = vote(&table, 0).expect("in range").units.iter().flatten().flatten()
            .map(|found| found.votes).sum();
        prop_assert_eq!(all as usize, rows.iter().map(|row| row.regions.len()).sum::<usize>());
        for found in infer(&table).units.iter().flatten().flatten() {
            let [left, top, right, bottom] = found.region.corners;
            prop_assert!(left < right && top < bottom);
            prop_assert!((500_000..=1_000_000).contains(&found.probability_ppm));
            prop_assert!((1..=5).contains(&found.votes));
        }
    }
}
