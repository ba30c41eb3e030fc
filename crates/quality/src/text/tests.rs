//! Tests of free text on sentences and on any strings.

use super::align::{Step, align};
use super::*;
use proptest::prelude::*;

fn table(rows: &[(u32, u32, &str)]) -> Writings {
    let row = |(unit, worker, text): &(u32, u32, &str)| Writing {
        unit: *unit,
        worker: *worker,
        text: (*text).to_owned(),
    };
    Writings::new(4, 6, rows.iter().map(row).collect()).expect("valid")
}

#[test]
fn words_and_signs() {
    assert_eq!(
        tokens("Don't  stop,\tÉcole\u{0}!"),
        ["don", "'", "t", "stop", ",", "école", "!"]
    );
    assert_eq!(tokens(" \n"), Vec::<String>::new());
}

#[test]
fn distances_by_hand() {
    assert_eq!(distance(&[], &[]), 0.0);
    assert_eq!(distance(&[1, 2], &[]), 1.0);
    assert_eq!(distance(&[1, 2, 3, 4], &[1, 3, 4]), 0.25);
    assert_eq!(distance(&[1, 2, 3], &[4, 2, 5]), 2.0 / 3.0);
    let steps = align(3, &[7, 2, 9], |slot, word| slot as u32 + 1 == word);
    assert_eq!(steps, [Step::Both; 3]);
    assert_eq!(align(1, &[], |_, _| true), [Step::Slot]);
    assert_eq!(align(0, &[5], |_, _| true), [Step::Word]);
}

#[test]
fn the_vote_mends_what_no_text_has_right() {
    let rows = [
        (0, 0, "the cat sat on a mat"),
        (0, 1, "the cat sit on the mat"),
        (0, 2, "a cat sat on the mat"),
        (1, 0, "yes"),
        (2, 3, ""),
    ];
    let writings = table(&rows);
    let voted = rover(&writings);
    assert_eq!(voted.texts[0].as_deref(), Some("the cat sat on the mat"));
    assert_eq!(voted.texts[1].as_deref(), Some("yes"));
    assert_eq!(voted.texts[2].as_deref(), Some(""));
    assert_eq!(voted.texts[3], None);
    let chosen = medoid(&writings);
    assert_eq!(chosen.texts[1].as_deref(), Some("yes"));
    assert_eq!(chosen.support_ppm[1], 1_000_000);
    assert_eq!((chosen.texts[3].as_ref(), chosen.support_ppm[3]), (None, 0));
}

#[test]
fn dropped_and_added_words_are_voted_on() {
    let rows = [
        (0, 0, "we go home now"),
        (0, 1, "we go home"),
        (0, 2, "we go home"),
        (1, 0, "open door please"),
        (1, 1, "open the door please"),
        (1, 2, "open the door please"),
    ];
    let voted = rover(&table(&rows));
    assert_eq!(voted.texts[0].as_deref(), Some("we go home"));
    assert_eq!(voted.texts[1].as_deref(), Some("open the door please"));
}

#[test]
fn workers_far_from_all_lose_weight() {
    // On two units alike; on the third, two careful ones stand against two who write nonsense.
    let rows = [
        (0, 0, "a b c d"),
        (0, 1, "a b c d"),
        (0, 2, "q w e r"),
        (0, 3, "z x"),
        (1, 0, "k l m"),
        (1, 1, "k l m"),
        (1, 2, "t t t t"),
        (1, 3, "y"),
        (2, 2, "n n"),
        (2, 0, "o p"),
    ];
    let found = medoid(&table(&rows));
    assert!(found.writers[0].distance < found.writers[2].distance);
    assert_eq!(found.texts[2].as_deref(), Some("o p"));
}

#[test]
fn what_is_too_long_is_refused() {
    let row = |text: String| Writing {
        unit: 0,
        worker: 0,
        text,
    };
    let long = Writings::new(1, 1, vec![row("a ".repeat(TOKEN_LIMIT + 1))]);
    assert!(matches!(long, Err(Error::Entry { row: 0, .. })));
    let many = Writings::new(1, 1, vec![row(String::new()); TEXT_LIMIT + 1]);
    assert!(matches!(
        many,
        Err(Error::Entry {
            row: TEXT_LIMIT,
            ..
        })
    ));
}

proptest! {
    #[test]
    fn any_texts_give_one(
        rows in prop::collection::vec((0_u32..4, 0_u32..6, "[ab .\\PC]{0,12}"), 0..20),
    ) {
        let rows = rows.iter().map(|(unit, worker, text)| (*unit, *worker, text.as_str()));
        let rows: Vec<(u32, u32, &str)> = rows.collect();
        let writings = table(&rows);
        for found in [medoid(&writings), rover(&writings)] {
            for unit in 0..4 {
                let own = rows.iter().filter(|row| row.0 == unit).map(|row| row.2);
                let own: Vec<&str> = own.collect();
                let text = found.texts[unit as usize].as_deref();
                prop_assert_eq!(text.is_some(), !own.is_empty());
                prop_assert!(found.support_ppm[unit as usize] <= 1_000_000);
                if !own.is_empty() && own.iter().all(|text| *text == own[0]) {
                    prop_assert_eq!(tokens(text.unwrap_or("")), tokens(own[0]));
                }
            }
            prop_assert!(found.writers.iter().all(|writer| (0.0..=1.0).contains(&writer.distance)));
        }
    }
}
