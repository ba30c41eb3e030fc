//! Every rule of posting, halting, ruling and finality, with the refusal that holds it.

use alloy_sol_types::{SolCall, sol};
use chain::Statement;
use chain::deployment::LOG_ID;
use chain::settlement::{Post, Status, Total};

use crate::world::{RULING_S, START_S, WINDOW_S, World, refusal, send};

sol! {
    #[derive(Default)]
    struct Totals { address token; uint96 amount; }
    #[derive(Default)]
    struct Epoch { uint64 id; uint64 parent; bytes32 root; Totals[] totals; bytes32 checkpointRoot;
        uint64 logSize; uint64 logTimeMs; bytes32 dataHash; }
    function post(Epoch epoch, bytes signature);
}

fn status(world: &World, id: u64) -> Status {
    world
        .chain
        .posted(id)
        .expect("an answer")
        .expect("posted")
        .status
}

/// What the contract says to an honest next post after this change.
fn refused_post(world: &mut World, change: impl FnOnce(&mut Post)) -> String {
    let mut post = world.next_post([0; 32], 0);
    change(&mut post);
    refusal(world.chain.post(&world.poster, &post))
}

#[test]
fn each_role_has_its_own_key() {
    let mut world = World::new();
    let (post, anyone) = (world.next_post([0; 32], 0), world.anyone.clone());
    assert_eq!(refusal(world.chain.post(&anyone, &post)), "NotPoster");
    let id = world.post([0; 32], 0);
    assert_eq!(
        refusal(world.chain.halt(&world.poster, id, "mine")),
        "NotGuardian"
    );
    world
        .chain
        .halt(&world.guardian, id, "look")
        .expect("halted");
    assert_eq!(
        refusal(world.chain.rule(&world.guardian, id, true)),
        "NotArbiter"
    );
    world.chain.rule(&world.arbiter, id, true).expect("ruled");
    assert_eq!(status(&world, id), Status::Vetoed);
}

#[test]
fn ids_are_consecutive_and_never_used_twice() {
    let mut world = World::new();
    assert_eq!(refused_post(&mut world, |post| post.id = 2), "IdNotNext");
    assert_eq!(refused_post(&mut world, |post| post.id = 0), "IdNotNext");
    let id = world.post([0; 32], 0);
    assert_eq!(refused_post(&mut world, |post| post.id = id), "IdNotNext");
    world
        .chain
        .halt(&world.guardian, id, "wrong")
        .expect("halted");
    world.chain.rule(&world.arbiter, id, true).expect("vetoed");
    assert_eq!(refused_post(&mut world, |post| post.id = id), "IdNotNext");
    let next = world.next_post([3; 32], 0);
    assert_eq!((next.id, next.parent), (2, 0));
    world
        .chain
        .post(&world.poster, &next)
        .expect("posted on genesis again");
}

#[test]
fn the_parent_is_the_newest_id_that_is_not_vetoed() {
    let mut world = World::new();
    world.post([0; 32], 0);
    assert_eq!(
        refused_post(&mut world, |post| post.parent = 0),
        "ParentNotHead"
    );
    let second = world.post([0; 32], 0);
    assert_eq!(
        refused_post(&mut world, |post| post.parent = second - 1),
        "ParentNotHead"
    );
    world
        .chain
        .halt(&world.guardian, second, "wrong")
        .expect("halted");
    world
        .chain
        .rule(&world.arbiter, second, true)
        .expect("vetoed");
    assert_eq!(
        refused_post(&mut world, |post| post.parent = second),
        "ParentNotHead"
    );
    assert_eq!(world.chain.head().expect("an answer"), second - 1);
}

#[test]
fn at_most_four_epochs_wait() {
    let mut world = World::new();
    for _ in 0..4 {
        world.post([0; 32], 0);
    }
    assert_eq!(refused_post(&mut world, |_| ()), "TooManyUnfinalised");
    world.settle(1);
    world.post([0; 32], 0);
    assert_eq!(refused_post(&mut world, |_| ()), "TooManyUnfinalised");
    world
        .chain
        .halt(&world.guardian, 5, "wrong")
        .expect("halted");
    world.chain.rule(&world.arbiter, 5, true).expect("vetoed");
    assert_eq!(world.post([0; 32], 0), 6);
    assert_eq!(refused_post(&mut world, |_| ()), "TooManyUnfinalised");
}

