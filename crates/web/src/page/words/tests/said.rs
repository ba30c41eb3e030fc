//! What is said in English elsewhere too, by the node or by a script alone, reads the same here.

use std::collections::BTreeSet;

use node::told::Phrase;

use super::super::catalogues;
use super::used::sources;

/// Phrases of which what people are told is made.
pub(super) fn phrases() -> impl Iterator<Item = Phrase> {
    let all = [
        node::reason::PHRASES,
        node::appeal::PHRASES,
        node::feedback::PHRASES,
        node::settling::standing::PHRASES,
        node::draft::PHRASES,
        node::draft::conduct::PHRASES,
        node::draft::fault::PHRASES,
        node::draft::known::PHRASES,
        node::draft::prepare::PHRASES,
        node::rule::fault::PHRASES,
        node::witness::PHRASES,
        node::words::PHRASES,
        node::words::keeping::PHRASES,
        crate::problem::field::PHRASES,
        crate::problem::said::PHRASES,
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

/// One that stands in no list above would be told in English on every page.
#[test]
fn every_phrase_stands_in_a_list_that_is_translated() {
    let known: BTreeSet<&str> = phrases().map(|own| own.word).collect();
    let mut declared = BTreeSet::new();
    let texts = ["../ledger/src", "../node/src", "src"].map(|folder| sources(folder, "rs"));
    for text in texts.iter().flatten() {
        for list in text.split("phrases! {\n").skip(1) {
            let (list, _) = list.split_once("\n}").unwrap();
            // `NAME = Joint "word", "text";`: a text may hold all but ` = ` before a word.
            let words = list.split(';').filter_map(|own| own.split_once('"'));
            let words = words.filter(|(name, _)| name.contains(" = "));
            declared.extend(words.filter_map(|(_, word)| word.split('"').next()));
        }
    }
    assert_eq!(declared, known);
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
