//! The contracts outside Rust: compiled anew against the artefacts, and tested with forge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::emulators::Found;
use super::outside::{program, target_directory};
use super::{Outcome, ended, said_by};
use crate::tree::Tree;

/// What npm says when it is cut off, as against being refused a package.
pub(super) const CUT_OFF: &[&str] = &[
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
];

/// Compiles the contracts anew and compares with the artefacts in the tree.
pub fn compile(tree: &Tree) -> Result<Outcome> {
    let folder = match installed(tree)? {
        Ok(folder) => folder,
        Err(outcome) => return Ok(outcome),
    };
    let mut compile = Command::new("node");
    compile.args(["compile.cjs", "--check"]);
    compile.current_dir(&folder);
    ended(
        &mut compile,
        "artefacts are what the sources compile to",
        "see above",
    )
}

/// Runs every forge test, the shared vectors and the gas bounds among them, with the compiler of
/// the lock file.
pub fn forge(tree: &Tree) -> Result<Outcome> {
    let folder = match installed(tree)? {
        Ok(folder) => folder,
        Err(outcome) => return Ok(outcome),
    };
    let forge = folder.join("node_modules/.bin/forge");
    if said_by(&forge.to_string_lossy(), &["--version"]).is_none() {
        let why = "`@foundry-rs/forge` has no binary for this machine";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let mut test = Command::new(forge);
    test.args(["test", "--summary"]).current_dir(&folder);
    ended(&mut test, "every contract test passed", "see above")
}

/// Deploys to two chains of anvil and compares the addresses.
pub fn deploy(tree: &Tree) -> Result<Outcome> {
    let folder = match installed(tree)? {
        Ok(folder) => folder,
        Err(outcome) => return Ok(outcome),
    };
    let anvil = folder.join("node_modules/.bin/anvil");
    if said_by(&anvil.to_string_lossy(), &["--version"]).is_none() {
        let why = "`@foundry-rs/anvil` has no binary for this machine";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let mut test = Command::new("node");
    test.arg("deploy.test.cjs").current_dir(&folder);
    ended(&mut test, "one address on two chains", "see above")
}

/// A node of this gate on a chain of anvil: deposits, epochs, a kill, reorganisations.
pub fn elsewhere(tree: &Tree) -> Result<Outcome> {
    let folder = match installed(tree)? {
        Ok(folder) => folder,
        Err(outcome) => return Ok(outcome),
    };
    let anvil = folder.join("node_modules/.bin/anvil");
    if said_by(&anvil.to_string_lossy(), &["--version"]).is_none() {
        let why = "`@foundry-rs/anvil` has no binary for this machine";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let program = match program(tree)? {
        Found::Ready(program) => program,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let mut test = Command::new("node");
    test.arg("chain.test.cjs").arg(program).current_dir(&folder);
    ended(
        &mut test,
        "deposits, a killed post, claims and reorganisations",
        "see above",
    )
}

/// The contracts in a copy under the target folder with the packages of the lock file, so that
/// nothing is installed into the checkout; or why there is none.
pub(super) fn installed(tree: &Tree) -> Result<Result<PathBuf, Outcome>> {
    for tool in ["node", "npm"] {
        if said_by(tool, &["--version"]).is_none() {
            return Ok(Err(Outcome::Skipped(format!("`{tool}` is not installed"))));
        }
    }
    let copy = copied(tree)?.join("contracts");
    let install = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&copy)
        .output()?;
    if install.status.success() {
        return Ok(Ok(copy));
    }
    let said = String::from_utf8_lossy(&install.stderr).into_owned();
    if CUT_OFF.iter().any(|code| said.contains(code)) {
        let why = "npm cannot reach its registry".to_owned();
        return Ok(Err(Outcome::Skipped(why)));
    }
    eprintln!("{said}");
    let why = "`npm ci --ignore-scripts` failed, see above".to_owned();
    Ok(Err(Outcome::Failed(why)))
}

/// Copies the contracts and the vectors that their tests read into a fresh folder of the target
/// directory and returns it.
fn copied(tree: &Tree) -> Result<PathBuf> {
    let copy = target_directory(&tree.root)?.join("outside");
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("cannot clear `{}`", copy.display()))?;
    }
    let wanted = |path: &&String| path.starts_with("contracts/") || in_vectors(path);
    for path in tree.paths.iter().filter(wanted) {
        let to = copy.join(path);
        let parent = to.parent().context("a copied file has a parent")?;
        fs::create_dir_all(parent)?;
        fs::copy(tree.root.join(path), &to).with_context(|| format!("cannot copy `{path}`"))?;
    }
    Ok(copy)
}

fn in_vectors(path: &str) -> bool {
    Path::new(path).parent() == Some(Path::new("vectors"))
}
