//! `cargo xtask test`: every step in order, what each said, and one line that sums it up.

mod browser;
mod callers;
mod cluster;
mod contracts;
mod emulators;
mod formats;
mod fuzz;
mod interop;
mod npm;
mod outside;
mod package;
mod scrutiny;
mod servers;
mod suite;
mod venv;
mod watcher;

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::cargo;
use crate::rules;
use crate::tree::Tree;

/// The compiler that the formatting and the lints of this tree are held with. It is checked here
/// and not pinned in a toolchain file, which would make a machine that has it under another name
/// fetch it again.
const COMPILER: &str = "1.95.0";

/// How much of the gate to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent<'a> {
    /// House rules and tests, for the minutes between two commits.
    Fast,
    /// All that must hold before a change is done.
    Whole,
    /// The bucket suites against every server that can be started here, a replicated one among
    /// them.
    Cluster,
    /// The kills and the farmers of the tests many times over, which takes hours.
    Soak,
    /// Those steps of the whole whose name has this in it.
    Named(&'a str),
}

/// How a step ended; the text says what a reader wants to know about it.
enum Outcome {
    Passed(String),
    Failed(String),
    Skipped(String),
}

type Step = fn(&Tree) -> Result<Outcome>;

const FAST: &[(&str, Step)] = &[("house rules", house_rules), ("tests", suite::tests)];

const WHOLE: &[(&str, Step)] = &[
    ("compiler", compiler),
    ("format: cargo fmt --all --check", format),
    ("house rules", house_rules),
    ("lints: cargo clippy", lints),
    ("tests", suite::tests),
    ("golden replay in a debug build", suite::debug_replay),
    ("doc tests", suite::doc_tests),
    ("licences: cargo deny", outside::deny),
    ("contracts: node compile.cjs --check", contracts::compile),
    ("contracts: forge test", contracts::forge),
    ("contracts: coverage", scrutiny::coverage),
    ("contracts: slither", scrutiny::slither),
    ("contracts: proofs by halmos", scrutiny::halmos),
    (
        "contracts: the same address on two chains",
        contracts::deploy,
    ),
    ("contracts: a pool with a Governor", contracts::pool),
    (
        "a node on another's chain, which is anvil's",
        contracts::elsewhere,
    ),
    ("a node on two chains of anvil", contracts::two_chains),
    ("the watcher on a chain of anvil", watcher::anvil),
    ("python, which the interop tests start", outside::python),
    ("go, which the interop tests start", interop::go),
    ("pure crates for wasm32", outside::wasm),
    ("the Python package", package::test),
    ("memory of a million rows", formats::memory),
    ("files that other programs open", formats::test),
    ("every route by Schemathesis", fuzz::schemathesis),
    ("scripts of the pages: node --test", browser::bytes),
    ("pages in a browser", browser::journeys),
    ("the chain of a node for ethers and viem", browser::clients),
    ("OpenAI's clients call models", callers::openai),
    ("x402's clients pay for calls", callers::x402),
    ("a bucket of moto", emulators::moto),
    ("a bucket of Azurite", emulators::azurite),
];

const CLUSTER: &[(&str, Step)] = &[
    ("a bucket of moto", cluster::moto),
    ("a bucket of Azurite", cluster::azurite),
    ("a bucket of a Ceph cluster", cluster::ceph),
    ("a bucket of Garage, which must be refused", cluster::garage),
];

const SOAK: &[(&str, Step)] = &[
    ("kills of a serving node", suite::kills),
    ("farmers among real people", suite::economics),
];

