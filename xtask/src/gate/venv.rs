//! Virtual environments of Python below the target directory, with packages at fixed versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::emulators::Found;
use super::{Outcome, said_by};

/// What pip says when it is cut off.
const CUT_OFF: &[&str] = &[
    "NewConnectionError",
    "ConnectTimeoutError",
    "Temporary failure in name resolution",
    "Connection refused",
];

/// The Python of an environment that has these packages; made where it is missing.
pub fn python_with(folder: &Path, packages: &[&str]) -> Result<Found<PathBuf>> {
    let python = folder.join("bin/python");
    let (done, list) = (folder.join("installed"), packages.join("\n"));
    if fs::read_to_string(&done).is_ok_and(|installed| installed == list) {
        return Ok(Found::Ready(python));
    }
    let absent = |why: &str| Found::Absent(Outcome::Skipped(why.to_owned()));
    if said_by("python3", &["-m", "pip", "--version"]).is_none() {
        return Ok(absent("`python3` with pip is not installed"));
    }
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(folder)
        .output()?;
    if !made.status.success() {
        return Ok(absent("this `python3` cannot make a virtual environment"));
    }
    let install = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet"])
        .args(packages)
        .output()?;
    let said = String::from_utf8_lossy(&install.stderr);
    if !install.status.success() && CUT_OFF.iter().any(|words| said.contains(words)) {
        return Ok(absent("pip cannot reach its registry"));
    }
    ensure!(install.status.success(), "pip cannot install them: {said}");
    fs::write(done, list)?;
    Ok(Found::Ready(python))
}
