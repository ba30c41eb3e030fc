//! What was taken out of deposits: no honest operator is accused, and what is wrong is told.

use crate::altered::{Altered, event, word};
use crate::operator::{Operator, RULING_S, WINDOW_S, wallet};
use crate::watch::{codes, faults, guard, settings, status, turn, watcher};
use chain::escrow::{Debit, Opening};
use chain::settlement::Status;
use chain::showing;
use chain::wire::{Event, Seat, Wire as _};
use proof::hash::keccak256;
use protocol::Command;
use watch::{Alert, Outcome};

/// What each epoch owes from deposit 1.
const DUE: u128 = 12_000;
const ARBITER: u8 = 4;
const DEBITOR: u8 = 5;
const FUNDER: u8 = 6;

impl Operator {
    /// Has somebody call the Escrow with numbers.
    fn escrow(&mut self, who: u8, call: &str, numbers: &[u128]) {
        let words = numbers.iter().map(|number| word(*number));
        let words: Vec<_> = words.collect();
        let calldata = [&keccak256(&[call.as_bytes()])[..4], &words.concat()].concat();
        let (who, escrow) = (wallet(who), self.chain.deployment.escrow);
        let devnet = &mut self.chain.devnet;
        let raw = who.sign(devnet.nonce(who.address()), Some(escrow), calldata);
        let receipt = devnet.send(&raw).unwrap();
        assert!(receipt.success, "{call}: {:?}", receipt.revert);
    }

    /// The funder of deposit 1 has its debit for an epoch held.
    fn dispute(&mut self, epoch: u128) {
        let (funder, token) = (wallet(FUNDER), self.token());
        let bond = DUE;
        let minted = self.chain.mint(&funder, token, funder.address(), bond);
        minted.unwrap();
        self.chain.approve(&funder, token, bond).unwrap();
        self.escrow(FUNDER, "dispute(uint64,uint64)", &[epoch, 1]);
    }

    /// Closes the next epoch and posts it as it is.
    pub fn post_next(&mut self) -> u64 {
        let (statement, file) = self.close();
        let post = self.honest_post(&statement, &file);
        self.post(&post);
        post.id
    }

    fn debit(&mut self, epoch: u64, id: u64, amount: u128) {
        let debits = [Debit { id, amount }];
        self.chain.debit(&wallet(DEBITOR), epoch, &debits).unwrap();
    }

    pub fn finalize(&mut self, epoch: u64) {
        self.chain.devnet.advance(WINDOW_S);
        self.chain.finalize(&wallet(7), epoch).unwrap();
    }

    /// As if somebody had shown with an epoch that deposit 1 owes so much more.
    fn shown(&self, epoch: u64, amount: u128) -> Event {
        let indexed = [word(u128::from(epoch)), word(1)];
        let signature = "DebitedByProof(uint64,uint64,uint96)";
        event(self.chain.deployment.escrow, signature, &indexed, amount)
    }
}

/// The third epoch, posted.
fn third() -> Operator {
    let mut operator = Operator::in_business();
    assert_eq!(operator.post_next(), 3);
    operator
}

/// What a watcher says that has not looked before.
fn fresh(operator: &mut Operator, more: &[Event]) -> (Vec<Alert>, Outcome) {
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let (chain, wallet) = (&mut operator.chain, None);
    let seat = Seat { chain, wallet };
    watcher
        .turn(&mut Altered::with(seat, more.to_vec()))
        .unwrap()
}

pub fn assert_agrees(operator: &mut Operator, more: &[Event]) {
    assert_eq!(fresh(operator, more), (Vec::new(), Outcome::Agree));
}

/// What is told of which epoch.
pub fn assert_wrong(operator: &mut Operator, more: &[Event], about: (u64, &str)) {
    let (told, outcome) = fresh(operator, more);
    assert_eq!(outcome, Outcome::Fault, "{told:?}");
    assert_eq!(faults(&told), [about.1]);
    assert_eq!(told[0].epoch, Some(about.0), "{told:?}");
}

