//! The pages in a real browser: two journeys, five kinds of tasks, by keyboard and on a phone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::emulators::Found;
use super::outside::{program, target_directory};
use super::{Outcome, ended, npm, said_by};
use crate::tree::Tree;

/// Where Linux distributions put it; another place is named in `CHROMIUM`.
const BROWSERS: &[&str] = &[
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
];

/// What people do in the pages, one after the other.
const SCRIPTS: &[&str] = &["journeys.mjs", "passkeys.mjs", "face.mjs", "trust.mjs"];

/// How each of the tests starts a node, and one that serves models.
const SHARED: &[&str] = &["start.mjs", "market.mjs"];

/// The scripts of the pages against the golden vectors; that needs nothing but node.
pub fn bytes(tree: &Tree) -> Result<Outcome> {
    let Some(version) = said_by("node", &["--version"]) else {
        return Ok(Outcome::Skipped("`node` is not installed".to_owned()));
    };
    let mut test = Command::new("node");
    test.args(["--test", "tests/browser/bytes.mjs"]);
    test.arg("tests/browser/verify.mjs");
    let passed = format!("encoding, commitments, tasks, proofs; node {version}");
    ended(test.current_dir(&tree.root), &passed, "see above")
}

/// People and a browser against a node that this gate has built.
pub fn journeys(tree: &Tree) -> Result<Outcome> {
    if let Some(outcome) = npm::absent() {
        return Ok(outcome);
    }
    let named = std::env::var_os("CHROMIUM").is_some();
    if !named && !BROWSERS.iter().any(|path| Path::new(path).exists()) {
        let why = "there is no Chromium; name one in CHROMIUM";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let program = match program(tree)? {
        Found::Ready(program) => program,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let copy = match installed(tree, "browser")? {
        Ok(copy) => copy,
        Err(outcome) => return Ok(outcome),
    };
    let shots = copy.join("shots");
    fs::create_dir_all(&shots)?;
    let passed = format!("pictures in `{}`", shots.display());
    for script in SCRIPTS {
        let mut test = Command::new("node");
        test.arg(script).current_dir(&copy);
        test.env("HEADWATER", &program).env("SHOTS", &shots);
        let outcome = ended(&mut test, &passed, &format!("see above; {passed}"))?;
        if let failed @ Outcome::Failed(_) = outcome {
            return Ok(failed);
        }
    }
    Ok(Outcome::Passed(passed))
}

/// Wallets' libraries against the chain of a node that this gate has built.
pub fn clients(tree: &Tree) -> Result<Outcome> {
    if let Some(outcome) = npm::absent() {
        return Ok(outcome);
    }
    let program = match program(tree)? {
        Found::Ready(program) => program,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let copy = match installed(tree, "rpc")? {
        Ok(copy) => copy,
        Err(outcome) => return Ok(outcome),
    };
    let mut test = Command::new("node");
    test.arg("clients.mjs").current_dir(&copy);
    test.env("HEADWATER", program);
    ended(&mut test, "ethers and viem", "see above")
}

/// A copy of a folder of tests with its packages, or why there is none.
pub(super) fn installed(tree: &Tree, folder: &str) -> Result<Result<PathBuf, Outcome>> {
    let copy = copied(tree, folder)?;
    Ok(match npm::install(&copy)? {
        Some(outcome) => Err(outcome),
        None => Ok(copy),
    })
}

/// Copies the tests into a fresh folder of the target directory and returns it, so that nothing is
/// installed into the checkout. What all of them share stands beside it, as it does there.
fn copied(tree: &Tree, folder: &str) -> Result<PathBuf> {
    let prefix = format!("tests/{folder}/");
    let tests = target_directory(&tree.root)?.join("tests");
    let copy = tests.join(folder);
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("cannot clear `{}`", copy.display()))?;
    }
    fs::create_dir_all(&copy)?;
    for name in SHARED {
        let shared = fs::copy(tree.root.join("tests").join(name), tests.join(name));
        shared.with_context(|| format!("cannot copy `tests/{name}`"))?;
    }
    for path in &tree.paths {
        if let Some(name) = path.strip_prefix(&prefix) {
            fs::copy(tree.root.join(path), copy.join(name))
                .with_context(|| format!("cannot copy `{path}`"))?;
        }
    }
    Ok(copy)
}
