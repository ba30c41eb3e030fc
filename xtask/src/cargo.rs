//! The cargo that started this program, asked for what it knows or told to do something.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A call of cargo, without arguments yet. It does not hear what cargo told this program about
/// this package: build scripts that look for that (`ring`'s does) would run again, and all that is
/// built on them too, at each change between `cargo xtask test` and a plain `cargo test`.
pub fn command() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// What cargo prints when it is called at `root`; an error repeats what it complained about.
pub fn said(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = command().args(arguments).current_dir(root).output();
    let output = output.context("cannot start `cargo`")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let call = arguments.first().copied().unwrap_or_default();
    ensure!(
        output.status.success(),
        "`cargo {call}` failed: {}",
        complaint.trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("`cargo {call}` printed no UTF-8"))
}

/// The workspace's own packages with their declared dependencies, read without the network.
pub fn metadata(root: &Path) -> Result<Value> {
    let arguments = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ];
    Ok(serde_json::from_str(&said(root, &arguments)?)?)
}
