//! Eight kinds of wrong root, each stopped by a watcher that nobody helps.

use crate::altered::Altered;
use crate::operator::{Operator, WINDOW_S, claims, wallet};
use crate::watch::{
    assert_stopped, codes, faults, guard, settings, status, turn, watched, watcher,
};
use chain::Wallet;
use chain::objection::Signed;
use chain::settlement::{Claim, Post, Status};
use chain::watched::Watched;
use chain::wire::Seat;
use proof::claim::Leaf;
use protocol::{Command, EpochId};
use std::path::Path;
use watch::Outcome;

/// The third epoch, closed in the log, and its honest post.
pub fn third() -> (Operator, Post, Vec<Leaf>) {
    let mut operator = Operator::in_business();
    let (statement, file) = operator.close();
    let post = operator.honest_post(&statement, &file);
    assert_eq!((post.id, statement.leaves.len()), (3, 2));
    (operator, post, statement.leaves)
}

/// Moves units of the first token from one leaf to another.
pub fn shift(leaves: &[Leaf], from: usize, to: usize, units: u128) -> Vec<Leaf> {
    let mut leaves = leaves.to_vec();
    leaves[from].lines[0].cumulative -= units;
    leaves[to].lines[0].cumulative += units;
    leaves
}

#[test]
fn an_inflated_leaf() {
    let (mut operator, honest, leaves) = third();
    let (post, claims) = operator.with_leaves(&honest, shift(&leaves, 0, 1, 500));
    operator.post(&post);
    let told = watched(&mut operator, &[]);
    assert_eq!(faults(&told), ["epoch_root"]);
    let steps = [
        "challenge",
        "veto_by_silence",
        "return_of_the_bond",
        "collected",
    ];
    assert!(
        steps.iter().all(|step| codes(&told).contains(step)),
        "{told:?}"
    );
    assert_stopped(&mut operator, 3, &claims);
}

#[test]
fn totals_too_low() {
    let (mut operator, honest, leaves) = third();
    let (mut post, claims) = operator.with_leaves(&honest, leaves);
    assert_eq!(post, honest);
    post.totals[0].amount -= 1;
    operator.post(&post);
    let told = watched(&mut operator, &[]);
    assert_eq!(faults(&told), ["epoch_totals"]);
    assert_stopped(&mut operator, 3, &claims);
}

#[test]
fn a_decrease() {
    let (mut operator, honest, leaves) = third();
    let before = operator.state.epochs[1].totals[0].amount_units.units();
    assert!(before > 0);
    let all = leaves[0].lines[0].cumulative - 1;
    let (post, claims) = operator.with_leaves(&honest, shift(&leaves, 0, 1, all));
    operator.post(&post);
    let told = watched(&mut operator, &[]);
    assert_eq!(faults(&told), ["epoch_root"]);
    assert!(codes(&told).contains(&"proof_of_a_decrease"), "{told:?}");
    assert!(
        !codes(&told).contains(&"challenge"),
        "a proof needs no bond"
    );
    assert_stopped(&mut operator, 3, &claims);
}

#[test]
fn a_duplicate() {
    let (mut operator, honest, mut leaves) = third();
    let mut second = leaves[0].clone();
    second.lines[0].cumulative += 1;
    leaves.push(second);
    let (post, claims) = operator.with_leaves(&honest, leaves);
    operator.post(&post);
    let told = watched(&mut operator, &[]);
    assert!(codes(&told).contains(&"proof_of_a_duplicate"), "{told:?}");
    assert!(!codes(&told).contains(&"challenge"));
    assert_stopped(&mut operator, 3, &claims);
}

#[test]
fn a_fork() {
    a_fork_is_proven(Operator::in_business(), None);
}

/// Somebody has signed what the operator did, with a key that is none of its: the contract takes no
/// proof by that, and the watcher finds the one by the operator's own signature behind it.
#[test]
fn a_made_up_statement_hides_no_fork() {
    let mut operator = Operator::in_business();
    let mut forged = statement(&mut operator, 1);
    forged.signature = wallet(77).sign_digest(&forged.statement.digest(&[0; 32]));
    a_fork_is_proven(operator, Some(forged));
}

fn a_fork_is_proven(mut operator: Operator, handed: Option<Signed>) {
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let claims = fork(&mut operator, (folder.path(), &guard), handed);
    let mut second = watcher(&operator.directory, folder.path(), settings());
    let (told, outcome) = turn(&mut second, &mut operator.chain, &guard);
    assert_eq!(outcome, Outcome::Fault, "{told:?}");
    assert_eq!(faults(&told), ["fork"]);
    assert!(codes(&told).contains(&"proof_of_a_fork"), "{told:?}");
    assert!(!codes(&told).contains(&"challenge"));
    drop(second);
    assert_stopped(&mut operator, 3, &claims);
}

