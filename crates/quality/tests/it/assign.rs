//! Assignment, stopping and planning.

use crate::real;
use crate::replay;
use quality::Error;
use quality::assign::{Done, GoldRate, GoldStock, Overlap, Queue, Skills, Stop, Wish, plan};
use quality::reputation::Reputation;

#[test]
fn units_come_breadth_first_then_the_least_certain() {
    let mut queue = Queue::new(3, Stop::default(), 1).expect("in range");
    let mut first: Vec<u32> = (0..6).filter_map(|_| queue.next(|_| true)).collect();
    first[..3].sort_unstable();
    first[3..].sort_unstable();
    assert_eq!(
        first,
        [0, 1, 2, 0, 1, 2],
        "each gets one before any gets two"
    );
    first.iter().for_each(|unit| queue.answered(*unit));
    queue.believe(0, &[0.9, 0.1]);
    queue.believe(1, &[0.6, 0.4]);
    queue.believe(2, &[0.995, 0.005]);
    assert_eq!(queue.next(|_| true), Some(1));
    assert_eq!(queue.next(|unit| unit != 1), Some(0));
    assert_eq!(queue.next(|unit| unit > 1), None, "unit 2 is done");
    assert_eq!((queue.done(1), queue.done(2)), (None, Some(Done::Sure)));
    queue.believe(2, &[0.7, 0.3]);
    assert_eq!(queue.next(|unit| unit > 1), Some(2), "doubt opens it again");
}

#[test]
fn no_unit_gets_more_than_the_most() {
    let stop = Stop {
        least: 1,
        most: 3,
        sure_ppm: 1_000_000,
    };
    let mut queue = Queue::new(5, stop, 9).expect("in range");
    let mut counts = [0; 5];
    while let Some(unit) = queue.next(|_| true) {
        counts[unit as usize] += 1;
        queue.believe(unit, &[0.5, 0.5]);
    }
    assert_eq!(counts, [3; 5]);
    queue.returned(4);
    assert_eq!((queue.open(), queue.next(|_| true)), (1, Some(4)));
    (0..3).for_each(|_| queue.answered(4));
    assert_eq!(queue.done(4), Some(Done::Full));
    for (least, most, sure_ppm, field) in [
        (0, 1, 1, "least"),
        (2, 1, 1, "most"),
        (1, 1, 0, "sure_ppm"),
        (1, 1, 1_000_001, "sure_ppm"),
    ] {
        let refused = Queue::new(
            1,
            Stop {
                least,
                most,
                sure_ppm,
            },
            0,
        )
        .err();
        assert_eq!(refused, Some(Error::Rule { field }));
    }
}

#[test]
fn gold_takes_turns_over_classes_and_retires() {
    let gold: Vec<_> = (0..40).map(|unit| (unit, u32::from(unit < 4))).collect();
    let mut stock = GoldStock::new(&gold, 2, 5, 3).expect("in range");
    let mut uses = [0; 40];
    for _ in 0..4 {
        let mut seen = [0, 0];
        let mut had = Vec::new();
        for _ in 0..8 {
            let unit = stock
                .next(&seen, |unit| !had.contains(&unit))
                .expect("enough");
            had.push(unit);
            seen[usize::from(unit < 4)] += 1;
            uses[unit as usize] += 1;
        }
        assert_eq!(seen, [4, 4], "balanced though one class is rare");
    }
    let (mut had, mut all) = (Vec::new(), uses.iter().sum::<u32>());
    while let Some(unit) = stock.next(&[], |_| true) {
        had.push(unit);
        uses[unit as usize] += 1;
        all += 1;
    }
    assert_eq!((uses, all, stock.left()), ([5; 40], 200, 0));
    assert_eq!(
        GoldStock::new(&[(7, 2)], 2, 5, 3).err(),
        Some(Error::UnknownClass { unit: 7 })
    );
}

#[test]
fn gold_is_rarer_for_the_proven_until_an_alarm() {
    let rate = GoldRate::default();
    let mut known = Reputation::default();
    assert_eq!(rate.share_ppm(&known, 2, false), 200_000);
    (0..300).for_each(|nth| known.gold(nth % 50 > 0));
    assert_eq!(rate.share_ppm(&known, 2, false), 50_000);
    assert_eq!(rate.share_ppm(&known, 2, true), 200_000);
    let mut stock = GoldStock::new(&[], 2, 5, 3).expect("in range");
    let due = (0..100_000).filter(|_| stock.due(50_000)).count();
    assert!((4_700..5_300).contains(&due), "{due}");
}

