//! Redeemed vouchers: the log may be behind the chain, and notes nothing that did not come in.

use crate::altered::{Altered, event, kind};
use crate::debits::{assert_agrees, assert_wrong};
use crate::operator::{Operator, WINDOW_S, wallet};
use crate::watch::{codes, faults, guard, settings, status, turn, watcher};
use chain::Chain;
use chain::settlement::Status;
use chain::wire::{Event, Seat};
use ledger::chain::FIRST;
use proof::voucher::{Signed, Voucher};
use protocol::credit::{Credit, NoteRedemption};
use protocol::{AccountId, Amount, Command, TokenId};
use std::path::Path;
use watch::{Alert, Outcome, Settings};

/// What each voucher brings.
const UNITS: u128 = 1_000;
const CREDIT: u128 = 10 * UNITS;
const PAYER: u8 = 20;
/// The log's account of the payer.
const ACCOUNT: AccountId = AccountId(3);
const DIFFERS: &str = "redemption_differs";

impl Operator {
    /// The payer puts money into the Escrow.
    fn add_credit(&mut self) {
        let (payer, token) = (wallet(PAYER), self.token());
        let minted = self.chain.mint(&payer, token, payer.address(), CREDIT);
        minted.unwrap();
        self.chain.approve(&payer, token, CREDIT).unwrap();
        self.chain.add_credit(&payer, token, CREDIT).unwrap();
    }

    /// A voucher is redeemed over all that the payer has ever spent.
    fn redeem(&mut self, cumulative: u128) {
        redeem(&mut self.chain, cumulative);
    }

    /// The log notes a redemption, whether there was one or not.
    fn note(&mut self, number: u64, units: u128) {
        let note = NoteRedemption {
            chain: FIRST,
            number,
            account: ACCOUNT,
            token: TokenId(0),
            amount_units: Amount::new(units).unwrap(),
        };
        self.push(0, Command::Credit(Credit::Redeem(note)));
    }

    /// As if a voucher had brought so much in the newest block.
    fn redeemed(&self, units: u128) -> Event {
        let who = |seed| {
            let mut word = [0; 32];
            word[12..].copy_from_slice(&wallet(seed).address());
            word
        };
        let mut token = [0; 32];
        token[12..].copy_from_slice(&self.token());
        let indexed = [who(PAYER), token, who(PAYER)];
        let signature = "Redeemed(address,address,address,uint96)";
        let escrow = self.chain.deployment.escrow;
        Event {
            height: self.chain.devnet.height(),
            ..event(escrow, signature, &indexed, units)
        }
    }
}

fn redeem(chain: &mut Chain, cumulative: u128) {
    let payer = wallet(PAYER);
    let voucher = Voucher {
        payer: payer.address(),
        token: chain.deployment.token(),
        key: payer.address(),
        cumulative,
    };
    let digest = voucher.digest(&chain.escrow_domain());
    let signed = Signed {
        voucher,
        signature: payer.sign_digest(&digest).try_into().unwrap(),
        lent: None,
    };
    chain.redeem(&wallet(7), &signed).unwrap();
}

/// Two epochs are final, and the payer has credit.
fn with_credit() -> Operator {
    let mut operator = Operator::in_business();
    operator.add_credit();
    operator
}

#[test]
fn what_was_redeemed_may_wait_for_the_log() {
    let mut operator = with_credit();
    let guard = guard(&mut operator, 2);
    let folder = tempfile::tempdir().unwrap();
    let look = |operator: &mut Operator| {
        assert_agrees(operator, &[]);
        let mut same = watcher(&operator.directory, folder.path(), settings());
        let seen = turn(&mut same, &mut operator.chain, &guard);
        assert_eq!(seen, (Vec::new(), Outcome::Agree));
    };
    operator.redeem(UNITS);
    operator.post_next();
    look(&mut operator);
    operator.note(1, UNITS);
    operator.publish();
    look(&mut operator);
    operator.redeem(3 * UNITS);
    operator.work();
    assert_eq!(operator.post_next(), 4);
    look(&mut operator);
    operator.note(2, 2 * UNITS);
    operator.publish();
    operator.debit_all(3);
    operator.debit_all(4);
    operator.finalize(3);
    operator.finalize(4);
    look(&mut operator);
}

/// Whatever differs, the epoch that rests on the note is stopped, and none before it.
#[test]
fn a_note_of_what_was_not_redeemed_stops_the_epoch_that_rests_on_it() {
    for (redeemed, noted) in [
        (vec![], vec![UNITS]),
        (vec![UNITS], vec![UNITS + 1]),
        (vec![UNITS], vec![UNITS, UNITS]),
        (vec![UNITS, 3 * UNITS], vec![2 * UNITS, UNITS]),
    ] {
        let mut operator = with_credit();
        let guard = guard(&mut operator, 2);
        redeemed.iter().for_each(|sum| operator.redeem(*sum));
        let numbered = (1..).zip(&noted);
        numbered.for_each(|(number, units)| operator.note(number, *units));
        assert_eq!(operator.post_next(), 3);
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = watcher(&operator.directory, folder.path(), settings());
        let (told, outcome) = turn(&mut watcher, &mut operator.chain, &guard);
        assert_eq!(outcome, Outcome::Fault, "{noted:?}: {told:?}");
        assert_eq!(codes(&told), [DIFFERS, "bond_risked", "challenge"]);
        let (epoch, what) = (told[0].epoch, &told[0].what);
        assert_eq!(epoch, Some(3), "{told:?}");
        assert!(what.contains("rests on money that did not come in: entry"));
        assert_eq!(status(&operator.chain, 3), Status::Halted);
    }
}

