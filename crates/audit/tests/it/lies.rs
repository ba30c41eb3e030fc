//! An operator who holds the log key signs a false log: each class of lie has its fault.

use crate::script::{build, honest};
use crate::twin::{self, check};
use crate::world::{CHAIN, Lie};
use audit::{ChainCount, Options, Progress, Report, Stage};
use expect_test::{Expect, expect};

#[test]
fn the_honest_space_verifies() {
    let report = check(honest()).unwrap();
    let sums = report.money[0];
    assert_eq!(sums.deposited, sums.in_purses + sums.held + sums.refunded);
    let claimed = sums.claimed.unwrap();
    assert!(0 < claimed && claimed <= sums.payable);
    let counts = Report {
        log_root: [0; 32],
        money: Vec::new(),
        ..report
    };
    let expected = Report {
        log_size: 529,
        signatures_checked: 529,
        accounts: 497,
        wallets_disclosed: 3,
        wallets_undisclosed: 493,
        campaigns: 1,
        answers: 120,
        scores_recomputed: 2,
        blocks_released: 4,
        blocks_rejected: 2,
        assets: 2,
        segments: 2,
        uses: 16,
        epochs: 2,
        chains: vec![ChainCount {
            chain_id: CHAIN,
            checked: true,
            roots_matched: 2,
            vetoed: 0,
            beside_checked: false,
            beside_why: Some("not read".to_owned()),
        }],
        state_roots_matched: 1,
        ..Report::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn threads_do_not_change_what_is_said() {
    for lie in [Lie::None, Lie::BadSignature] {
        let directory = build(lie).directory();
        let run = |threads| {
            let options = Options {
                signatures: true,
                threads,
            };
            audit::audit(&directory, &twin::log_key(), options, &mut |_| ())
        };
        let outcomes = [0, 1, 2, 3, 8, 1_000].map(run);
        assert!(
            outcomes.iter().all(|outcome| *outcome == outcomes[0]),
            "{lie:?}"
        );
    }
}

#[test]
fn progress_ends_where_the_log_and_the_chain_end() {
    let mut last = [(0, 0); 2];
    let mut progress =
        |it: Progress| last[usize::from(it.stage == Stage::Chain)] = (it.done, it.total);
    audit::audit(
        honest(),
        &twin::log_key(),
        Options::default(),
        &mut progress,
    )
    .unwrap();
    assert_eq!(last, [(529, 529), (2, 2)]);
}

pub fn tells(lie: Lie, expected: Expect) {
    let fault = check(&build(lie).directory()).expect_err("a lie never verifies");
    let file = fault
        .file
        .as_deref()
        .map_or("-", |path| path.split('/').next().unwrap());
    let at = fault.at.map_or("-".to_owned(), |at| at.to_string());
    let what = fault.what.replacen(": ", ":\n", 1).replacen(", ", ",\n", 1);
    expected.assert_eq(&format!("{} at {at} in {file}\n{what}\n", fault.code));
}

#[test]
fn scores_that_scoring_again_does_not_give() {
    tells(
        Lie::PaidFarmer,
        expect![[r#"
        wrong_scores at 27 in attachments
        entry 27 posts wrong scores:
        block 0 of account 6: it is released at 1000000 ppm of the price,
        scoring again gives rejected
    "#]],
    );
    tells(
        Lie::ChangedLabel,
        expect![[r#"
            wrong_scores at 21 in attachments
            entry 21 posts wrong scores:
            unit 3 has label 0 at 1000000 ppm from 2 answers,
            scoring again gives label 1 at 1000000 ppm from 2 answers
        "#]],
    );
    tells(
        Lie::ChangedReputation,
        expect![[r#"
        wrong_scores at 21 in attachments
        entry 21 posts wrong scores:
        what it says of account 4 is not what scoring again gives
    "#]],
    );
}

#[test]
fn work_that_is_hidden_or_forged() {
    tells(
        Lie::ChangedGold,
        expect![[r#"
        refused at 26 in -
        entry 26 breaks a rule,
        `opening_mismatch`:
        an opened value does not match its commitment
    "#]],
    );
    tells(
        Lie::ThinGold,
        expect![[r#"
        gold_short at 27 in -
        entry 27 closes a campaign that promised 40 gold units and has opened 32
    "#]],
    );
    tells(
        Lie::Unopened,
        expect![[r#"
        unopened at 26 in openings
        entry 26 closes a round of campaign 0 and leaves 1 of 60 answers sealed
    "#]],
    );
    tells(
        Lie::ForgedAnswers,
        expect![[r#"
        refused at 18 in -
        entry 18 breaks a rule,
        `unknown_key`:
        the session key is not delegated to this account
    "#]],
    );
}

#[test]
fn entries_that_no_sequencer_would_take() {
    tells(
        Lie::BadSignature,
        expect![[r#"
        bad_signature at 287 in -
        entry 287 is not signed by the session key it names
    "#]],
    );
    tells(
        Lie::WrongNumber,
        expect![[r#"
        entry_number at 287 in -
        entry 287 calls itself entry 288
    "#]],
    );
    tells(
        Lie::TimeBackwards,
        expect![[r#"
        refused at 287 in -
        entry 287 breaks a rule,
        `out_of_order`:
        the entry does not continue the log
    "#]],
    );
    tells(
        Lie::LongEncoding,
        expect![[r#"
        malformed_entry at 287 in -
        entry 287 is no entry:
        its bytes are not in the deterministic encoding
    "#]],
    );
}

#[test]
fn segments_that_do_not_add_up() {
    tells(
        Lie::DroppedRow,
        expect![[r#"
        segment_root at 32 in attachments
        the 7 rows of the segment of entry 32 do not give its root
    "#]],
    );
    tells(
        Lie::DroppedRowAndLeaf,
        expect![[r#"
        segment_totals at 32 in attachments
        entry 32 charges sums that its rows do not give:
        allowance 0,
        purpose 1
    "#]],
    );
    tells(
        Lie::DuplicateReceipt,
        expect![[r#"
        receipt_twice at 35 in attachments
        entry 35 charges receipt 43eb8a63f1bb66b477956c12b3a6070c4e580e6beadcca886c4ea533f72bd3b0,
        which entry 32 has charged
    "#]],
    );
    tells(
        Lie::UnsortedRows,
        expect![[r#"
        segment_unsorted at 32 in attachments
        row 3 of the segment of entry 32 is out of order
    "#]],
    );
    tells(
        Lie::WrongPrice,
        expect![[r#"
        segment_price at 32 in attachments
        row 4 of the segment of entry 32 costs 999 units,
        not 1000
    "#]],
    );
    tells(
        Lie::LateRow,
        expect![[r#"
        segment_time at 32 in attachments
        row 7 of the segment of entry 32 is later than the entry
    "#]],
    );
}

#[test]
fn money_that_the_contracts_do_not_have() {
    tells(
        Lie::WrongRoot,
        expect![[r#"
        refused at 286 in -
        entry 286 breaks a rule,
        `epoch_mismatch`:
        root or totals differ from the ledger's
    "#]],
    );
    tells(
        Lie::InflatedDeposit,
        expect![[r#"
        deposit_differs at 11 in -
        deposit 2:
        the ledger has the amount 1000001,
        the Escrow contract 1000000
    "#]],
    );
    tells(
        Lie::EarlyRelease,
        expect![[r#"
        release_unknown at 34 in -
        entry 34 notes the release of epoch 1,
        the chain has not released it
    "#]],
    );
}

#[test]
fn a_root_that_the_state_did_not_have() {
    let fault = check(&build(Lie::WrongStateRoot).directory()).unwrap_err();
    assert_eq!((fault.code, fault.at), ("state_root_differs", Some(528)));
    let middle = "as the root of the state after 500 entries, replay gives";
    assert!(fault.what.contains(middle), "{fault}");
}

#[test]
fn another_key_or_a_wholly_replaced_directory() {
    let mut replaced = build(Lie::None);
    replaced
        .directory
        .publish(&replaced.entries.clone(), &twin::signer(98));
    let fault = check(&replaced.directory).unwrap_err();
    assert_eq!(
        (fault.code, fault.file.as_deref()),
        ("other_log_key", Some("log/checkpoint"))
    );
}
