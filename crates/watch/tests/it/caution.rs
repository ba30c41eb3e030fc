//! What a watcher must not do: challenge an honest operator, act without means, bond too much.

use crate::operator::{Operator, RULING_S, WINDOW_S, wallet};
use crate::watch::{BOND, codes, faults, guard, settings, status, turn, watcher};
use chain::Error;
use chain::settlement::Status;
use chain::wire::{Events, Seat, Wire};
use watch::{Outcome, Settings};

/// Looked at after every step of four epochs, by one watcher and by a new one each time.
#[test]
fn an_honest_operator_is_never_challenged() {
    let mut operator = Operator::new();
    let guard = guard(&mut operator, 2);
    let (folder, mut told) = (tempfile::tempdir().unwrap(), Vec::new());
    let mut look = |operator: &mut Operator| {
        let mut old = watcher(&operator.directory, folder.path(), settings());
        let fresh = tempfile::tempdir().unwrap();
        let mut new = watcher(&operator.directory, fresh.path(), settings());
        for watcher in [&mut old, &mut new] {
            let (alerts, outcome) = turn(watcher, &mut operator.chain, &guard);
            assert_eq!(outcome, Outcome::Agree, "{alerts:?}");
            told.extend(alerts);
        }
    };
    for id in 1..=4 {
        operator.work();
        let (statement, file) = operator.close();
        look(&mut operator);
        let post = operator.honest_post(&statement, &file);
        operator.post(&post);
        look(&mut operator);
        operator.debit_all(id);
        look(&mut operator);
        operator.chain.devnet.advance(WINDOW_S - 1);
        look(&mut operator);
        operator.settle(id);
        look(&mut operator);
    }
    assert_eq!(told, []);
    assert_eq!(
        operator.chain.devnet.nonce(guard.address()),
        1,
        "it has only minted"
    );
}

fn inflated() -> Operator {
    let mut operator = Operator::in_business();
    inflate(&mut operator);
    operator
}

/// Posts the next epoch with money moved from one leaf to another.
fn inflate(operator: &mut Operator) {
    let (statement, file) = operator.close();
    let honest = operator.honest_post(&statement, &file);
    let mut leaves = statement.leaves;
    leaves[0].lines[0].cumulative -= 500;
    leaves[1].lines[0].cumulative += 500;
    let (post, _) = operator.with_leaves(&honest, leaves);
    operator.post(&post);
}

#[test]
fn without_a_key_it_only_tells() {
    let mut operator = inflated();
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let chain = &mut operator.chain;
    let mut seat = Seat {
        chain,
        wallet: None,
    };
    let (told, outcome) = watcher.turn(&mut seat).unwrap();
    assert_eq!(
        (codes(&told), outcome),
        (vec!["epoch_root", "not_acting"], Outcome::Fault)
    );
    assert_eq!(
        watcher.turn(&mut seat).unwrap(),
        (Vec::new(), Outcome::Fault)
    );
    assert_eq!(status(&operator.chain, 3), Status::Open);
}

#[test]
fn a_challenge_stays_within_the_cap_and_the_purse() {
    for (most_bond, bonds, code) in [(BOND - 1, 2, "bond_capped"), (BOND, 0, "bond_short")] {
        let mut operator = inflated();
        let guard = guard(&mut operator, bonds);
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            most_bond: Some(most_bond),
            ..settings()
        };
        let mut watcher = watcher(&operator.directory, folder.path(), settings);
        let (told, outcome) = turn(&mut watcher, &mut operator.chain, &guard);
        assert_eq!(
            (codes(&told), outcome),
            (vec!["epoch_root", code], Outcome::Fault)
        );
        assert_eq!(status(&operator.chain, 3), Status::Open);
        assert_eq!(
            operator.chain.devnet.nonce(guard.address()),
            1,
            "it has only minted"
        );
    }
}

/// Reads well, and never hears what has become of a challenge.
struct Unheard<'a>(Seat<'a>);

impl Wire for Unheard<'_> {
    fn chain_id(&self) -> Result<u64, Error> {
        self.0.chain_id()
    }

    fn newest(&self) -> Result<(u64, u64), Error> {
        self.0.newest()
    }

    fn call(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.0.call(to, calldata)
    }

    fn call_at(&self, height: u64, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.0.call_at(height, to, calldata)
    }

    fn events(
        &self,
        contracts: &[[u8; 20]],
        kinds: &[[u8; 32]],
        blocks: (u64, u64),
    ) -> Result<Events, Error> {
        self.0.events(contracts, kinds, blocks)
    }

    fn calldata(&self, tx_hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        self.0.calldata(tx_hash)
    }

    fn sender(&self) -> Option<[u8; 20]> {
        self.0.sender()
    }

    fn send(&mut self, to: [u8; 20], calldata: Vec<u8>) -> Result<[u8; 32], Error> {
        if to == self.0.chain.deployment.settlement {
            return Err(Error::busy("no answer came"));
        }
        self.0.send(to, calldata)
    }
}

#[test]
fn a_challenge_of_which_nobody_knows_counts_against_the_cap() {
    let mut operator = inflated();
    operator.work();
    inflate(&mut operator);
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        most_bond: Some(BOND),
        ..settings()
    };
    let mut watcher = watcher(&operator.directory, folder.path(), settings);
    let chain = &mut operator.chain;
    let wallet = Some(&guard);
    let (told, _) = watcher.turn(&mut Unheard(Seat { chain, wallet })).unwrap();
    let about: Vec<_> = told.iter().map(|it| (it.epoch, it.code.as_str())).collect();
    let expected = [
        (Some(3), "epoch_root"),
        (Some(4), "epoch_root"),
        (Some(3), "bond_risked"),
        (Some(3), "challenge_failed"),
        (Some(4), "bond_capped"),
    ];
    assert_eq!(about, expected);
    // The same epoch may be tried again: it is one bond.
    let (told, _) = turn(&mut watcher, &mut operator.chain, &guard);
    assert_eq!(codes(&told), ["challenge"]);
}

