//! Stakes: what backs work and for how long, what slashes take, and that no line ever falls.

use crate::line::{command, lines};
use crate::script::{check, play};
use crate::world::{FAR_MS, World, units};
use expect_test::expect;
use proptest::prelude::*;
use protocol::command::CreditDeposit;
use protocol::document::Outcome;
use protocol::event::PurseOwner;
use protocol::line::NoteStake;
use protocol::{
    AccountId, Address, AssetId, CampaignId, Command, FundId, Rejection, Scope, TokenId,
};
use std::collections::BTreeMap;

/// The slash of `appeals.rs`, with `cid`'s stake in the contract in place of a deposit.
const SLASHED: &str = "
    join ann bob cid dee req
    disclose cid
    disclose ann
    deposit req 6000
    deposit ann 900
    deposit bob 900
    deposit cid 900
    deposit dee 900
    stake cid staked=50
    campaign req fund=1 judged units=60 budget=4000 overlap=4 slash=750000 stake=30
    round 0 units=60 gold=60
    seal ann 0 to=60
    seal bob 0 to=60
    seal dee 0 to=60
    seal cid 0 to=60 always=1
    open 0
    score 0 closing
    finish req 0
    wait 5000
";

#[test]
fn a_slash_is_due_from_the_stake_and_its_money_reaches_the_pool() {
    let (mut world, shown) = play(SLASHED);
    assert!(!shown.contains("->"), "{shown}");
    let stakes = |world: &World| world.state.sections.lines.stakes.clone();
    let cid = Address(world.actor("cid").wallet.address());
    assert_eq!(stakes(&world).wallets[&cid].locked, units(30));
    // Nobody else has a stake there: three deposits hold 30, `cid`'s holds for its blocks alone.
    assert_eq!(world.state.campaigns[0].conduct.stakes.len(), 3);
    assert_eq!(lines(&world), "\n  cid             0 of token 0 slashed");
    world.does("operator", Command::ReturnHeld(protocol::CampaignId(0)));
    let stake = stakes(&world).wallets[&cid];
    assert_eq!((stake.locked, stake.due), (units(0), units(30)));
    assert_eq!(stake.free(), units(20));
    let pool = world.balance(PurseOwner::Pool(AssetId(0)));
    assert_eq!(lines(&world), "\n  cid             30 of token 0 slashed");
    let note = |world: &mut World, text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        command(world, &words)
    };
    // More than the ledger has slashed, a sum that falls, more than there ever was.
    for wrong in [
        "stake cid staked=50 active=19 slashed=31",
        "stake cid staked=49 active=20",
        "stake cid staked=50 active=21 slashed=30",
        "stake cid staked=50 active=20 slashed=30 exit=1",
    ] {
        let refused = note(&mut world, wrong);
        assert_eq!(refused, Err(Rejection::StakeMismatch), "{wrong}");
    }
    note(&mut world, "stake cid staked=50 active=38 slashed=12").unwrap();
    assert_eq!(world.balance(PurseOwner::Pool(AssetId(0))), pool + 12);
    assert_eq!(stakes(&world).wallets[&cid].free(), units(20));
    note(&mut world, "stake cid staked=60 active=30 slashed=30").unwrap();
    assert_eq!(world.balance(PurseOwner::Pool(AssetId(0))), pool + 30);
    assert!(stakes(&world).owed.is_empty());
    world.epoch().unwrap();
    world.release(1).unwrap();
    world.replay();
}

