//! Stories of campaigns, uses and epochs, told in commands and followed to the last unit.

use crate::script::check;
use expect_test::expect;

#[test]
fn a_campaign_from_deposit_to_claim() {
    check(expect![[r#"
        join ann bob spam req
        deposit req 2000
        deposit ann 300
        deposit bob 300
        deposit spam 300
        disclose ann
        campaign req fund=1
        round 0 gold=10
        seal ann 0
        seal bob 0
        seal spam 0 always=1
        purses
          fund 1          1000 of token 0
          fund 2          100 of token 0
          fund 3          100 of token 0
          fund 4          100 of token 0
          budget 0        400 of token 0
          held            1200
        open 0
        score 0 closing
        reason spam 0
          0 answers accepted in 0 of 2 blocks, 2 rejected for want of evidence above chance;
          5 of 10 hidden checks right;
          you answer `yes` for `no` 100 % of the time
        purses
          fund 1          1000 of token 0
          fund 2          300 of token 0
          fund 3          300 of token 0
          fund 4          100 of token 0
          budget 0        400 of token 0
          earned ann      200 of token 0
          earned bob      200 of token 0
          held            400
        return 0  -> campaign_state
        finish req 0
        return 0  -> appeals_open
        wait 5000
        return 0
        purses
          fund 1          1600 of token 0
          fund 2          300 of token 0
          fund 3          300 of token 0
          fund 4          100 of token 0
          earned ann      200 of token 0
          earned bob      200 of token 0
          pool 0          200 of token 0
          held            0
        earned
          ann             300 of token 0
          bob             300 of token 0
        epoch
        lines
        release 1
        lines
          ann             300 of token 0
    "#]]);
}

#[test]
fn nobody_answers() {
    check(expect![[r#"
            join req
            deposit req 1000
            campaign req
            round 0
            open 0
            score 0 closing
            finish req 0
            return 0
            purses
              fund 1          1000 of token 0
              held            0
            labels 0
              --------------------
        "#]]);
}

#[test]
fn without_gold_every_answer_counts() {
    check(expect![[r#"
            join ann
            join req
            deposit req 1000
            campaign req gold=0
            round 0
            seal ann 0 to=15
            open 0
            score 0
            earned
              ann             150 of token 0
            score 0 closing
            finish req 0
            return 0
            purses
              fund 1          850 of token 0
              earned ann      150 of token 0
              held            0
        "#]]);
}

#[test]
fn a_budget_runs_dry_in_the_middle_of_a_round() {
    check(expect![[r#"
            join ann
            join bob
            join req
            deposit req 1000
            campaign req gold=0 budget=150
            round 0
            seal ann 0 to=10
            seal bob 0 to=10  -> budget_exhausted
            seal bob 0 to=5
            seal bob 0 to=1  -> budget_exhausted
            open 0
            score 0 closing
            earned
              ann             100 of token 0
              bob             50 of token 0
        "#]]);
}

#[test]
fn answers_that_nobody_opens_earn_nothing_and_cost_nothing() {
    check(expect![[r#"
            join ann
            join bob
            join req
            deposit req 1000
            campaign req gold=0
            round 0
            seal ann 0 to=10
            seal bob 0 to=10
            open 0 bob
            score 0 closing
            finish req 0
            wait 5000
            return 0
            purses
              fund 1          900 of token 0
              earned ann      100 of token 0
              held            0
        "#]]);
}

#[test]
fn an_allowance_expires_and_the_rest_returns() {
    check(expect![[r#"
            join dev
            join user
            deposit user 500
            asset dev
            allow user 0 cap=100 for=1000
            use dev 0 times=3
            wait 1000
            use dev 0 times=1  -> allowance_exhausted
            purses
              fund 1          400 of token 0
              gross 0         30 of token 0
              held            70
            epoch
            purses
              fund 1          470 of token 0
              earned dev      30 of token 0
              held            0
            use dev 0 times=1  -> allowance_exhausted
        "#]]);
}

#[test]
fn two_tokens_never_mix() {
    check(expect![[r#"
            join ann
            join req
            disclose ann
            deposit req 1000
            deposit req 1000 token=1
            campaign req fund=1 gold=0
            campaign req fund=2 gold=0 token=1
            campaign req fund=2 gold=0  -> unknown_token
            round 0
            round 1
            seal ann 0 to=3
            seal ann 1 to=5
            open 0
            open 1
            score 0
            score 1
            epoch
            lines
            release 1
            lines
              ann             30 of token 0
              ann             50 of token 1
        "#]]);
}

#[test]
fn only_released_money_stands_in_lines() {
    check(expect![[r#"
            join dev
            join user
            disclose dev
            deposit user 500
            asset dev
            allow user 0 cap=500
            use dev 0 times=3
            epoch
            use dev 0 times=5
            epoch
            lines
            release 2  -> epoch_out_of_order
            release 1
            lines
              dev             30 of token 0
            epoch
            release 2
            lines
              dev             80 of token 0
            release 2  -> epoch_out_of_order
            release 3
            release 4  -> epoch_out_of_order
        "#]]);
}

#[test]
fn what_is_free_can_be_refunded() {
    check(expect![[r#"
            join dev
            join user
            deposit user 500
            asset dev
            allow user 0 cap=300
            refund 1 201  -> insufficient_funds
            refund 1 200
            refund 2 1  -> unknown_fund
            purses
              held            300
        "#]]);
}

#[test]
fn royalties_of_a_call_reach_everyone_upstream() {
    check(expect![[r#"
            join ann
            join bob
            join req
            join dev
            join user
            deposit req 1000
            deposit user 1000
            campaign req fund=1 gold=0
            round 0
            seal ann 0 to=3
            seal bob 0 to=1
            open 0
            score 0 closing
            finish req 0
            return 0
            asset dev parent:0 flow=500000
            asset dev parent:1 price=100
            allow user 2 fund=2 cap=1000
            use dev 2 times=10
            epoch
            earned
              ann             75 of token 0
              bob             25 of token 0
              dev             900 of token 0
              req             40 of token 0
            purses
              fund 1          960 of token 0
              earned ann      30 of token 0
              earned bob      10 of token 0
              pool 0          60 of token 0
              earned dev      900 of token 0
              earned req      40 of token 0
              held            0
        "#]]);
}

#[test]
fn where_nobody_is_accepted_the_deposits_go_back() {
    check(expect![[r#"
            join spam
            join req
            deposit req 1000
            deposit spam 300
            campaign req
            round 0 gold=10
            seal spam 0 always=0
            open 0
            score 0 closing
            labels 0
              --------------------
            finish req 0
            wait 5000
            return 0
            purses
              fund 1          1000 of token 0
              fund 2          300 of token 0
              held            0
        "#]]);
}

#[test]
fn work_below_the_reference_is_paid_in_part_and_the_rest_waits_for_appeals() {
    check(expect![[r#"
            join ann
            join req
            deposit req 1000
            deposit ann 300
            campaign req ref=990000
            round 0 gold=10
            seal ann 0
            open 0
            score 0
            purses
              fund 2          300 of token 0
              budget 0        800 of token 0
              earned ann      116 of token 0
              held            84
            score 0 closing
            finish req 0
            wait 4990
            return 0  -> appeals_open
            wait 10
            return 0
            purses
              fund 1          884 of token 0
              fund 2          300 of token 0
              earned ann      116 of token 0
              held            0
        "#]]);
}

#[test]
fn work_of_two_rounds_is_judged_in_blocks_of_each() {
    check(expect![[r#"
        join ann
        join req
        deposit req 1000
        deposit ann 300
        campaign req units=40
        round 0 gold=10
        seal ann 0 to=2
        seal ann 0 from=2 to=4
        open 0
        score 0
        reason ann 0
          0 answers accepted in 0 of 1 blocks, 1 not judged yet;
          4 of 4 hidden checks right
        round 0 gold=20
        seal ann 0 from=20 to=32
        open 0
        score 0 closing
        reason ann 0
          16 answers accepted in 3 of 3 blocks;
          16 of 16 hidden checks right
        labels 0
          0101----------------010101010101--------
        earned
          ann             160 of token 0
    "#]]);
}
