//! Every key that is asked for is there, and every one there is asked for.
//!
//! By pages, by scripts, or by what the log and the API say.

use std::collections::BTreeSet;
use std::path::Path;

use ledger::work::Stage;
use node::health::{PARTS, Role};
use node::level::Level;
use node::participant::Status;
use node::rule::{Action, Collector};
use protocol::Rejection;
use protocol::market::{AssetKind, PURPOSES};

use super::super::{catalogues, name};
use super::said::phrases;
use crate::page::rule::word;
use crate::problem::codes::CODES;

/// Refusals that only the operator hears, or an owner whose command no page signs.
const OF_NO_PAGE: [Rejection; 34] = [
    Rejection::AlreadyErased,
    Rejection::AppealsOpen,
    Rejection::AssetInService,
    Rejection::BadCheckpoint,
    Rejection::BadKey,
    Rejection::ChainExists,
    Rejection::CheckpointOutOfOrder,
    Rejection::DebitsProven,
    Rejection::DepositOutOfOrder,
    Rejection::EpochMismatch,
    Rejection::EpochOutOfOrder,
    Rejection::GenesisMisplaced,
    Rejection::GoldRetired,
    Rejection::GoldUnbalanced,
    Rejection::LogKeyUsed,
    Rejection::NoWitnesses,
    Rejection::NotInService,
    Rejection::NotOperator,
    Rejection::NothingToErase,
    Rejection::OperatorKey,
    Rejection::OtherOrigin,
    Rejection::OutOfOrder,
    Rejection::PricesFixed,
    Rejection::QuorumShort,
    Rejection::RoleFixed,
    Rejection::ScoreMismatch,
    Rejection::SegmentMismatch,
    Rejection::SegmentOutOfOrder,
    Rejection::StakeMismatch,
    Rejection::StateRootOutOfOrder,
    Rejection::UnknownAlgorithm,
    Rejection::UnknownChain,
    Rejection::UnknownLayout,
    Rejection::VotesOpen,
];

/// What a model's playground may hear of the gateway.
const OF_THE_GATEWAY: [&str; 14] = [
    "allowance_expired",
    "budget_exceeded",
    "gateway_broken",
    "insufficient_credit",
    "invalid_api_key",
    "licence_denied",
    "model_not_allowed",
    "model_not_found",
    "payment_required",
    "purpose_required",
    "rate_limited",
    "request_too_large",
    "upstream_error",
    "upstream_timeout",
];

/// All values of a type, one after the other; `next` is a match that misses none.
fn every<T: Copy>(first: T, next: fn(T) -> Option<T>) -> Vec<T> {
    std::iter::successors(Some(first), |own| next(*own)).collect()
}

fn stages() -> Vec<Stage> {
    every(Stage::Open, |own| match own {
        Stage::Open => Some(Stage::Scored),
        Stage::Scored => Some(Stage::Closed),
        Stage::Closed => Some(Stage::Settled),
        Stage::Settled => None,
    })
}

fn statuses() -> Vec<Status> {
    every(Status::Reserved, |own| match own {
        Status::Reserved => Some(Status::Active),
        Status::Active => Some(Status::TimedOut),
        Status::TimedOut => Some(Status::AwaitingReview),
        Status::AwaitingReview => Some(Status::Approved),
        Status::Approved => Some(Status::Returned),
        Status::Returned => Some(Status::Rejected),
        Status::Rejected => Some(Status::ScreenedOut),
        Status::ScreenedOut => None,
    })
}

fn levels() -> Vec<Level> {
    every(Level::Novice, |own| match own {
        Level::Novice => Some(Level::Contributor),
        Level::Contributor => Some(Level::Skilled),
        Level::Skilled => Some(Level::Expert),
        Level::Expert => None,
    })
}

fn roles() -> Vec<Role> {
    every(Role::Writer, |own| match own {
        Role::Writer => Some(Role::Standby),
        Role::Standby => Some(Role::Reader),
        Role::Reader => Some(Role::Halted),
        Role::Halted => None,
    })
}

fn actions() -> Vec<Action> {
    every(Action::Warn, |own| match own {
        Action::Warn => Some(Action::LowerPriority),
        Action::LowerPriority => Some(Action::Review),
        Action::Review => Some(Action::CoolDown),
        Action::CoolDown => Some(Action::Pause),
        Action::Pause => None,
    })
}

