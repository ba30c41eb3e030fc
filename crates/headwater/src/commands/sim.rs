//! `headwater sim`: replays a run of the fault simulator, and prints what led to a broken promise.

use crate::cli::{Failure, Sim, SimBackend};
use anyhow::Result;
use sim::{Backend, Settings};
use std::time::Instant;

/// Runs the seed; a broken promise is printed with the steps before it and is a failed check.
pub fn run(args: &Sim) -> Result<()> {
    let backend = match args.backend {
        SimBackend::Either => Backend::Either,
        SimBackend::Disk => Backend::Disk,
        SimBackend::Bucket => Backend::Bucket,
    };
    let settings = Settings {
        backend,
        ..Settings::default()
    };
    let begun = Instant::now();
    match sim::run(args.seed, args.steps, settings) {
        Ok(outcome) => {
            let seconds = begun.elapsed().as_secs_f64();
            println!(
                "seed {}: {} steps in {} lives of a log, no promise broken ({seconds:.1} s)",
                args.seed, outcome.steps, outcome.lives
            );
            for (deed, count) in &outcome.counts {
                println!("{count:>9}  {deed}");
            }
            println!("what entries did, and how often a rule said no:");
            for (what, count) in &outcome.seen {
                println!("{count:>9}  {what}");
            }
            println!("fingerprint {}", hex::encode(outcome.fingerprint));
            Ok(())
        }
        Err(failure) => {
            for line in &failure.trace {
                println!("{line}");
            }
            let (seed, step) = (failure.seed, failure.step);
            let what = format!("seed {seed}, step {step}: {}", failure.violation);
            Err(Failure::Check(what).into())
        }
    }
}
