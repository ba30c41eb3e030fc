//! npm for the steps of the gate: whether it is there, and the packages of a lock file.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Outcome, said_by};

/// What npm says when it is cut off, as against being refused a package.
const CUT_OFF: &[&str] = &[
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
];

/// Why a step is skipped where `node` or `npm` is not installed.
pub fn absent() -> Option<Outcome> {
    let tool = ["node", "npm"]
        .into_iter()
        .find(|tool| said_by(tool, &["--version"]).is_none())?;
    Some(Outcome::Skipped(format!("`{tool}` is not installed")))
}

/// Whether npm has ended because it was cut off from its registry, by what it said.
pub fn is_cut_off(said: &str) -> bool {
    CUT_OFF.iter().any(|code| said.contains(code))
}

/// Installs what a folder's lock file names; the outcome of the step where that cannot be done.
pub fn install(folder: &Path) -> Result<Option<Outcome>> {
    let install = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()?;
    if install.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&install.stderr);
    if is_cut_off(&said) {
        let why = "npm cannot reach its registry".to_owned();
        return Ok(Some(Outcome::Skipped(why)));
    }
    eprintln!("{said}");
    let why = "`npm ci --ignore-scripts` failed, see above".to_owned();
    Ok(Some(Outcome::Failed(why)))
}
