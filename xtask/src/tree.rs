//! The files of the repository that git knows or would add, read once and handed to every rule.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::rust::Rust;

/// One text file, with its syntax tree if it is Rust that parses.
pub struct File {
    /// Relative to the root, with forward slashes.
    pub path: String,
    pub text: String,
    pub rust: Option<Rust>,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        let rust = path
            .ends_with(".rs")
            .then(|| Rust::parse(text).ok())
            .flatten();
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            rust,
        }
    }

    /// The crate whose sources or tests this file belongs to: `ledger` for `crates/ledger/..`.
    pub fn crate_name(&self) -> Option<&str> {
        let mut parts = self.path.split('/');
        match parts.next()? {
            "crates" => parts.next(),
            "xtask" => Some("xtask"),
            _ => None,
        }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The repository as the rules see it.
pub struct Tree {
    pub root: PathBuf,
    /// Every file, binary ones too; relative to the root.
    pub paths: BTreeSet<String>,
    /// The files that are UTF-8 text, in path order.
    pub files: Vec<File>,
    /// Rust files that hold tests only: `tests.rs`, `tests/`, `benches/`, `#[cfg(test)] mod x;`.
    test_files: BTreeSet<String>,
}

impl Tree {
    /// Reads the work tree that contains this crate.
    pub fn read() -> Result<Self> {
        let root = root()?;
        let mut files = Vec::new();
        let mut paths = BTreeSet::new();
        for path in listed(&root)? {
            let full = root.join(&path);
            if !full.is_file() {
                continue; // removed from the work tree, not yet from the index
            }
            let bytes = std::fs::read(&full).with_context(|| format!("cannot read `{path}`"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File::new(&path, &text));
            }
            paths.insert(path);
        }
        Ok(Self::of(root, paths, files))
    }

    /// A tree in memory, for the tests of the rules.
    #[cfg(test)]
    pub fn sample(files: &[(&str, &str)]) -> Self {
        let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let files = files
            .iter()
            .map(|(path, text)| File::new(path, text))
            .collect();
        Self::of(PathBuf::new(), paths, files)
    }

    fn of(root: PathBuf, paths: BTreeSet<String>, files: Vec<File>) -> Self {
        let test_files = files.iter().flat_map(test_modules).collect();
        Self {
            root,
            paths,
            files,
            test_files,
        }
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    pub fn rust(&self) -> impl Iterator<Item = (&File, &Rust)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    /// Whether a whole file is test code.
    pub fn is_test(&self, file: &File) -> bool {
        let path = &file.path;
        path.ends_with("/tests.rs")
            || ["/tests/", "/benches/"]
                .iter()
                .any(|part| path.contains(part))
            || self.test_files.contains(path)
    }
}

/// The root of the work tree, from the folder cargo says this crate is in: read at run time,
/// because a shared target folder may hold a binary that another checkout built.
pub fn root() -> Result<PathBuf> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`")?;
    let root = Path::new(&own)
        .parent()
        .context("`xtask` has no parent folder")?;
    Ok(root.to_owned())
}

/// Tracked files and new ones that are not ignored. A checkout owned by another user is read too:
/// nothing in it is executed by git here.
fn listed(root: &Path) -> Result<BTreeSet<String>> {
    let listing = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot start `git`, which lists the files the rules look at")?;
    let said = String::from_utf8_lossy(&listing.stderr);
    ensure!(
        listing.status.success(),
        "`git ls-files` failed: {}",
        said.trim()
    );
    let paths = String::from_utf8(listing.stdout).context("a file name is not UTF-8")?;
    Ok(paths
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect())
}

/// The files that `#[cfg(test)] mod name;` lines of `file` point to.
fn test_modules(file: &File) -> Vec<String> {
    let Some(rust) = &file.rust else {
        return Vec::new();
    };
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let folder = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => format!("{folder}/{}", name.trim_end_matches(".rs")),
    };
    let names = rust.test_modules().into_iter();
    names
        .flat_map(|name| {
            [
                format!("{folder}/{name}.rs"),
                format!("{folder}/{name}/mod.rs"),
            ]
        })
        .collect()
}
