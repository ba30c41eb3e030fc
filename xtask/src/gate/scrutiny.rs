//! What other people's tools say of the contracts: coverage by forge, slither, proofs by halmos.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::contracts::foundry;
use super::emulators::Found;
use super::{Outcome, ended, servers, venv};
use crate::tree::Tree;

/// Least part of lines and of branches that the tests of contracts must reach.
const LEAST_PERCENT: u64 = 95;

const SLITHER: &[&str] = &["slither-analyzer==0.11.6"];
const HALMOS: &[&str] = &["halmos==0.3.3"];

/// Which lines and branches of the contracts the forge tests reach, random histories aside: these
/// would take long without the optimizer, and reach nothing more.
pub fn coverage(tree: &Tree) -> Result<Outcome> {
    let (folder, forge) = match foundry(tree, "forge")? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let mut test = Command::new(forge);
    test.args(["coverage", "--no-match-contract", "InvariantsTest"]);
    test.args(["--report", "lcov"]).current_dir(&folder);
    if let failed @ Outcome::Failed(_) = ended(&mut test, "", "see above")? {
        return Ok(failed);
    }
    let report = folder.join("lcov.info");
    let report = fs::read_to_string(&report)
        .with_context(|| format!("forge has written no `{}`", report.display()))?;
    let [lines, branches] = [("LH:", "LF:"), ("BRH:", "BRF:")].map(|of| reached(&report, of));
    let said = format!(
        "{} of lines, {} of branches",
        lines.words(),
        branches.words()
    );
    let enough = lines.is_enough() && branches.is_enough();
    Ok(match enough {
        true => Outcome::Passed(said),
        false => Outcome::Failed(format!("{said}; at least {LEAST_PERCENT} % of each")),
    })
}

/// Static analysis: nothing is found but what `contracts/AUDIT.md` answers.
pub fn slither(tree: &Tree) -> Result<Outcome> {
    let (folder, path) = match tools(tree, "slither", SLITHER)? {
        Found::Ready(found) => found,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let mut check = Command::new("node");
    check.args(["slither.cjs", "--check"]).env("PATH", path);
    let check = check.current_dir(&folder);
    ended(check, "every finding is answered in AUDIT.md", "see above")
}

/// Bounds of claims, refunds and slashes, proven for every amount.
pub fn halmos(tree: &Tree) -> Result<Outcome> {
    let (folder, path) = match tools(tree, "halmos", HALMOS)? {
        Found::Ready(found) => found,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let mut prove = Command::new("halmos");
    prove.args(["--no-status", "--solver-timeout-assertion", "5m"]);
    prove.env("FOUNDRY_PROFILE", "proofs").env("PATH", path);
    let prove = prove.current_dir(&folder);
    ended(
        prove,
        "claims, refunds and slashes keep their bounds",
        "see above",
    )
}

/// The contracts with their packages, and a search path on which a tool in Python stands first and
/// forge second.
fn tools(tree: &Tree, name: &str, packages: &[&str]) -> Result<Found<(PathBuf, OsString)>> {
    let python = match venv::python_with(&servers::folder(tree)?.join(name), packages)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(Found::Absent(outcome)),
    };
    let (folder, forge) = match foundry(tree, "forge")? {
        Ok(found) => found,
        Err(outcome) => return Ok(Found::Absent(outcome)),
    };
    let own = [&python, &forge].map(|program| program.parent().map(Path::to_path_buf));
    let rest = env::var_os("PATH").unwrap_or_default();
    let rest = env::split_paths(&rest).collect::<Vec<_>>();
    let path = env::join_paths(own.into_iter().flatten().chain(rest))?;
    Ok(Found::Ready((folder, path)))
}

/// How many of a report's lines, or of its branches, tests have reached.
#[derive(Debug, PartialEq, Eq)]
struct Reached {
    hit: u64,
    all: u64,
}

impl Reached {
    fn is_enough(&self) -> bool {
        self.all > 0 && self.hit * 100 >= self.all * LEAST_PERCENT
    }

    fn words(&self) -> String {
        let hundredths = self.hit * 10_000 / self.all.max(1);
        format!("{}.{:02} %", hundredths / 100, hundredths % 100)
    }
}

/// The sums of two fields of an lcov report over the contracts themselves.
fn reached(report: &str, (hit, all): (&str, &str)) -> Reached {
    let mut sums = Reached { hit: 0, all: 0 };
    let mut counts = false;
    for line in report.lines() {
        if let Some(file) = line.strip_prefix("SF:") {
            counts = file.starts_with("src/");
        }
        let number = |field| {
            line.strip_prefix(field)
                .and_then(|it: &str| it.parse().ok())
        };
        if counts {
            sums.hit += number(hit).unwrap_or(0);
            sums.all += number(all).unwrap_or(0);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::{Reached, reached};

    const REPORT: &str = "TN:\n\
        SF:src/Pots.sol\nDA:1,0\nLF:20\nLH:19\nBRF:10\nBRH:9\nend_of_record\n\
        SF:test/World.sol\nLF:100\nLH:1\nBRF:7\nBRH:0\nend_of_record\n\
        SF:src/pool/PoolGovernor.sol\nLF:20\nLH:19\nBRF:0\nBRH:0\nend_of_record\n";

    #[test]
    fn contracts_count_and_tests_do_not() {
        let lines = reached(REPORT, ("LH:", "LF:"));
        assert_eq!(lines, Reached { hit: 38, all: 40 });
        assert!(lines.is_enough());
        assert_eq!(lines.words(), "95.00 %");
        let branches = reached(REPORT, ("BRH:", "BRF:"));
        assert_eq!(branches, Reached { hit: 9, all: 10 });
        assert!(!branches.is_enough());
        assert!(!reached("", ("LH:", "LF:")).is_enough());
    }
}
