//! Transfers that a payer has signed: sent once, refused with a reason, found again.

use chain::authorized::Spent;
use proof::authorization::Authorization;

use crate::world::{START_S, World, wallet};

const NONCE: [u8; 32] = [7; 32];

fn signed(world: &World, change: impl FnOnce(&mut Authorization)) -> (Authorization, [u8; 65]) {
    let mut signed = Authorization {
        from: world.funder.address(),
        to: wallet(50).address(),
        value: 900,
        valid_after_s: 0,
        valid_before_s: START_S + 1_000,
        nonce: NONCE,
    };
    change(&mut signed);
    let digest = signed.digest(&world.chain.token_domain());
    let signature = world.funder.sign_digest(&digest);
    (signed, signature.try_into().expect("r, s and v"))
}

fn refusal(world: &mut World, change: impl FnOnce(&mut Authorization)) -> String {
    let (signed, signature) = signed(world, change);
    let anyone = world.anyone.clone();
    let height = world.chain.devnet.height();
    let refused = world.chain.move_authorized(&anyone, &signed, &signature);
    assert_eq!(world.chain.devnet.height(), height, "it leaves no trace");
    refused.expect_err("refused").revert.expect("by the token")
}

#[test]
fn it_is_sent_once_and_found_again_by_its_nonce() {
    let mut world = World::new();
    let (signed, signature) = signed(&world, |_| {});
    let (from, to, token) = (signed.from, signed.to, world.chain.deployment.token());
    let anyone = world.anyone.clone();
    assert_eq!(
        world.chain.spent(from, NONCE, to).expect("asked"),
        Spent::Not
    );
    let moved = world.chain.move_authorized(&anyone, &signed, &signature);
    let moved = moved.expect("it is good");
    assert_eq!(world.chain.balance(token, to).expect("asked"), 900);
    assert_eq!(moved.value, 900);
    assert_eq!(
        world.chain.spent(from, NONCE, to).expect("asked"),
        Spent::Here(moved)
    );
    assert_eq!(world.chain.moved_to(to).unwrap(), [moved]);
    let other = wallet(51).address();
    assert_eq!(
        world.chain.spent(from, NONCE, other).expect("asked"),
        Spent::Elsewhere
    );
    assert!(world.chain.moved_to(other).unwrap().is_empty());
    assert_eq!(refusal(&mut world, |_| {}), "AuthorizationUsedBefore");
}

#[test]
fn the_token_says_why_it_refuses() {
    let mut world = World::new();
    let now_s = world.chain.devnet.time_s();
    let early = refusal(&mut world, |it| it.valid_after_s = now_s + 10);
    assert_eq!(early, "AuthorizationNotYetValid");
    let late = refusal(&mut world, |it| it.valid_before_s = now_s);
    assert_eq!(late, "AuthorizationExpired");
    let poor = refusal(&mut world, |it| it.value = 1 << 90);
    assert_eq!(poor, "ERC20InsufficientBalance");
    let (mut bent, signature) = signed(&world, |_| {});
    bent.to = wallet(52).address();
    let anyone = world.anyone.clone();
    let refused = world.chain.move_authorized(&anyone, &bent, &signature);
    let why = refused.expect_err("somebody else's").revert;
    assert_eq!(why.as_deref(), Some("AuthorizationNotSigned"));
}