#[test]
fn a_debit_in_dispute_is_neither_missing_nor_too_large() {
    let mut operator = third();
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    operator.debit_all(3);
    operator.dispute(3);
    for step in 0..3 {
        assert_agrees(&mut operator, &[]);
        let mut same = watcher(&operator.directory, folder.path(), settings());
        let seen = turn(&mut same, &mut operator.chain, &guard);
        assert_eq!(seen, (Vec::new(), Outcome::Agree), "step {step}");
        drop(same);
        match step {
            0 => operator.finalize(3),
            _ => operator.chain.devnet.advance(RULING_S / 4),
        }
    }
}

#[test]
fn a_dispute_takes_nothing_from_an_honest_operator_however_it_ends() {
    for granted in [Some(0), Some(DUE / 3), Some(DUE), None] {
        let mut operator = third();
        operator.debit_all(3);
        operator.dispute(3);
        operator.finalize(3);
        match granted {
            Some(units) => {
                let call = "ruleDispute(uint64,uint64,uint96)";
                operator.escrow(ARBITER, call, &[3, 1, units]);
            }
            // The arbiter says nothing, and nobody has shown that it is owed.
            None => {
                operator.chain.devnet.advance(RULING_S);
                operator.escrow(7, "lapseDispute(uint64,uint64)", &[3, 1]);
            }
        }
        assert_agrees(&mut operator, &[]);
        // What went back may be shown to be owed, and no more.
        let back = DUE - granted.unwrap_or(0);
        let shown = [operator.shown(3, back)];
        assert_agrees(&mut operator, &shown);
        let more = [operator.shown(3, back + 1)];
        assert_wrong(&mut operator, &more, (3, "debit_unknown"));
    }
}

#[test]
fn a_debit_by_proof_makes_up_for_one_that_is_missing() {
    let mut operator = third();
    operator.debit(3, 1, DUE / 3);
    assert_agrees(&mut operator, &[]);
    operator.finalize(3);
    assert_wrong(&mut operator, &[], (3, "debit_missing"));
    let rest = DUE - DUE / 3;
    let short = [operator.shown(3, rest - 1)];
    assert_wrong(&mut operator, &short, (3, "debit_missing"));
    let all = [operator.shown(3, 1), operator.shown(3, rest - 1)];
    assert_agrees(&mut operator, &all);
    // With a later epoch it is shown as well.
    operator.work();
    let later = operator.post_next();
    operator.debit_all(later);
    operator.finalize(later);
    let all = [operator.shown(later, rest)];
    assert_agrees(&mut operator, &all);
    let more = [operator.shown(later, rest + 1)];
    assert_wrong(&mut operator, &more, (later, "debit_unknown"));
}

/// It is told while it is missing, and agrees once somebody has made up for it.
#[test]
fn the_same_watcher_goes_on_once_it_is_made_up_for() {
    let mut operator = third();
    operator.finalize(3);
    let shown = operator.shown(3, DUE);
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = &mut operator;
    let mut watcher = watcher(directory, folder.path(), settings());
    let seat = Seat {
        chain,
        wallet: None,
    };
    let mut wire = Altered::with(seat, Vec::new());
    let (told, outcome) = watcher.turn(&mut wire).unwrap();
    assert_eq!(
        (faults(&told), outcome),
        (vec!["debit_missing"], Outcome::Fault)
    );
    wire.more.push(Event {
        height: wire.seat.chain.devnet.height(),
        ..shown
    });
    let seen = watcher.turn(&mut wire).unwrap();
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
}

