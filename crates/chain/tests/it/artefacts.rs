//! The committed artefacts against the sources, where the compiler is installed.

use std::path::Path;
use std::process::Command;

/// Runs a script of `contracts/` in its checking mode; passes, saying so, where `npm ci` was not
/// run there.
fn check(script: &str) {
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    if !contracts.join("node_modules").is_dir() {
        println!("skipped: `contracts/node_modules` is not there; run `npm ci` in `contracts`");
        return;
    }
    let output = Command::new("node")
        .arg(script)
        .arg("--check")
        .current_dir(contracts)
        .output();
    let output = output.expect("node runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_sources_compile_to_the_committed_bytes() {
    check("compile.cjs");
}

#[test]
fn the_reference_library_makes_the_committed_vectors() {
    check("vectors.cjs");
}

#[test]
fn the_reference_libraries_make_the_committed_digests() {
    check("digests.cjs");
}
