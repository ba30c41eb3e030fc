//! Every key that is asked for is there, and every one there is asked for.
//!
//! By pages, by scripts, or by what the log and the API say.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::{catalogues, name};
use super::group::groups;

#[test]
fn every_word_of_log_and_api_is_in_every_language_and_no_other() {
    for (group, words) in groups() {
        let keys = words.iter().map(|own| own.replace([' ', '_'], "-"));
        let expected: BTreeSet<String> = keys.collect();
        for own in catalogues() {
            let keys = own.keys().filter_map(|key| key.split_once('.'));
            let keys = keys.filter(|(own, _)| *own == group);
            let found: BTreeSet<String> = keys.map(|(_, key)| key.to_owned()).collect();
            let missing: Vec<_> = expected.difference(&found).collect();
            assert!(missing.is_empty(), "no text of `{group}` for {missing:?}");
            let dead: Vec<_> = found.difference(&expected).collect();
            assert!(dead.is_empty(), "nothing says {dead:?} of `{group}`");
        }
    }
}

/// Sources below a folder of this crate, without their tests.
pub(super) fn sources(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let is_test = |path: &Path| path.file_stem().is_some_and(|name| name == "tests");
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if is_test(&path) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == extension) {
                let text = std::fs::read_to_string(&path).unwrap();
                let own = text.split("#[cfg(test)]\nmod tests {").next();
                found.extend(own.map(str::to_owned));
            }
        }
    }
    found
}

/// Literals of the first argument of each call of a function.
pub(super) fn asked_of<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let call = format!("{name}(");
    for (at, _) in text.match_indices(&call) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|own| own.is_alphanumeric() || own == '_') {
            continue;
        }
        let argument = &text[at + call.len()..];
        let mut depth = 0_u32;
        let mut start = None;
        for (place, letter) in argument.char_indices() {
            match (start, letter) {
                (Some(from), '"') => {
                    found.push(&argument[from..place]);
                    start = None;
                }
                (Some(_), _) => {}
                (None, '"') => start = Some(place + 1),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ',' | ')') if depth == 0 => break,
                (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    found
}

/// Whether a literal has the form of a key: what begins with a group and is no file's name.
fn is_key(literal: &str, names: &BTreeSet<&str>) -> bool {
    let files = ["css", "csv", "js", "json", "spool", "sqlite", "svg"];
    let word = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !text.is_empty() && text.bytes().all(plain)
    };
    literal.split_once('.').is_some_and(|(group, key)| {
        word(group) && word(key) && names.contains(group) && !files.contains(&key)
    })
}

/// Literals of a source that are sentences: three words of small letters in a row.
fn sentences(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    let code = code.join("\n").replace("\\\"", "'").replace("'\"'", "");
    let is_word = |word: &&str| {
        let word = word.trim_end_matches(',');
        word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let is_sentence = |own: &&str| {
        let words: Vec<&str> = own.split(' ').collect();
        words.windows(3).any(|three| three.iter().all(is_word))
    };
    let literals = code.split('"').skip(1).step_by(2);
    literals.filter(is_sentence).map(str::to_owned).collect()
}

#[test]
fn no_page_says_a_sentence_that_is_not_in_the_catalogue() {
    // What the API alone says, and what a programmer reads.
    let others = [
        "there is no such account",
        "there is no `/static/",
        "you have no account in the log yet; open one first",
        "the newest checkpoint covers {published} entries; ",
        "hex digits are a header value",
        "codes are header values",
    ];
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for text in sources("src/page", "rs") {
        // The page of the parts themselves is in English, and modules are put together unseen.
        if text.starts_with("//! The living style page") || text.starts_with("//! One script") {
            continue;
        }
        for own in sentences(&text) {
            let known = others.iter().find(|other| own.starts_with(**other));
            assert!(known.is_some(), "a page says `{own}` by itself");
            met.extend(known);
        }
    }
    assert_eq!(met.len(), others.len(), "{met:?}");
    let example = "// \"one two three\"\nsay(\"a.b\") + \"go on, and on\" + \"of 2 of\"";
    assert_eq!(sentences(example), ["go on, and on"]);
}

#[test]
fn every_key_that_a_page_asks_for_is_there() {
    let english = &catalogues()[0];
    let names: BTreeSet<&str> = english
        .keys()
        .filter_map(|key| key.split('.').next())
        .collect();
    let told: BTreeSet<&str> = groups().into_iter().map(|(group, _)| group).collect();
    for text in sources("src", "rs") {
        // A key may come out of a list or a choice, so every text of its form is looked at.
        let literals = text.split('"').filter(|own| is_key(own, &names));
        let asked = ["say", "fill", "draw"].map(|call| asked_of(&text, call));
        let asked = asked.concat().into_iter();
        for key in literals.chain(asked.filter(|own| own.contains('.'))) {
            assert!(english.contains_key(key), "no text for `{key}`");
        }
        let groups = ["told", "told_with", "member"].map(|call| asked_of(&text, call));
        for group in groups.concat() {
            assert!(told.contains(group), "nobody lists what `{group}` says");
        }
    }
}

#[test]
fn every_key_that_a_script_asks_for_is_there() {
    let english = &catalogues()[0];
    let mut count = 0;
    for text in sources("static", "js") {
        for key in asked_of(&text, "word") {
            let is_there =
                english.contains_key(key) || english.contains_key(format!("js.{key}").as_str());
            assert!(is_there, "no text for `{key}`");
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
    let example = "word(\"a\", { b }) word(c ? \"d\" : \"e\") sword(\"f\") word(g, \"h\")";
    assert_eq!(asked_of(example, "word"), ["a", "d", "e"]);
}

#[test]
fn every_key_that_is_there_is_asked_for() {
    let (pages, scripts) = (sources("src", "rs"), sources("static", "js"));
    let (pages, scripts) = (pages.concat(), scripts.concat());
    let pages: BTreeSet<&str> = pages.split('"').collect();
    let scripts: BTreeSet<&str> = scripts.split('"').collect();
    let told: BTreeSet<&str> = groups().into_iter().map(|(group, _)| group).collect();
    for key in catalogues()[0].keys() {
        let group = key.split('.').next().unwrap_or_default();
        let is_asked = pages.contains(*key) || scripts.contains(name(key));
        // The words of the log and of the API are held against what these say.
        assert!(told.contains(group) || is_asked, "nothing says `{key}`");
    }
}
