//! The default inference: better than its peers on real sets, and right on made-up ones.

use crate::real;
use quality::calibrate::{Reliability, Temperature};
use quality::infer::{Inferred, Options};
use quality::parallel::Threads;
use quality::random::Random;
use quality::{Answer, Answers, Consensus, Variant, dawid_skene, infer, majority};

fn run(answers: &Answers) -> Inferred {
    let none = vec![None; answers.units() as usize];
    infer(answers, &none, Options::default()).expect("valid")
}

fn peer(answers: &Answers, variant: Variant) -> Consensus {
    let none = vec![None; answers.units() as usize];
    dawid_skene(answers, &none, variant)
        .expect("valid")
        .consensus
}

fn reliability(consensus: &Consensus, gold: &[Option<u32>]) -> (f64, f64) {
    let found = Reliability::new(consensus, gold).expect("fits");
    (
        f64::from(found.accuracy_ppm) / 1e6,
        f64::from(found.error_ppm) / 1e6,
    )
}

#[test]
fn real_sets_are_labelled_better_than_by_dawid_skene_and_calibrated() {
    let (mut ours, mut theirs, mut map, mut error, mut sets) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for name in real::SETS {
        let Some(set) = real::load(name) else {
            return;
        };
        let found = reliability(&run(&set.answers).consensus, &set.gold);
        let crowdkit = reliability(&peer(&set.answers, Variant::Crowdkit), &set.gold);
        let vote = reliability(&majority(&set.answers), &set.gold);
        assert!(
            found.0 > crowdkit.0 - 0.01 && found.0 > vote.0,
            "{name}: {found:?}"
        );
        ours += found.0;
        theirs += crowdkit.0;
        map += reliability(&peer(&set.answers, Variant::Map), &set.gold).0;
        error += found.1;
        sets += 1.0;
    }
    assert!(
        ours > theirs && ours > map,
        "{ours} against {theirs} and {map}"
    );
    assert!(
        error / sets < 0.08,
        "mean calibration error {}",
        error / sets
    );
}

#[test]
fn temperature_on_half_of_the_gold_helps_the_other_half() {
    let Some(set) = real::load("product") else {
        return;
    };
    let half = |rest| {
        let keep = |(unit, truth): (usize, &Option<u32>)| truth.filter(|_| unit % 2 == rest);
        set.gold.iter().enumerate().map(keep).collect::<Vec<_>>()
    };
    let consensus = peer(&set.answers, Variant::Crowdkit);
    let fitted = Temperature::fit(&consensus, &half(0)).expect("fits");
    let loss = |c: &Consensus| Reliability::new(c, &half(1)).expect("fits").loss_unats;
    let (before, after) = (loss(&consensus), loss(&fitted.apply(&consensus)));
    assert!(after < before * 3 / 4, "{after} after {before}");
}

/// A made-up crowd.
struct World {
    units: u32,
    workers: u32,
    classes: u32,
    /// Answers per unit.
    answers: u32,
    /// Lowest and highest accuracy of somebody who looks.
    skill: (f64, f64),
    /// Share of workers who always give one label, each their own.
    constant: f64,
    /// Frequency of class 0; the others share the rest.
    first: f64,
}

const WORLD: World = World {
    units: 1_000,
    workers: 60,
    classes: 2,
    answers: 5,
    skill: (0.6, 0.95),
    constant: 0.0,
    first: 0.5,
};

/// Answers, truth, and the accuracy of each worker.
fn draw(world: &World, seed: u64) -> (Answers, Vec<Option<u32>>, Vec<f64>) {
    let mut random = Random::new(seed, 26);
    let (low, high) = world.skill;
    let mut skills = Vec::new();
    for _ in 0..world.workers {
        let constant = random.unit() < world.constant;
        let label = random.below(world.classes);
        let skill = low + (high - low) * random.unit();
        skills.push((constant.then_some(label), skill));
    }
    let (mut rows, mut truths) = (Vec::new(), Vec::new());
    let mut order: Vec<u32> = (0..world.workers).collect();
    for unit in 0..world.units {
        let first = world.classes == 1 || random.unit() < world.first;
        let truth = if first {
            0
        } else {
            1 + random.below(world.classes - 1)
        };
        truths.push(Some(truth));
        random.shuffle(&mut order);
        for worker in &order[..world.answers as usize] {
            let (constant, skill) = skills[*worker as usize];
            let wrong = (truth + 1 + random.below(world.classes - 1)) % world.classes;
            let own = if random.unit() < skill { truth } else { wrong };
            let label = constant.unwrap_or(own);
            rows.push(Answer {
                unit,
                worker: *worker,
                label,
            });
        }
    }
    let answers = Answers::new(world.units, world.workers, world.classes, rows);
    let skill = |(constant, skill): &(Option<u32>, f64)| match constant {
        Some(0) => world.first,
        Some(_) => (1.0 - world.first) / f64::from(world.classes - 1),
        None => *skill,
    };
    (
        answers.expect("in bounds"),
        truths,
        skills.iter().map(skill).collect(),
    )
}

