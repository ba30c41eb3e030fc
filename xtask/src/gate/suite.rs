//! The Rust tests, by nextest where it is installed, and the doc tests if there are any.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{Outcome, ended, said_by};
use crate::cargo;
use crate::tree::{File, Tree};

/// Passes only if at least one test ran.
pub fn tests(_: &Tree) -> Result<Outcome> {
    if said_by("cargo", &["nextest", "--version"]).is_some() {
        nextest()
    } else {
        plain()
    }
}

fn nextest() -> Result<Outcome> {
    let mut run = cargo::command();
    run.args([
        "nextest",
        "run",
        "--workspace",
        "--release",
        "--locked",
        "--no-fail-fast",
    ]);
    run.args([
        "--status-level",
        "slow",
        "--final-status-level",
        "fail",
        "--no-tests",
        "fail",
    ]);
    let mut run = run
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start nextest")?;
    let stderr = run.stderr.take().context("nextest has no output")?;
    let mut closing = String::from("nextest did not come to a summary");
    echo(stderr, |line| {
        if line.trim_start().starts_with("Summary") {
            closing = line.trim().to_owned();
        }
    });
    let status = run.wait()?;
    Ok(if status.success() {
        Outcome::Passed(closing)
    } else {
        Outcome::Failed(closing)
    })
}

/// What cargo itself offers: one summary per test binary, added up here.
fn plain() -> Result<Outcome> {
    let mut run = cargo::command();
    run.args([
        "test",
        "--workspace",
        "--release",
        "--locked",
        "--no-fail-fast",
    ]);
    run.args(["--lib", "--bins", "--tests"]);
    let mut run = run
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start `cargo test`")?;
    let stdout = run.stdout.take().context("`cargo test` has no output")?;
    let mut counts = Counts::default();
    echo(stdout, |line| counts.add(line));
    let closing = format!("{} tests passed, {} failed", counts.passed, counts.failed);
    let status = run.wait()?;
    Ok(if status.success() && counts.passed > 0 {
        Outcome::Passed(closing)
    } else {
        Outcome::Failed(closing)
    })
}

#[derive(Default, Debug, PartialEq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; ..`; skips others.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = result.split_whitespace().collect();
        for pair in words.windows(2) {
            let count = pair[0].parse().unwrap_or(0);
            match pair[1] {
                "passed;" => self.passed += count,
                "failed;" => self.failed += count,
                _ => {}
            }
        }
    }
}

/// Prints each line as it comes and shows it to `look`.
fn echo(output: impl Read, mut look: impl FnMut(&str)) {
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        look(&line);
    }
}

/// The one test that is also run without optimisation: arithmetic must not depend on the build.
/// Only `ledger` and what it stands on is compiled a second time.
pub fn debug_replay(_: &Tree) -> Result<Outcome> {
    let mut run = cargo::command();
    run.args(["test", "--quiet", "--locked", "--package", "ledger"]);
    run.args(["--config", "profile.dev.debug=false", "--test", "it"]);
    run.args([
        "--",
        "--exact",
        "golden::a_committed_log_gives_the_same_roots",
    ]);
    ended(
        &mut run,
        "the committed log gives the same roots",
        "roots differ or the log is refused, see above",
    )
}

/// The test that kills a serving node, with fifty times as many kills as among the tests.
pub fn kills(_: &Tree) -> Result<Outcome> {
    let mut run = cargo::command();
    run.args(["test", "--release", "--locked", "--package", "headwater"]);
    run.args(["--test", "it", "--", "--nocapture", "kill::"]);
    run.env("HEADWATER_KILLS", "10000");
    let passed = "every acknowledged entry is there";
    ended(&mut run, passed, "an entry is lost, see above")
}

/// What half a crowd of farmers earns among real people, a thousand campaigns a line.
pub fn economics(_: &Tree) -> Result<Outcome> {
    let mut run = cargo::command();
    run.args(["run", "--release", "--locked", "--package", "quality"]);
    run.args(["--example", "economics_real", "--", "1000"]);
    let passed = "content-free work never gains";
    ended(&mut run, passed, "content-free work gains, see above")
}

/// One run over the crates that have code in their docs; a crate without any costs nothing.
pub fn doc_tests(tree: &Tree) -> Result<Outcome> {
    let owners = tree.files.iter().filter(|file| has_doc_test(file));
    let owners: BTreeSet<&str> = owners.filter_map(File::crate_name).collect();
    if owners.is_empty() {
        return Ok(Outcome::Passed("no doc holds code to test".to_owned()));
    }
    let mut run = cargo::command();
    run.args(["test", "--doc", "--release", "--locked", "--quiet"]);
    for owner in &owners {
        run.args(["--package", owner]);
    }
    let owners: Vec<&str> = owners.into_iter().collect();
    ended(
        &mut run,
        &format!("in {}", owners.join(", ")),
        "doc tests failed, see above",
    )
}

/// Whether a library's doc comment opens a code block that rustdoc would run.
fn has_doc_test(file: &File) -> bool {
    let mut inside = false;
    let mut found = false;
    for line in file.text.lines().map(str::trim_start) {
        let doc = line
            .strip_prefix("//!")
            .or_else(|| line.strip_prefix("///"));
        let Some(language) = doc.and_then(|doc| doc.trim_start().strip_prefix("```")) else {
            continue;
        };
        found |= !inside && matches!(language.trim(), "" | "rust" | "no_run" | "should_panic");
        inside = !inside;
    }
    found && file.is_rust() && file.path.contains("/src/") && file.crate_name() != Some("xtask")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_test_binaries_add_up() {
        let mut counts = Counts::default();
        counts.add("running 3 tests");
        counts.add("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        counts.add("test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured");
        assert_eq!(
            counts,
            Counts {
                passed: 7,
                failed: 1
            }
        );
    }

    #[test]
    fn only_code_that_rustdoc_runs_is_a_doc_test() {
        let has = |text: &str| has_doc_test(&File::new("crates/proof/src/a.rs", text));
        assert!(has("//! A.\n/// ```\n/// let a = 1;\n/// ```\n"));
        assert!(has("//! A.\n    /// ```rust\n"));
        assert!(!has("//! A.\n/// ```text\n/// a\n/// ```\n"));
        assert!(!has("//! A.\n// ```\n"));
    }
}
