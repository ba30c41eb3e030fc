//! The simulator itself: it repeats itself, finds planted bugs, and finds none that is not there.
use sim::planted::Bug;
use sim::{Backend, Settings};

/// What each run of the ordinary tests gets.
const STEPS: u64 = 2_500;
/// What a planted bug has to be found in.
const BUG_STEPS: u64 = 10_000;

#[test]
fn the_same_seed_is_the_same_run() {
    let run = |seed| sim::run(seed, 600, Settings::default());
    let first = run(1).unwrap();
    assert_eq!(first, run(1).unwrap());
    assert_ne!(first.fingerprint, run(2).unwrap().fingerprint);
}

#[test]
fn logs_on_a_disk_keep_their_promises() {
    keep(Backend::Disk);
}

#[test]
fn logs_in_a_bucket_keep_their_promises() {
    keep(Backend::Bucket);
}

/// `HEADWATER_SIM_SEEDS` asks for more seeds than the usual budget.
fn keep(backend: Backend) {
    let settings = Settings {
        backend,
        ..Settings::default()
    };
    let seeds = std::env::var("HEADWATER_SIM_SEEDS").map_or(8, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        match sim::run(seed, STEPS, settings) {
            Ok(outcome) => println!("seed {seed}: {:?}", outcome.counts),
            Err(failure) => panic!("{failure}"),
        }
    }
}

#[test]
fn planted_bugs_are_found() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let settings = Settings {
            bug: Some(bug),
            ..Settings::default()
        };
        match sim::run(7, BUG_STEPS, settings) {
            Ok(_) => missed.push(bug),
            Err(found) => {
                println!(
                    "{:<20} step {:>5}  {}",
                    format!("{bug:?}"),
                    found.step,
                    found.violation
                );
            }
        }
    }
    assert!(
        missed.is_empty(),
        "not found in {BUG_STEPS} steps: {missed:?}"
    );
}
