//! A node to work on: a new one, or the one that is there.

use crate::cli;
use anyhow::{Context as _, Result, bail};
use node::{Keyring, Node};
use std::path::{Path, PathBuf};
use store::{Place, Store};

/// Log time at which seeded worlds begin: 2026-01-05 09:00 UTC, a Monday. Not the wall clock, so
/// that a seed gives the same log on every day.
pub const START_MS: u64 = 1_767_603_600_000;

/// Refuses a directory that a node lives in already.
pub fn refuse_existing(dir: &Path, what: &str) -> Result<()> {
    if Node::exists(dir) {
        bail!(
            "`{}` holds a node already, {what} would mix with it\n\
             hint: choose another directory with --data, or remove this one",
            dir.display()
        );
    }
    if dir.exists() && !dir.is_dir() {
        bail!(
            "`{}` is not a directory\nhint: choose an empty or new directory with --data",
            dir.display()
        );
    }
    if dir.is_dir() {
        Store::check_vacant(&Place::directory(dir))?;
    }
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    // Keys without a log are what a crash leaves while a node is being made; the same seed
    // completes it.
    if occupied && !dir.join("keys").is_dir() {
        bail!(
            "`{}` is not empty and holds no node\n\
             hint: choose an empty or new directory with --data",
            dir.display()
        );
    }
    Ok(())
}

/// Refuses a directory in which no node lives, or one of a newer format than this program knows.
pub fn require_existing(dir: &Path) -> Result<()> {
    if !Node::exists(dir) {
        bail!(
            "there is no node in `{}`\n\
             hint: name a directory that `run`, `demo` or `replay` has made, with --data",
            dir.display()
        );
    }
    Ok(Place::directory(dir).check_format()?)
}

/// The directory that was named, or else the one of the two usual ones that holds a node. A guess
/// between both would tell of a log that nobody has asked about.
pub fn existing(named: Option<&Path>) -> Result<PathBuf> {
    let usual = [cli::NODE, cli::DEMO].map(Path::new);
    let dir = match (named, usual.map(Node::exists)) {
        (Some(dir), _) => dir,
        (None, [true, false]) => usual[0],
        (None, [false, true]) => usual[1],
        (None, [true, true]) => bail!(
            "both `{}` and `{}` hold a node\nhint: name one of them with --data DIR",
            cli::NODE,
            cli::DEMO
        ),
        (None, [false, false]) => bail!(
            "there is no node in `{}` or `{}`\n\
             hint: name a directory that `run`, `demo` or `replay` has made, with --data DIR",
            cli::NODE,
            cli::DEMO
        ),
    };
    require_existing(dir)?;
    Ok(dir.to_owned())
}

/// Refuses a directory of a newer format than this program knows. A copy of the public files has
/// none and is taken.
pub fn refuse_newer(dir: &Path) -> Result<()> {
    if !Node::exists(dir) {
        return Ok(());
    }
    Ok(Place::directory(dir).check_format()?)
}

/// Makes a new node whose keys follow from `seed`.
pub fn create(dir: &Path, seed: &str) -> Result<Node> {
    let keys = Keyring::from_seed(seed.as_bytes());
    Node::create(dir, keys, START_MS)
        .with_context(|| format!("cannot make a node in `{}`", dir.display()))
}

/// Opens the node in `dir` and finishes what a crash has left half done, or makes one; tells on
/// standard error what was repaired.
pub fn open_or_create(dir: &Path, seed: &str) -> Result<Node> {
    if !Node::exists(dir) {
        refuse_existing(dir, "the replay")?;
        return create(dir, seed);
    }
    let mut opened =
        Node::open(dir).with_context(|| format!("cannot open the node in `{}`", dir.display()))?;
    let resumed = opened
        .node
        .resume()
        .with_context(|| format!("cannot finish what was begun in `{}`", dir.display()))?;
    for notice in opened.notices.iter().chain(&resumed) {
        eprintln!("note: {notice}");
    }
    Ok(opened.node)
}
