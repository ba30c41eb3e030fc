//! `cargo xtask bench`: runs the table of measured numbers, which says itself on what machine.

use anyhow::{Result, ensure};

use crate::cargo;
use crate::tree;

/// Where the table stands, relative to the root.
const TABLE: &str = "crates/headwater/benches/table/main.rs";

/// Passes the arguments on: names of the measures that are wanted, none for all.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let root = tree::root()?;
    ensure!(
        root.join(TABLE).is_file(),
        "there is no bench: `{TABLE}` is missing"
    );
    let status = cargo::command()
        .args(["bench", "--package", "headwater", "--bench", "table", "--"])
        .args(arguments)
        .current_dir(root)
        .status()?;
    Ok(status.success())
}
