//! Rewards in a second token, and campaigns that pay by a share alone.

use crate::script::{check, play};
use crate::world::units;
use expect_test::expect;
use ledger::snapshot::{LAYOUT, LAYOUT_4};
use protocol::campaign::Bonus;
use protocol::{CampaignId, Command, FundId, Rejection};

pub fn rewarding(rejection: Rejection) -> Option<Result<(), Rejection>> {
    let Rejection::BonusToken = rejection else {
        return None;
    };
    let (mut world, _) = play("join req\n deposit req 2000");
    let mut spec = world.spec(1, 20);
    spec.bonus = Some(Bonus {
        fund: FundId(1),
        budget_units: units(10),
        price_units: units(1),
        worth_units: units(0),
    });
    Some(world.ask("req", Command::OpenCampaign(spec)))
}

#[test]
fn sealed_work_sets_its_stake_and_both_rewards_aside() {
    check(expect![[r#"
        join ann bob spam req
        deposit req 2000
        deposit req 900 token=1
        deposit ann 300
        deposit bob 300
        deposit spam 300
        campaign req fund=1 bonus=2 bonus-budget=600 worth=2
        purses
          fund 1          1000 of token 0
          fund 2          300 of token 1
          fund 3          300 of token 0
          fund 4          300 of token 0
          fund 5          300 of token 0
          budget 0        1000 of token 0
          budget 0        600 of token 1
          held            0
        round 0 gold=10
        seal ann 0 to=12
        seal ann 0 from=12  -> deposit_short
        seal bob 0
        seal spam 0 to=10 always=1
        purses
          fund 1          1000 of token 0
          fund 2          300 of token 1
          fund 3          60 of token 0
          fund 4          60 of token 0
          fund 5          180 of token 0
          budget 0        580 of token 0
          budget 0        474 of token 1
          held            1146
    "#]]);
}

#[test]
fn accepted_work_earns_both_and_what_is_rejected_neither() {
    check(expect![[r#"
        join ann bob spam req
        deposit req 2000
        deposit req 900 token=1
        deposit ann 300
        deposit bob 300
        deposit spam 300
        campaign req fund=1 bonus=2 bonus-budget=600 worth=2
        round 0 gold=10
        seal ann 0 to=12
        seal ann 0 from=12  -> deposit_short
        seal bob 0
        seal spam 0 to=10 always=1
        open 0
        score 0 closing
        earned
          ann             120 of token 0
          ann             36 of token 1
          bob             200 of token 0
          bob             60 of token 1
        finish req 0
        purses
          fund 1          1580 of token 0
          fund 2          774 of token 1
          fund 3          300 of token 0
          fund 4          300 of token 0
          fund 5          180 of token 0
          earned ann      120 of token 0
          earned ann      36 of token 1
          earned bob      200 of token 0
          earned bob      60 of token 1
          held            250
        return 0  -> appeals_open
        wait 5000
        return 0
        purses
          fund 1          1680 of token 0
          fund 2          804 of token 1
          fund 3          300 of token 0
          fund 4          300 of token 0
          fund 5          180 of token 0
          earned ann      120 of token 0
          earned ann      36 of token 1
          earned bob      200 of token 0
          earned bob      60 of token 1
          pool 0          120 of token 0
          held            0
        epoch
    "#]]);
}

#[test]
fn an_appeal_that_is_upheld_pays_both_in_full() {
    check(expect![[r#"
        join ann spam req joe
        deposit req 2000
        deposit req 900 token=1
        deposit ann 300
        deposit spam 300
        campaign req fund=1 bonus=2 bonus-budget=600 judged panel:joe fee=7
        round 0 gold=10
        seal ann 0
        seal spam 0 to=10 always=1
        open 0
        score 0 closing
        appeal spam 0 0
        verdict joe 0 spam 0 upheld
        finish req 0
        wait 5000
        return 0
        purses
          fund 1          1693 of token 0
          fund 2          810 of token 1
          fund 3          300 of token 0
          fund 4          300 of token 0
          earned ann      200 of token 0
          earned ann      60 of token 1
          earned spam     100 of token 0
          earned spam     30 of token 1
          earned joe      7 of token 0
          held            0
    "#]]);
}

#[test]
fn a_second_reward_is_of_another_token_and_more_than_nothing() {
    check(expect![[r#"
        join ann req
        deposit req 2000
        deposit req 900 token=1 cap=500
        deposit ann 300 token=1
        campaign req fund=1 bonus=1  -> bonus_token
        campaign req fund=1 bonus=3  -> not_owner
        campaign req fund=1 bonus=4  -> unknown_fund
        campaign req fund=1 bonus=2 bonus-budget=501  -> epoch_cap_reached
        campaign req fund=1 bonus=2 bonus-budget=0  -> amount_zero
        campaign req fund=1 bonus=2 bonus-budget=10 bonus-price=0  -> amount_zero
        campaign req fund=1 bonus=2 bonus-budget=10 gold=0
        round 0
        seal ann 0 to=3
        seal ann 0 from=3 to=4  -> budget_exhausted
        purses
          fund 1          1000 of token 0
          fund 2          890 of token 1
          fund 3          300 of token 1
          budget 0        970 of token 0
          budget 0        1 of token 1
          held            39
    "#]]);
}

#[test]
fn work_for_a_share_needs_no_deposit_and_is_judged_all_the_same() {
    check(expect![[r#"
        join ann spam req buyer
        campaign req fund=0 price=0 budget=0 share=0  -> amount_zero
        campaign req fund=0 price=0  -> amount_zero
        campaign req fund=0 price=0 budget=0
        round 0 gold=10
        seal ann 0
        seal spam 0 to=10 always=1
        open 0
        score 0 closing
        finish req 0
        wait 5000
        return 0
        deposit buyer 500
        allow buyer 0 fund=1
        use req 0 times=20
        epoch
        earned
          ann             60 of token 0
          req             40 of token 0
        purses
          pool 0          60 of token 0
          fund 1          400 of token 0
          earned req      40 of token 0
          held            0
    "#]]);
}

#[test]
fn a_share_and_a_second_token_go_together() {
    check(expect![[r#"
        join ann req
        deposit req 900 token=1
        campaign req fund=0 price=0 budget=0 bonus=1 bonus-budget=600
        round 0 gold=10
        seal ann 0
        open 0
        score 0 closing
        finish req 0
        wait 5000
        return 0
        purses
          fund 1          840 of token 1
          earned ann      60 of token 1
          held            0
    "#]]);
}

#[test]
fn the_layout_changes_with_the_first_second_reward() {
    let story = "join req\n deposit req 2000\n deposit req 900 token=1\n";
    let (plain, _) = play(&format!("{story} campaign req fund=1"));
    assert_eq!(plain.state.layout(), LAYOUT);
    let (world, _) = play(&format!(
        "{story} campaign req fund=1 bonus=2 bonus-budget=600"
    ));
    assert_eq!(world.state.layout(), LAYOUT_4);
    let (bonus, token) = world.state.bonus(CampaignId(0)).unwrap();
    assert_eq!((bonus.budget_units.units(), token.0), (600, 1));
}
