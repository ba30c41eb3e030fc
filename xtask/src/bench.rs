//! `cargo xtask bench`: runs a table of measured numbers, which says itself on what machine.

use anyhow::{Result, ensure};

use crate::cargo;
use crate::tree;

/// The tables: package and bench target.
const TABLES: [(&str, &str); 4] = [
    ("headwater", "table"),
    ("quality", "quality"),
    ("headwater", "work"),
    ("headwater", "gateway"),
];

/// Runs the node's table, that of the quality engine beside its peers when the first argument is
/// `quality`, that of work over HTTP beside Label Studio when it is `work`, or that of the gateway
/// beside other gateways when it is `gateway`; passes the other arguments on.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let root = tree::root()?;
    let (table, rest) = match arguments {
        ["quality", rest @ ..] => (TABLES[1], rest),
        ["work", rest @ ..] => (TABLES[2], rest),
        ["gateway", rest @ ..] => (TABLES[3], rest),
        rest => (TABLES[0], rest),
    };
    let (package, bench) = table;
    let source = format!("crates/{package}/benches/{bench}/main.rs");
    ensure!(
        root.join(&source).is_file(),
        "there is no bench: `{source}` is missing"
    );
    let status = cargo::command()
        .args(["bench", "--workspace", "--bench", bench, "--"])
        .args(rest)
        .current_dir(root)
        .status()?;
    Ok(status.success())
}