#[test]
fn totals_never_fall_and_never_pass_what_came_in() {
    let mut world = World::new();
    let token = world.token();
    let total = |amount| vec![Total { token, amount }];
    assert_eq!(
        refused_post(&mut world, |post| post.totals = total(1)),
        "TotalAboveInflow"
    );
    world.fill_pot(500);
    assert_eq!(
        refused_post(&mut world, |post| post.totals = total(501)),
        "TotalAboveInflow"
    );
    world.post([0; 32], 500);
    assert_eq!(
        refused_post(&mut world, |post| post.totals = total(499)),
        "TotalFell"
    );
    assert_eq!(
        refused_post(&mut world, |post| post.totals = vec![]),
        "TotalFell"
    );
    world.post([0; 32], 500);
}

#[test]
fn totals_name_every_listed_token_once() {
    let mut world = World::on(&["../TestToken", "BlockingToken"]);
    let tokens = world.chain.deployment.tokens.clone();
    let poster = world.poster.clone();
    let named = |tokens: &[[u8; 20]]| {
        let totals = tokens.iter().map(|token| Totals {
            token: token.into(),
            amount: Default::default(),
        });
        let statement = Statement {
            epoch: 1,
            ..Statement::default()
        };
        postCall {
            epoch: Epoch {
                id: 1,
                totals: totals.collect(),
                ..Epoch::default()
            },
            signature: poster.sign_digest(&statement.digest(&LOG_ID)).into(),
        }
    };
    let wrong = [
        vec![],
        vec![tokens[0]],
        vec![tokens[1], tokens[0]],
        vec![tokens[0]; 2],
        vec![[7; 20]; 2],
    ];
    for tokens in wrong {
        let call = named(&tokens).abi_encode();
        let receipt = send(&mut world, &poster, |chain| chain.settlement, call);
        assert_eq!(receipt.revert.as_deref(), Some("TotalsNotListed"));
    }
    let call = named(&tokens).abi_encode();
    assert!(send(&mut world, &poster, |chain| chain.settlement, call).success);
}

#[test]
fn log_time_never_falls_nor_runs_ten_minutes_ahead() {
    let mut world = World::new();
    let latest = (START_S + 600) * 1000;
    assert_eq!(
        refused_post(&mut world, |post| post.log_time_ms = latest + 1),
        "LogTimeAhead"
    );
    let mut post = world.next_post([0; 32], 0);
    post.log_time_ms = latest;
    world.chain.post(&world.poster, &post).expect("posted");
    assert_eq!(
        refused_post(&mut world, |post| post.log_time_ms = latest - 1),
        "LogTimeFell"
    );
}

#[test]
fn an_epoch_is_halted_once_and_inside_its_window() {
    let mut world = World::new();
    let guardian = world.guardian.clone();
    assert_eq!(
        refusal(world.chain.halt(&guardian, 1, "not there")),
        "NotOpen"
    );
    assert_eq!(
        refusal(world.chain.halt(&guardian, 0, "genesis")),
        "NotOpen"
    );
    let (first, second) = (world.post([0; 32], 0), world.post([0; 32], 0));
    world.chain.devnet.advance(WINDOW_S - 1);
    world
        .chain
        .halt(&guardian, first, "last second")
        .expect("halted");
    assert_eq!(
        refusal(world.chain.halt(&guardian, first, "again")),
        "NotOpen"
    );
    world
        .chain
        .rule(&world.arbiter, first, false)
        .expect("lifted");
    assert_eq!(
        refusal(world.chain.halt(&guardian, first, "once more")),
        "AlreadyRuled"
    );
    world.chain.devnet.advance(1);
    assert_eq!(
        refusal(world.chain.halt(&guardian, second, "late")),
        "WindowOver"
    );
    world.finalize(first).expect("final");
    assert_eq!(
        refusal(world.chain.halt(&guardian, first, "too late")),
        "NotOpen"
    );
}

#[test]
fn a_halt_covers_all_descendants_and_none_before() {
    let mut world = World::new();
    let ids: Vec<u64> = (0..3).map(|_| world.post([0; 32], 0)).collect();
    world
        .chain
        .halt(&world.guardian, ids[1], "wrong")
        .expect("halted");
    let now: Vec<Status> = ids.iter().map(|id| status(&world, *id)).collect();
    assert_eq!(now, [Status::Open, Status::Halted, Status::Halted]);
    world.chain.devnet.advance(WINDOW_S);
    world.finalize(ids[0]).expect("final");
    assert_eq!(refusal(world.finalize(ids[1])), "NotOpen");
    assert_eq!(refusal(world.finalize(ids[2])), "ParentNotFinal");
    world
        .chain
        .rule(&world.arbiter, ids[1], false)
        .expect("lifted");
    world.finalize(ids[1]).expect("final");
    world.finalize(ids[2]).expect("final");
}

