//! Other people's programs open what crate `exchange` writes.

use std::process::Command;

use anyhow::{Context, Result, ensure};

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

/// What ten times the rows may add to the peak: buffers that are still growing.
const GROWTH_KB: u64 = 2_048;

/// Reads a hundred thousand rows and a million of each format, each in a process of its own, and
/// compares their peaks of memory.
pub fn memory(tree: &Tree) -> Result<Outcome> {
    let folder = servers::folder(tree)?.join("formats-rows");
    std::fs::create_dir_all(&folder)?;
    let mut said = Vec::new();
    for format in ["jsonl", "csv", "parquet"] {
        let path = folder.join(format!("rows.{format}"));
        let path = path.to_string_lossy();
        let mut peaks = [0; 2];
        for (peak, rows) in peaks.iter_mut().zip(["100000", "1000000"]) {
            streamed(&["make", format, rows, &path])?;
            match streamed(&["take", "unnamed", &path])? {
                Some(kb) => *peak = kb,
                None => return Ok(Outcome::Skipped("this system tells no peak".to_owned())),
            }
            std::fs::remove_file(&*path)?;
        }
        let [few, many] = peaks;
        if many > few + GROWTH_KB {
            let why = format!("{format}: {few} kB for 100,000 rows, {many} kB for 1,000,000");
            return Ok(Outcome::Failed(why));
        }
        said.push(format!("{format} {many} kB"));
    }
    Ok(Outcome::Passed(format!(
        "peaks at a million rows: {}",
        said.join(", ")
    )))
}

/// Runs the example `stream` and gives the peak of memory that it names, in kB.
fn streamed(words: &[&str]) -> Result<Option<u64>> {
    let mut stream = cargo::command();
    stream.args(["run", "--quiet", "--release", "--locked", "--package"]);
    stream.args(["exchange", "--example", "stream", "--"]);
    let (good, said) = output(stream.args(words))?;
    ensure!(good, "`stream {}` failed: {said}", words.join(" "));
    let line = said.lines().last().context("`stream` says nothing")?;
    let before = line.strip_suffix(" kB at its peak");
    Ok(before.and_then(|line| line.rsplit(' ').next()?.parse().ok()))
}
