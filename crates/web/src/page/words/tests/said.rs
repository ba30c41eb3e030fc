//! What is said in English elsewhere too, by the node or by a script alone, reads the same here.

use std::collections::BTreeSet;

use node::told::Phrase;

use super::super::catalogues;

/// Phrases of which what people are told is made.
pub(super) fn phrases() -> impl Iterator<Item = Phrase> {
    let all = [
        node::reason::PHRASES,
        node::appeal::PHRASES,
        node::feedback::PHRASES,
        node::settling::standing::PHRASES,
    ];
    all.into_iter().flatten().copied()
}

#[test]
fn a_phrase_reads_in_english_as_the_api_has_it() {
    let english = &catalogues()[0];
    let mut words = BTreeSet::new();
    for phrase in phrases() {
        assert!(words.insert(phrase.word), "`{}` twice", phrase.word);
        let text = english.get(format!("told.{}", phrase.word).as_str());
        assert_eq!(text, Some(&phrase.text));
    }
}

#[test]
fn what_the_browser_finds_wrong_reads_in_english_as_other_programs_hear_it() {
    let text = include_str!("../../../../static/verify.js");
    let (_, table) = text.split_once("const FAULTS = {").unwrap();
    let (table, checks) = table.split_once("\n};").unwrap();
    let quoted: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
    let english = &catalogues()[0];
    let mut codes = BTreeSet::new();
    for pair in quoted.chunks(2) {
        let [code, said] = pair else {
            panic!("{pair:?} is no code with its text");
        };
        assert_eq!(english.get(format!("js.{code}").as_str()), Some(said));
        assert!(
            checks.contains(&format!("\"{code}\"")),
            "nothing finds {code}"
        );
        codes.insert(*code);
    }
    assert!(codes.len() > 30, "{codes:?}");
    let keys = english.keys().filter_map(|key| key.strip_prefix("js."));
    let keys = keys.filter(|key| key.starts_with("fault-"));
    assert_eq!(keys.collect::<BTreeSet<_>>(), codes);
}
