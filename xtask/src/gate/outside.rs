//! Checks that need more than Rust; each says plainly why it is skipped where its tool is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Outcome, ended, said_by};
use crate::cargo;
use crate::tree::Tree;

/// The crates that a browser or another verifier may compile for itself.
const PURE: &[&str] = &[
    "protocol",
    "proof",
    "quality",
    "model",
    "ledger",
    "sequencer",
    "audit",
];

const WASM: &str = "wasm32-unknown-unknown";

/// What npm says when it is cut off, as against being refused a package.
pub(super) const CUT_OFF: &[&str] = &[
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
];

/// Licences, duplicates and sources; advisories need a download and are left to a person.
pub fn deny(_: &Tree) -> Result<Outcome> {
    if said_by("cargo", &["deny", "--version"]).is_none() {
        let why = "cargo-deny is not installed; the house rule on licences has run";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let mut deny = cargo::command();
    deny.args([
        "deny",
        "--workspace",
        "check",
        "licenses",
        "bans",
        "sources",
    ]);
    ended(&mut deny, "as deny.toml says", "see above")
}

/// Compiles the contracts anew and compares with the artefacts in the tree, in a copy under the
/// target folder, so that nothing is installed into the checkout.
pub fn contracts(tree: &Tree) -> Result<Outcome> {
    const SCRIPT: &str = "contracts/compile.cjs";
    if !tree.paths.contains(SCRIPT) {
        return Ok(Outcome::Skipped(format!("there is no `{SCRIPT}`")));
    }
    for tool in ["node", "npm"] {
        if said_by(tool, &["--version"]).is_none() {
            return Ok(Outcome::Skipped(format!("`{tool}` is not installed")));
        }
    }
    let copy = copied(tree, "contracts/")?.join("contracts");
    let install = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&copy)
        .output()?;
    if !install.status.success() {
        let said = String::from_utf8_lossy(&install.stderr).into_owned();
        if CUT_OFF.iter().any(|code| said.contains(code)) {
            return Ok(Outcome::Skipped("npm cannot reach its registry".to_owned()));
        }
        eprintln!("{said}");
        return Ok(Outcome::Failed(
            "`npm ci --ignore-scripts` failed, see above".to_owned(),
        ));
    }
    let mut compile = Command::new("node");
    compile.args(["compile.cjs", "--check"]).current_dir(&copy);
    ended(
        &mut compile,
        "artefacts are what the sources compile to",
        "see above",
    )
}

/// Copies the files under `folder` into a fresh folder of the target directory and returns it.
fn copied(tree: &Tree, folder: &str) -> Result<PathBuf> {
    let copy = target_directory(&tree.root)?.join("outside");
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("cannot clear `{}`", copy.display()))?;
    }
    for path in tree.paths.iter().filter(|path| path.starts_with(folder)) {
        let to = copy.join(path);
        let parent = to.parent().context("a copied file has a parent")?;
        fs::create_dir_all(parent)?;
        fs::copy(tree.root.join(path), &to).with_context(|| format!("cannot copy `{path}`"))?;
    }
    Ok(copy)
}

pub(super) fn target_directory(root: &Path) -> Result<PathBuf> {
    let metadata = cargo::metadata(root)?;
    let folder = metadata["target_directory"].as_str();
    Ok(PathBuf::from(
        folder.context("cargo names no target directory")?,
    ))
}

/// The scripts themselves are started by Rust tests, which hold what they print.
pub fn python(tree: &Tree) -> Result<Outcome> {
    let scripts = tree.paths.iter().filter(|path| path.contains("/interop/"));
    let scripts = scripts.filter(|path| path.ends_with(".py")).count();
    Ok(match said_by("python3", &["--version"]) {
        Some(version) => Outcome::Passed(format!("{version}; {scripts} scripts in the tree")),
        None => Outcome::Skipped(format!(
            "`python3` is not installed; {scripts} scripts need it"
        )),
    })
}

/// Needs the standard library of another target, which rustup has and this gate does not fetch;
/// Debian ships it for its own older compiler only. Without it the purity rule still holds that
/// the bare crates declare `no_std` and never name `std`.
pub fn wasm(_: &Tree) -> Result<Outcome> {
    let folder = said_by("rustc", &["--print", "target-libdir", "--target", WASM]);
    if !folder.is_some_and(|folder| Path::new(&folder).exists()) {
        let why = format!("this toolchain has no `{WASM}` (`rustup target add {WASM}`)");
        return Ok(Outcome::Skipped(why + "; the purity rule has run"));
    }
    let mut build = cargo::command();
    build.args([
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--lib",
        "--target",
        WASM,
    ]);
    for name in PURE {
        build.args(["--package", name]);
    }
    ended(&mut build, "all of them compile", "see above")
}
