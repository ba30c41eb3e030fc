//! Votes and stakes: what leaves hold beside pay, that it never falls, and what backs work.

use crate::kit::{ppm, terms};
use crate::script::{check, play};
use crate::world::{World, units};
use expect_test::expect;
use ledger::claims;
use ledger::vote::most_pools;
use proof::claim::{Leaf, LineKind, MOST_LINES};
use proptest::prelude::*;
use protocol::event::PurseOwner;
use protocol::line::{NoteStake, OpenVotes};
use protocol::terms::Demand;
use protocol::{Address, AssetId, Command, Rejection, TokenId};
use std::collections::BTreeMap;

type Outcome = Result<(), Rejection>;

/// The contract that tests name for an asset.
fn contract(asset: u32) -> Address {
    Address([0xc0 + u8::try_from(asset).unwrap(); 20])
}

/// `votes ASSET`, or `stake NAME staked=N active=N queued=N slashed=N exit=MS`.
pub fn command(world: &mut World, words: &[&str]) -> Outcome {
    let key = |key: &str, usual: u64| {
        let mut values = words.iter().filter_map(|word| word.split_once('='));
        let own = values.rfind(|(name, _)| *name == key);
        own.map_or(usual, |(_, value)| value.parse().unwrap())
    };
    if words[0] == "votes" {
        return world.open_votes(words[1].parse().unwrap());
    }
    let staked = key("staked", 0);
    let sum = |name, usual| units(u128::from(key(name, usual)));
    let note = NoteStake {
        contract: Address([0x57; 20]),
        token: TokenId(0),
        exit_ms: key("exit", 9_000_000_000),
        wallet: Address(world.actor(words[1]).wallet.address()),
        staked_units: sum("staked", 0),
        active_units: sum("active", staked),
        queued_units: sum("queued", 0),
        slashed_units: sum("slashed", 0),
    };
    world.ask("operator", Command::NoteStake(note))
}

/// Every line of the people of a story.
pub fn lines(world: &World) -> String {
    let statement = claims::statement(&world.state).unwrap();
    let mut shown = String::new();
    for (name, actor) in &world.actors {
        let wallet = actor.wallet.address();
        let own = statement.leaves.iter();
        for line in own
            .filter(|leaf| leaf.account == wallet)
            .flat_map(|it| &it.lines)
        {
            let (sum, first) = (line.cumulative, line.token[0]);
            let what = match line.kind {
                LineKind::Pay => format!("{sum} of token {}", first - 1),
                LineKind::Slash => format!("{sum} of token {} slashed", first - 1),
                LineKind::Vote => format!("{sum} votes of asset {}", first - 0xc0),
            };
            shown.push_str(&format!("\n  {name:<16}{what}"));
        }
    }
    shown
}

/// Refusals of votes and stakes; `None` for others.
pub fn refusing(rejection: Rejection) -> Option<Outcome> {
    let mut world = play(&pools(1)).0;
    Some(match rejection {
        Rejection::VotesOpen => world.open_votes(0),
        Rejection::StakeMismatch => command(&mut world, &["stake", "ann", "slashed=1"]),
        _ => return None,
    })
}

impl World {
    fn open_votes(&mut self, asset: u32) -> Outcome {
        let (asset, contract) = (AssetId(asset), contract(asset));
        let open = OpenVotes { asset, contract };
        self.ask("operator", Command::OpenVotes(open))
    }

    fn leaves(&self) -> Vec<Leaf> {
        claims::statement(&self.state).unwrap().leaves
    }
}

