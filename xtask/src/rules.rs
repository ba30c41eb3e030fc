//! The house rules, each a plain function from the tree to what breaks it; all run as tests too.

pub mod borders;
pub mod codemap;
pub mod docs;
pub mod layers;
pub mod licences;
pub mod names;
pub mod pages;
pub mod purity;
pub mod size;

use std::fmt;

use anyhow::Result;

use crate::tree::Tree;

/// A place that breaks a rule, and what to do about it.
#[derive(Debug)]
pub struct Violation {
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    /// What is wrong and what to do, in lower case, without a final period.
    pub advice: String,
}

impl Violation {
    fn new(rule: &'static str, path: &str, line: usize, advice: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.path, self.line, self.rule, self.advice
        )
    }
}

/// A rule over the whole tree; an error means that it could not be checked.
pub type Check = fn(&Tree) -> Result<Vec<Violation>>;

/// Every rule of the house.
pub const ALL: &[Check] = &[
    layers::check,
    purity::check,
    size::check,
    docs::check,
    codemap::check,
    names::check,
    pages::check,
    borders::check,
    licences::check,
];

/// What breaks any rule, in the order of [`ALL`].
pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    for rule in ALL {
        broken.extend(rule(tree)?);
    }
    Ok(broken)
}

/// For the test of each rule: it holds in the tree that this crate stands in.
#[cfg(test)]
fn assert_holds(rule: Check) {
    let tree = Tree::read().expect("the tree can be read");
    let broken = rule(&tree).expect("the rule can be checked");
    let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(
        lines.is_empty(),
        "the house rules are broken:\n{}",
        lines.join("\n")
    );
}

/// For the test of each rule: the advice it gives on files in memory, one `path:line: rule` each.
#[cfg(test)]
fn places(rule: Check, files: &[(&str, &str)]) -> Vec<String> {
    let broken = rule(&Tree::sample(files)).expect("the rule can be checked");
    broken
        .iter()
        .map(|it| format!("{}:{}: {}", it.path, it.line, it.rule))
        .collect()
}