#[test]
fn pairs_share_no_more_than_the_cap() {
    let mut overlap = Overlap::default();
    for _ in 0..3 {
        assert!(overlap.allows(7, &[2, 5], 3));
        overlap.share(7, &[2, 5]);
    }
    assert!(!overlap.allows(2, &[9, 7], 3));
    assert!(overlap.allows(2, &[5, 9], 3));
    assert_eq!((overlap.common(2, 7), overlap.common(5, 2)), (3, 0));
}

#[test]
fn stopping_saves_answers_on_real_sets() {
    // docs/spec/assignment.md: saved and lost are means over four sets with ten answers a unit.
    let (mut saved, mut lost, mut sets) = (0.0, 0.0, 0.0);
    for name in ["duck_bluebird", "temp", "rte", "dog"] {
        let Some(set) = real::load(name) else { return };
        let fixed = replay::fixed(&set, 10, 1);
        let found = replay::adaptive(&set, Stop::default(), 1);
        saved += 1.0 - found.answers / fixed.answers;
        lost += fixed.accuracy - found.accuracy;
        sets += 1.0;
    }
    assert!(saved / sets >= 0.40, "{}", saved / sets);
    assert!(lost / sets <= 0.015, "{}", lost / sets);
}

fn wish(target_ppm: u32) -> Wish {
    Wish {
        classes: 2,
        units: 1_000,
        target_ppm,
        most: 15,
        gold_ppm: 100_000,
        price: 20,
    }
}

#[test]
fn a_plan_knows_what_a_crowd_of_equals_needs() {
    // 10,000 : 2,500 is .8 for everybody. Three such votes are right in .896, five in .942.
    let crowd = Skills::Prior {
        right: 10_000,
        wrong: 2_500,
    };
    let found = plan(&crowd, &wish(920_000), 1).expect("in range");
    assert_eq!(found.fixed.answers_milli[1], 5_000, "{found:?}");
    assert!((930_000..955_000).contains(&found.fixed.accuracy_ppm[1]));
    assert_eq!(
        found.fixed.answers[1], 5_556,
        "1,000 units, one answer in ten is gold"
    );
    assert_eq!(found.fixed.cost[1], 111_120);
    assert!(found.adaptive.answers_milli[1] < 4_000, "{found:?}");
    assert!(found.adaptive.accuracy_ppm[0] >= 920_000);
    assert_eq!(
        (found.fixed.reached_ppm, found.adaptive.reached_ppm),
        (1_000_000, 1_000_000)
    );
    assert_eq!(
        found,
        plan(&crowd, &wish(920_000), 1).expect("in range"),
        "same seed, same plan"
    );
}

#[test]
fn a_pilot_replaces_the_prior_and_what_cannot_be_is_told() {
    let good = plan(&Skills::Pilot(vec![(95, 100); 20]), &wish(950_000), 1).expect("in range");
    let poor = plan(&Skills::Pilot(vec![(60, 100); 20]), &wish(950_000), 1).expect("in range");
    assert!(good.adaptive.answers_milli[2] < 3_000 && good.fixed.reached_ppm == 1_000_000);
    assert_eq!(poor.fixed.reached_ppm, 0, "{poor:?}");
    assert!(poor.fixed.accuracy_ppm[1] < 950_000);
    let field = |skills: Skills, wish: Wish| match plan(&skills, &wish, 1) {
        Err(Error::Rule { field }) => field,
        other => panic!("{other:?}"),
    };
    let prior = || Skills::Prior { right: 8, wrong: 2 };
    assert_eq!(field(Skills::Pilot(Vec::new()), wish(900_000)), "skills");
    assert_eq!(field(Skills::Pilot(vec![(3, 2)]), wish(900_000)), "skills");
    assert_eq!(field(prior(), wish(500_000)), "target_ppm");
    assert_eq!(
        field(
            prior(),
            Wish {
                classes: 1,
                ..wish(900_000)
            }
        ),
        "classes"
    );
    assert_eq!(
        field(
            prior(),
            Wish {
                most: 101,
                ..wish(900_000)
            }
        ),
        "most"
    );
    assert_eq!(
        field(
            prior(),
            Wish {
                gold_ppm: 1_000_000,
                ..wish(900_000)
            }
        ),
        "gold_ppm"
    );
}
