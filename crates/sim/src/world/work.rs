//! The work itself: who sits down when, what they take from the queue, and what they answer.

use super::{Answer, Campaign, Contributor, Difficulty, Persona, Unit};
use crate::random::Random;

/// How much more a contributor is drawn to the campaign that they know, answer for answer left.
const LOYALTY: u32 = 10;
/// Until so many answers, a newcomer is three times as eager.
const FRESH: u32 = 70;
/// The queue shows this many open units at once, so that answers to a unit lie close in time.
const WINDOW: usize = 280;
/// Below this many, a run is not worth sitting down for while there is more elsewhere.
const SHORTEST_RUN: usize = 8;

/// Each campaign's answers, in order of arrival.
pub(super) fn answers(
    random: &mut Random,
    campaigns: &[Campaign],
    crowd: &[Contributor],
) -> Vec<Vec<Answer>> {
    let mut desks: Vec<Desk> = campaigns.iter().map(|c| Desk::new(c, crowd)).collect();
    let sizes: Vec<u32> = desks.iter().map(|desk| desk.left).collect();
    let habits: Vec<Habit> = crowd
        .iter()
        .map(|person| Habit::new(random, person, &sizes))
        .collect();
    let mut free_from_s = vec![0; crowd.len()];
    let mut now_s = 0;
    while desks.iter().any(|desk| desk.left > 0) {
        now_s += u64::from(random.between(150, 800));
        let eager: Vec<u32> = (0..crowd.len())
            .map(|who| {
                let gone = crowd[who]
                    .leaves_s
                    .is_some_and(|leaves_s| leaves_s <= now_s);
                let away = crowd[who].joins_s > now_s || free_from_s[who] > now_s;
                let done: u32 = desks.iter().map(|desk| desk.done[who]).sum();
                let keen = if done < FRESH { 3 } else { 1 };
                if gone || away {
                    0
                } else {
                    keen * habits[who].eagerness
                }
            })
            .collect();
        if eager.iter().all(|&eagerness| eagerness == 0) {
            continue;
        }
        let who = random.weighted(&eager);
        let pull: Vec<u32> = (0..desks.len())
            .map(|at| {
                desks[at].left
                    * if at == habits[who].favourite {
                        LOYALTY
                    } else {
                        1
                    }
            })
            .collect();
        let desk = &mut desks[random.weighted(&pull)];
        let sitting = Sitting {
            who,
            person: &crowd[who],
            habit: &habits[who],
            now_s,
        };
        free_from_s[who] = desk.work(random, &sitting);
    }
    desks.into_iter().map(Desk::into_arrivals).collect()
}

/// How someone works.
struct Habit {
    /// Chance of sitting down next, against that of others.
    eagerness: u32,
    /// The campaign that they mostly work on; a ring keeps together.
    favourite: usize,
    /// Least and most seconds spent on a unit.
    pace_s: (u32, u32),
}

impl Habit {
    fn new(random: &mut Random, person: &Contributor, sizes: &[u32]) -> Habit {
        let eagerness = match person.persona {
            Persona::Honest if random.chance(150_000) => random.between(160, 300),
            Persona::Honest => random.between(50, 120),
            Persona::Careless => random.between(60, 140),
            Persona::Random | Persona::Constant | Persona::Prior => random.between(80, 160),
            Persona::Leader => 220,
            Persona::Follower => random.between(110, 180),
        };
        let pace_s = match person.persona {
            Persona::Honest => (15, 75),
            Persona::Careless => (8, 25),
            _ => (3, 8),
        };
        let favourite = match person.persona {
            Persona::Leader | Persona::Follower => 0,
            _ => random.weighted(sizes),
        };
        Habit {
            eagerness,
            favourite,
            pace_s,
        }
    }
}

/// One contributor's session of work.
struct Sitting<'a> {
    who: usize,
    person: &'a Contributor,
    habit: &'a Habit,
    now_s: u64,
}

/// A campaign's queue and what has come in.
struct Desk<'a> {
    campaign: &'a Campaign,
    /// Answers still wanted, in all.
    left: u32,
    /// Answers still wanted by each unit.
    wanted: Vec<u32>,
    /// Units that want answers, in the order of the campaign.
    open: Vec<u32>,
    /// Whether contributor x unit has been answered, row by contributor.
    seen: Vec<bool>,
    /// How many answers each contributor gave.
    done: Vec<u32>,
    leader: Option<usize>,
    /// How often each class is right, for those who guess by it.
    frequencies: Vec<u32>,
    answers: Vec<Answer>,
}

