//! What a look makes of a chain that is shown oddly, of a log that is away, and of others' words.

use crate::altered::{Altered, event, kind, word};
use crate::hostile::{shift, statement, third};
use crate::operator::{Operator, wallet};
use crate::watch::{codes, faults, guard, settings, status, turn, watcher};
use chain::settlement::Status;
use chain::wire::{Event, Seat};
use watch::Outcome;

/// The events of a long history come in parts, and each look goes on where the last has stopped.
#[test]
fn a_history_that_is_shown_in_parts_is_read_over_several_looks() {
    let mut operator = Operator::in_business();
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = &mut operator;
    let mut watcher = watcher(directory, folder.path(), settings());
    let seat = Seat {
        chain,
        wallet: None,
    };
    let raws = (0..320).map(|nonce| wallet(97).sign(nonce, Some([8; 20]), Vec::new()));
    seat.chain
        .devnet
        .send_many(&raws.collect::<Vec<_>>())
        .unwrap();
    let mut wire = Altered {
        most: 150,
        ..Altered::with(seat, Vec::new())
    };
    for _ in 0..2 {
        let (told, outcome) = watcher.turn(&mut wire).unwrap();
        assert_eq!(
            (codes(&told), outcome),
            (vec!["still_reading"], Outcome::Unchecked)
        );
        assert!(told[0].what.contains("hint: the next look goes on"));
        assert!(watcher.is_reading());
    }
    let seen = watcher.turn(&mut wire).unwrap();
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
    assert!(!watcher.is_reading());
}

#[test]
fn a_server_that_leaves_out_a_post_is_not_believed() {
    let (mut operator, honest, _) = third();
    operator.post(&honest);
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let chain = &mut operator.chain;
    let seat = Seat {
        chain,
        wallet: None,
    };
    let posted = "Posted(uint64,uint64,bytes32,(address,uint96)[],bytes32,uint64,uint64,bytes32)";
    let mut wire = Altered {
        lacks: Some(kind(posted)),
        ..Altered::with(seat, Vec::new())
    };
    let (told, outcome) = watcher.turn(&mut wire).unwrap();
    assert_eq!(
        (codes(&told), outcome),
        (vec!["chain_unreadable"], Outcome::Unchecked)
    );
    assert!(told[0].what.contains("leaves out posts"), "{told:?}");
    wire.lacks = None;
    let seen = watcher.turn(&mut wire).unwrap();
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
}

/// Somebody else's challenge was in a block that the chain has taken back: it stops nothing.
#[test]
fn a_challenge_that_was_taken_back_is_made_anew() {
    let (mut operator, honest, leaves) = third();
    let (post, _) = operator.with_leaves(&honest, shift(&leaves, 0, 1, 500));
    operator.post(&post);
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let chain = &mut operator.chain;
    let settlement = chain.deployment.settlement;
    let mut stranger = [0; 32];
    stranger[12..].copy_from_slice(&wallet(96).address());
    // The bond, and then a reason without letters.
    let mut challenged = event(
        settlement,
        "Challenged(uint64,address,uint96,string)",
        &[word(3), stranger],
        1,
    );
    challenged.log.payload.extend([word(64), word(0)].concat());
    let challenged = Event {
        height: chain.devnet.height(),
        ..challenged
    };
    let seat = Seat {
        chain,
        wallet: Some(&guard),
    };
    let mut wire = Altered::with(seat, vec![challenged]);
    let (told, _) = watcher.turn(&mut wire).unwrap();
    assert_eq!(codes(&told), ["epoch_root"], "it is challenged already");
    wire.more.clear();
    let (told, _) = watcher.turn(&mut wire).unwrap();
    assert_eq!(codes(&told), ["bond_risked", "challenge"]);
    assert_eq!(status(wire.seat.chain, 3), Status::Halted);
}

