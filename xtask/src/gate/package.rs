//! The Python package: built as a wheel, installed beside its peers, tested.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::emulators::Found;
use super::outside::program;
use super::{Outcome, servers, venv};
use crate::tree::Tree;

/// What builds and tests it, and what it is compared with.
const PACKAGES: &[&str] = &[
    "maturin==1.16.0",
    "pytest==9.2.0",
    "crowd-kit==1.4.2",
    "pandas==2.2.3",
    "scikit-learn==1.5.2",
    "numpy==1.26.4",
    "polars==2.1.0",
    "pyarrow==17.0.0",
];

/// Builds, installs and tests the package; its doc examples too.
pub fn test(tree: &Tree) -> Result<Outcome> {
    let folder = servers::folder(tree)?.join("python-package");
    let python = match venv::python_with(&folder, PACKAGES)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let source = tree.root.join("sdk/python");
    let wheels = folder.join("wheels");
    let mut build = Command::new(folder.join("bin/maturin"));
    build.args(["build", "--release", "--locked", "--interpreter"]);
    build.arg(&python).arg("--out").arg(&wheels);
    build.env("CARGO_TARGET_DIR", folder.join("target"));
    if let Some(failed) = failed(build.current_dir(&source), "maturin build")? {
        return Ok(failed);
    }
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--force-reinstall",
        "--no-deps",
    ]);
    install.args(["--no-index", "--find-links"]);
    install.arg(&wheels).arg("headwater");
    if let Some(failed) = failed(&mut install, "pip install")? {
        return Ok(failed);
    }
    let mut test = Command::new(&python);
    test.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]);
    // Journeys against a real node.
    match program(tree)? {
        Found::Ready(program) => test.env("HEADWATER_PROGRAM", program),
        Found::Absent(outcome) => return Ok(outcome),
    };
    let tested = output(test.current_dir(&source))?;
    let closing = tested
        .1
        .lines()
        .last()
        .unwrap_or("pytest said nothing")
        .to_owned();
    if !tested.0 {
        return Ok(Outcome::Failed(tested.1));
    }
    Ok(Outcome::Passed(closing))
}

/// The outcome of a command that did not succeed.
pub(super) fn failed(command: &mut Command, name: &str) -> Result<Option<Outcome>> {
    let (good, said) = output(command)?;
    Ok((!good).then(|| Outcome::Failed(format!("{name}: {said}"))))
}

/// Whether it succeeded, and all that it said.
pub(super) fn output(command: &mut Command) -> Result<(bool, String)> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot start `{program}`"))?;
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((output.status.success(), said.concat().trim_end().to_owned()))
}