impl<'a> Desk<'a> {
    fn new(campaign: &'a Campaign, crowd: &[Contributor]) -> Desk<'a> {
        let units = campaign.units.len();
        let mut frequencies = vec![0; campaign.classes.len()];
        for unit in &campaign.units {
            frequencies[unit.truth as usize] += 1;
        }
        Desk {
            campaign,
            left: units as u32 * campaign.overlap,
            wanted: vec![campaign.overlap; units],
            open: (0..units as u32).collect(),
            seen: vec![false; units * crowd.len()],
            done: vec![0; crowd.len()],
            leader: crowd
                .iter()
                .position(|person| person.persona == Persona::Leader),
            frequencies,
            answers: Vec::with_capacity(units * campaign.overlap as usize),
        }
    }

    /// Takes a run from the queue, answers it and says when the contributor is free again.
    fn work(&mut self, random: &mut Random, sitting: &Sitting) -> u64 {
        let mut at_s = sitting.now_s;
        for unit in self.run(random, sitting) {
            at_s += u64::from(random.between(sitting.habit.pace_s.0, sitting.habit.pace_s.1));
            let label = self.label(random, sitting, unit);
            let seat = self.seat(sitting.who, unit);
            self.seen[seat] = true;
            self.wanted[unit as usize] -= 1;
            self.done[sitting.who] += 1;
            self.left -= 1;
            self.answers.push(Answer {
                unit,
                contributor: sitting.who as u32,
                label,
                at_s,
            });
        }
        let wanted = &self.wanted;
        self.open.retain(|&unit| wanted[unit as usize] > 0);
        at_s
    }

    /// Units to answer now; none if what is left in sight is too little for this contributor.
    fn run(&self, random: &mut Random, sitting: &Sitting) -> Vec<u32> {
        let mut in_sight: Vec<u32> = self.open.iter().copied().take(WINDOW).collect();
        in_sight.retain(|&unit| !self.seen[self.seat(sitting.who, unit)]);
        if in_sight.len() < SHORTEST_RUN && self.open.len() > SHORTEST_RUN {
            return Vec::new();
        }
        let length = random.between(12, 28) as usize;
        random.draw_to_front(&mut in_sight, length);
        if let (Persona::Follower, Some(leader)) = (sitting.person.persona, self.leader) {
            // Copying needs something to copy: what the leader has done comes first, mostly.
            let done = |unit: u32| self.seen[self.seat(leader, unit)];
            let fresh = length / 3;
            let skip = fresh.min(in_sight.len());
            in_sight[skip..].sort_by_key(|&unit| !done(unit));
        }
        in_sight.truncate(length);
        in_sight
    }

    fn label(&self, random: &mut Random, sitting: &Sitting, unit: u32) -> u32 {
        let classes = self.campaign.classes.len() as u32;
        let unit = &self.campaign.units[unit as usize];
        let script = unit.text.len() as u32 % classes;
        match sitting.person.persona {
            Persona::Honest | Persona::Careless => read(random, sitting.person, unit, classes),
            Persona::Random => random.below(classes),
            Persona::Constant => sitting.who as u32 % classes,
            Persona::Prior => random.weighted(&self.frequencies) as u32,
            Persona::Follower if random.chance(30_000) => random.below(classes),
            Persona::Leader | Persona::Follower => script,
        }
    }

    fn seat(&self, who: usize, unit: u32) -> usize {
        who * self.campaign.units.len() + unit as usize
    }

    fn into_arrivals(mut self) -> Vec<Answer> {
        self.answers
            .sort_by_key(|answer| (answer.at_s, answer.contributor));
        self.answers
    }
}

/// What someone who reads the text answers: the truth, or mostly the lure.
fn read(random: &mut Random, person: &Contributor, unit: &Unit, classes: u32) -> u32 {
    if !random.chance(error_ppm(person.accuracy_ppm, unit.difficulty)) {
        unit.truth
    } else if random.chance(750_000) {
        unit.lure
    } else {
        (unit.truth + random.between(1, classes - 1)) % classes
    }
}

/// Errors by difficulty, weighing so much against each other that over all units, 62 % plain, 26 %
/// mixed and 12 % vague, the accuracy is met: plain 50, mixed 115, vague 335 but at most 65 %.
pub(super) fn error_ppm(accuracy_ppm: u32, difficulty: Difficulty) -> u32 {
    let mean = 1_000_000 - accuracy_ppm;
    let vague = (mean * 335 / 100).min(650_000);
    let rest = mean * 100 - vague * 12;
    let share = 62 * 50 + 26 * 115;
    match difficulty {
        Difficulty::Plain => rest / share * 50,
        Difficulty::Mixed => rest / share * 115,
        Difficulty::Vague => vague,
    }
}
