//! Who may name whom: the crates' dependency graph against the table of layers and owners.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Violation;
use crate::cargo;
use crate::tree::Tree;

/// Each crate and the crates of the house that it may name, bottom first.
pub const LAYERS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("proof", &[]),
    ("quality", &[]),
    ("model", &[]),
    ("ledger", &["protocol", "proof", "quality"]),
    ("sequencer", &["protocol", "proof", "ledger"]),
    ("audit", &["protocol", "proof", "ledger"]),
    ("store", &["protocol", "proof"]),
    ("table", &[]),
    ("exchange", &["protocol", "table"]),
    ("http", &[]),
    ("view", &["protocol"]),
    ("chain", &["protocol", "proof"]),
    ("gateway", &["protocol", "proof", "http", "model"]),
    (
        "node",
        &[
            "protocol",
            "proof",
            "quality",
            "model",
            "ledger",
            "sequencer",
            "store",
            "table",
            "chain",
            "view",
            "gateway",
        ],
    ),
    (
        "web",
        &[
            "protocol",
            "proof",
            "sequencer",
            "store",
            "table",
            "exchange",
            "view",
            "gateway",
            "node",
        ],
    ),
    (
        "sim",
        &["protocol", "proof", "ledger", "sequencer", "store", "audit"],
    ),
    ("watch", &["protocol", "proof", "audit", "chain"]),
    ("headwater", &[ANY]),
    ("xtask", &[]),
];

const ANY: &str = "*";

/// Outside crates that are heavy or touch the outside world, and the crates that own them. A name
/// that ends in `*` stands for a family.
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest", &["http", "store"]),
    ("rustls", &["http", "store"]),
    ("hyper*", &["http"]),
    ("revm*", &["chain"]),
    ("alloy*", &["chain"]),
    ("parquet", &["table"]),
    ("rusqlite", &["view"]),
    ("chacha20poly1305", &["store"]),
    ("object_store", &["store"]),
    ("clap*", &["headwater"]),
    ("indicatif", &["headwater"]),
    ("anyhow", &["headwater", "xtask"]),
    ("k256", &["proof"]),
    ("p256", &["proof"]),
    ("sha2", &["proof", "chain"]),
    ("sha3", &["proof"]),
    ("fearless_simd", &["proof", "quality"]),
    ("ed25519*", &["proof"]),
    ("ml-dsa", &["proof"]),
    ("libm", &["quality", "model"]),
    ("axum*", &["web"]),
    ("maud", &["web"]),
    ("tower*", &["web", "http"]),
    ("tokio*", &["store", "web", "gateway", "http"]),
    ("syn", &["xtask"]),
    ("proc-macro2", &["xtask"]),
];

/// One line of a manifest's `[dependencies]` or `[build-dependencies]`.
struct Edge {
    from: String,
    to: String,
    /// Relative to the root.
    manifest: String,
}

/// Checks the manifests as cargo reads them; dev-dependencies are free.
pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let (crates, edges) = graph(&cargo::metadata(&tree.root)?)?;
    Ok(broken(tree, &crates, &edges))
}

fn graph(metadata: &Value) -> Result<(BTreeSet<String>, Vec<Edge>)> {
    let root = metadata["workspace_root"]
        .as_str()
        .context("no `workspace_root`")?;
    let (mut crates, mut edges) = (BTreeSet::new(), Vec::new());
    for package in metadata["packages"].as_array().context("no `packages`")? {
        let name = package["name"].as_str().context("a package has no name")?;
        let manifest = package["manifest_path"]
            .as_str()
            .context("a package has no manifest")?;
        let manifest = manifest.trim_start_matches(root).trim_start_matches('/');
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"] != "dev" {
                let to = dependency["name"]
                    .as_str()
                    .context("a dependency has no name")?;
                let (from, to) = (name.to_owned(), to.to_owned());
                edges.push(Edge {
                    from,
                    to,
                    manifest: manifest.to_owned(),
                });
            }
        }
        crates.insert(name.to_owned());
    }
    Ok((crates, edges))
}

