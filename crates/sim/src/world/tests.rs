//! What must hold in every world.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use model::feature;
use model::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};

use super::*;

const SEEDS: [u64; 3] = [0, 7, 2_026];

/// FNV-1a, 64 bits.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// `(right, all)` for each contributor, over both campaigns.
fn tallies(world: &World) -> Vec<(u32, u32)> {
    let mut tallies = vec![(0, 0); world.contributors.len()];
    for (at, campaign) in world.campaigns.iter().enumerate() {
        for answer in world.answers(at) {
            let tally = &mut tallies[answer.contributor as usize];
            tally.0 += u32::from(campaign.units[answer.unit as usize].truth == answer.label);
            tally.1 += 1;
        }
    }
    tallies
}

fn pooled(world: &World, persona: impl Fn(Persona) -> bool) -> f64 {
    let (mut right, mut all) = (0, 0);
    for (person, tally) in world.contributors.iter().zip(tallies(world)) {
        if persona(person.persona) {
            right += tally.0;
            all += tally.1;
        }
    }
    f64::from(right) / f64::from(all)
}

#[test]
fn the_world_of_seed_seven_is_this_one() {
    let world = World::new(7);
    let mut lines = vec![format!(
        "fingerprint {:016x}",
        fingerprint(&format!("{world:?}"))
    )];
    for (at, campaign) in world.campaigns.iter().enumerate() {
        let texts = campaign.units[..3].iter().map(|unit| unit.text.clone());
        lines.push(format!(
            "{}: {} answers",
            campaign.name,
            world.answers(at).len()
        ));
        lines.extend(texts);
    }
    lines.push(world.contributors[0].name.clone());
    lines.push(world.calls()[0].text.clone());
    expect![[r#"
        fingerprint 95ab3d7538e0fcfa
        inbox-triage: 13300 answers
        The jucier gets far too hot to touch.
        It was fine for 27 days.
        The wall clock is not what it said on the page.
        Many thanks.
        It was fine until the 3rd.
        river-notes: 10500 answers
        near the old brigde, worse here than above
        water brown and high.
        wet boots again
        After the rain, the label on the jar came off, not sure which site this was.
        Level at the gauge 13.
        quiet-wagtail-80
        Watched some mallards, did not look at the water.
    "#]]
    .assert_eq(&(lines.join("\n").replace(". ", ".\n") + "\n"));
}

#[test]
fn another_seed_is_another_world() {
    let (one, other) = (World::new(1), World::new(2));
    assert_eq!(one, World::new(1));
    for at in 0..2 {
        assert_ne!(one.campaigns[at].units, other.campaigns[at].units);
        assert_ne!(one.answers(at), other.answers(at));
    }
    assert_ne!(one.contributors, other.contributors);
    assert_ne!(one.calls(), other.calls());
}

#[test]
fn there_is_as_much_of_everything_as_the_demo_needs() {
    for world in SEEDS.map(World::new) {
        let answers: usize = (0..2).map(|at| world.answers(at).len()).sum();
        assert_eq!(answers, (1_900 + 1_500) * 7);
        let names: BTreeSet<&str> = world.contributors.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names.len(), 150);
        let honest = world
            .contributors
            .iter()
            .filter(|p| p.persona == Persona::Honest)
            .count();
        assert!(honest > 75, "the honest are the majority");
        for campaign in &world.campaigns {
            let texts: BTreeSet<&str> = campaign.units.iter().map(|u| u.text.as_str()).collect();
            assert_eq!(texts.len(), campaign.units.len(), "texts are distinct");
            for unit in &campaign.units {
                assert!(unit.truth != unit.lure);
                assert!((unit.truth.max(unit.lure) as usize) < campaign.classes.len());
            }
        }
        for (at, tally) in tallies(&world).into_iter().enumerate() {
            assert!(
                tally.1 >= 12,
                "{} hardly worked",
                world.contributors[at].name
            );
        }
    }
}

#[test]
fn every_phrase_can_be_written() {
    let mut random = Random::new(0);
    for genre in [&support::GENRE, &river::GENRE] {
        let mut phrases = [genre.openings, genre.closings].concat();
        for class in genre.classes {
            phrases.extend([class.core, class.follow, class.aside, class.hint].concat());
        }
        phrases.extend(genre.ambiguous.iter().map(|(phrase, ..)| phrase));
        phrases.extend(genre.pairs.iter().flat_map(|pair| [pair.lead, pair.bridge]));
        phrases.extend(genre.slots.iter().flat_map(|(_, words)| words.iter()));
        for phrase in phrases.into_iter().filter(|phrase| !phrase.is_empty()) {
            // Twenty times, so that every choice within it comes up, and every slot within those.
            for _ in 0..20 {
                let text = write::text(&mut random, genre.slots, &[phrase]);
                assert!(!text.contains(['{', '}', '[', ']', '|']), "{phrase} {text}");
                assert!(
                    !text.contains("  ") && text.trim() == text,
                    "{phrase} {text}"
                );
            }
        }
    }
}

#[test]
fn gold_has_equally_many_of_each_class() {
    for world in SEEDS.map(World::new) {
        for campaign in &world.campaigns {
            let mut counts = BTreeMap::new();
            for &unit in &campaign.gold {
                *counts
                    .entry(campaign.units[unit as usize].truth)
                    .or_insert(0) += 1;
            }
            let each = campaign.units.len() / 10 / campaign.classes.len();
            assert_eq!(counts.len(), campaign.classes.len());
            assert!(counts.values().all(|&count| count == each), "{counts:?}");
            assert!(campaign.gold.is_sorted_by(|a, b| a < b));
        }
    }
}

#[test]
fn every_unit_is_answered_as_often_as_asked_by_people_who_were_there() {
    for world in SEEDS.map(World::new) {
        for (at, campaign) in world.campaigns.iter().enumerate() {
            let mut counts = vec![0; campaign.units.len()];
            let mut pairs = BTreeSet::new();
            for answer in world.answers(at) {
                counts[answer.unit as usize] += 1;
                assert!(
                    pairs.insert((answer.unit, answer.contributor)),
                    "answered twice"
                );
                assert!((answer.label as usize) < campaign.classes.len());
                let person = &world.contributors[answer.contributor as usize];
                assert!(answer.at_s > person.joins_s);
                // A sitting of 28 units at 75 seconds may end after the last hour.
                assert!(
                    person
                        .leaves_s
                        .is_none_or(|leaves_s| answer.at_s < leaves_s + 2_100)
                );
            }
            assert!(counts.iter().all(|&count| count == campaign.overlap));
            assert!(world.answers(at).is_sorted_by_key(|answer| answer.at_s));
        }
    }
}

#[test]
fn answers_come_in_runs_and_runs_interleave() {
    let world = World::new(7);
    let mut last_s = vec![None; world.contributors.len()];
    let (mut near, mut interleaved) = (0, 0);
    for pair in world.answers(0).windows(2) {
        interleaved += usize::from(pair[0].contributor != pair[1].contributor);
        let last = last_s[pair[1].contributor as usize].replace(pair[1].at_s);
        near += usize::from(last.is_some_and(|last_s: u64| pair[1].at_s - last_s <= 75));
    }
    let all = world.answers(0).len();
    assert!(
        near * 100 > all * 90,
        "{near} of {all} follow the same hand's last by seconds"
    );
    assert!(
        interleaved * 100 > all * 25,
        "{interleaved} of {all} change hands"
    );
}

#[test]
fn readers_are_as_accurate_as_their_persona_says() {
    for world in SEEDS.map(World::new) {
        for (person, (right, all)) in world.contributors.iter().zip(tallies(&world)) {
            let (low, high) = match person.persona {
                Persona::Honest => (0.80, 0.96),
                Persona::Careless => (0.60, 0.75),
                _ => continue,
            };
            let measured = f64::from(right) / f64::from(all);
            let slack = 4.0 * (0.2 / f64::from(all)).sqrt();
            assert!(
                measured > low - slack && measured < high + slack,
                "{person:?} {measured}"
            );
        }
        let honest = pooled(&world, |persona| persona == Persona::Honest);
        assert!((0.86..0.90).contains(&honest), "{honest}");
        let careless = pooled(&world, |persona| persona == Persona::Careless);
        assert!((0.64..0.71).contains(&careless), "{careless}");
        let farmers = pooled(&world, |persona| persona > Persona::Careless);
        assert!((0.25..0.35).contains(&farmers), "{farmers}");
    }
}

#[test]
fn errors_by_difficulty_average_to_the_stated_accuracy() {
    for accuracy_ppm in (600_000..=960_000).step_by(1_000) {
        let [plain, mixed, vague] = [Difficulty::Plain, Difficulty::Mixed, Difficulty::Vague]
            .map(|difficulty| work::error_ppm(accuracy_ppm, difficulty));
        let mean = (62 * plain + 26 * mixed + 12 * vague) / 100;
        assert!(
            mean.abs_diff(WHOLE_PPM - accuracy_ppm) < 100,
            "{accuracy_ppm} {mean}"
        );
        assert!(plain < mixed && mixed < vague && vague <= 650_000);
    }
}

/// Agreement of pairs whose members both satisfy `member`, on units both answered, and the same on
/// those units where at least one of them is wrong.
fn agreement(world: &World, member: impl Fn(Persona) -> bool) -> (f64, f64) {
    let (mut all, mut same, mut wrong, mut same_wrong) = (0, 0, 0, 0);
    for (at, campaign) in world.campaigns.iter().enumerate() {
        let mut by_unit = vec![Vec::new(); campaign.units.len()];
        for answer in world.answers(at) {
            if member(world.contributors[answer.contributor as usize].persona) {
                by_unit[answer.unit as usize].push(answer.label);
            }
        }
        for (labels, unit) in by_unit.iter().zip(&campaign.units) {
            for (first, &one) in labels.iter().enumerate() {
                for &other in &labels[first + 1..] {
                    let slip = u32::from(one != unit.truth || other != unit.truth);
                    all += 1;
                    wrong += slip;
                    same += u32::from(one == other);
                    same_wrong += slip * u32::from(one == other);
                }
            }
        }
    }
    (
        f64::from(same) / f64::from(all),
        f64::from(same_wrong) / f64::from(wrong),
    )
}

#[test]
fn the_ring_agrees_where_honest_people_differ() {
    for world in SEEDS.map(World::new) {
        let ring = agreement(&world, |p| matches!(p, Persona::Leader | Persona::Follower));
        let honest = agreement(&world, |p| p == Persona::Honest);
        assert!(ring.0 > 0.9 && honest.0 < 0.87, "{ring:?} {honest:?}");
        assert!(ring.1 > 0.9 && honest.1 < 0.30, "{ring:?} {honest:?}");
    }
}

#[test]
fn calls_are_paid_fresh_and_later_than_the_work() {
    for world in SEEDS.map(World::new) {
        let done_s = (0..2)
            .filter_map(|at| world.answers(at).last())
            .map(|a| a.at_s)
            .max();
        assert!((3_000..=5_000).contains(&world.calls().len()));
        assert!(world.calls().is_sorted_by_key(|call| call.at_s));
        let mut by_user = vec![0; world.users.len()];
        for call in world.calls() {
            let user = &world.users[call.user as usize];
            by_user[call.user as usize] += 1;
            assert!(Some(call.at_s) > done_s);
            assert_eq!((call.model, call.purpose), (user.model, user.purpose));
            let campaign = world.developer.models[call.model as usize].campaign;
            assert!((call.truth as usize) < world.campaigns[campaign as usize].classes.len());
        }
        assert_eq!(by_user.len(), 12);
        assert!(
            by_user.iter().all(|&count| count > 5) && by_user[0] > 800,
            "{by_user:?}"
        );
    }
}

#[test]
fn a_model_learns_most_of_the_texts_but_not_all() {
    for world in SEEDS.map(World::new) {
        for campaign in &world.campaigns {
            let classes = campaign.classes.len() as u32;
            let shape = Shape {
                scheme: feature::Scheme::Text,
                bits: 14,
                classes,
            };
            let examples: Vec<Example> = campaign
                .units
                .iter()
                .map(|unit| Example {
                    features: feature::text(&unit.text, shape.bits),
                    label: unit.truth,
                    weight_ppm: WHOLE_PPM,
                })
                .collect();
            let (seen, held) = examples.split_at(examples.len() * 4 / 5);
            let model = Softmax::train(shape, seen, &Training::default()).unwrap();
            let right = held
                .iter()
                .filter(|e| model.label(&e.features) == e.label)
                .count();
            let accuracy = right as f64 / held.len() as f64;
            println!(
                "{} of seed {}: held-out accuracy {accuracy:.3}",
                campaign.name, world.seed
            );
            assert!(
                (0.85..0.97).contains(&accuracy),
                "{} {accuracy}",
                campaign.name
            );
        }
    }
}
