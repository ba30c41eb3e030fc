//! Who answers: a crowd of honest readers, and those who would rather not read.

use super::name;
use super::{Contributor, Persona};
use crate::random::Random;

/// How many there are of each, 150 together.
const CROWD: [(Persona, usize); 7] = [
    (Persona::Honest, 104),
    (Persona::Careless, 20),
    (Persona::Random, 6),
    (Persona::Constant, 6),
    (Persona::Prior, 6),
    (Persona::Leader, 1),
    (Persona::Follower, 7),
];

const DAY_S: u32 = 86_400;

/// The crowd in order of arrival, personas mingled.
pub(super) fn contributors(random: &mut Random) -> Vec<Contributor> {
    let mut personas = Vec::new();
    for (persona, count) in CROWD {
        personas.extend(std::iter::repeat_n(persona, count));
    }
    let everyone = personas.len();
    random.draw_to_front(&mut personas, everyone);
    let mut names = Vec::with_capacity(everyone);
    let mut crowd: Vec<Contributor> = Vec::with_capacity(everyone);
    for persona in personas {
        let name = name::pseudonym(random, &names);
        names.push(name.clone());
        let joins_s = joining_s(random, persona);
        let leaves = persona == Persona::Honest && random.chance(350_000);
        crowd.push(Contributor {
            name,
            persona,
            accuracy_ppm: accuracy_ppm(random, persona),
            joins_s,
            leaves_s: leaves.then(|| joins_s + u64::from(random.between(4 * DAY_S, 8 * DAY_S))),
        });
    }
    crowd.sort_by_key(|contributor| contributor.joins_s);
    crowd
}

/// Three in five are there on the first day, the rest come within four; the ring comes together.
fn joining_s(random: &mut Random, persona: Persona) -> u64 {
    let latest_s = if random.chance(600_000) {
        DAY_S / 2
    } else {
        4 * DAY_S
    };
    let joins_s = random.below(latest_s);
    u64::from(match persona {
        Persona::Leader => DAY_S,
        Persona::Follower => DAY_S + joins_s / 12,
        _ => joins_s,
    })
}

fn accuracy_ppm(random: &mut Random, persona: Persona) -> u32 {
    match persona {
        Persona::Honest => random.between(800_000, 960_000),
        Persona::Careless => random.between(600_000, 750_000),
        _ => 500_000,
    }
}
