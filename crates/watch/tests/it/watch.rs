//! A watcher at an operator's chain, and what must hold once it has stopped an epoch.

use crate::directory::{self, Directory};
use crate::operator::{Operator, RULING_S, WINDOW_S, wallet};
use audit::Options;
use chain::settlement::{Claim, Status};
use chain::wire::Seat;
use chain::{Chain, Wallet};
use std::path::Path;
use watch::{Alert, Level, Memory, Outcome, Settings, Watcher};

pub const BOND: u128 = chain::deployment::CHALLENGE_BOND as u128;

/// Whoever watches, with the money for this many bonds.
pub fn guard(operator: &mut Operator, bonds: u128) -> Wallet {
    let (guard, token) = (wallet(8), operator.token());
    let mint = operator
        .chain
        .mint(&guard, token, guard.address(), bonds * BOND);
    mint.unwrap();
    guard
}

pub fn settings() -> Settings {
    Settings {
        settlement: None,
        from_block: 0,
        most_bond: Some(2 * BOND),
        challenges_unchecked: false,
        options: Options::default(),
    }
}

/// A watcher with the memory in a folder.
pub fn watcher<'a>(directory: &'a Directory, folder: &Path, settings: Settings) -> Watcher<'a> {
    let memory = Memory::open(folder).unwrap();
    let trust = directory::signer().verifier().clone().into();
    Watcher::new(directory, trust, memory, settings)
}

/// One turn at a chain, with a key.
pub fn turn(watcher: &mut Watcher<'_>, chain: &mut Chain, guard: &Wallet) -> (Vec<Alert>, Outcome) {
    let wallet = Some(guard);
    watcher.turn(&mut Seat { chain, wallet }).unwrap()
}

pub fn codes(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.code.as_str()).collect()
}

pub fn faults(alerts: &[Alert]) -> Vec<&str> {
    let faults = alerts.iter().filter(|alert| alert.level == Level::Fault);
    faults.map(|alert| alert.code.as_str()).collect()
}

pub fn status(chain: &Chain, id: u64) -> Status {
    chain.posted(id).unwrap().unwrap().status
}

/// Runs a new watcher over what was posted, and through the arbiter's silence if it had to
/// challenge. Gives what was told.
pub fn watched(operator: &mut Operator, other: &[chain::objection::Signed]) -> Vec<Alert> {
    let guard = guard(operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = operator;
    let mut watcher = watcher(directory, folder.path(), settings());
    other
        .iter()
        .for_each(|signed| assert!(watcher.learn(signed).unwrap()));
    let (mut told, outcome) = turn(&mut watcher, chain, &guard);
    assert_eq!(outcome, Outcome::Fault, "{told:?}");
    chain.devnet.advance(RULING_S);
    told.extend(turn(&mut watcher, chain, &guard).0);
    told
}

/// No money of a stopped epoch is ever paid, and nobody has paid for stopping it.
pub fn assert_stopped(operator: &mut Operator, id: u64, claims: &[Claim]) {
    let (token, anyone) = (operator.token(), wallet(9));
    let chain = &mut operator.chain;
    let paid = chain.paid(token).unwrap();
    assert_eq!(status(chain, id), Status::Vetoed);
    chain.devnet.advance(WINDOW_S + RULING_S);
    let refused = chain.finalize(&anyone, id).unwrap_err();
    assert_eq!(refused.revert.as_deref(), Some("NotOpen"));
    assert!(!claims.is_empty(), "there is something to claim");
    for claim in claims {
        let claim = std::slice::from_ref(claim);
        let refused = chain.claim_many(&anyone, id, claim).unwrap_err();
        assert_eq!(refused.revert.as_deref(), Some("NotFinal"));
    }
    assert_eq!(chain.paid(token).unwrap(), paid);
    let guard = wallet(8).address();
    assert_eq!(
        chain.balance(token, guard).unwrap(),
        2 * BOND,
        "bonds are back"
    );
}
