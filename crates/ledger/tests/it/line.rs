//! Votes, and the words in which scripts speak of votes and stakes.

use crate::kit::{ppm, terms};
use crate::script::{check, play};
use crate::world::{FAR_MS, World, units};
use expect_test::expect;
use ledger::claims;
use ledger::vote::most_pools;
use proof::claim::{Leaf, LineKind, MOST_LINES};
use protocol::line::{NoteStake, OpenVotes};
use protocol::terms::Demand;
use protocol::{Address, AssetId, Command, Rejection, TokenId};

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
        exit_ms: key("exit", 2 * FAR_MS),
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
    pub fn open_votes(&mut self, asset: u32) -> Outcome {
        let (asset, contract) = (AssetId(asset), contract(asset));
        let open = OpenVotes { asset, contract };
        self.ask("operator", Command::OpenVotes(open))
    }

    pub fn leaves(&self) -> Vec<Leaf> {
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
fn an_address_that_a_passkey_names_has_no_votes() {
    // Whoever holds the passkey could name anybody's address and fill its lines for good.
    let story = "
        passkey pat
        names pat home
        join ann req
        disclose ann
        deposit req 900
        campaign req fund=1 gold=0 budget=100
        round 0
        seal pat 0 to=4
        seal ann 0 to=2
        open 0
        score 0 closing
        finish req 0
        return 0
        votes 0
        epoch
        release 1
        epoch
    ";
    let (mut world, shown) = play(story);
    assert!(!shown.contains("->"), "{shown}");
    let leaves = world.leaves();
    let votes = |wallet: [u8; 20]| {
        let own = leaves.iter().filter(|leaf| leaf.account == wallet);
        let lines = own.flat_map(|leaf| &leaf.lines);
        let votes = lines.filter(|line| line.kind == LineKind::Vote);
        votes.map(|line| line.cumulative).sum::<u128>()
    };
    assert_eq!(votes(crate::payout::HOME.0), 0);
    let paid = leaves.iter().find(|it| it.account == crate::payout::HOME.0);
    assert_eq!(paid.unwrap().lines[0].kind, LineKind::Pay);
    let ann = world.actor("ann").wallet.address();
    assert_eq!(votes(ann), 2);
}
