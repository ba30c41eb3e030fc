//! What pure crates may not touch: clocks, files, environment, hash order, platform mathematics.

use anyhow::Result;

use super::Violation;
use crate::rust::{Rust, Token};
use crate::tree::Tree;

const NO_STD: &[&str] = &["protocol", "proof", "ledger", "sequencer"];
const PURE: &[&str] = &[
    "protocol",
    "proof",
    "ledger",
    "sequencer",
    "quality",
    "model",
    "audit",
];

/// The crates that compute with floats; what they hand out is parts per million.
const SCORES: &[&str] = &["quality", "model"];

/// The programs that may show floats to people, and what reads and writes people's formats.
const PROGRAMS: &[&str] = &["headwater", "sim", "table", "exchange", "xtask"];

/// Modules of `std` that reach outside the program.
const OUTSIDE: &[&str] = &["time", "env", "fs", "net", "process"];

const WORDS: &[&str] = &[
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "mul_add",
    "thread_rng",
    "rand",
];

/// Float methods whose last bit depends on the platform or compiler; `sqrt` is exact everywhere.
const INEXACT: &[&str] = &[
    "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "powi", "cbrt",
    "hypot", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sin_cos", "sinh", "cosh",
    "tanh",
];

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    for (file, rust) in tree.rust() {
        let Some(own) = file.crate_name() else {
            continue;
        };
        if tree.is_test(file) || !file.path.contains("/src/") {
            continue;
        }
        let mut found = Vec::new();
        if PURE.contains(&own) {
            found.extend(impure(rust));
        }
        if NO_STD.contains(&own) {
            found.extend(needs_std(rust, file.path.ends_with("/src/lib.rs")));
        }
        if SCORES.contains(&own) {
            found.extend(inexact(rust));
        } else if !PROGRAMS.contains(&own) {
            found.extend(floats(rust));
        }
        found.retain(|(line, _)| !rust.is_test_line(*line));
        found.sort();
        found.dedup();
        let place = |(line, advice)| Violation::new("purity", &file.path, line, advice);
        broken.extend(found.into_iter().map(place));
    }
    Ok(broken)
}

fn impure(rust: &Rust) -> Vec<(usize, String)> {
    let words = WORDS.iter().flat_map(|word| {
        let advice = format!("`{word}` has no place in a pure crate: take it as an argument, or ");
        let advice = advice + "use `BTreeMap` and seeded values";
        rust.lines_of(word)
            .into_iter()
            .map(move |line| (line, advice.clone()))
    });
    let modules = std_modules(&rust.tokens).filter(|module| OUTSIDE.contains(&&*module.text));
    let modules = modules.map(|module| {
        let name = &module.text;
        (
            module.line,
            format!("`std::{name}` has no place in a pure crate: hand the value in"),
        )
    });
    words.chain(modules).collect()
}

/// The word after each `std::`, and each first word inside `std::{..}`.
fn std_modules(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    let starts = tokens
        .windows(4)
        .enumerate()
        .filter(|(_, it)| it[0].text == "std" && it[1].text == ":" && it[2].text == ":");
    starts.flat_map(|(index, window)| {
        if window[3].text != "{" {
            return vec![&window[3]];
        }
        let (mut depth, mut first, mut found) = (0, false, Vec::new());
        for token in &tokens[index + 3..] {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ if first && depth == 1 => found.push(token),
                _ => {}
            }
            if depth == 0 {
                break;
            }
            first = matches!(token.text.as_str(), "{" | ",");
        }
        found
    })
}

fn needs_std(rust: &Rust, is_root: bool) -> Vec<(usize, String)> {
    let declares = [
        "# ! [ no_std ]",
        "# ! [ cfg_attr ( not ( test ) , no_std ) ]",
    ];
    let mut found = Vec::new();
    if is_root
        && declares
            .iter()
            .all(|pattern| rust.lines_of(pattern).is_empty())
    {
        found.push((
            1,
            "this crate is for bare machines too: declare `#![no_std]`".to_owned(),
        ));
    }
    let names = ["std : :", "extern crate std"]
        .map(|pattern| rust.lines_of(pattern))
        .concat();
    let advice = "this crate is `no_std`: take it from `core` or `alloc`";
    found.extend(names.into_iter().map(|line| (line, advice.to_owned())));
    found
}