#[test]
fn skills_and_frequencies_are_recovered() {
    let world = World {
        units: 4_000,
        first: 0.8,
        constant: 0.2,
        ..WORLD
    };
    let (answers, truth, skills) = draw(&world, 1);
    let found = run(&answers);
    assert!(reliability(&found.consensus, &truth).0 > 0.9);
    assert!(
        found.priors_ppm[0].abs_diff(800_000) < 20_000,
        "{:?}",
        found.priors_ppm
    );
    let total: u32 = found.priors_ppm.iter().sum();
    assert!(total.abs_diff(1_000_000) <= 2);
    let miss = |(worker, skill): (&quality::infer::Worker, &f64)| {
        (f64::from(worker.skill_ppm) / 1e6 - skill).abs()
    };
    let miss: f64 = found.workers.iter().zip(&skills).map(miss).sum::<f64>() / 60.0;
    println!("mean error of a skill {miss}, {:?}", found.priors_ppm);
    assert!(miss < 0.03, "mean error of a skill {miss}");
}

#[test]
fn constant_answers_carry_no_information() {
    let world = World {
        constant: 0.3,
        first: 0.7,
        ..WORLD
    };
    for seed in 0..3 {
        let (answers, ..) = draw(&world, seed);
        let found = run(&answers);
        let mut of_worker = vec![Vec::new(); 60];
        for answer in answers.rows() {
            of_worker[answer.worker as usize].push(answer.label);
        }
        let constant = |labels: &Vec<u32>| labels.iter().all(|label| *label == labels[0]);
        let (mut farmers, mut honest) = (Vec::new(), Vec::new());
        for (worker, labels) in found.workers.iter().zip(&of_worker) {
            let list = if constant(labels) {
                &mut farmers
            } else {
                &mut honest
            };
            list.push(worker.information_unats);
        }
        let above = |farmer: &u32| honest.iter().filter(|one| *one > farmer).count();
        let above: usize = farmers.iter().map(above).sum();
        let share = above as f64 / (farmers.len() * honest.len()) as f64;
        assert!(farmers.len() > 8 && share > 0.95, "seed {seed}: {share}");
    }
}

/// Crowds of several kinds, with the accuracy that may be lost to the better peer.
fn worlds() -> Vec<(&'static str, World, f64)> {
    vec![
        ("two classes", WORLD, 0.01),
        (
            "skewed",
            World {
                units: 2_000,
                first: 0.9,
                ..WORLD
            },
            0.01,
        ),
        (
            "three answers",
            World {
                units: 3_000,
                answers: 3,
                ..WORLD
            },
            0.01,
        ),
        (
            "constant",
            World {
                classes: 4,
                constant: 0.3,
                ..WORLD
            },
            0.01,
        ),
        (
            "twenty classes",
            World {
                classes: 20,
                workers: 200,
                skill: (0.4, 0.9),
                first: 0.05,
                ..WORLD
            },
            0.02,
        ),
        (
            "five answers a worker",
            World {
                units: 400,
                workers: 400,
                classes: 3,
                ..WORLD
            },
            0.02,
        ),
    ]
}

#[test]
fn made_up_crowds_lose_little_to_the_better_peer_and_gain_where_answers_are_thin() {
    for (name, world, margin) in worlds() {
        let (mut means, mut sure) = ([0.0; 3], 0.0);
        for seed in 0..3 {
            let (answers, truth, _) = draw(&world, seed);
            let all = [
                run(&answers).consensus,
                majority(&answers),
                peer(&answers, Variant::Crowdkit),
            ];
            let confidence = |unit| f64::from(all[0].probability_ppm(unit)) / 1e6;
            sure += (0..world.units).map(confidence).sum::<f64>();
            for (mean, consensus) in means.iter_mut().zip(&all) {
                *mean += reliability(consensus, &truth).0 / 3.0;
            }
        }
        let [ours, vote, crowdkit] = means;
        let sure: f64 = sure / f64::from(3 * world.units);
        println!("{name}: {ours:.4} at {sure:.4}, votes {vote:.4}, Dawid-Skene {crowdkit:.4}");
        assert!(ours > vote.max(crowdkit) - margin, "{name}: {means:?}");
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let world = World {
        units: 9_000,
        workers: 3_000,
        classes: 3,
        ..WORLD
    };
    let (answers, mut known, _) = draw(&world, 5);
    for (unit, label) in known.iter_mut().enumerate() {
        *label = label.filter(|_| unit % 10 == 0);
    }
    let run = |threads| {
        let threads = Threads::new(threads);
        infer(&answers, &known, Options { threads }).expect("valid")
    };
    let one = run(1);
    for threads in [2, 8] {
        assert_eq!(run(threads), one, "{threads} threads");
    }
}
