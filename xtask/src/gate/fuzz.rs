//! Somebody else's program asks a running node whatever its description allows.

use anyhow::Result;

use super::emulators::Found;
use super::package::output;
use super::{Outcome, servers, venv};
use crate::cargo;
use crate::tree::Tree;

const PACKAGES: &[&str] = &["schemathesis==4.32.5"];

/// Runs Schemathesis against the test server, as a requester and as nobody.
pub fn schemathesis(tree: &Tree) -> Result<Outcome> {
    let folder = servers::folder(tree)?.join("schemathesis");
    let python = match venv::python_with(&folder, PACKAGES)? {
        Found::Ready(python) => python,
        Found::Absent(outcome) => return Ok(outcome),
    };
    let mut test = cargo::command();
    test.args([
        "test",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "web",
    ]);
    test.args(["--test", "it", "--", "--exact", "--nocapture"]);
    test.arg("fuzzed::no_answer_is_other_than_described");
    let (good, said) = output(test.env("HEADWATER_SCHEMATHESIS", python.with_file_name("st")))?;
    // A test of another name would be none, and none is no failure.
    Ok(if good && said.contains("1 passed") {
        Outcome::Passed("no answer is other than described".to_owned())
    } else {
        Outcome::Failed(said)
    })
}
