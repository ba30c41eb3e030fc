//! Stories of campaigns, uses and epochs, told in commands and followed to the last unit.

use crate::script::check;
use expect_test::expect;

#[test]
fn a_campaign_from_deposit_to_claim() {
    check(
        "
        join ann
        join bob
        join spam
        join req
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
        open 0
        score 0 closing
        labels 0
        reason ann 0
        reason spam 0
        purses
        return 0
        finish req 0
        return 0
        wait 5000
        return 0
        purses
        earned
        epoch
        lines
        release 1
        lines
        epoch
        release 2
        ",
        expect![[r#"
            join ann
            join bob
            join spam
            join req
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
            labels 0
              01010101010101010101
            reason ann 0
              20 answers accepted in 2 of 2 blocks; 10 of 10 hidden checks right
            reason spam 0
              0 answers accepted in 0 of 2 blocks, 2 rejected for want of evidence above chance; 5 of 10 hidden checks right; answers `yes` for `no` 100 % of the time
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
            epoch
            release 2
        "#]],
    );
}

#[test]
fn nobody_answers() {
    check(
        "
        join req
        deposit req 1000
        campaign req
        round 0
        open 0
        score 0 closing
        finish req 0
        return 0
        purses
        labels 0
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn without_gold_every_answer_counts() {
    check(
        "
        join ann
        join req
        deposit req 1000
        campaign req gold=0
        round 0
        seal ann 0 to=15
        open 0
        score 0
        earned
        score 0 closing
        finish req 0
        return 0
        purses
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn a_budget_runs_dry_in_the_middle_of_a_round() {
    check(
        "
        join ann
        join bob
        join req
        deposit req 1000
        campaign req gold=0 budget=150
        round 0
        seal ann 0 to=10
        seal bob 0 to=10
        seal bob 0 to=5
        seal bob 0 to=1
        open 0
        score 0 closing
        earned
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn answers_that_nobody_opens_earn_nothing_and_cost_nothing() {
    check(
        "
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
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn an_allowance_expires_and_the_rest_returns() {
    check(
        "
        join dev
        join user
        deposit user 500
        asset dev
        allow user 0 cap=100 for=1000
        use dev 0 times=3
        wait 1000
        use dev 0 times=1
        purses
        epoch
        purses
        use dev 0 times=1
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn two_tokens_never_mix() {
    check(
        "
        join ann
        join req
        disclose ann
        deposit req 1000
        deposit req 1000 token=1
        campaign req fund=1 gold=0
        campaign req fund=2 gold=0 token=1
        campaign req fund=2 gold=0
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
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn only_released_money_stands_in_lines() {
    check(
        "
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
        release 2
        release 1
        lines
        epoch
        release 2
        lines
        release 2
        release 3
        release 4
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn what_is_free_can_be_refunded() {
    check(
        "
        join dev
        join user
        deposit user 500
        asset dev
        allow user 0 cap=300
        refund 1 201
        refund 1 200
        refund 2 1
        purses
        ",
        expect![[r#"
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
        "#]],
    );
}

#[test]
fn royalties_of_a_call_reach_everyone_upstream() {
    check(
        "
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
        purses
        ",
        expect![[r#"
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
        "#]],
    );
}
