//! Every crate that is compiled, ours or not, may be used under a permissive licence.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::Violation;
use crate::cargo;
use crate::tree::Tree;

/// SPDX names; `deny.toml` holds the same list.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BlueOak-1.0.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Reads `cargo tree`, which lists what is compiled for this machine with the features in use;
/// the lock file also names crates that no feature turns on.
pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let arguments = [
        "tree",
        "--workspace",
        "--locked",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}|{l}",
    ];
    let crates = cargo::said(&tree.root, &arguments)?;
    let crates: BTreeSet<&str> = crates.lines().filter(|line| !line.is_empty()).collect();
    ensure!(!crates.is_empty(), "`cargo tree` lists no crate");
    Ok(crates.into_iter().filter_map(broken).collect())
}

fn broken(line: &str) -> Option<Violation> {
    let (name, licence) = line.split_once('|').unwrap_or((line, ""));
    let advice = match licence {
        "" => format!("`{name}` states no licence: do without it"),
        _ if is_permissive(licence) => return None,
        _ => format!("`{name}` is under `{licence}`, which is not on the list: do without it"),
    };
    Some(Violation::new("licences", "Cargo.lock", 1, advice))
}

/// An SPDX expression holds if one side of each OR and both sides of each AND are permissive.
fn is_permissive(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let verdict = any(&mut words);
    verdict && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words) -> bool {
    let mut verdict = all(words);
    while words.next_if_eq(&"OR").is_some() {
        verdict |= all(words);
    }
    verdict
}

fn all(words: &mut Words) -> bool {
    let mut verdict = one(words);
    while words.next_if_eq(&"AND").is_some() {
        verdict &= one(words);
    }
    verdict
}

fn one(words: &mut Words) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let verdict = any(words);
        return words.next() == Some(")") && verdict;
    }
    let verdict = words.next().is_some_and(|name| PERMISSIVE.contains(&name));
    if words.next_if_eq(&"WITH").is_some() {
        words.next(); // an exception gives more freedom, never less
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::assert_holds;

    #[test]
    fn every_crate_is_permissive() {
        assert_holds(check);
    }

    #[test]
    fn expressions_are_read_as_spdx_says() {
        for free in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR GPL-3.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(is_permissive(free), "{free}");
        }
        for bound in [
            "",
            "MPL-2.0",
            "MIT AND GPL-3.0-only",
            "MIT AND (GPL-3.0-only OR MPL-2.0)",
            "(MIT",
        ] {
            assert!(!is_permissive(bound), "{bound}");
        }
    }

    #[test]
    fn a_crate_without_a_free_licence_is_found() {
        assert!(broken("serde v1.0.0|MIT OR Apache-2.0").is_none());
        assert!(broken("closed v1.0.0|").is_some_and(|it| it.advice.contains("no licence")));
        assert!(broken("copyleft v1.0.0|AGPL-3.0").is_some_and(|it| it.rule == "licences"));
    }

    #[test]
    fn the_outside_tool_holds_the_same_list() {
        let tree = Tree::read().expect("the tree can be read");
        let deny = tree.text("deny.toml").expect("it stands at the root");
        let listed: BTreeSet<&str> = deny
            .lines()
            .skip_while(|line| *line != "allow = [")
            .skip(1)
            .take_while(|line| *line != "]")
            .map(|line| line.trim().trim_matches(['"', ',']))
            .collect();
        assert_eq!(listed, PERMISSIVE.iter().copied().collect());
    }
}
