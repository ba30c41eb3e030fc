//! The simulator itself: it repeats itself, finds planted bugs, and finds none that is not there.
use sim::planted::Bug;
use sim::{Backend, Settings};

/// What each run of the ordinary tests gets.
const STEPS: u64 = 2_500;
/// What a planted bug has to be found in.
const BUG_STEPS: u64 = 10_000;
/// Seeds that a planted bug has to be found by one of: others may break an earlier promise first.
const BUG_SEEDS: [u64; 12] = [4, 3, 7, 1, 2, 5, 6, 8, 9, 10, 11, 12];
/// How long lives are where money has to have gone its whole way.
const MONEY_LIFE: u32 = 800;

/// What entries do that the promises about money speak of.
const MEANT: [&str; 25] = [
    "allowance_exhausted",
    "amount_zero",
    "asset composed",
    "chain joined",
    "credit opened",
    "debit shown by a tree",
    "deposit on a further chain",
    "deposit_out_of_order",
    "lock released",
    "pay line published",
    "refused",
    "release on a further chain",
    "slash line published",
    "slash repaid",
    "stake locked",
    "stake noted",
    "stake slashed",
    "unknown_chain",
    "use on credit charged",
    "use within a call charged",
    "vote line published",
    "votes given",
    "votes opened",
    "voucher redeemed",
    "voucher redeemed on a further chain",
];
/// By which promise a bug between the store and its ports, or of the process, shows.
const STORED: [(Bug, &str); 18] = [
    (Bug::JournalUnsynced, "what is promised is durable"),
    (Bug::SyncErrorIgnored, "what is promised is durable"),
    (Bug::NamesUnsynced, "what is promised is durable"),
    (Bug::FilesUnsynced, "what is promised is durable"),
    (Bug::TilesUnsynced, "readers see one log that only grows"),
    (Bug::LockIgnored, "one writer"),
    (Bug::FenceSkipped, "each index is promised once"),
    (Bug::NonceNotRead, "each index is promised once"),
    (Bug::LostAnswerIgnored, "acknowledged entries are kept"),
    (Bug::TileTooShort, "no failure without a fault"),
    (Bug::HigherTilesMissing, "an audit agrees"),
    (Bug::SignedEarly, "nothing signed beyond durable"),
    (Bug::AnsweredEarly, "each index is promised once"),
    (Bug::GoesOnBehindFailure, "each index is promised once"),
    (Bug::SnapshotWithoutTail, "replay equals live"),
    (Bug::NoncesForgotten, "replay equals live"),
    (Bug::FollowerFedEarly, "followers see durable entries only"),
    (Bug::RollbackAccepted, "no fork"),
];
/// By which promise a bug of the rules, or of the gateway, shows.
const MONEY: [(Bug, &str); 23] = [
    (Bug::SlashTwice, "slashes are due once"),
    (Bug::SlashOfAll, "slashes are due once"),
    (Bug::LockKept, "locks end with their campaign"),
    (Bug::LockTooLong, "a stake outlasts what it backs"),
    (Bug::LockUncovered, "locks within active stake"),
    (Bug::LeavingCounts, "stakes are as noted"),
    (Bug::RepaidTwice, "money conserved"),
    (Bug::PayWithheld, "no line ever falls"),
    (Bug::SlashUnpublished, "slash lines say what was lost"),
    (Bug::VotesMoved, "votes stay where they were given"),
    (
        Bug::CreditedElsewhere,
        "each chain pays from its own deposits",
    ),
    (
        Bug::ReleasedEverywhere,
        "each chain pays from its own deposits",
    ),
    (Bug::DebitUnshown, "trees hold what epochs debit"),
    (Bug::AllowanceKept, "allowances pay what was used"),
    (Bug::ComposedKept, "what was used is its own revenue"),
    (Bug::ComposedAll, "calls use what was declared"),
    (Bug::CallOverspends, "calls use what was declared"),
    (Bug::RedemptionForgotten, "redemptions are noted once"),
    (Bug::RedeemedElsewhere, "redemptions are noted once"),
    (Bug::CreditOfAnother, "credit is what vouchers brought"),
    (Bug::CreditChargedTwice, "credit is what vouchers brought"),
    (Bug::CreditDebited, "deposits are debited what was used"),
    (Bug::NotedInAll, "what is noted of a chain is what it did"),
];

#[test]
fn the_same_seed_is_the_same_run() {
    let run = |seed| sim::run(seed, 600, Settings::default());
    let first = run(1).unwrap();
    assert_eq!(first, run(1).unwrap());
    assert_ne!(first.fingerprint, run(2).unwrap().fingerprint);
}

#[test]
fn logs_on_a_disk_keep_their_promises() {
    keep(Backend::Disk);
}

#[test]
fn logs_in_a_bucket_keep_their_promises() {
    keep(Backend::Bucket);
}

/// `HEADWATER_SIM_SEEDS` asks for more seeds than the usual budget.
fn keep(backend: Backend) {
    let settings = Settings {
        backend,
        ..Settings::default()
    };
    let seeds = std::env::var("HEADWATER_SIM_SEEDS").map_or(8, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        match sim::run(seed, STEPS, settings) {
            Ok(outcome) => println!("seed {seed}: {:?}", outcome.counts),
            Err(failure) => panic!("{failure}"),
        }
    }
}

#[test]
fn runs_see_what_their_promises_speak_of() {
    let settings = Settings {
        backend: Backend::Disk,
        life_steps: MONEY_LIFE,
        bug: None,
    };
    let mut never = MEANT.to_vec();
    for seed in 7..24 {
        if never.is_empty() {
            break;
        }
        let outcome = sim::run(seed, STEPS, settings).unwrap();
        println!("seed {seed}: {:?}", outcome.seen);
        never.retain(|what| !outcome.seen.contains_key(what));
    }
    assert!(never.is_empty(), "never happened: {never:?}");
}

#[test]
fn planted_bugs_are_found() {
    let named: Vec<(Bug, &str)> = STORED.into_iter().chain(MONEY).collect();
    let mut wrong = Vec::new();
    for bug in Bug::ALL {
        let promise = named.iter().find(|(of, _)| *of == bug);
        let promise = promise.map(|(_, promise)| *promise);
        let mut settings = Settings {
            bug: Some(bug),
            ..Settings::default()
        };
        if MONEY.iter().any(|(of, _)| *of == bug) {
            settings.life_steps = MONEY_LIFE;
        }
        let mut earlier = Vec::new();
        let found = BUG_SEEDS.into_iter().any(|seed| {
            let Some(found) = sim::run(seed, BUG_STEPS, settings).err() else {
                return false;
            };
            let (name, step) = (format!("{bug:?}"), found.step);
            println!(
                "{name:<20} seed {seed:>2}, step {step:>5}  {}",
                found.violation
            );
            let is_named = Some(found.violation.promise) == promise;
            if !is_named {
                earlier.push((seed, found.violation.promise));
            }
            is_named
        });
        if !found {
            wrong.push((bug, promise, earlier));
        }
    }
    assert!(
        wrong.is_empty(),
        "not found in {BUG_STEPS} steps by the promise named: {wrong:#?}"
    );
}

#[test]
fn the_documentation_has_every_promise_that_finds_a_bug() {
    let page = include_str!("../../../../docs/operate/simulator.md");
    for (bug, promise) in STORED.into_iter().chain(MONEY) {
        assert!(page.contains(promise), "{bug:?} is found by `{promise}`");
    }
}
