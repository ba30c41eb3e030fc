//! Appeals: rejected work before a panel, every step with the money that moves by it.

use crate::script::check;
use expect_test::expect;

#[test]
fn a_majority_for_the_contributor_pays_from_the_hold() {
    check(expect![[r#"
        join ann bob spam req joe jim kim
        deposit bob 300
        deposit req 2000
        deposit ann 300
        deposit spam 300
        campaign req fund=2 judged panel:joe panel:jim panel:kim fee=7
        round 0 gold=10
        seal ann 0
        seal bob 0
        seal spam 0 to=10 always=1
        seal joe 0  -> panel_member
        purses
          fund 1          100 of token 0
          fund 2          1000 of token 0
          fund 3          100 of token 0
          fund 4          200 of token 0
          budget 0        395 of token 0
          held            1105
        appeal spam 0 0  -> campaign_state
        open 0
        score 0 closing
        appeal ann 0 0  -> not_rejected
        appeal spam 0 2  -> not_rejected
        verdict joe 0 spam 0 upheld  -> unknown_appeal
        appeal spam 0 0
        appeal spam 0 0  -> already_appealed
        verdict ann 0 spam 0 upheld  -> not_on_panel
        verdict joe 0 spam 0 upheld
        verdict joe 0 spam 0 upheld  -> already_judged
        reason spam 0
          0 answers accepted in 0 of 1 blocks, 1 rejected for want of evidence above chance;
          5 of 10 hidden checks right;
          you answer `yes` for `no` 100 % of the time;
          block 0 appealed, 1 of 1 verdicts for it, 2 to come
        verdict jim 0 spam 0 denied
        verdict kim 0 spam 0 upheld
        reason spam 0
          0 answers accepted in 0 of 1 blocks, 1 rejected for want of evidence above chance;
          5 of 10 hidden checks right;
          you answer `yes` for `no` 100 % of the time;
          block 0 appealed, 2 of 3 verdicts for it: paid in full
        finish req 0
        wait 5000
        return 0
        purses
          fund 1          300 of token 0
          fund 2          1479 of token 0
          fund 3          300 of token 0
          fund 4          300 of token 0
          earned ann      200 of token 0
          earned bob      200 of token 0
          earned spam     100 of token 0
          earned joe      7 of token 0
          earned jim      7 of token 0
          earned kim      7 of token 0
          held            0
    "#]]);
}

#[test]
fn a_majority_against_leaves_it_to_the_requester() {
    check(expect![[r#"
        join ann bob spam req joe jim kim
        deposit bob 300
        deposit req 2000
        deposit ann 300
        deposit spam 300
        campaign req fund=2 judged panel:joe panel:jim panel:kim fee=7
        round 0 gold=10
        seal ann 0
        seal bob 0
        seal spam 0 to=10 always=1
        open 0
        score 0 closing
        finish req 0
        wait 4000
        appeal spam 0 0
        wait 1500
        return 0  -> appeals_open
        verdict joe 0 spam 0 denied
        verdict jim 0 spam 0 denied
        verdict kim 0 spam 0 denied  -> unknown_appeal
        reason spam 0
          0 answers accepted in 0 of 1 blocks, 1 rejected for want of evidence above chance;
          5 of 10 hidden checks right;
          you answer `yes` for `no` 100 % of the time;
          block 0 appealed, 0 of 2 verdicts for it: it stays rejected
        return 0  -> appeals_open
        wait 1500
        return 0
        purses
          fund 1          300 of token 0
          fund 2          1586 of token 0
          fund 3          300 of token 0
          fund 4          200 of token 0
          earned ann      200 of token 0
          earned bob      200 of token 0
          earned joe      7 of token 0
          earned jim      7 of token 0
          pool 0          100 of token 0
          held            0
        earned
          ann             250 of token 0
          bob             250 of token 0
          jim             7 of token 0
          joe             7 of token 0
    "#]]);
}

#[test]
fn a_silent_panel_has_spoken_for_the_contributor() {
    check(expect![[r#"
        join ann bob spam req joe
        deposit bob 300
        deposit req 2000
        deposit ann 300
        deposit spam 300
        campaign req fund=2 judged panel:joe fee=7
        round 0 gold=10
        seal ann 0
        seal bob 0
        seal spam 0 to=10 always=1
        open 0
        score 0 closing
        finish req 0
        appeal spam 0 0
        wait 5000
        verdict joe 0 spam 0 denied  -> appeals_over
        return 0
        reason spam 0
          0 answers accepted in 0 of 1 blocks, 1 rejected for want of evidence above chance;
          5 of 10 hidden checks right;
          you answer `yes` for `no` 100 % of the time;
          block 0 appealed, 0 of 0 verdicts for it: the panel of 1 was silent, so it is paid in full
        earned
          ann             200 of token 0
          bob             200 of token 0
          spam            100 of token 0
        purses
          fund 1          300 of token 0
          fund 2          1500 of token 0
          fund 3          300 of token 0
          fund 4          300 of token 0
          earned ann      200 of token 0
          earned bob      200 of token 0
          earned spam     100 of token 0
          held            0
    "#]]);
}

#[test]
fn void_gold_calls_the_panel_and_slashes_nobody() {
    check(expect![[r#"
        join ann bob cid req joe
        deposit req 4000
        deposit ann 900
        deposit bob 900
        deposit cid 900
        campaign req fund=1 judged units=60 budget=3000 panel:joe slash=700000 stake=30
        round 0 units=40 gold=40 wrong=6
        seal ann 0 to=40
        seal bob 0 to=40
        seal cid 0 to=40 always=1
        open 0
        score 0 closing
        reason ann 0
          40 answers accepted in 4 of 4 blocks;
          34 of 34 hidden checks right, 6 answers compared with proven peers;
          6 of 40 checks were wrong themselves and count for nothing;
          so nobody loses a stake
        reason cid 0
          0 answers accepted in 0 of 4 blocks, 4 rejected for want of evidence above chance;
          17 of 34 hidden checks right, 6 answers compared with proven peers;
          you answer `yes` for `no` 100 % of the time;
          6 of 40 checks were wrong themselves and count for nothing;
          so nobody loses a stake;
          block 0 before the panel, 0 of 0 verdicts for it, 1 to come;
          block 1 before the panel, 0 of 0 verdicts for it, 1 to come;
          block 2 before the panel, 0 of 0 verdicts for it, 1 to come;
          block 3 before the panel, 0 of 0 verdicts for it, 1 to come
        finish req 0
        verdict joe 0 cid 0 denied
        verdict joe 0 cid 1 denied
        verdict joe 0 cid 2 denied
        verdict joe 0 cid 3 denied
        wait 5000
        return 0
        earned
          ann             600 of token 0
          bob             600 of token 0
          joe             20 of token 0
        purses
          fund 1          3180 of token 0
          fund 2          900 of token 0
          fund 3          900 of token 0
          fund 4          500 of token 0
          earned ann      400 of token 0
          earned bob      400 of token 0
          earned joe      20 of token 0
          pool 0          400 of token 0
          held            0
    "#]]);
}

#[test]
fn a_slash_takes_the_stake_by_a_test_of_its_own() {
    check(expect![[r#"
        join ann bob cid dee req
        deposit req 6000
        deposit ann 900
        deposit bob 900
        deposit cid 900
        deposit dee 900
        campaign req fund=1 judged units=60 budget=4000 overlap=4 slash=750000 stake=30
        round 0 units=60 gold=60
        seal ann 0 to=60
        seal bob 0 to=60
        seal dee 0 to=60
        seal cid 0 to=60 always=1
        purses
          fund 1          2000 of token 0
          fund 2          270 of token 0
          fund 3          270 of token 0
          fund 4          270 of token 0
          fund 5          270 of token 0
          budget 0        1600 of token 0
          held            4920
        open 0
        score 0 closing
        reason cid 0
          0 answers accepted in 0 of 6 blocks, 6 rejected for want of evidence above chance;
          30 of 60 hidden checks right;
          you answer `yes` for `no` 100 % of the time;
          hidden checks show an accuracy below 75 %: the stake is lost
        finish req 0
        wait 5000
        return 0
        purses
          fund 1          4200 of token 0
          fund 2          900 of token 0
          fund 3          900 of token 0
          fund 4          270 of token 0
          fund 5          900 of token 0
          earned ann      600 of token 0
          earned bob      600 of token 0
          earned dee      600 of token 0
          pool 0          630 of token 0
          held            0
    "#]]);
}