/// Runs the steps, also past a failed one, and says whether all that ran passed.
pub fn run(extent: Extent<'_>) -> Result<bool> {
    let start = Instant::now();
    let tree = Tree::read()?;
    let steps = match extent {
        Extent::Fast => FAST,
        Extent::Whole | Extent::Named(_) => WHOLE,
        Extent::Cluster => CLUSTER,
        Extent::Soak => SOAK,
    };
    let wanted = |(name, _): &&(&str, Step)| match extent {
        Extent::Named(part) => name.contains(part),
        _ => true,
    };
    let steps: Vec<_> = steps.iter().filter(wanted).collect();
    ensure!(!steps.is_empty(), "no step of the gate has such a name");
    let mut outcomes = Vec::new();
    for (index, (name, step)) in steps.iter().enumerate() {
        println!("\n[{}/{}] {name}", index + 1, steps.len());
        let step_start = Instant::now();
        let outcome = step(&tree).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let (word, text) = match &outcome {
            Outcome::Passed(text) => ("passed", text),
            Outcome::Failed(text) => ("FAILED", text),
            Outcome::Skipped(text) => ("skipped", text),
        };
        println!(
            "      {word} in {:.1} s: {text}",
            step_start.elapsed().as_secs_f64()
        );
        outcomes.push((*name, outcome));
    }
    println!();
    sum_up(&outcomes);
    println!("total time {:.1} s", start.elapsed().as_secs_f64());
    Ok(!outcomes
        .iter()
        .any(|(_, outcome)| matches!(outcome, Outcome::Failed(_))))
}

fn sum_up(outcomes: &[(&str, Outcome)]) {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Passed(text) if *name == "tests" => {
                passed += 1;
                println!("tests: {text}");
            }
            Outcome::Passed(_) => passed += 1,
            Outcome::Failed(why) => {
                failed += 1;
                println!("FAILED  {name}: {why}");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("skipped {name}: {why}");
            }
        }
    }
    println!("{passed} steps passed, {failed} failed, {skipped} skipped");
}

fn compiler(_: &Tree) -> Result<Outcome> {
    let version = said_by("rustc", &["--version"]).context("there is no `rustc`")?;
    Ok(if version.split_whitespace().nth(1) == Some(COMPILER) {
        Outcome::Passed(version)
    } else {
        let why = format!("this is {version}; formatting and lints are held with {COMPILER}");
        Outcome::Skipped(why)
    })
}

/// The workspace, and the Python package, which stands outside of it.
fn format(tree: &Tree) -> Result<Outcome> {
    let mut fmt = cargo::command();
    fmt.args(["fmt", "--all", "--check"]);
    let workspace = ended(&mut fmt, "every file is formatted", "run `cargo fmt --all`")?;
    if !matches!(workspace, Outcome::Passed(_)) {
        return Ok(workspace);
    }
    let mut fmt = cargo::command();
    fmt.args(["fmt", "--check"]);
    fmt.current_dir(tree.root.join("sdk/python"));
    let hint = "run `cargo fmt` in `sdk/python`";
    ended(&mut fmt, "every file is formatted", hint)
}

fn house_rules(tree: &Tree) -> Result<Outcome> {
    let broken = rules::check(tree)?;
    for violation in &broken {
        println!("{violation}");
    }
    Ok(match broken.len() {
        0 => Outcome::Passed(format!("{} files keep them", tree.paths.len())),
        count => Outcome::Failed(format!("{count} violations, listed above")),
    })
}

/// The release profile only: a second profile would compile every dependency twice.
fn lints(_: &Tree) -> Result<Outcome> {
    let mut clippy = cargo::command();
    clippy.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--release",
        "--locked",
    ]);
    clippy.args(["--", "--deny", "warnings"]);
    ended(&mut clippy, "no warning", "warnings above")
}

/// Runs a command whose output goes straight to the terminal.
fn ended(command: &mut Command, passed: &str, failed: &str) -> Result<Outcome> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot start `{program}`"))?;
    Ok(if status.success() {
        Outcome::Passed(passed.to_owned())
    } else {
        Outcome::Failed(format!("{failed} ({status})"))
    })
}

/// The first line a tool prints, or nothing if it is not there or fails.
pub fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}
