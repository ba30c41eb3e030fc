//! Evidence that carries over between campaigns of one skill, and gold that retires.

use crate::script::check;
use expect_test::expect;

#[test]
fn who_is_proven_is_paid_at_once_in_the_next_campaign_of_the_skill() {
    check(expect![[r#"
        join ann bob req
        deposit req 4000
        deposit ann 900
        deposit bob 900
        campaign req fund=1 judged trusts:req units=60 prefix=1
        round 0 units=40 gold=40
        seal ann 0 to=40
        open 0
        score 0 closing
        finish req 0
        skill ann spam
          by 3: 40000 of 40000, wealth 1000000 ppm, 894366 ppm
        campaign req fund=1 judged trusts:req units=20 prefix=2
        campaign req fund=1 judged trusts:req units=20 prefix=3 skill:other
        round 1 units=20 gold=2
        seal ann 1 to=10
        seal bob 1 from=10 to=20
        open 1
        score 1
        reason ann 1
          10 answers accepted in 1 of 1 blocks;
          hidden checks are told from 20 on;
          earlier work in `spam` counts: 40 of 40 answers right
        reason bob 1
          0 answers accepted in 0 of 1 blocks, 1 not judged yet;
          hidden checks are told from 20 on
        skill ann spam
          by 3: 40000 of 40000, wealth 0 ppm, 894366 ppm
        round 2 units=20 gold=2
        seal ann 2 to=10
        open 2
        score 2
        reason ann 2
          0 answers accepted in 0 of 1 blocks, 1 not judged yet;
          hidden checks are told from 20 on
        score 1 closing
        skill ann spam
          by 3: 42000 of 42000, wealth 927333 ppm, 898866 ppm
    "#]]);
}

#[test]
fn wealth_of_cheap_blocks_buys_no_dear_one() {
    check(expect![[r#"
        join ann req
        deposit req 9000
        deposit ann 900
        campaign req fund=1 judged trusts:req units=60 price=1 prefix=1
        round 0 units=40 gold=40
        seal ann 0 to=40
        open 0
        score 0 closing
        skill ann spam
          by 2: 40000 of 40000, wealth 1000000 ppm, 894366 ppm
        campaign req fund=1 judged trusts:req units=20 price=30 prefix=2
        round 1 units=20 gold=0
        seal ann 1 to=10
        taken ann 1
          wealth 33333 ppm
        skill ann spam
          by 2: 40000 of 40000, wealth 0 ppm, 894366 ppm
    "#]]);
}

#[test]
fn gold_of_one_round_is_gold_in_no_other() {
    check(expect![[r#"
        join ann req
        deposit req 4000
        deposit ann 300
        campaign req fund=1 judged units=40
        round 0 units=20 gold=2
        open 0
        round 0 units=20 gold=2
        open 0
        score 0 closing
        campaign req fund=1 judged units=40
        round 1 units=20 gold=2
        open 1  -> gold_retired
    "#]]);
}

#[test]
fn gold_shows_the_classes_equally_often() {
    check(expect![[r#"
        join req
        deposit req 4000
        campaign req fund=1 judged units=40 prefix=1
        round 0 units=20 gold=5
        open 0
        campaign req fund=1 judged units=40 prefix=2
        round 1 units=20 gold=5 class=1
        open 1  -> gold_unbalanced
        campaign req fund=1 units=40
        round 2 units=20 gold=5 class=1
        open 2
    "#]]);
}
