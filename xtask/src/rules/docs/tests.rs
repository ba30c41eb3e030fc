//! Samples of docs that say nothing, and of docs that do.

use super::*;
use crate::rules::{assert_holds, places};

/// The lines of `text` whose docs are judged empty; a good first line is put before it.
fn empty(text: &str) -> Vec<usize> {
    let text = format!("//! A file for tests.\n{text}");
    let broken = check(&Tree::sample(&[("a.rs", &text)])).expect("needs no outside");
    broken.iter().map(|it| it.line - 1).collect()
}

#[test]
fn docs_say_something() {
    assert_holds(check);
}

#[test]
fn a_file_begins_with_a_sentence() {
    for weak in [
        "",
        "//! Placeholder.",
        "//! What it is. What it does.",
        "//! What a file without end",
        "// What this file is.",
    ] {
        assert_eq!(
            places(check, &[("a.rs", weak)]),
            ["a.rs:1: first line"],
            "{weak}"
        );
    }
    assert_eq!(
        places(check, &[("a.rs", "//! What this file is.\n\nfn f() {}\n")]),
        [""; 0]
    );
}

#[test]
fn a_doc_that_repeats_the_signature_is_empty() {
    assert_eq!(
        empty("/// The account id.\npub struct AccountId(u64);"),
        [2]
    );
    assert_eq!(
        empty("/// Returns the balance of an account.\npub fn balance(account: u8) {}"),
        [2]
    );
    assert_eq!(
        empty("pub struct A {\n/// The prices.\npub price: u8 }"),
        [3]
    );
    assert_eq!(
        empty("pub enum Error {\n/// An invalid error.\nInvalid }"),
        [3]
    );
    assert_eq!(
        empty("impl Log {\n/// A new log.\npub fn new() -> Self {} }"),
        [3]
    );
    assert_eq!(
        empty("pub trait Source {\n/// Reads one whole tile.\nfn read_tile(&self); }"),
        [0; 0]
    );
    assert_eq!(
        empty("pub trait Source {\n/// The tiles.\nfn tile(&self); }"),
        [3]
    );
    assert_eq!(empty("/// Max seq.\npub const MAX_SEQ: u64 = 1;"), [2]);
}

#[test]
fn a_doc_with_one_word_of_meaning_is_not() {
    assert_eq!(
        empty("/// The account that pays.\npub struct AccountId(u64);"),
        [0; 0]
    );
    assert_eq!(
        empty("/// Price in base units.\npub const PRICE: u64 = 1;"),
        [0; 0]
    );
    assert_eq!(
        empty("/// The id.\nfn id() {}\n/// The b.\nstruct B { pub a: u8 }"),
        [0; 0]
    );
    assert_eq!(
        empty("#[cfg(test)]\nmod t {\n/// The id.\npub fn id() {} }"),
        [0; 0]
    );
    assert_eq!(
        empty("impl Display for A {\n/// The a.\nfn a() {} }"),
        [0; 0]
    );
}