#[test]
fn an_epoch_is_challenged_once_whoever_forgets_what() {
    let mut operator = inflated();
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let look = |operator: &mut Operator, folder: &std::path::Path| {
        let mut watcher = watcher(&operator.directory, folder, settings());
        turn(&mut watcher, &mut operator.chain, &guard)
    };
    let (told, _) = look(&mut operator, folder.path());
    assert_eq!(codes(&told), ["epoch_root", "bond_risked", "challenge"]);
    let nonce = operator.chain.devnet.nonce(guard.address());
    let again = look(&mut operator, folder.path());
    assert_eq!(
        again,
        (Vec::new(), Outcome::Fault),
        "nothing new after a restart"
    );
    let forgetful = tempfile::tempdir().unwrap();
    let (told, _) = look(&mut operator, forgetful.path());
    assert_eq!(
        codes(&told),
        ["epoch_root"],
        "the chain knows of the challenge"
    );
    // The arbiter lets it stand: the bond is lost, and counts against the cap for good.
    operator.chain.rule(&wallet(4), 3, false).unwrap();
    let (told, _) = look(&mut operator, folder.path());
    assert_eq!(codes(&told), ["bond_lost"]);
    assert_eq!(operator.chain.devnet.nonce(guard.address()), nonce);
    assert_eq!(
        operator
            .chain
            .balance(operator.token(), guard.address())
            .unwrap(),
        BOND
    );
}

#[test]
fn an_upheld_challenge_brings_the_bond_back() {
    let mut operator = inflated();
    let guard = guard(&mut operator, 1);
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    turn(&mut watcher, &mut operator.chain, &guard);
    let token = operator.chain.deployment.token();
    assert_eq!(operator.chain.balance(token, guard.address()).unwrap(), 0);
    operator.chain.rule(&wallet(4), 3, true).unwrap();
    let (told, outcome) = turn(&mut watcher, &mut operator.chain, &guard);
    assert_eq!((codes(&told), outcome), (vec!["collected"], Outcome::Agree));
    assert_eq!(
        operator.chain.balance(token, guard.address()).unwrap(),
        BOND
    );
}

#[test]
fn a_log_that_does_not_answer_is_told_in_time() {
    let mut operator = inflated();
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.settlement = Some(operator.chain.deployment.settlement);
    let Operator {
        chain, directory, ..
    } = &mut operator;
    directory.set_down(true);
    let mut watcher = watcher(directory, folder.path(), settings);
    let (told, outcome) = turn(&mut watcher, chain, &guard);
    assert_eq!(outcome, Outcome::Unchecked);
    assert!(
        codes(&told).contains(&"log_unreadable") && faults(&told).is_empty(),
        "{told:?}"
    );
    chain.devnet.advance(WINDOW_S * 3 / 4);
    let (told, _) = turn(&mut watcher, chain, &guard);
    assert!(codes(&told).contains(&"window_ending"), "{told:?}");
    assert_eq!(
        status(chain, 3),
        Status::Open,
        "an outage is no reason to bond"
    );
    // The log answers again before the window is over.
    directory.set_down(false);
    let (told, outcome) = turn(&mut watcher, chain, &guard);
    assert_eq!(
        (faults(&told), outcome),
        (vec!["epoch_root"], Outcome::Fault)
    );
    assert_eq!(status(chain, 3), Status::Halted);
}

#[test]
fn what_became_final_unseen_is_told_and_an_outage_may_be_bonded() {
    for challenges_unchecked in [false, true] {
        let mut operator = inflated();
        let guard = guard(&mut operator, 2);
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            settlement: Some(operator.chain.deployment.settlement),
            challenges_unchecked,
            ..settings()
        };
        let Operator {
            chain, directory, ..
        } = &mut operator;
        directory.set_down(true);
        let mut watcher = watcher(directory, folder.path(), settings);
        chain.devnet.advance(WINDOW_S - 1);
        turn(&mut watcher, chain, &guard);
        if challenges_unchecked {
            assert_eq!(status(chain, 3), Status::Halted);
            chain.devnet.advance(RULING_S);
            turn(&mut watcher, chain, &guard);
            assert_eq!(status(chain, 3), Status::Vetoed);
            continue;
        }
        chain.devnet.advance(1);
        chain.finalize(&wallet(7), 3).unwrap();
        let (told, outcome) = turn(&mut watcher, chain, &guard);
        assert_eq!(outcome, Outcome::Unchecked);
        assert!(codes(&told).contains(&"window_missed"), "{told:?}");
    }
}

#[test]
fn another_log_than_the_contract_names_is_no_fault_of_anybody() {
    let mut operator = inflated();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.settlement = Some([9; 20]);
    let guard = guard(&mut operator, 2);
    let mut watcher = watcher(&operator.directory, folder.path(), settings);
    let (told, outcome) = turn(&mut watcher, &mut operator.chain, &guard);
    assert_eq!(outcome, Outcome::Unchecked);
    assert_eq!(codes(&told), ["chain_unreadable"]);
    assert!(
        told[0]
            .what
            .contains("there is no Settlement contract at 0x0909"),
        "{told:?}"
    );
}
