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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
    );
}
