//! The simulator itself: it repeats itself, finds planted bugs, and finds none that is not there.
use sim::{Backend, Settings};

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [1, 2] {
        let run = || sim::run(seed, 600, Settings::default());
        let (first, again) = (run().unwrap(), run().unwrap());
        assert_eq!(first, again);
        assert_ne!(
            first.fingerprint,
            sim::run(seed + 9, 600, Settings::default())
                .unwrap()
                .fingerprint
        );
    }
}

#[test]
fn logs_on_a_disk_keep_their_promises() {
    for seed in 0..5 {
        let settings = Settings {
            backend: Backend::Disk,
            ..Settings::default()
        };
        let begun = std::time::Instant::now();
        match sim::run(seed, 2_000, settings) {
            Ok(outcome) => println!("{seed}: {:?} {:?}", begun.elapsed(), outcome),
            Err(failure) => panic!("{failure}"),
        }
    }
}