fn inexact(rust: &Rust) -> Vec<(usize, String)> {
    let calls = INEXACT.iter().flat_map(|name| {
        let patterns = [
            format!(". {name} ("),
            format!("f64 : : {name}"),
            format!("f32 : : {name}"),
        ];
        let lines = patterns.map(|pattern| rust.lines_of(&pattern)).concat();
        lines.into_iter().map(move |line| (line, *name))
    });
    let advice = |name| format!("`{name}` differs between platforms: use `libm::{name}`");
    calls.map(|(line, name)| (line, advice(name))).collect()
}

fn floats(rust: &Rust) -> Vec<(usize, String)> {
    let is_float = |text: &str| {
        matches!(text, "f32" | "f64")
            || text.starts_with(|first: char| first.is_ascii_digit())
                && (text.contains('.') || text.ends_with("f64") && !text.starts_with("0x"))
    };
    let advice = "floats live in `quality` and `model` alone: use integers or parts per million";
    // After a dot, `0.1` is a field of a field of a tuple.
    let pairs = rust
        .tokens
        .windows(2)
        .filter(|it| it[0].text != "." && is_float(&it[1].text));
    pairs.map(|it| (it[1].line, advice.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{assert_holds, places};

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let broken = check(&Tree::sample(&[(path, text)])).expect("needs no outside");
        broken.iter().map(|it| it.line).collect()
    }

    #[test]
    fn pure_crates_are_pure() {
        assert_holds(check);
    }

    #[test]
    fn clocks_files_and_hash_order_are_found() {
        let path = "crates/audit/src/x.rs";
        assert_eq!(lines(path, "use std::time::Duration;"), [1]);
        assert_eq!(
            lines(path, "use std::{\n  fmt,\n  collections::BTreeMap,\n  fs};"),
            [4]
        );
        assert_eq!(lines(path, "\nfn f() { let x = HashMap::new(); }"), [2]);
        assert_eq!(lines(path, "fn f() { let x = std::env::var(\"A\"); }"), [1]);
        assert_eq!(
            lines(path, "use std::collections::BTreeMap; // HashMap"),
            [0; 0]
        );
        assert_eq!(lines("crates/store/src/x.rs", "use std::fs;"), [0; 0]);
    }

    #[test]
    fn platform_mathematics_is_found() {
        let path = "crates/quality/src/x.rs";
        assert_eq!(
            lines(path, "fn f(x: f64) -> f64 {\n x.exp() + f64::ln(x)\n}"),
            [2, 2]
        );
        assert_eq!(
            lines(path, "fn f(x: f64) -> f64 { libm::exp(x).sqrt() }"),
            [0; 0]
        );
        assert_eq!(lines(path, "fn f(x: f64) -> f64 { x.mul_add(x, x) }"), [1]);
    }

    #[test]
    fn floats_are_found_outside_their_crates() {
        assert_eq!(
            lines(
                "crates/ledger/src/x.rs",
                "const A: u8 = 1;\nconst B: f64 = 0.5;"
            ),
            [2]
        );
        assert_eq!(lines("crates/node/src/x.rs", "fn f() { g(0.5) }"), [1]);
        assert_eq!(
            lines(
                "crates/node/src/x.rs",
                "fn f() { g(((1, 2), 3).0.1, 0x1f64) }"
            ),
            [0; 0]
        );
        assert_eq!(
            lines("crates/headwater/src/x.rs", "const B: f64 = 0.5;"),
            [0; 0]
        );
    }

    #[test]
    fn bare_crates_declare_it_and_name_no_std() {
        let files = [("crates/proof/src/lib.rs", "//! A.\nuse std::fmt;")];
        let expected = [
            "crates/proof/src/lib.rs:1: purity",
            "crates/proof/src/lib.rs:2: purity",
        ];
        assert_eq!(places(check, &files), expected);
        let test = "#![no_std]\n#[cfg(test)]\nmod tests {\n use std::fs;\n}";
        assert_eq!(lines("crates/proof/src/lib.rs", test), [0; 0]);
        let root = (
            "crates/proof/src/lib.rs",
            "#![no_std]\n#[cfg(test)]\nmod props;",
        );
        let props = ("crates/proof/src/props.rs", "use std::time::Instant;");
        assert_eq!(places(check, &[root, props]), [""; 0]);
    }
}
