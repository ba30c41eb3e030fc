//! Facts of a running round: units that are sure enough, accounts that gold speaks against.

use crate::script::check;
use expect_test::expect;

#[test]
fn answers_after_a_unit_is_closed_do_not_count() {
    check(expect![[r#"
        join ann bob cid req
        deposit req 4000
        deposit ann 900
        deposit bob 900
        deposit cid 900
        campaign req fund=1 judged units=40 budget=2000 target=900000
        sure 0 to=3  -> round_state
        round 0 units=40 gold=20
        seal ann 0 to=40
        seal bob 0 to=40
        sure 0 from=20 to=40
        sure 0 from=39 to=41  -> bad_list
        sure 0 from=30 to=30  -> bad_list
        seal cid 0 to=40
        open 0
        score 0 closing
        reason cid 0
          20 answers accepted in 2 of 4 blocks, 2 rejected for want of evidence above chance;
          20 of 20 hidden checks right
        earned
          ann             400 of token 0
          bob             400 of token 0
          cid             200 of token 0
    "#]]);
}

#[test]
fn a_paused_account_seals_nothing_more_in_the_round() {
    check(expect![[r#"
        join ann cid req
        deposit req 4000
        deposit ann 900
        deposit cid 900
        campaign req fund=1 judged units=40 slash=700000
        round 0 units=20 gold=20
        seal cid 0 always=1
        pause 0 ann  -> unknown_account
        pause 0 cid
        pause 0 cid  -> account_paused
        seal cid 0 from=10 always=1  -> account_paused
        open 0
        round 0 units=20
        seal cid 0 from=20 to=40 always=1
    "#]]);
}
