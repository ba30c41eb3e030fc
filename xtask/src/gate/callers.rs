//! Other people's clients against a gateway: OpenAI's and x402's, of npm and of PyPI.

use std::process::Command;

use anyhow::Result;

use super::browser::installed;
use super::emulators::Found;
use super::outside::program;
use super::{Outcome, ended, npm, servers, venv};
use crate::tree::Tree;

/// OpenAI's clients as they are call models by a key.
pub fn openai(tree: &Tree) -> Result<Outcome> {
    run(tree, ("openai", "calls.mjs"), &["openai==3.57.0"])
}

/// x402's clients as they are pay call by call.
pub fn x402(tree: &Tree) -> Result<Outcome> {
    run(tree, ("x402", "pay.mjs"), &["x402[evm,httpx]==2.25.0"])
}

/// A script of a folder of tests, which starts the Python beside it.
fn run(tree: &Tree, (folder, script): (&str, &str), packages: &[&str]) -> Result<Outcome> {
    if let Some(outcome) = npm::absent() {
        return Ok(outcome);
    }
    let place = servers::folder(tree)?.join(format!("{folder}-python"));
    let python = match venv::python_with(&place, packages)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let program = match program(tree)? {
        Found::Ready(program) => program,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let copy = match installed(tree, folder)? {
        Ok(copy) => copy,
        Err(outcome) => return Ok(outcome),
    };
    let mut test = Command::new("node");
    test.arg(script).current_dir(&copy);
    test.env("HEADWATER", program).env("PYTHON", python);
    ended(&mut test, "npm's client and PyPI's", "see above")
}