/// The operator has posted through a contract of its own, whose call has another signature: by that
/// one nothing can be proven, and nothing is sent that the contract would refuse.
#[test]
fn a_fork_under_a_hidden_signature_is_challenged() {
    let mut operator = Operator::in_business();
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    fork(&mut operator, (folder.path(), &guard), None);
    let mut second = watcher(&operator.directory, folder.path(), settings());
    let seat = Seat {
        chain: &mut operator.chain,
        wallet: Some(&guard),
    };
    let mut wire = Altered {
        hides_signatures: true,
        ..Altered::with(seat, Vec::new())
    };
    let (told, outcome) = second.turn(&mut wire).unwrap();
    assert_eq!(outcome, Outcome::Fault, "{told:?}");
    let told = codes(&told);
    assert!(
        told.ends_with(&["fork", "bond_risked", "challenge"]),
        "{told:?}"
    );
    assert!(!told.contains(&"proof_of_a_fork"), "{told:?}");
    assert_eq!(status(wire.seat.chain, 3), Status::Halted);
}

/// A watcher has seen the log that the first epochs rest on, with a statement that it was handed
/// before; the third rests on another log, which is as good by itself. Returns the third's claims.
fn fork(
    operator: &mut Operator,
    (folder, guard): (&Path, &Wallet),
    handed: Option<Signed>,
) -> Vec<Claim> {
    let mut first = watcher(&operator.directory, folder, settings());
    if let Some(signed) = &handed {
        assert!(first.learn(signed).unwrap());
    }
    let seen = turn(&mut first, &mut operator.chain, guard);
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
    drop(first);

    let mut other = Operator::new();
    for id in 1..=2 {
        other.work();
        other.work();
        let (statement, file) = other.close();
        let post = other.honest_post(&statement, &file);
        other.post(&post);
        other.debit_all(id);
        other.settle(id);
    }
    let (statement, file) = other.close();
    let honest = other.honest_post(&statement, &file);
    assert_ne!(other.entries[..20], operator.entries[..20]);
    // As much as the pot on the first chain holds, for the leaves of the second log.
    let total = operator.chain.inflow(operator.token()).unwrap();
    let mut post = honest.clone();
    post.totals[0].amount = total;
    operator.directory = other.directory;
    operator.post(&post);
    claims(&statement.leaves, &statement.tree)
}

/// One root on one chain and another on the second: each statement convicts on both.
#[test]
fn an_equivocation() {
    let (mut one, honest, _) = third();
    let (mut two, same, leaves) = third();
    assert_eq!(honest, same);
    one.post(&honest);
    let (post, claims) = two.with_leaves(&same, shift(&leaves, 0, 1, 500));
    two.post(&post);
    let (of_one, of_two) = (statement(&mut one, 3), statement(&mut two, 3));
    for (operator, other) in [(&mut one, of_two), (&mut two, of_one)] {
        let guard = guard(operator, 2);
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = watcher(&operator.directory, folder.path(), settings());
        watcher.learn(&other).unwrap();
        let (told, _) = turn(&mut watcher, &mut operator.chain, &guard);
        assert!(
            codes(&told).contains(&"proof_of_an_equivocation"),
            "{told:?}"
        );
        assert!(!codes(&told).contains(&"challenge"));
        drop(watcher);
        assert_stopped(operator, 3, &claims);
    }
}

/// A statement that somebody else has signed convicts nobody.
#[test]
fn a_made_up_statement_is_no_equivocation() {
    let (mut operator, honest, _) = third();
    operator.post(&honest);
    let mut forged = statement(&mut operator, 3);
    forged.statement.root = [5; 32].into();
    forged.signature = wallet(77).sign_digest(&forged.statement.digest(&[0; 32]));
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    watcher.learn(&forged).unwrap();
    let seen = turn(&mut watcher, &mut operator.chain, &guard);
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
    assert_eq!(status(&operator.chain, 3), Status::Open);
}

pub fn statement(operator: &mut Operator, id: u64) -> Signed {
    let settlement = operator.chain.deployment.settlement;
    let seat = Seat {
        chain: &mut operator.chain,
        wallet: None,
    };
    let mut watched = Watched::new(&seat, settlement, 0).unwrap();
    let look = watched.look(&seat, id).unwrap();
    let seen = look.epochs.into_iter().find(|seen| seen.post.id == id);
    seen.unwrap().signed.unwrap()
}

/// The root is not the log's, and nobody can see what it is over.
#[test]
fn a_missing_data_file_under_a_wrong_root() {
    let (mut operator, honest, leaves) = third();
    let (post, claims) = operator.with_leaves(&honest, shift(&leaves, 0, 1, 500));
    operator.directory.take("claims/3.json");
    operator.post(&post);
    let told = watched(&mut operator, &[]);
    assert_eq!(faults(&told), ["epoch_root"]);
    assert_stopped(&mut operator, 3, &claims);
}