/// A server may be behind the log. What is noted counts once an epoch is seen that was posted after
/// it, and it is told of one that pays, too.
#[test]
fn a_note_is_held_against_the_chain_with_the_epoch_that_rests_on_it() {
    let mut operator = with_credit();
    assert_eq!(operator.post_next(), 3);
    operator.note(1, UNITS);
    operator.publish();
    assert_agrees(&mut operator, &[]);
    operator.debit_all(3);
    operator.finalize(3);
    assert_agrees(&mut operator, &[]);
    operator.work();
    assert_eq!(operator.post_next(), 4);
    assert_wrong(&mut operator, &[], (4, DIFFERS));
    operator.debit_all(4);
    operator.finalize(4);
    assert_wrong(&mut operator, &[], (4, DIFFERS));
    // It is there by now.
    operator.redeem(UNITS);
    assert_agrees(&mut operator, &[]);
}

/// A redemption was in a block that the chain has taken back; another one is the first now.
#[test]
fn a_redemption_that_was_taken_back_moves_no_other() {
    let mut operator = with_credit();
    let gone = operator.redeemed(7);
    let before = operator.directory.files().clone();
    operator.note(1, UNITS);
    let (statement, file) = operator.close();
    let post = operator.honest_post(&statement, &file);
    let after = std::mem::replace(&mut *operator.directory.files(), before);
    let folder = tempfile::tempdir().unwrap();
    let Operator {
        chain, directory, ..
    } = &mut operator;
    let mut watcher = watcher(directory, folder.path(), settings());
    let seat = Seat {
        chain,
        wallet: None,
    };
    let mut wire = Altered::with(seat, vec![gone]);
    let seen = watcher.turn(&mut wire).unwrap();
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
    wire.more.clear();
    redeem(wire.seat.chain, UNITS);
    wire.seat.chain.post(&wallet(2), &post).unwrap();
    *directory.files() = after;
    let seen = watcher.turn(&mut wire).unwrap();
    assert_eq!(seen, (Vec::new(), Outcome::Agree));
}

/// What a watcher says that begins to read at a block, and may bond for what it cannot check.
fn look_from(operator: &mut Operator, from_block: u64, folder: &Path) -> (Vec<Alert>, Outcome) {
    let guard = guard(operator, 2);
    let settings = Settings {
        from_block,
        challenges_unchecked: true,
        ..settings()
    };
    let mut watcher = watcher(&operator.directory, folder, settings);
    turn(&mut watcher, &mut operator.chain, &guard)
}

/// The posts are all there, and the first redemption is before the block that is begun with: by
/// their places the others would be told of an honest operator.
#[test]
fn a_history_that_is_not_whole_accuses_nobody() {
    for excess in [0, 1] {
        let mut operator = Operator::new();
        operator.add_credit();
        operator.redeem(UNITS);
        operator.note(1, UNITS + excess);
        let late = operator.chain.devnet.height() + 1;
        operator.redeem(3 * UNITS);
        operator.note(2, 2 * UNITS);
        operator.work();
        assert_eq!(operator.post_next(), 1);
        operator.debit_all(1);
        let folder = tempfile::tempdir().unwrap();
        operator.chain.devnet.advance(WINDOW_S - 1);
        let (told, outcome) = look_from(&mut operator, late, folder.path());
        let unread = (vec!["redemptions_unread"], Outcome::Unchecked);
        assert_eq!((codes(&told), outcome), unread);
        assert_eq!(told[0].epoch, None);
        assert_eq!(status(&operator.chain, 1), Status::Open);
        operator.finalize(1);
        let (told, outcome) = look_from(&mut operator, late, folder.path());
        assert_eq!((codes(&told), outcome), unread, "at each look");
        // The same memory with all of it: nothing was taken for checked.
        let (told, outcome) = look_from(&mut operator, 0, folder.path());
        match excess {
            0 => assert_eq!((told, outcome), (Vec::new(), Outcome::Agree)),
            _ => assert_eq!((faults(&told), outcome), (vec![DIFFERS], Outcome::Fault)),
        }
    }
}

#[test]
fn a_server_that_leaves_out_what_came_in_accuses_nobody() {
    let mut operator = with_credit();
    operator.redeem(UNITS);
    operator.note(1, 2 * UNITS);
    operator.post_next();
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let chain = &mut operator.chain;
    let wallet = None;
    let mut wire = Altered {
        lacks: Some(kind("InflowNoted(address,uint256)")),
        ..Altered::with(Seat { chain, wallet }, Vec::new())
    };
    let (told, outcome) = watcher.turn(&mut wire).unwrap();
    let unread = (vec!["redemptions_unread"], Outcome::Unchecked);
    assert_eq!((codes(&told), outcome), unread);
    assert!(
        told[0].what.contains("hint: begin at the block"),
        "{told:?}"
    );
    wire.lacks = None;
    let (told, _) = watcher.turn(&mut wire).unwrap();
    assert_eq!(faults(&told), [DIFFERS]);
}

/// Where the log notes nothing, it is no matter what can be read of vouchers.
#[test]
fn a_log_without_credit_needs_no_history_of_it() {
    let mut operator = Operator::in_business();
    operator.post_next();
    let mut token = [0; 32];
    token[12..].copy_from_slice(&operator.token());
    let settlement = operator.chain.deployment.settlement;
    let odd = event(settlement, "InflowNoted(address,uint256)", &[token], 5);
    assert_agrees(&mut operator, &[odd]);
}
