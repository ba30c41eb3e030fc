//! `cargo xtask bench`: says what machine this is, then runs the table of measured numbers.

use anyhow::{Result, ensure};

use crate::cargo;
use crate::gate::said_by;
use crate::tree;

/// Where the table stands, relative to the root.
const TABLE: &str = "crates/headwater/benches/table/main.rs";

/// Prints the header that makes the numbers worth something and passes the arguments on.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let root = tree::root()?;
    ensure!(
        root.join(TABLE).is_file(),
        "there is no bench yet: `{TABLE}` is missing"
    );
    println!("machine  {}", machine());
    println!("commit   {}", commit());
    println!(
        "rustc    {}",
        said_by("rustc", &["--version"]).unwrap_or("unknown".into())
    );
    println!();
    let status = cargo::command()
        .args(["bench", "--package", "headwater", "--bench", "table", "--"])
        .args(arguments)
        .current_dir(root)
        .status()?;
    Ok(status.success())
}

fn machine() -> String {
    let described = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches(['\t', ':', ' '])
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{model}, {cores} cores, {} {}",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// The commit, marked if the work tree differs from it.
fn commit() -> String {
    let arguments = [
        "-c",
        "safe.directory=*",
        "describe",
        "--always",
        "--dirty",
        "--exclude=*",
    ];
    said_by("git", &arguments).unwrap_or("unknown".into())
}
