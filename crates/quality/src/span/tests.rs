//! Tests of spans on made-up documents.

use super::*;
use crate::random::Random;
use proptest::prelude::*;

fn span(start: u32, end: u32, kind: u32) -> Span {
    Span { start, end, kind }
}

fn marking(unit: u32, worker: u32, spans: &[Span]) -> Marking {
    let spans = spans.to_vec();
    Marking {
        unit,
        worker,
        spans,
    }
}

fn spans(found: &Spans, unit: usize) -> Vec<Span> {
    let found = found.units[unit].as_ref().expect("marked");
    found.iter().map(|found| found.span).collect()
}

#[test]
fn unanimous_markings_are_kept() {
    let truth = [span(0, 2, 1), span(2, 3, 1), span(5, 9, 0)];
    let rows = (0..3).flat_map(|worker| {
        (0..4).map(move |unit| marking(unit, worker, if unit == 3 { &[] } else { &truth }))
    });
    let table = Markings::new(vec![9, 9, 9, 9, 9], 3, 2, rows.collect()).expect("valid");
    for found in [majority(&table), infer(&table)] {
        for unit in 0..3 {
            assert_eq!(spans(&found, unit), truth);
        }
        assert_eq!(spans(&found, 3), []);
        assert_eq!(found.units[4], None);
        assert!(
            found
                .markers
                .iter()
                .all(|marker| marker.f1_ppm() == 1_000_000)
        );
    }
}

#[test]
fn overlaps_are_painted_in_order() {
    let tags = paint(6, vec![span(0, 4, 0), span(1, 2, 1)]);
    assert_eq!(tags, [1, 3, 0, 0, 0, 0]);
    assert_eq!(paint(3, vec![span(1, 2, 0), span(1, 2, 0)]), [0, 1, 0]);
    assert_eq!(decode::spell(&[1, 3, 4, 2, 0, 1, 1]).len(), 5);
}

/// Workers who miss 40 % of the spans beside two who miss none but shift a third of them.
#[test]
fn those_who_miss_are_told_from_those_who_invent() {
    let mut random = Random::new(11, 0);
    let (mut rows, mut truths) = (Vec::new(), Vec::new());
    for unit in 0..150 {
        let mut truth = Vec::new();
        for slot in 0..6 {
            if random.unit() < 0.5 {
                let start = 10 * slot + random.below(5);
                truth.push(span(start, start + 1 + random.below(4), random.below(3)));
            }
        }
        for worker in 0..5 {
            let mut own = truth.clone();
            own.retain(|_| worker < 2 || random.unit() < 0.45);
            for span in &mut own {
                if worker < 2 && random.unit() < 0.3 {
                    span.end += 1;
                }
            }
            rows.push(marking(unit, worker, &own));
        }
        truths.push(truth);
    }
    let table = Markings::new(vec![60; 150], 5, 3, rows).expect("valid");
    let score = |found: &Spans| {
        let (mut hits, mut all) = (0, 0);
        for (unit, truth) in truths.iter().enumerate() {
            let found = spans(found, unit);
            hits += found.iter().filter(|span| truth.contains(span)).count();
            all += found.len() + truth.len();
        }
        2.0 * hits as f64 / all as f64
    };
    let (vote, found) = (score(&majority(&table)), score(&infer(&table)));
    assert!(
        found > 0.95 && found > vote + 0.04,
        "vote {vote}, inferred {found}"
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let new = |rows| Markings::new(vec![3], 1, 1, rows);
    let out = |column| Err(Error::OutOfBounds { row: 0, column });
    assert_eq!(new(vec![marking(1, 0, &[])]), out("unit"));
    assert_eq!(new(vec![marking(0, 1, &[])]), out("worker"));
    assert_eq!(new(vec![marking(0, 0, &[span(0, 1, 1)])]), out("kind"));
    for bad in [span(1, 1, 0), span(2, 1, 0), span(2, 4, 0)] {
        let refused = new(vec![marking(0, 0, &[bad])]);
        assert!(
            matches!(refused, Err(Error::Entry { row: 0, .. })),
            "{bad:?}"
        );
    }
    let twice = new(vec![marking(0, 0, &[]), marking(0, 0, &[])]);
    assert!(matches!(twice, Err(Error::Entry { row: 1, .. })));
    let huge = Markings::new(vec![u32::MAX], 1, 1, Vec::new());
    assert!(matches!(huge, Err(Error::TooLarge { .. })));
}

/// Start, length and kind.
type Parts = (u32, u32, u32);

fn table() -> impl Strategy<Value = Markings> {
    let spans = prop::collection::vec((0_u32..8, 1_u32..4, 0_u32..3), 0..5);
    let rows = prop::collection::btree_map((0_u32..4, 0_u32..4), spans, 0..12);
    rows.prop_map(|rows| {
        let row = |((unit, worker), spans): ((u32, u32), Vec<Parts>)| {
            let own = |(start, length, kind)| span(start, start + length, kind);
            marking(
                unit,
                worker,
                &spans.into_iter().map(own).collect::<Vec<_>>(),
            )
        };
        let rows = rows.into_iter().map(row).collect();
        Markings::new(vec![11, 11, 11, 11, 0], 4, 3, rows).expect("valid")
    })
}

proptest! {
    #[test]
    fn spans_are_apart_and_probable(table in table()) {
        for found in [infer(&table), majority(&table)] {
            for (unit, found) in found.units.iter().enumerate() {
                prop_assert_eq!(found.is_some(), table.of_unit(unit as u32).len() > 0);
                let found = found.as_deref().unwrap_or(&[]);
                for span in found {
                    prop_assert!(span.span.start < span.span.end && span.span.end <= 11);
                    prop_assert!((1..=1_000_000).contains(&span.probability_ppm));
                }
                prop_assert!(found.windows(2).all(|two| two[0].span.end <= two[1].span.start));
            }
        }
    }
}
