//! Pages that tell the truth: the list of dependencies, links between pages, files that must be.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Violation;
use crate::tree::{File, Tree};

const LIST: &str = "docs/dependencies.md";
const REQUIRED: &[&str] = &["README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md", LIST];

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let missing = REQUIRED.iter().filter(|path| !tree.paths.contains(**path));
    let mut broken: Vec<_> = missing
        .map(|path| Violation::new("pages", path, 1, "is missing: every checkout has it"))
        .collect();
    broken.extend(dependencies(tree)?);
    let pages = tree.files.iter().filter(|file| file.path.ends_with(".md"));
    broken.extend(pages.flat_map(|page| dead_links(tree, page)));
    Ok(broken)
}

fn dependencies(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    let rust = workspace_dependencies(tree.text("Cargo.toml").unwrap_or_default());
    for (name, line) in &rust {
        if !tree.files.iter().any(|file| names_in_manifest(file, name)) {
            let advice = format!("no crate uses `{name}`: delete the line");
            broken.push(Violation::new("dependencies", "Cargo.toml", *line, advice));
        }
    }
    let mut named: BTreeSet<String> = rust.into_iter().map(|(name, _)| name).collect();
    for file in tree
        .files
        .iter()
        .filter(|file| file.path.ends_with("package.json"))
    {
        let package: Value = serde_json::from_str(&file.text)
            .with_context(|| format!("`{}` is not JSON", file.path))?;
        for kind in ["dependencies", "devDependencies"] {
            let names = package[kind]
                .as_object()
                .into_iter()
                .flat_map(|it| it.keys());
            named.extend(names.cloned());
        }
    }
    let listed: Vec<(String, usize)> = rows(tree.text(LIST).unwrap_or_default());
    for name in &named {
        let count = listed.iter().filter(|(row, _)| row == name).count();
        if count != 1 {
            let advice = format!("{count} lines say why `{name}` is here, one must");
            broken.push(Violation::new("dependencies", LIST, 1, advice));
        }
    }
    for (name, line) in listed.iter().filter(|(name, _)| !named.contains(name)) {
        let advice = format!("`{name}` is no dependency: delete the line");
        broken.push(Violation::new("dependencies", LIST, *line, advice));
    }
    Ok(broken)
}

/// Names and lines of `[workspace.dependencies]` that are not crates of this house.
fn workspace_dependencies(manifest: &str) -> Vec<(String, usize)> {
    let lines = manifest.lines().enumerate();
    let section = lines
        .skip_while(|(_, line)| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|(_, line)| !line.starts_with('['));
    let outside = section.filter(|(_, line)| !line.contains("path ="));
    outside
        .filter_map(|(index, line)| Some((line.split_once('=')?.0.trim().to_owned(), index + 1)))
        .filter(|(name, _)| !name.starts_with('#'))
        .collect()
}

fn names_in_manifest(file: &File, name: &str) -> bool {
    let names = |line: &str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    file.path.ends_with("/Cargo.toml") && file.text.lines().any(names)
}

/// The first cell, in backticks, of each table row, with its line.
fn rows(page: &str) -> Vec<(String, usize)> {
    let cell = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    let lines = page.lines().enumerate();
    lines
        .filter_map(|(index, line)| Some((cell(line)?, index + 1)))
        .collect()
}

fn dead_links(tree: &Tree, page: &File) -> Vec<Violation> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut broken = Vec::new();
    let mut in_code = false;
    for (index, line) in page.text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        let ends = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'));
        for (target, _) in ends {
            let local = target.split(['#', ' ']).next().unwrap_or_default();
            if local.is_empty() || local.contains(':') {
                continue; // an anchor in this page, or another host's address
            }
            if !resolved(folder, local).is_some_and(|path| stands(tree, &path)) {
                let advice = format!("the link to `{target}` points to nothing");
                broken.push(Violation::new("links", &page.path, index + 1, advice));
            }
        }
    }
    broken
}

/// `target` as a path from the root, unless it leaves the repository.
fn resolved(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn stands(tree: &Tree, path: &str) -> bool {
    let folder = format!("{path}/");
    path.is_empty()
        || tree
            .paths
            .iter()
            .any(|it| it == path || it.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{assert_holds, places};

    const MANIFEST: (&str, &str) = (
        "Cargo.toml",
        "[workspace.dependencies]\nproof = { path = \"p\" }\nserde = \"1\"\n\n[lints]\na = true\n",
    );
    const USER: (&str, &str) = (
        "crates/a/Cargo.toml",
        "[dependencies]\nserde.workspace = true\n",
    );
    const PAGE: (&str, &str) = (LIST, "| name | why |\n|---|---|\n| `serde` | 1 | MIT |\n");

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let mut all = places(check, files);
        all.retain(|place| !place.ends_with(": pages"));
        all
    }

    #[test]
    fn pages_tell_the_truth() {
        assert_holds(check);
    }

    #[test]
    fn every_dependency_has_one_line() {
        assert_eq!(found(&[MANIFEST, USER, PAGE]), [""; 0]);
        let one = ["docs/dependencies.md:1: dependencies"];
        assert_eq!(found(&[MANIFEST, USER]), one);
        let twice = format!("{}| `serde` | again |\n", PAGE.1);
        assert_eq!(found(&[MANIFEST, USER, (LIST, &twice)]), one);
        let package = ("c/package.json", "{\"devDependencies\": {\"solc\": \"1\"}}");
        assert_eq!(found(&[MANIFEST, USER, PAGE, package]), one);
    }

    #[test]
    fn a_line_or_a_dependency_without_use_is_found() {
        let gone = format!("{}| `rand` | gone |\n", PAGE.1);
        let place = ["docs/dependencies.md:4: dependencies"];
        assert_eq!(found(&[MANIFEST, USER, (LIST, &gone)]), place);
        assert_eq!(found(&[MANIFEST, PAGE]), ["Cargo.toml:3: dependencies"]);
    }

    #[test]
    fn dead_links_are_found() {
        let dead = |text: &str| found(&[("docs/a.md", text), ("b/c.md", "")]);
        let live = "[c](../b/c.md#x) [b](../b) [d](#d) [e](https://e.invalid/f)";
        assert_eq!(dead(live), [""; 0]);
        assert_eq!(dead("\n[c](b/c.md)"), ["docs/a.md:2: links"]);
        assert_eq!(dead("[c](../../b/c.md)"), ["docs/a.md:1: links"]);
        assert_eq!(
            dead("```\n[c](nowhere)\n```\n[c](nowhere)"),
            ["docs/a.md:4: links"]
        );
    }

    #[test]
    fn a_missing_page_is_found() {
        let all = places(check, &[("README.md", "")]);
        assert!(all.contains(&"CHANGELOG.md:1: pages".to_owned()), "{all:?}");
        assert!(!all.contains(&"README.md:1: pages".to_owned()), "{all:?}");
    }
}