/// The last look of a window is before the debits: nobody can halt the epoch any more.
#[test]
fn debits_of_a_windows_last_second_are_held_against_the_log() {
    for excess in [0, 1] {
        let mut operator = third();
        let guard = guard(&mut operator, 2);
        let folder = tempfile::tempdir().unwrap();
        let look = |operator: &mut Operator| {
            let mut watcher = watcher(&operator.directory, folder.path(), settings());
            turn(&mut watcher, &mut operator.chain, &guard)
        };
        operator.chain.devnet.advance(WINDOW_S - 60);
        assert_eq!(look(&mut operator), (Vec::new(), Outcome::Agree));
        operator.chain.devnet.advance(50);
        operator.debit(3, 1, DUE + excess);
        operator.finalize(3);
        let (told, outcome) = look(&mut operator);
        match excess {
            0 => assert_eq!((told, outcome), (Vec::new(), Outcome::Agree)),
            _ => assert_eq!(codes(&told), ["debit_unknown"]),
        }
    }
}

/// Both were looked at while they were open, and became final before the next look.
#[test]
fn a_missing_debit_is_told_though_a_later_epoch_is_final_too() {
    let mut operator = third();
    operator.work();
    let fourth = operator.post_next();
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let look = |operator: &mut Operator| {
        let mut watcher = watcher(&operator.directory, folder.path(), settings());
        turn(&mut watcher, &mut operator.chain, &guard)
    };
    assert_eq!(look(&mut operator), (Vec::new(), Outcome::Agree));
    operator.debit_all(fourth);
    operator.finalize(3);
    operator.finalize(fourth);
    let (told, outcome) = look(&mut operator);
    let about: Vec<_> = told.iter().map(|it| (it.epoch, it.code.as_str())).collect();
    assert_eq!(about, [(Some(3), "debit_missing")]);
    assert_eq!(outcome, Outcome::Fault);
    assert_eq!(look(&mut operator), (Vec::new(), Outcome::Fault));
}

#[test]
fn a_debit_that_is_too_large_is_told_though_it_is_in_dispute() {
    let mut operator = third();
    operator.debit(3, 1, DUE + 1);
    operator.dispute(3);
    assert_wrong(&mut operator, &[], (3, "debit_unknown"));
}

/// The contract has the deposit, and no entry has credited it: nothing can be owed from there.
#[test]
fn a_debit_of_a_deposit_that_the_ledger_does_not_know() {
    let mut operator = third();
    operator.debit_all(3);
    let (funder, token) = (wallet(FUNDER), operator.token());
    let minted = operator.chain.mint(&funder, token, funder.address(), DUE);
    minted.unwrap();
    operator.chain.approve(&funder, token, DUE).unwrap();
    let opening = Opening {
        funder: funder.address(),
        account: [0; 32],
        amount: DUE,
        max_per_epoch: DUE,
        closes_at_s: crate::operator::FAR_MS / 1_000,
    };
    let opened = operator.chain.open_deposit(&funder, token, &opening);
    let stray = opened.unwrap();
    assert_agrees(&mut operator, &[]);
    operator.debit(3, stray, 1);
    assert_wrong(&mut operator, &[], (3, "debit_unknown"));
}

/// The third epoch is false and falls; the fourth, upon the second, says what is owed by now. What
/// the third owed was restored, or will be, and may be shown with the fourth.
#[test]
fn what_a_veto_has_restored_is_no_fault_of_the_corrected_epoch() {
    let mut operator = Operator::in_business();
    let (statement, file) = operator.close();
    let mut post = operator.honest_post(&statement, &file);
    post.root[0] ^= 1;
    operator.post(&post);
    operator.debit(3, 1, DUE + 5);
    operator.chain.halt(&wallet(3), 3, "another root").unwrap();
    operator.chain.devnet.advance(RULING_S);
    operator.chain.lapse(&wallet(7), 3).unwrap();
    assert_eq!(status(&operator.chain, 3), Status::Vetoed);
    operator.work();
    let fourth = operator.post_next();
    operator.debit_all(fourth);
    assert_agrees(&mut operator, &[]);
    operator.finalize(fourth);
    assert_agrees(&mut operator, &[]);
    operator.chain.restore(&wallet(7), 3, &[1]).unwrap();
    let shown = [operator.shown(fourth, DUE)];
    assert_agrees(&mut operator, &shown);
    let more = [operator.shown(fourth, DUE + 1)];
    assert_wrong(&mut operator, &more, (fourth, "debit_unknown"));
}

