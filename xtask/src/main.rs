//! The house's chores: `cargo xtask test`, `rules`, `map`, `sim` and `bench`.

mod bench;
mod cargo;
mod gate;
mod rules;
mod rust;
mod sim;
mod tree;

use std::process::ExitCode;

use anyhow::Result;

use crate::tree::Tree;

const USAGE: &str = "\
cargo xtask test [--fast]   every rule, lint, test and outside check (--fast: rules and tests)
cargo xtask test --step WORDS
                            the steps of the whole whose name has these words in it
cargo xtask test --cluster  the bucket tests against real servers, Ceph and Garage among them
cargo xtask test --soak     ten thousand kills of a serving node, and a thousand campaigns with
                            farmers a line of the table, which takes hours
cargo xtask rules           the house rules alone
cargo xtask map             writes the code map into ARCHITECTURE.md
cargo xtask sim [--minutes N] [--from SEED]
                            runs new seeds of the fault simulator and stops at one that fails
cargo xtask bench [ARGS]    the table of measured numbers
cargo xtask bench quality [ARGS]
                            the quality engine beside its peers
cargo xtask bench work [ARGS] [--soak MINUTES]
                            contributors at work over HTTP, beside Label Studio";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => gate::run(gate::Extent::Whole),
        ["test", "--fast"] => gate::run(gate::Extent::Fast),
        ["test", "--cluster"] => gate::run(gate::Extent::Cluster),
        ["test", "--step", name] => gate::run(gate::Extent::Named(name)),
        ["test", "--soak"] => gate::run(gate::Extent::Soak),
        ["rules"] => print_rules(),
        ["map"] => write_map(),
        ["sim", rest @ ..] => sim::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_rules() -> Result<bool> {
    let broken = rules::check(&Tree::read()?)?;
    for violation in &broken {
        println!("{violation}");
    }
    println!(
        "{} house rules, {} violations",
        rules::ALL.len(),
        broken.len()
    );
    Ok(broken.is_empty())
}

fn write_map() -> Result<bool> {
    let tree = Tree::read()?;
    let page = rules::codemap::rewritten(&tree)?;
    std::fs::write(tree.root.join(rules::codemap::PAGE), page)?;
    println!("{} carries the code map of today", rules::codemap::PAGE);
    Ok(true)
}