#[test]
fn a_veto_covers_all_descendants_and_the_next_post_goes_before_them() {
    let mut world = World::new();
    let ids: Vec<u64> = (0..4).map(|_| world.post([0; 32], 0)).collect();
    world
        .chain
        .halt(&world.guardian, ids[3], "also wrong")
        .expect("halted");
    world
        .chain
        .halt(&world.guardian, ids[1], "wrong")
        .expect("halted");
    world
        .chain
        .rule(&world.arbiter, ids[1], true)
        .expect("vetoed");
    let now: Vec<Status> = ids.iter().map(|id| status(&world, *id)).collect();
    assert_eq!(
        now,
        [Status::Open, Status::Vetoed, Status::Vetoed, Status::Vetoed]
    );
    assert_eq!(
        refusal(world.chain.rule(&world.arbiter, ids[3], false)),
        "NotHalted"
    );
    world.chain.devnet.advance(WINDOW_S);
    for id in &ids[1..] {
        assert_eq!(refusal(world.finalize(*id)), "NotOpen");
    }
    let next = world.next_post([0; 32], 0);
    assert_eq!((next.id, next.parent), (5, ids[0]));
    world.chain.post(&world.poster, &next).expect("posted");
}

#[test]
fn an_arbiters_silence_is_a_veto() {
    let mut world = World::new();
    let id = world.post([0; 32], 0);
    let (arbiter, anyone) = (world.arbiter.clone(), world.anyone.clone());
    assert_eq!(refusal(world.chain.rule(&arbiter, id, true)), "NotHalted");
    assert_eq!(refusal(world.chain.lapse(&anyone, id)), "NotHalted");
    world
        .chain
        .halt(&world.guardian, id, "wrong")
        .expect("halted");
    world.chain.devnet.advance(RULING_S - 1);
    assert_eq!(refusal(world.chain.lapse(&anyone, id)), "RulingRunning");
    world.chain.devnet.advance(1);
    assert_eq!(refusal(world.chain.rule(&arbiter, id, false)), "RulingOver");
    world.chain.lapse(&anyone, id).expect("lapsed");
    assert_eq!(status(&world, id), Status::Vetoed);
    assert_eq!(refusal(world.chain.lapse(&anyone, id)), "NotHalted");
}

#[test]
fn an_epoch_is_final_after_its_window_and_its_parent() {
    let mut world = World::new();
    assert_eq!(refusal(world.finalize(1)), "NotOpen");
    let first = world.post([0; 32], 0);
    world.chain.devnet.advance(WINDOW_S / 2);
    let second = world.post([0; 32], 0);
    world.chain.devnet.advance(WINDOW_S / 2 - 1);
    assert_eq!(refusal(world.finalize(first)), "WindowRunning");
    world.chain.devnet.advance(1);
    assert_eq!(refusal(world.finalize(second)), "ParentNotFinal");
    world.finalize(first).expect("final");
    assert_eq!(refusal(world.finalize(first)), "NotOpen");
    assert_eq!(refusal(world.finalize(second)), "WindowRunning");
    assert_eq!(
        (status(&world, first), status(&world, second)),
        (Status::Final, Status::Open)
    );
}

#[test]
fn a_post_reads_back_as_it_was_made() {
    let mut world = World::on(&["../TestToken", "BlockingToken"]);
    world.fill_pot(70);
    let mut post = world.next_post([8; 32], 70);
    (post.checkpoint_root, post.log_size, post.data_hash) = ([6; 32], 123, [7; 32]);
    world.chain.post(&world.poster, &post).expect("posted");
    let posted = world
        .chain
        .posted(post.id)
        .expect("an answer")
        .expect("posted");
    post.totals.push(Total {
        token: world.chain.deployment.tokens[1],
        amount: 0,
    });
    assert_eq!(posted.post, post);
    assert_eq!(world.chain.posted(post.id + 1).expect("an answer"), None);
    assert_eq!(
        world.chain.ready_at_s(post.id).expect("an answer"),
        world.chain.devnet.time_s() + WINDOW_S
    );
}