/// Another chain's key has signed the same there, and somebody has made statements up.
#[test]
fn statements_that_prove_nothing_do_not_hide_those_that_do() {
    let (mut one, honest, _) = third();
    let (mut two, same, leaves) = third();
    one.post(&honest);
    let (post, _) = two.with_leaves(&same, shift(&leaves, 0, 1, 500));
    two.post(&post);
    let (of_one, of_two) = (statement(&mut one, 3), statement(&mut two, 3));
    let elsewhere = |signed: &chain::objection::Signed, root: Option<[u8; 32]>| {
        let mut signed = signed.clone();
        signed.statement.root = root.map_or(signed.statement.root, Into::into);
        signed.signature = wallet(77).sign_digest(&signed.statement.digest(&[0; 32]));
        signed
    };
    let guard = guard(&mut one, 2);
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&one.directory, folder.path(), settings());
    assert!(watcher.learn(&elsewhere(&of_one, Some([5; 32]))).unwrap());
    assert!(watcher.learn(&elsewhere(&of_one, None)).unwrap());
    let seen = turn(&mut watcher, &mut one.chain, &guard);
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
    assert!(watcher.learn(&of_two).unwrap());
    assert!(!watcher.learn(&of_two).unwrap());
    let (told, _) = turn(&mut watcher, &mut one.chain, &guard);
    assert!(
        codes(&told).contains(&"proof_of_an_equivocation"),
        "{told:?}"
    );
    assert_eq!(status(&one.chain, 3), Status::Vetoed);
}

/// What was agreed stays so, but of debits nothing is known, nor of the log.
#[test]
fn a_log_that_is_away_is_something_unchecked() {
    let (mut operator, honest, _) = third();
    operator.post(&honest);
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = &mut operator;
    let mut watcher = watcher(directory, folder.path(), settings());
    let seen = turn(&mut watcher, chain, &guard);
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
    directory.set_down(true);
    let more = chain::escrow::Debit {
        id: 1,
        amount: 100_000,
    };
    chain.debit(&wallet(5), 3, &[more]).unwrap();
    let (told, outcome) = turn(&mut watcher, chain, &guard);
    assert_eq!(
        (codes(&told), outcome),
        (vec!["log_unreadable"], Outcome::Unchecked)
    );
    directory.set_down(false);
    let (told, outcome) = turn(&mut watcher, chain, &guard);
    assert_eq!(
        (faults(&told), outcome),
        (vec!["debit_unknown"], Outcome::Fault)
    );
}

/// The log is read, then the next epoch is closed and posted, and then the chain is looked at.
#[test]
fn an_epoch_that_is_posted_meanwhile_is_no_gap_in_the_log() {
    let mut operator = Operator::in_business();
    let before = operator.directory.files().clone();
    let (statement, file) = operator.close();
    let post = operator.honest_post(&statement, &file);
    operator.post(&post);
    let after = std::mem::replace(&mut *operator.directory.files(), before);
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = &mut operator;
    let directory = &*directory;
    let mut watcher = watcher(directory, folder.path(), settings());
    let seat = Seat {
        chain,
        wallet: None,
    };
    let mut wire = Altered {
        meanwhile: Box::new(|| after.clone_into(&mut directory.files())),
        ..Altered::with(seat, Vec::new())
    };
    let seen = watcher.turn(&mut wire).unwrap();
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
}

/// Which contract to watch says nothing of the operator's other chains.
#[test]
fn the_contracts_of_other_chains_are_those_that_the_log_names() {
    let mut operator = Operator::in_business();
    operator.publish();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.settlement = Some([9; 20]);
    let mut watcher = watcher(&operator.directory, folder.path(), settings);
    let chain = &mut operator.chain;
    let named = chain.deployment.settlement;
    let wallet = None;
    watcher.turn(&mut Seat { chain, wallet }).unwrap();
    let on = |chain_id| watcher.settlement_on(chain_id);
    assert_eq!(on(chain::devnet::CHAIN_ID), Some(named));
    assert_eq!(on(1), Some([9; 20]), "the log does not settle there");
}