#[test]
fn a_stake_backs_one_thing_at_a_time_and_none_on_its_way_out() {
    check(expect![[r#"
        join cid dot req
        disclose cid
        deposit req 9000
        deposit cid 900
        stake cid staked=50
        campaign req fund=1 judged units=60 budget=2000 slash=750000 stake=30
        campaign req fund=1 judged units=60 budget=2000 slash=750000 stake=30 prefix=1
        round 0 units=60 gold=60
        round 1 units=60 gold=60
        seal cid 0 to=10
        purses
          fund 1          5000 of token 0
          fund 2          800 of token 0
          budget 0        1900 of token 0
          budget 1        2000 of token 0
          held            200
        seal cid 1 to=10
        purses
          fund 1          5000 of token 0
          fund 2          670 of token 0
          budget 0        1900 of token 0
          budget 1        1900 of token 0
          held            430
        stake cid staked=50 active=29 queued=21
        seal cid 0 from=10 to=20  -> deposit_short
        seal cid 1 from=10 to=20
        stake cid staked=51 active=30 queued=21
        seal cid 0 from=10 to=20
    "#]]);
}

/// A campaign that a stake of `cid` may back: its deposit is that of one block.
const BACKED: &str = "
    join cid req
    disclose cid
    deposit req 9000
    deposit cid 100
    campaign req fund=1 judged units=60 budget=1000 slash=750000 stake=30
    round 0 units=60 gold=60
";

#[test]
fn a_stake_that_could_be_gone_before_its_slash_backs_nothing() {
    let sealed = |earlier: u64| {
        let (mut world, _) = play(BACKED);
        // Until the campaign's deposit closes; appeals of five seconds; seven days to settle.
        let enough = FAR_MS - world.time_ms + 5_000 + ledger::state::SETTLING_MS;
        let exit = format!("exit={}", enough - earlier);
        command(&mut world, &["stake", "cid", "staked=50", &exit]).unwrap();
        world.seal("cid", 0, &[(0, 0)])
    };
    assert_eq!(sealed(0), Ok(()));
    assert_eq!(sealed(1), Err(Rejection::DepositShort));
}

#[test]
fn a_long_campaign_outlives_an_exit_delay_of_thirty_days() {
    const DAY_MS: u64 = 24 * 3_600_000;
    let backs = |days: u64| {
        let mut world = World::new(1);
        world.join("req");
        world.join("cid");
        world.disclose("cid").unwrap();
        let credit = CreditDeposit {
            fund: FundId(1),
            account: world.id("req"),
            token: TokenId(0),
            amount_units: units(2_000),
            epoch_cap_units: units(2_000),
            closes_ms: world.time_ms + days * DAY_MS,
        };
        world.does("operator", Command::CreditDeposit(credit));
        let exit = format!("exit={}", 30 * DAY_MS);
        command(&mut world, &["stake", "cid", "staked=50", &exit]).unwrap();
        let (id, spec) = (world.id("cid"), world.spec(1, 20));
        let now_ms = world.time_ms;
        world.state.stake_for(id, (&spec, units(30)), now_ms)
    };
    // Asked for on the second day, the exit would be over on day 32, the slash due on day 60.
    assert_eq!(backs(60), None);
    assert!(backs(20).is_some());
}

#[test]
fn a_campaign_that_no_deposit_ends_counts_on_no_stake() {
    let story = "
        join cid req
        disclose cid
        stake cid staked=50
        campaign req fund=0 judged units=60 budget=0 slash=750000 stake=30 price=0
        round 0 units=60 gold=60
        seal cid 0 to=10
    ";
    assert!(play(story).1.contains("-> deposit_short"));
}

#[test]
fn nobody_locks_the_stake_of_an_address_that_a_passkey_names() {
    let (mut world, shown) = play(&format!("passkey pat\nnames pat home\n{BACKED}"));
    assert!(!shown.contains("->"), "{shown}");
    let note = NoteStake {
        contract: Address([0x57; 20]),
        token: TokenId(0),
        exit_ms: 2 * FAR_MS,
        wallet: crate::payout::HOME,
        staked_units: units(50),
        active_units: units(50),
        queued_units: units(0),
        slashed_units: units(0),
    };
    world.does("operator", Command::NoteStake(note));
    world.deposit("pat", 0, 100, 100).unwrap();
    let sealed = world.seal("pat", 0, &[(0, 0)]);
    assert_eq!(sealed, Err(Rejection::DepositShort));
    let stakes = &world.state.sections.lines.stakes;
    assert!(stakes.locks.is_empty());
    assert_eq!(stakes.wallets[&crate::payout::HOME].free(), units(50));
}

#[test]
fn what_has_left_is_never_active_again() {
    let (mut world, _) = play("join cid\ndisclose cid\nstake cid staked=100");
    let mut note = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        command(&mut world, &words)
    };
    note("stake cid staked=100 active=0 queued=100").unwrap();
    note("stake cid staked=100 active=0").unwrap();
    for wrong in [
        "stake cid staked=100",
        "stake cid staked=100 active=1",
        "stake cid staked=100 active=0 queued=1",
        "stake cid staked=110 active=11",
    ] {
        assert_eq!(note(wrong), Err(Rejection::StakeMismatch), "{wrong}");
    }
    note("stake cid staked=110 active=10").unwrap();
}

#[test]
fn two_accounts_of_one_wallet_share_its_stake() {
    let (mut world, _) = play(BACKED);
    world.meet("dot");
    world.actor("dot").wallet = play("join cid").0.actors.remove("cid").unwrap().wallet;
    let all = Scope::WORK.and(Scope::REQUEST);
    let signed = world.opening("dot", all, FAR_MS);
    world.enter(&signed).unwrap();
    let id = u32::try_from(world.state.accounts.len() - 1).unwrap();
    world.actor("dot").account = Some(AccountId(id));
    world.disclose("dot").unwrap();
    world.deposit("dot", 0, 100, 100).unwrap();
    command(&mut world, &["stake", "cid", "staked=59"]).unwrap();
    world.seal("cid", 0, &[(0, 0)]).unwrap();
    let refused = world.seal("dot", 0, &[(0, 0)]);
    assert_eq!(refused, Err(Rejection::DepositShort), "29 are free");
    command(&mut world, &["stake", "cid", "staked=60"]).unwrap();
    world.seal("dot", 0, &[(0, 0)]).unwrap();
    let stakes = &world.state.sections.lines.stakes;
    assert_eq!((stakes.wallets.len(), stakes.locks.len()), (1, 2));
    assert_eq!(stakes.wallets.values().next().unwrap().locked, units(60));
}

/// The same with a panel, before which the contributor that was found to guess appeals.
#[test]
fn an_appeal_that_is_upheld_ends_the_lock_without_a_slash() {
    let story = |upheld: &str| {
        let story = SLASHED
            .replace("join ann", "join joe ann")
            .replace("slash=750000", "slash=750000 panel:joe")
            .replace("wait 5000", "");
        format!("{story}\nappeal cid 0 0\nverdict joe 0 cid 0 {upheld}\nwait 9000\nreturn 0")
    };
    for (upheld, due) in [("upheld", 0), ("denied", 30)] {
        let (world, shown) = play(&story(upheld));
        assert!(!shown.contains("->"), "{shown}");
        let stakes = &world.state.sections.lines.stakes;
        let stake = stakes.wallets.values().next().unwrap();
        assert_eq!((stake.locked, stake.due), (units(0), units(due)));
        assert!(stakes.locks.is_empty());
    }
}

#[test]
fn whoever_has_no_rejected_block_keeps_the_stake() {
    let story = SLASHED.replace("always=1", "");
    let (story, _) = story.split_once("score 0 closing").unwrap();
    let (mut world, shown) = play(story);
    assert!(!shown.contains("->"), "{shown}");
    let mut scores = world.scores(0, true);
    assert!(
        scores
            .blocks
            .iter()
            .all(|it| it.outcome != Outcome::Rejected)
    );
    // Who is listed is the operator's word; that nothing was rejected is the log's.
    let all = world.state.campaigns[0].work.keys().copied();
    scores.review.as_mut().unwrap().slashed = all.collect();
    world.post_scores(0, &scores, true).unwrap();
    world.does("req", Command::CloseCampaign(CampaignId(0)));
    world.time_ms += 5_000;
    world.does("operator", Command::ReturnHeld(CampaignId(0)));
    let stakes = &world.state.sections.lines.stakes;
    let stake = stakes.wallets.values().next().unwrap();
    assert_eq!((stake.locked, stake.due), (units(0), units(0)));
}

proptest! {
    /// Whatever is noted in whatever order: no line of any kind ever falls between closes.
    #[test]
    fn no_line_falls(notes in prop::collection::vec((0u64..60, 0u64..40, 0u64..40), 1..12)) {
        let (mut world, _) = play(SLASHED);
        world.does("operator", Command::ReturnHeld(protocol::CampaignId(0)));
        world.open_votes(0).unwrap();
        let mut before: BTreeMap<_, u128> = BTreeMap::new();
        for (staked, active, slashed) in notes {
            let words = [
                "stake".to_owned(), "cid".to_owned(), format!("staked={staked}"),
                format!("active={active}"), format!("slashed={slashed}"),
            ];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let stakes = &world.state.sections.lines.stakes;
            let known = *stakes.wallets.values().next().unwrap();
            let parts = [known.staked, known.due, known.slashed, known.active];
            let [old, due, taken, still] = parts.map(|it| it.units() as u64);
            // Nothing waits on its way out here.
            let fits = staked >= old && slashed >= taken && slashed <= due
                && active + slashed <= staked
                && staked - active - slashed >= old - still - taken;
            prop_assert_eq!(command(&mut world, &words).is_ok(), fits);
            let leaves = world.leaves();
            let now: BTreeMap<_, u128> = leaves
                .iter()
                .flat_map(|leaf| leaf.lines.iter().map(|it| {
                    ((leaf.account, it.kind, it.token), it.cumulative)
                }))
                .collect();
            for (line, sum) in &before {
                prop_assert!(now.get(line).is_some_and(|now| now >= sum));
            }
            before = now;
            world.epoch().unwrap();
        }
    }
}