/// Debits that the operator has missed, shown by somebody who has nothing but the public file: the
/// contract takes them, once, and the watcher agrees.
#[test]
fn what_a_stranger_shows_out_of_the_public_file_is_taken_once() {
    let mut operator = Operator::in_business();
    operator.push(0, Command::ProveDebits);
    let (statement, file) = operator.close();
    let post = operator.honest_post(&statement, &file);
    operator.post(&post);
    let settlement = operator.chain.deployment.settlement;
    let shown = |operator: &mut Operator, file: &[u8]| {
        let (chain, wallet) = (&mut operator.chain, None);
        showing::showings(&Seat { chain, wallet }, settlement, (3, file))
    };
    let why = shown(&mut operator, &file).unwrap_err().to_string();
    assert!(why.contains("NotFinal"), "{why}");
    operator.finalize(3);
    assert_wrong(&mut operator, &[], (3, "debit_missing"));
    let other = b"{\"leaves\":[]}";
    let why = shown(&mut operator, other).unwrap_err().to_string();
    assert!(why.contains("not the one of epoch 3"), "{why}");
    let [one] = &shown(&mut operator, &file).unwrap()[..] else {
        panic!("one deposit")
    };
    let sum = 3 * DUE;
    assert_eq!((one.debit.id, one.debit.cumulative), (1, sum));
    assert_eq!(one.missing, DUE);
    let (to, calldata, stranger) = (one.escrow, one.calldata.clone(), wallet(9));
    for left in [0, 0] {
        let (chain, wallet) = (&mut operator.chain, Some(&stranger));
        let mut seat = Seat { chain, wallet };
        seat.send(to, calldata.clone()).unwrap();
        assert_eq!(shown(&mut operator, &file).unwrap()[0].missing, left);
        assert_eq!(operator.chain.got(3).unwrap()[&1], DUE, "once");
    }
    assert_agrees(&mut operator, &[]);
}

/// A funder holds an honest debit up, and arbiter and operator say nothing: whoever waits for the
/// money reads until when, and has it paid after that.
#[test]
fn what_a_dispute_holds_a_stranger_has_paid_once_the_arbiters_time_is_over() {
    let mut operator = Operator::in_business();
    operator.push(0, Command::ProveDebits);
    let (statement, file) = operator.close();
    let post = operator.honest_post(&statement, &file);
    operator.post(&post);
    operator.debit_all(3);
    operator.dispute(3);
    operator.finalize(3);
    let settlement = operator.chain.deployment.settlement;
    let shown = |operator: &mut Operator| {
        let (chain, wallet) = (&mut operator.chain, None);
        let seat = Seat { chain, wallet };
        let mut shown = showing::showings(&seat, settlement, (3, &file)).unwrap();
        (shown.remove(0), seat.newest().unwrap().1)
    };
    let (one, now_s) = shown(&mut operator);
    let held = one.held.unwrap();
    assert_eq!(
        (one.missing, held.amount),
        (0, DUE),
        "it is held, not missing"
    );
    assert!(held.until_s > now_s);
    operator.chain.devnet.advance(held.until_s - now_s);
    let stranger = wallet(9);
    for calldata in [one.calldata, held.calldata] {
        let (chain, wallet) = (&mut operator.chain, Some(&stranger));
        let mut seat = Seat { chain, wallet };
        seat.send(one.escrow, calldata).unwrap();
    }
    assert_eq!(operator.chain.got(3).unwrap()[&1], DUE);
    assert_eq!(shown(&mut operator).0.held, None);
    assert_agrees(&mut operator, &[]);
}