fn broken(tree: &Tree, crates: &BTreeSet<String>, edges: &[Edge]) -> Vec<Violation> {
    let placed = |name: &str| {
        LAYERS
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, to)| *to)
    };
    let mut broken = Vec::new();
    for name in crates.iter().filter(|name| placed(name).is_none()) {
        let advice = format!(
            "crate `{name}` has no place: add it to LAYERS in {}",
            file!()
        );
        broken.push(Violation::new("layers", "Cargo.toml", 1, advice));
    }
    for edge in edges {
        let (from, to) = (edge.from.as_str(), edge.to.as_str());
        let mut break_rule = |rule, advice: String| {
            broken.push(Violation::new(
                rule,
                &edge.manifest,
                line_of(tree, edge),
                advice,
            ));
        };
        if crates.contains(to) {
            let allowed = placed(from).unwrap_or_default();
            if !allowed.contains(&to) && !allowed.contains(&ANY) {
                let names = if allowed.is_empty() {
                    "no crate".into()
                } else {
                    allowed.join(", ")
                };
                break_rule(
                    "layers",
                    format!("`{from}` may not name `{to}`; it may name {names}"),
                );
            }
        } else if let Some((_, owners)) = OWNERS.iter().find(|(family, _)| is_of(family, to))
            && !owners.contains(&from)
        {
            let owners = owners.join(" and ");
            break_rule(
                "owners",
                format!("`{to}` belongs to {owners}: use it through that crate"),
            );
        }
    }
    broken
}

fn is_of(family: &str, name: &str) -> bool {
    family
        .strip_suffix('*')
        .map_or(family == name, |stem| name.starts_with(stem))
}

fn line_of(tree: &Tree, edge: &Edge) -> usize {
    let text = tree.text(&edge.manifest).unwrap_or_default();
    let names = |line: &str| {
        line.strip_prefix(&edge.to)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    text.lines().position(names).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(package: &str, kind: Value, dependency: &str) -> Vec<&'static str> {
        let bare = |name| json!({"name": name, "manifest_path": "/r/x", "dependencies": []});
        let others = LAYERS.iter().filter(|(name, _)| *name != package);
        let mut packages: Vec<Value> = others.map(|(name, _)| bare(name)).collect();
        packages.push(json!({
            "name": package,
            "manifest_path": format!("/r/crates/{package}/Cargo.toml"),
            "dependencies": [{"name": dependency, "kind": kind}],
        }));
        let metadata = json!({"workspace_root": "/r", "packages": packages});
        let (crates, edges) = graph(&metadata).expect("the sample is well formed");
        broken(&Tree::sample(&[]), &crates, &edges)
            .iter()
            .map(|it| it.rule)
            .collect()
    }

    #[test]
    fn the_graph_keeps_to_the_table() {
        super::super::assert_holds(check);
    }

    #[test]
    fn a_crate_names_only_the_layers_below_it() {
        assert_eq!(found("ledger", Value::Null, "quality"), [""; 0]);
        assert_eq!(found("quality", Value::Null, "ledger"), ["layers"]);
        assert_eq!(found("quality", "build".into(), "ledger"), ["layers"]);
        assert_eq!(found("quality", "dev".into(), "ledger"), [""; 0]);
        assert_eq!(found("node", Value::Null, "audit"), ["layers"]);
        assert_eq!(found("node", Value::Null, "quality"), [""; 0]);
        assert_eq!(found("headwater", Value::Null, "audit"), [""; 0]);
        assert_eq!(found("store", Value::Null, "chain"), ["layers"]);
    }

    #[test]
    fn other_peoples_formats_know_tables_and_no_node() {
        assert_eq!(found("exchange", Value::Null, "table"), [""; 0]);
        assert_eq!(found("exchange", Value::Null, "node"), ["layers"]);
        assert_eq!(found("table", Value::Null, "exchange"), ["layers"]);
    }

    #[test]
    fn a_crate_without_a_place_fails() {
        assert_eq!(found("basement", Value::Null, "serde"), ["layers"]);
    }

    #[test]
    fn a_heavy_dependency_has_one_owner() {
        assert_eq!(found("chain", Value::Null, "alloy-eips"), [""; 0]);
        assert_eq!(found("store", Value::Null, "alloy-eips"), ["owners"]);
        assert_eq!(found("ledger", Value::Null, "sha2"), ["owners"]);
        assert_eq!(found("ledger", "dev".into(), "sha2"), [""; 0]);
        assert_eq!(found("node", Value::Null, "anyhow"), ["owners"]);
    }
}
