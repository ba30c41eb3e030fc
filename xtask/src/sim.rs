//! `cargo xtask sim`: new seeds of the fault simulator, until the time is over or one fails.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::tree;

/// Steps that each seed gets.
const STEPS: u64 = 10_000;

/// Builds the program once, then runs seed after seed; says whether none has failed.
pub fn run(words: &[&str]) -> Result<bool> {
    let (mut minutes, mut seed) = (30, None);
    let mut words = words.chunks_exact(2);
    for word in words.by_ref() {
        match word {
            ["--minutes", number] => minutes = number.parse().context("`--minutes`")?,
            ["--from", number] => seed = Some(number.parse().context("`--from`")?),
            _ => bail!("`{}` is not an option of `sim`", word[0]),
        }
    }
    if let [word, ..] = words.remainder() {
        bail!("`{word}` is not an option of `sim`, or its number is missing");
    }
    let program = build()?;
    // Seeds that no run of yesterday had.
    let today = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() << 16;
    let first: u64 = seed.unwrap_or(today);
    let (begun, time) = (Instant::now(), Duration::from_secs(60 * minutes));
    let mut seed = first;
    while begun.elapsed() < time {
        let (number, steps) = (seed.to_string(), STEPS.to_string());
        let arguments = ["sim", "--seed", &number, "--steps", &steps];
        let output = Command::new(&program).args(arguments).output()?;
        if !output.status.success() {
            print!("{}", String::from_utf8_lossy(&output.stdout));
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            println!("replay: headwater {}", arguments.join(" "));
            return Ok(false);
        }
        seed += 1;
    }
    let seeds = seed - first;
    println!("{seeds} seeds from {first} on, {STEPS} steps each, no promise broken");
    Ok(true)
}

/// Path of the release build.
fn build() -> Result<PathBuf> {
    let build = [
        "build",
        "--release",
        "-p",
        "headwater",
        "--message-format=json",
    ];
    let messages = cargo::said(&tree::root()?, &build)?;
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let built = messages.filter(|it| it["target"]["name"] == "headwater");
    let mut programs = built.filter_map(|it| it["executable"].as_str().map(PathBuf::from));
    programs.next_back().context("cargo built no `headwater`")
}
