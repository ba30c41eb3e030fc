//! What the interop tests start besides Python; they pass over it where it is missing.

use std::path::Path;

use anyhow::Result;

use super::{Outcome, said_by};
use crate::tree::Tree;

/// Where Debian puts the package `golang-golang-x-mod-dev`.
const SUMDB: &str = "/usr/share/gocode/src/golang.org/x/mod/sumdb";

/// Go and its packages for the checksum database, which check our notes, proofs and tiles.
pub fn go(_: &Tree) -> Result<Outcome> {
    let Some(version) = said_by("go", &["version"]) else {
        let why = "`go` is not installed (Debian: `golang-go`); the log was checked without it";
        return Ok(Outcome::Skipped(why.to_owned()));
    };
    if !Path::new(SUMDB).is_dir() {
        let why = "Debian's `golang-golang-x-mod-dev` is not installed";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    Ok(Outcome::Passed(format!("{version}; the tests have run it")))
}
