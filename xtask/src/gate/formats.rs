//! Other people's programs open what crate `exchange` writes.

use std::process::Command;

use anyhow::Result;

use super::emulators::Found;
use super::package::{failed, output};
use super::{Outcome, servers, venv};
use crate::cargo;
use crate::tree::Tree;

/// What opens the files, and what it reads them with. TRL is not among them: it brings a framework
/// of gigabytes, so its records are checked by their columns and types.
const PACKAGES: &[&str] = &[
    "datasets==5.2.0",
    "mlcroissant==1.1.1",
    "label-studio-sdk==2.1.2",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
    "numpy==2.2.6",
];

const SCRIPT: &str = "crates/exchange/tests/interop/check.py";

/// Writes one file of each kind and has them opened.
pub fn test(tree: &Tree) -> Result<Outcome> {
    let folder = servers::folder(tree)?.join("formats");
    let python = match venv::python_with(&folder, PACKAGES)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let sample = folder.join("sample");
    let mut write = cargo::command();
    write.args(["run", "--quiet", "--release", "--locked", "--package"]);
    write.args(["exchange", "--example", "sample", "--"]);
    if let Some(failed) = failed(write.arg(&sample), "the sample")? {
        return Ok(failed);
    }
    let mut check = Command::new(python);
    check.arg(tree.root.join(SCRIPT)).arg(&sample);
    let (good, said) = output(check.env("HF_HOME", folder.join("cache")))?;
    let closing = said.lines().last().unwrap_or_default().to_owned();
    Ok(if good {
        Outcome::Passed(closing)
    } else {
        Outcome::Failed(said)
    })
}