/// States of campaigns, people, blocks, verdicts, witnesses, epochs and nodes. Those of the enums
/// cannot be missed; the `others` are words of the pages' own, and a new one is written here too.
fn states() -> Vec<String> {
    let words = stages().into_iter().map(node::stage_word);
    let words = words.chain(statuses().into_iter().map(Status::word));
    let words = words.chain(levels().into_iter().map(Level::word));
    let words = words.chain(roles().into_iter().map(Role::word));
    let words = words.chain(crate::contracts::STATUS);
    let others = [
        // A campaign between its rounds, and one that its requester has paused.
        "waiting", "paused", // A block, as its worker, its feedback and its panel have it.
        "pending", "accepted", "rejected", "appealed", "upheld", "denied", "released", "held",
        // A checkpoint, by one of its witnesses.
        "signed", "not yet",
    ];
    words.chain(others).map(str::to_owned).collect()
}

/// A file of a crate beside this one.
fn beside(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// What stands in quotation marks behind each `mark`.
fn quoted<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let pieces = text.split(mark).skip(1);
    pieces.filter_map(|piece| piece.split('"').next()).collect()
}

/// Words of all commands: the arms of the one match that the compiler keeps whole.
fn commands() -> Vec<String> {
    let text = beside("view/src/projection/event.rs");
    let (_, text) = text.split_once("pub fn word(").unwrap();
    let (text, _) = text.split_once("\n}").unwrap();
    let words = quoted(text, "=> \"");
    assert!(words.len() > 40, "{words:?}");
    words.into_iter().map(str::to_owned).collect()
}

fn alarms() -> Vec<String> {
    let text = include_str!("../../../work/dashboard/alarm.rs");
    let codes = quoted(text, "code: \"");
    assert!(codes.len() > 5, "{codes:?}");
    let both = |code: &str| [code.to_owned(), format!("{code}-advice")];
    codes.into_iter().flat_map(both).collect()
}

/// Sentences of the node about appeals, which it tells apart by nothing else: all of these are
/// said, and one that the node has said since is not missed here.
fn appeals() -> Vec<String> {
    let all = [
        "it was appealed before",
        "this campaign has no panel that could look again",
        "the campaign is settled",
        "the time for appeals is over",
        "the requester's deposit ends before a panel could decide",
        "too many hidden checks were wrong themselves",
        "little of all the work was accepted",
    ];
    let source = beside("node/src/appeal.rs");
    for own in all {
        let is_said = source.contains(&format!("\"{own}\""));
        assert!(is_said, "the node does not say `{own}`");
    }
    all.map(str::to_owned).into()
}

/// Parts of the node with problems: the list has each that reports one.
fn problems() -> Vec<String> {
    let folders = ["../node/src", "../headwater/src/commands/run", "src"];
    let sources = folders.map(|folder| sources(folder, "rs")).concat();
    let mut said = BTreeSet::from(["writer"]);
    for text in &sources {
        for call in ["report", "tell"].map(|call| asked_of(text, call)) {
            said.extend(call);
        }
        // What the node orders of itself is reported by what it is doing.
        let orders = text.split("Job::Operate {").skip(1);
        let doing = orders.filter_map(|order| quoted(order, "doing: \"").first().copied());
        said.extend(doing.filter(|own| *own != "operate"));
    }
    assert_eq!(said, BTreeSet::from(PARTS));
    owned(&PARTS)
}

fn errors() -> Vec<String> {
    let codes = CODES.iter().map(|(code, ..)| *code);
    let refusals = Rejection::ALL.iter();
    let refusals = refusals.filter(|own| !OF_NO_PAGE.contains(own));
    let all = codes.chain(refusals.map(|own| own.code()));
    all.chain(OF_THE_GATEWAY).map(str::to_owned).collect()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|own| (*own).to_owned()).collect()
}

/// Groups of keys that are looked up by what the log or the API says, and what these say, as far as
/// it is known: the kinds of a flow are words of their JSON and no enum's, so the list is by hand.
fn groups() -> Vec<(&'static str, Vec<String>)> {
    vec![
        ("state", states()),
        ("alarm", alarms()),
        ("appeal", appeals()),
        ("told", phrases().map(|own| own.word.to_owned()).collect()),
        ("problem", problems()),
        ("error", errors()),
        ("command", commands()),
        ("collector", Collector::ALL.map(word).into()),
        ("action", actions().into_iter().map(word).collect()),
        ("asset-kind", owned(&AssetKind::ALL.map(AssetKind::word))),
        ("purpose", owned(&PURPOSES)),
        ("use", owned(&crate::work::market::used::KINDS)),
        (
            "flow",
            owned(&[
                "calls", "grants", "waivers", "floor", "flow", "pool", "owner", "operator",
            ]),
        ),
    ]
}

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
fn sources(folder: &str, extension: &str) -> Vec<String> {
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
fn asked_of<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
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
