//! Checks that need more than Rust; each says plainly why it is skipped where its tool is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::emulators::Found;
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

pub(super) fn target_directory(root: &Path) -> Result<PathBuf> {
    let metadata = cargo::metadata(root)?;
    let folder = metadata["target_directory"].as_str();
    Ok(PathBuf::from(
        folder.context("cargo names no target directory")?,
    ))
}

/// The program as this gate has built it, for those who start it themselves.
pub(super) fn program(tree: &Tree) -> Result<Found<PathBuf>> {
    let mut build = cargo::command();
    build.args(["build", "--quiet", "--release", "--locked"]);
    // The whole workspace, as the tests have built it: another selection would mean other features.
    build.args(["--workspace", "--bin", "headwater"]);
    if let failed @ Outcome::Failed(_) = ended(&mut build, "built", "the build failed")? {
        return Ok(Found::Absent(failed));
    }
    let program = target_directory(&tree.root)?.join("release/headwater");
    Ok(Found::Ready(program))
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

/// Needs the standard library of another target, which rustup fetches where there is one; Debian
/// ships it for its own older compiler only. Without it the purity rule still holds that the bare
/// crates declare `no_std` and never name `std`.
pub fn wasm(_: &Tree) -> Result<Outcome> {
    if !has_wasm() {
        // Without a network it would try again and again.
        let add = ["120", "rustup", "target", "add", WASM];
        Command::new("timeout").args(add).output().ok();
    }
    if !has_wasm() {
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

fn has_wasm() -> bool {
    let folder = said_by("rustc", &["--print", "target-libdir", "--target", WASM]);
    folder.is_some_and(|folder| Path::new(&folder).exists())
}
