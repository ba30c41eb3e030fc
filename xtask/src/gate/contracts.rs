//! The contracts outside Rust: compiled anew against the artefacts, and tested with forge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::emulators::Found;
use super::outside::{program, target_directory};
use super::{Outcome, ended, npm, said_by};
use crate::tree::Tree;

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
    let (folder, forge) = match foundry(tree, "forge")? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let mut test = Command::new(forge);
    test.args(["test", "--summary"]).current_dir(&folder);
    ended(&mut test, "every contract test passed", "see above")
}

/// Deploys to two chains of anvil and compares the addresses.
pub fn deploy(tree: &Tree) -> Result<Outcome> {
    scripted(tree, "deploy.test.cjs", "one address on two chains")
}

/// Gives a pool a Governor on a chain of anvil, and lets its members decide.
pub fn pool(tree: &Tree) -> Result<Outcome> {
    scripted(
        tree,
        "pool.test.cjs",
        "votes of a final epoch have moved the pool's money",
    )
}

/// A test that needs anvil, and nothing of this gate.
fn scripted(tree: &Tree, script: &str, good: &str) -> Result<Outcome> {
    let (folder, _) = match foundry(tree, "anvil")? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let mut test = Command::new("node");
    test.arg(script).current_dir(&folder);
    ended(&mut test, good, "see above")
}

/// A node of this gate on a chain of anvil: deposits, epochs, a kill, reorganisations.
pub fn elsewhere(tree: &Tree) -> Result<Outcome> {
    node(
        tree,
        "chain.test.cjs",
        "deposits, a killed post, claims and reorganisations",
    )
}

/// The same on two chains with equal addresses, of which one goes away and comes back.
pub fn two_chains(tree: &Tree) -> Result<Outcome> {
    node(
        tree,
        "chains.test.cjs",
        "one root on both, each paid from its own deposits, none held up",
    )
}

/// A test that is given the program of this gate.
fn node(tree: &Tree, script: &str, good: &str) -> Result<Outcome> {
    let (folder, _) = match foundry(tree, "anvil")? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let program = match program(tree)? {
        Found::Ready(program) => program,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let mut test = Command::new("node");
    test.arg(script).arg(program).current_dir(&folder);
    ended(&mut test, good, "see above")
}

/// The contracts as [`installed`] leaves them, and a program of foundry's among their packages; or
/// why it is not there.
pub(super) fn foundry(tree: &Tree, name: &str) -> Result<Result<(PathBuf, PathBuf), Outcome>> {
    let folder = match installed(tree)? {
        Ok(folder) => folder,
        Err(outcome) => return Ok(Err(outcome)),
    };
    let program = folder.join("node_modules/.bin").join(name);
    if said_by(&program.to_string_lossy(), &["--version"]).is_none() {
        let why = format!("`@foundry-rs/{name}` has no binary for this machine");
        return Ok(Err(Outcome::Skipped(why)));
    }
    Ok(Ok((folder, program)))
}

/// The contracts in a copy under the target folder with the packages of the lock file, so that
/// nothing is installed into the checkout; or why there is none.
fn installed(tree: &Tree) -> Result<Result<PathBuf, Outcome>> {
    if let Some(outcome) = npm::absent() {
        return Ok(Err(outcome));
    }
    let copy = copied(tree)?.join("contracts");
    Ok(match npm::install(&copy)? {
        Some(outcome) => Err(outcome),
        None => Ok(copy),
    })
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