#[test]
fn contributors_vote_by_their_shares_once_their_wallet_is_known() {
    check(expect![[r#"
        join ann bob req
        deposit req 2000
        disclose ann
        campaign req fund=1 gold=0
        round 0
        seal ann 0 to=7
        seal bob 0 to=3
        open 0
        score 0 closing
        finish req 0
        return 0
        votes 0
        votes 0  -> votes_open
        votes 1  -> unknown_asset
        lines
          ann             7 votes of asset 0
        epoch
        release 1
        lines
          ann             70 of token 0
          ann             7 votes of asset 0
        disclose bob
        epoch
        lines
          ann             70 of token 0
          ann             7 votes of asset 0
          bob             30 of token 0
          bob             3 votes of asset 0
    "#]]);
}

/// `ann` works alone in so many campaigns, each of which gives her 2 votes.
fn pools(count: u32) -> String {
    let mut story = "join ann req\ndeposit req 9000\ndisclose ann".to_owned();
    for id in 0..count {
        let prefix = id + 1;
        story += &format!("\ncampaign req fund=1 budget=20 gold=0 prefix={prefix}\nround {id}");
        story += &format!("\nseal ann {id} to=2\nopen {id}\nscore {id} closing\nfinish req {id}");
        story += &format!("\nreturn {id}\nvotes {id}\nepoch\nrelease {prefix}");
    }
    story
}

#[test]
fn pay_and_a_slash_have_their_lines_however_many_pools_vote() {
    let most = u32::try_from(most_pools(2)).unwrap();
    assert_eq!(most, 5);
    let story = pools(most + 2) + "\nstake ann staked=9\nepoch";
    let (world, shown) = play(&story);
    assert!(!shown.contains("->"), "{shown}");
    let leaves = world.leaves();
    assert_eq!(leaves.len(), 1);
    let kinds: Vec<LineKind> = leaves[0].lines.iter().map(|line| line.kind).collect();
    let [pay, slash] = [LineKind::Pay, LineKind::Slash];
    assert_eq!(kinds[..2], [pay, slash]);
    assert_eq!(kinds[2..], [LineKind::Vote; 5]);
    // First come, first served.
    let voted = leaves[0].lines[2..].iter().map(|line| line.token);
    assert!(voted.eq((0..most).map(|asset| contract(asset).0)));
    assert!(kinds.len() < MOST_LINES, "the second token's line is free");
}

#[test]
fn a_space_with_many_tokens_has_no_line_left() {
    for (tokens, votes, stake) in [
        (6, Ok(()), Ok(())),
        (7, Err(Rejection::OutOfRange), Ok(())),
        (8, Err(Rejection::OutOfRange), Err(Rejection::OutOfRange)),
    ] {
        let mut world = World::new(tokens);
        world.join("ann");
        world.deposit("ann", 0, 100, 100).unwrap();
        let mut spec = world.spec(1, 2);
        (spec.rule.gold_share, spec.budget_units) = (ppm(0), units(20));
        world.does("ann", Command::OpenCampaign(spec));
        world.round(0, &[None; 2]).unwrap();
        world.seal("ann", 0, &[(0, 0), (1, 1)]).unwrap();
        world.open_seals(0, "").unwrap();
        let scores = world.scores(0, true);
        world.post_scores(0, &scores, true).unwrap();
        world.does("ann", Command::CloseCampaign(protocol::CampaignId(0)));
        assert_eq!(world.open_votes(0), votes, "{tokens}");
        assert_eq!(command(&mut world, &["stake", "ann"]), stake, "{tokens}");
    }
}

#[test]
fn only_the_operator_names_contracts_and_only_for_who_has_shares() {
    let mut world = World::new(1);
    world.join("ann");
    world
        .asset("ann", terms(Demand::Floor(ppm(0)), 1), &[])
        .unwrap();
    assert_eq!(world.open_votes(0), Err(Rejection::OutOfRange));
    let (asset, contract) = (AssetId(0), contract(0));
    let open = Command::OpenVotes(OpenVotes { asset, contract });
    assert_eq!(world.ask("ann", open), Err(Rejection::NotOperator));
}

#[test]
fn votes_stay_where_they_were_given() {
    let story = "
        passkey pat
        names pat home
        join req
        deposit req 900
        campaign req fund=1 gold=0 budget=100
        round 0
        seal pat 0 to=4
        open 0
        score 0 closing
        finish req 0
        return 0
        votes 0
        epoch
        names pat other
        wait 270000000
        epoch
        epoch
    ";
    let (world, shown) = play(story);
    assert!(!shown.contains("->"), "{shown}");
    let account = world.state.account(world.id("pat")).unwrap();
    assert_eq!(account.wallet, Some(crate::payout::OTHER));
    let leaves = world.leaves();
    let votes = |leaf: &Leaf| {
        leaf.lines
            .iter()
            .filter(|it| it.kind == LineKind::Vote)
            .count()
    };
    let voting: Vec<_> = leaves.iter().filter(|leaf| votes(leaf) > 0).collect();
    assert_eq!(voting.len(), 1);
    assert_eq!(voting[0].account, crate::payout::HOME.0);
    assert_eq!(voting[0].lines[0].cumulative, 4);
}

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

#[test]
fn a_stake_that_could_be_gone_before_its_slash_backs_nothing() {
    let story = |exit: u64| {
        format!(
            "join cid req\ndisclose cid\ndeposit req 9000\nstake cid staked=50 exit={exit}\n\
             campaign req fund=0 judged units=60 budget=0 slash=750000 stake=30 price=0\n\
             round 0 units=60 gold=60\nseal cid 0 to=10"
        )
    };
    // Appeals of five seconds, and seven days to settle.
    let enough = ledger::state::SETTLING_MS + 5_000;
    assert!(!play(&story(enough)).1.contains("->"));
    assert!(play(&story(enough - 1)).1.contains("-> deposit_short"));
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
            let [old, due] = [known.staked, known.due].map(|it| it.units() as u64);
            let fits = staked >= old && slashed >= known.slashed.units() as u64
                && slashed <= due && active + slashed <= staked;
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
