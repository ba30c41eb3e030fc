//! Lies about a campaign under `headwater-pay@2`: facts of a running round, and what scores add.

use crate::lies::tells;
use crate::script::build;
use crate::twin::check;
use crate::world::Lie;
use expect_test::expect;

#[test]
fn an_honest_judged_campaign_verifies() {
    let report = check(&build(Lie::Judged).directory()).unwrap();
    assert_eq!((report.scores_recomputed, report.blocks_rejected), (2, 2));
}

#[test]
fn a_unit_that_was_not_sure_and_an_account_that_gold_did_not_speak_against() {
    tells(
        Lie::ClosedUnsure,
        expect![[r#"
        closed_unsure at 28 in -
        entry 26 closes unit 21 of campaign 0,
        whose label was not as probable as the campaign states
    "#]],
    );
    tells(
        Lie::PausedUnproven,
        expect![[r#"
        paused_unproven at 28 in -
        entry 27 pauses account 4 in campaign 0,
        against whom gold did not speak
    "#]],
    );
    tells(
        Lie::OtherEvidence,
        expect![[r#"
        evidence_differs at 28 in -
        entry 26 names other evidence than was sealed before it
    "#]],
    );
}

#[test]
fn a_slash_that_scoring_again_does_not_give() {
    tells(
        Lie::SlashedHonest,
        expect![[r#"
        wrong_scores at 29 in attachments
        entry 29 posts wrong scores:
        what it says of who is slashed is not what scoring again gives
    "#]],
    );
}
