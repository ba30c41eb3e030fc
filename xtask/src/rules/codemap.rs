//! The code map of ARCHITECTURE.md: the first line of every source file, kept equal by a rule.

use anyhow::{Context, Result};

use super::{Violation, docs, layers};
use crate::tree::{File, Tree};

/// The page that carries the map.
pub const PAGE: &str = "ARCHITECTURE.md";

const BEGIN: &str = "<!-- code map -->\n";
const END: &str = "<!-- end of code map -->";

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let broken = |advice: &str| vec![Violation::new("code map", PAGE, 1, advice)];
    let Some(page) = tree.text(PAGE) else {
        return Ok(broken("is missing: write it, with the code map markers"));
    };
    let Ok(rewritten) = rewritten(tree) else {
        return Ok(broken(
            "has no code map markers: add the two lines and run `cargo xtask map`",
        ));
    };
    let mut pairs = page.lines().zip(rewritten.lines()).enumerate();
    let Some((index, _)) = pairs.find(|(_, (old, new))| old != new) else {
        return Ok(Vec::new());
    };
    let advice = "the code map is not what the files say: run `cargo xtask map`";
    Ok(vec![Violation::new("code map", PAGE, index + 1, advice)])
}

/// The page with the map of today between its markers.
pub fn rewritten(tree: &Tree) -> Result<String> {
    let page = tree
        .text(PAGE)
        .with_context(|| format!("there is no `{PAGE}`"))?;
    let no_markers = || format!("`{PAGE}` lacks `{}` and `{END}`", BEGIN.trim());
    let (before, rest) = page.split_once(BEGIN).with_context(no_markers)?;
    let (_, after) = rest.split_once(END).with_context(no_markers)?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", map(tree)))
}

/// One list per crate, bottom layer first; `lib.rs` or `main.rs` leads.
fn map(tree: &Tree) -> String {
    let mut text = String::new();
    for (name, _) in layers::LAYERS {
        let mut files: Vec<&File> = tree
            .files
            .iter()
            .filter(|file| file.is_rust() && file.crate_name() == Some(name))
            .filter(|file| file.path.contains("/src/") && !tree.is_test(file))
            .collect();
        let local = |file: &File| {
            let (_, local) = file
                .path
                .split_once("/src/")
                .expect("kept only files in `src`");
            local.to_owned()
        };
        files.sort_by_key(|file| {
            let local = local(file);
            (
                local != "lib.rs" && local != "main.rs",
                local.replace(".rs", ""),
            )
        });
        if let Some(first) = files.first() {
            let folder = first.path.split("/src/").next().unwrap_or_default();
            text += &format!("\n`{folder}/src`\n");
        }
        for file in files {
            let first = file.text.lines().next().unwrap_or_default();
            let sentence = docs::first_sentence(first).unwrap_or("(says nothing yet)");
            text += &format!("- `{}`: {sentence}\n", local(file));
        }
    }
    text.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{assert_holds, places};

    const PROOF: (&str, &str) = ("crates/proof/src/lib.rs", "//! All that bytes prove.\n");
    const TESTS: (&str, &str) = (
        "crates/proof/src/claim/tests.rs",
        "//! Vectors of claims.\n",
    );
    const CLAIM: (&str, &str) = ("crates/proof/src/claim.rs", "//! The tree of claims.\n");
    const MAPPED: &str = "# A\n<!-- code map -->\n`crates/proof/src`\n\
        - `lib.rs`: All that bytes prove.\n- `claim.rs`: The tree of claims.\n\
        <!-- end of code map -->\nmore\n";

    #[test]
    fn the_page_carries_the_map_of_today() {
        assert_holds(check);
    }

    #[test]
    fn the_map_lists_first_lines_by_crate() {
        let bare = "# A\n<!-- code map -->\nold\n<!-- end of code map -->\nmore\n";
        let tree = Tree::sample(&[CLAIM, TESTS, PROOF, (PAGE, bare)]);
        assert_eq!(rewritten(&tree).expect("has its markers"), MAPPED);
    }

    #[test]
    fn a_map_that_fell_behind_is_found() {
        assert_eq!(places(check, &[CLAIM, PROOF, (PAGE, MAPPED)]), [""; 0]);
        let stale = ["ARCHITECTURE.md:5: code map"];
        let moved = ("crates/proof/src/claim.rs", "//! The forest of claims.\n");
        assert_eq!(places(check, &[moved, PROOF, (PAGE, MAPPED)]), stale);
        assert_eq!(places(check, &[PROOF, (PAGE, MAPPED)]), stale);
    }

    #[test]
    fn a_missing_page_or_marker_is_found() {
        assert_eq!(places(check, &[PROOF]), ["ARCHITECTURE.md:1: code map"]);
        assert_eq!(
            places(check, &[PROOF, (PAGE, "# A\n")]),
            ["ARCHITECTURE.md:1: code map"]
        );
    }
}
