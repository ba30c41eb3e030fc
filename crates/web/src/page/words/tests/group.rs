//! Words of the log and the API, by the group of keys in which pages look for them.

use std::collections::BTreeSet;
use std::path::Path;

use ledger::work::Stage;
use node::health::{PARTS, Role};
use node::level::Level;
use node::participant::Status;
use node::rule::{Action, Collector};
use protocol::market::{AssetKind, PURPOSES};
use protocol::{Rejection, Scope};

use super::said::phrases;
use super::used::{asked_of, sources};
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

/// Settings and fields that are at fault where something cannot be.
fn settings() -> Vec<String> {
    let checks = ["add", "hold", "of", "part", "share"];
    let fields = ["fault", "fault_above", "hash", "share", "units"];
    let mut all = BTreeSet::new();
    for (folder, calls) in [("../node/src/draft", checks), ("src/work/market", fields)] {
        for text in sources(folder, "rs") {
            let named = calls.map(|call| asked_of(&text, call)).concat();
            all.extend(named.into_iter().map(str::to_owned));
        }
    }
    assert!(all.len() > 30, "{all:?}");
    all.into_iter().collect()
}

/// What assets may be used for: what the market knows, and what label sets usually are for.
fn purposes() -> Vec<String> {
    let usual = node::draft::Draft::default().purposes;
    let known = PURPOSES.iter().map(|own| (*own).to_owned());
    known.chain(usual).collect()
}

/// What keys may do: the words of every right at once.
fn scopes() -> Vec<String> {
    let all = Scope::WORK.and(Scope::REQUEST).and(Scope::PUBLISH);
    let all = all.and(Scope::SPEND).and(Scope::OPERATE);
    all.text().split(' ').map(str::to_owned).collect()
}

/// Roles of accounts, and that there is none.
fn account_roles() -> Vec<String> {
    let words = protocol::Role::ALL.map(protocol::Role::word);
    words
        .into_iter()
        .chain(["none"])
        .map(str::to_owned)
        .collect()
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
pub(super) fn groups() -> Vec<(&'static str, Vec<String>)> {
    vec![
        ("state", states()),
        ("alarm", alarms()),
        ("appeal", appeals()),
        ("told", phrases().map(|own| own.word.to_owned()).collect()),
        ("problem", problems()),
        ("error", errors()),
        ("command", commands()),
        ("setting", settings()),
        ("scope", scopes()),
        ("role", account_roles()),
        ("collector", Collector::ALL.map(word).into()),
        ("action", actions().into_iter().map(word).collect()),
        ("asset-kind", owned(&AssetKind::ALL.map(AssetKind::word))),
        ("purpose", purposes()),
        ("use", owned(&crate::work::market::used::KINDS)),
        (
            "flow",
            owned(&[
                "calls", "grants", "waivers", "floor", "flow", "pool", "owner", "operator",
            ]),
        ),
    ]
}