/// The root is the log's, but whoever wants to claim lacks the leaves: the operator has three
/// quarters of the window to publish them.
#[test]
fn a_missing_data_file_under_the_right_root() {
    let (mut operator, honest, leaves) = third();
    let (post, claims) = operator.with_leaves(&honest, leaves);
    operator.directory.take("claims/3.json");
    operator.post(&post);
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = &mut operator;
    let mut watcher = watcher(directory, folder.path(), settings());
    let (told, outcome) = turn(&mut watcher, chain, &guard);
    assert_eq!(
        (codes(&told), outcome),
        (vec!["claims_missing"], Outcome::Unchecked)
    );
    assert_eq!(status(chain, 3), Status::Open);
    chain.devnet.advance(WINDOW_S * 3 / 4);
    let (told, _) = turn(&mut watcher, chain, &guard);
    assert_eq!(codes(&told), ["window_ending", "bond_risked", "challenge"]);
    assert_eq!(status(chain, 3), Status::Halted);
    chain.devnet.advance(crate::operator::RULING_S);
    turn(&mut watcher, chain, &guard);
    drop(watcher);
    assert_stopped(&mut operator, 3, &claims);
}

/// The third epoch is false and the fourth, by itself, is what the log says: it falls with its
/// parent, cannot be posted upon it again, and the correction upon the second pays.
#[test]
fn a_correct_root_on_a_vetoed_parent() {
    let (mut operator, honest, leaves) = third();
    let (post, _) = operator.with_leaves(&honest, shift(&leaves, 0, 1, 500));
    operator.post(&post);
    let (statement, file) = operator.close();
    let fourth = operator.honest_post(&statement, &file);
    assert_eq!((fourth.id, fourth.parent), (4, 3));
    operator.post(&fourth);
    let claims = claims(&statement.leaves, &statement.tree);

    let told = watched(&mut operator, &[]);
    let challenges = codes(&told)
        .iter()
        .filter(|code| **code == "challenge")
        .count();
    assert_eq!(challenges, 1, "one bond stops both: {told:?}");
    assert_stopped(&mut operator, 3, &claims);
    assert_eq!(status(&operator.chain, 4), Status::Vetoed);
    let refused = operator
        .chain
        .claim_many(&wallet(9), 4, &claims)
        .unwrap_err();
    assert_eq!(refused.revert.as_deref(), Some("NotFinal"));

    let (statement, file) = operator.close();
    let mut correction = operator.honest_post(&statement, &file);
    assert_eq!((correction.id, correction.parent), (5, 2));
    let upon_the_vetoed = Post {
        parent: 4,
        ..correction.clone()
    };
    let refused = operator
        .chain
        .post(&wallet(2), &upon_the_vetoed)
        .unwrap_err();
    assert_eq!(refused.revert.as_deref(), Some("ParentNotHead"));
    correction.log_time_ms = operator.state.epochs.last().unwrap().time_ms;
    operator.post(&correction);
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let (told, outcome) = turn(&mut watcher, &mut operator.chain, &wallet(8));
    assert_eq!(
        (faults(&told), outcome),
        (Vec::new(), Outcome::Agree),
        "{told:?}"
    );
    drop(watcher);
    operator.chain.devnet.advance(WINDOW_S);
    operator.chain.finalize(&wallet(7), 5).unwrap();
    let claims = crate::operator::claims(&statement.leaves, &statement.tree);
    operator.chain.claim_many(&wallet(9), 5, &claims).unwrap();
    let paid = operator.chain.paid(operator.token()).unwrap();
    assert_eq!(paid, statement.totals[0].amount_units.units());
}

/// The ninth kind: the root is right, but more is taken out of a deposit than the ledger owes.
#[test]
fn a_debit_that_the_ledger_does_not_owe() {
    let (mut operator, honest, leaves) = third();
    let (post, claims) = operator.with_leaves(&honest, leaves);
    operator.post(&post);
    operator.debit_all(3);
    let more = chain::escrow::Debit { id: 1, amount: 1 };
    operator.chain.debit(&wallet(5), 3, &[more]).unwrap();
    let told = watched(&mut operator, &[]);
    assert_eq!(faults(&told), ["debit_unknown"]);
    assert_stopped(&mut operator, 3, &claims);
}

/// The log itself breaks the rules: a release that never was is noted, and paid for.
#[test]
fn a_root_over_a_log_that_breaks_the_rules() {
    let (mut operator, _, _) = third();
    let last = operator.entries.pop().unwrap();
    let mut entry: protocol::Entry = protocol::codec::decode(&last).unwrap();
    let Command::CloseEpoch(close) = &mut entry.signed.submission.command else {
        panic!("the last entry closes the epoch");
    };
    assert_eq!(close.epoch, EpochId(3));
    close.root.0[0] ^= 1;
    operator.entries.push(protocol::codec::encode(&entry));
    operator.publish();
    let (statement, file) = {
        let statement = ledger::claims::statement(&operator.state).unwrap();
        let file = statement.file(EpochId(3));
        (statement, file)
    };
    let mut post = operator.honest_post(&statement, &file);
    post.root[0] ^= 1;
    operator.post(&post);
    let told = watched(&mut operator, &[]);
    assert_eq!(faults(&told), ["bad_signature"]);
    let claims = claims(&statement.leaves, &statement.tree);
    assert_stopped(&mut operator, 3, &claims);
}
