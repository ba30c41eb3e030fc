//! The watcher's whole flow on a chain of anvil, which this step starts and ends.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Outcome;
use super::contracts::foundry;
use super::package::output;
use crate::cargo;
use crate::tree::Tree;

/// The devnet's number and its tests' first second: the test sends their transactions again.
const ANVIL: &[&str] = &[
    "--port",
    "0",
    "--chain-id",
    "412348",
    "--timestamp",
    "1800000000",
    "--hardfork",
    "osaka",
    "--base-fee",
    "0",
    "--gas-price",
    "0",
    "--gas-limit",
    "60000000",
];

/// Mirrors a hostile operator's chain to anvil and has a wrong root stopped there.
pub fn anvil(tree: &Tree) -> Result<Outcome> {
    let (_, anvil) = match foundry(tree, "anvil")? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let mut chain = Command::new(anvil)
        .args(ANVIL)
        .stdout(Stdio::piped())
        // npm's anvil is a script that starts the program: both end together.
        .process_group(0)
        .spawn()
        .context("cannot start anvil")?;
    let outcome = match address(&mut chain) {
        Ok(Some(address)) => stopped(&address),
        Ok(None) => Ok(Outcome::Failed("anvil ended before it listened".to_owned())),
        Err(error) => Err(error),
    };
    let group = format!("-{}", chain.id());
    let mut kill = Command::new("kill");
    let ended = kill.args(["-KILL", "--", &group]).status();
    ensure!(ended.is_ok_and(|it| it.success()), "cannot end anvil");
    chain.wait()?;
    outcome
}

/// Where it listens, as it says itself.
fn address(chain: &mut Child) -> Result<Option<String>> {
    let said = chain.stdout.take().context("anvil has no output")?;
    let mut lines = BufReader::new(said).lines();
    let address = lines.by_ref().find_map(|line| {
        let line = line.ok()?;
        let address = line.strip_prefix("Listening on ")?;
        Some(address.trim().to_owned())
    });
    // It goes on to print, and would end if nobody read.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(address)
}

/// The whole workspace with a filter: another selection would mean other features.
fn stopped(address: &str) -> Result<Outcome> {
    let mut test = cargo::command();
    test.args([
        "test",
        "--workspace",
        "--release",
        "--locked",
        "--test",
        "it",
    ]);
    test.args(["--", "a_wrong_root_is_stopped_on_anvil", "--nocapture"]);
    let (good, said) = output(test.env("HEADWATER_ANVIL", address))?;
    // A test of another name would be none, and none is no failure.
    Ok(if good && said.contains(" 1 passed") {
        Outcome::Passed("a wrong root was stopped on anvil".to_owned())
    } else {
        Outcome::Failed(said)
    })
}
