//! What strangers may do on a chain where nothing costs anything.

use alloy_primitives::keccak256;
use chain::Chain;

use crate::world::{World, wallet};

fn calldata(signature: &str, words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = keccak256(signature.as_bytes())[..4].to_vec();
    for word in words {
        bytes.extend(vec![0; 32 - word.len()]);
        bytes.extend(*word);
    }
    bytes
}

fn asked(chain: &Chain, to: [u8; 20], data: Vec<u8>) -> Result<(), String> {
    let raw = wallet(40).sign(chain.devnet.nonce(wallet(40).address()), Some(to), data);
    chain
        .permits(&raw, 1_000)
        .map_err(|error| error.to_string())
}

#[test]
fn test_money_is_made_in_small_amounts_and_moved_at_will() {
    let world = World::new();
    let chain = &world.chain;
    let token = chain.deployment.token();
    let own = wallet(40).address();
    let mint = |amount: u16| calldata("mint(address,uint256)", &[&own, &amount.to_be_bytes()]);
    assert_eq!(asked(chain, token, mint(1_000)), Ok(()));
    let refused = asked(chain, token, mint(1_001)).expect_err("too much");
    assert!(refused.contains("more test money"), "{refused}");
    let approve = calldata(
        "approve(address,uint256)",
        &[&chain.deployment.escrow, &[1]],
    );
    assert_eq!(asked(chain, token, approve), Ok(()));
    // What reverts does nothing, and is taken for what it costs: nothing.
    let moves = calldata("transfer(address,uint256)", &[&own, &[1]]);
    assert_eq!(asked(chain, token, moves), Ok(()));
    assert!(chain.permits(&[2, 1], 1_000).is_err(), "no transaction");
}

#[test]
fn events_are_few_and_short() {
    let world = World::new();
    let own = wallet(40);
    // PUSH3 the size, PUSH1 0, LOG0, and no code is left.
    let leaves = |bytes: u32| {
        let [_, high, middle, low] = bytes.to_be_bytes();
        vec![0x62, high, middle, low, 0x60, 0, 0xa0, 0]
    };
    let asked = |code: Vec<u8>| {
        let nonce = world.chain.devnet.nonce(own.address());
        world.chain.permits(&own.sign(nonce, None, code), 0)
    };
    asked(leaves(65_536)).expect("short enough");
    let refused = asked(leaves(65_537)).expect_err("too long").to_string();
    assert!(refused.contains("events"), "{refused}");
    let many = |count: usize| [0x5f, 0x5f, 0xa0].repeat(count);
    asked(many(1_000)).expect("few enough");
    asked(many(1_001)).expect_err("too many");
}

#[test]
fn deposits_are_opened_and_nothing_else_in_the_escrow() {
    let mut world = World::new();
    let own = wallet(40);
    let token = world.chain.deployment.token();
    let escrow = world.chain.deployment.escrow;
    let other = crate::world::create(&mut world.chain.devnet, &own, "BlockingToken");
    for token in [token, other] {
        world
            .chain
            .mint(&own, token, own.address(), 500)
            .expect("minted");
        world.chain.approve(&own, token, 500).expect("approved");
    }
    let open = |token: [u8; 20]| {
        let closes = (crate::world::CLOSES_S).to_be_bytes();
        let signature = "open(address,uint96,bytes32,uint96,uint64)";
        calldata(signature, &[&token, &[100], &[1], &[100], &closes])
    };
    assert_eq!(asked(&world.chain, escrow, open(token)), Ok(()));
    let credits = [
        calldata("addCredit(address,uint96)", &[&token, &[5]]),
        calldata("announceWithdrawal(address,uint96)", &[&token, &[5]]),
    ];
    for credit in credits {
        assert_eq!(asked(&world.chain, escrow, credit), Ok(()));
    }
    let account = [&[1_u8][..], &token, &[5]];
    let gives = calldata("depositFor(bytes32,address,uint96)", &account);
    let refused = asked(&world.chain, escrow, gives).expect_err("no deposit");
    assert!(refused.contains("only open deposits"), "{refused}");
    // The Escrow has a list of its own: what reverts does nothing, and so it is let through.
    assert_eq!(asked(&world.chain, escrow, open(other)), Ok(()));
    let nonce = world.chain.devnet.nonce(own.address());
    let raw = own.sign(nonce, Some(escrow), open(other));
    let receipt = world.chain.devnet.send(&raw).expect("a block");
    assert!(!receipt.success && receipt.logs.is_empty());
}

#[test]
fn nobody_but_who_runs_them_touches_epochs() {
    let mut world = World::new();
    world.fill_pot(100);
    let (root, _) = world.claims(&[([1; 20], 60), ([2; 20], 40)]);
    let epoch = world.post(root, 100);
    let settlement = world.chain.deployment.settlement;
    world.chain.devnet.advance(crate::world::WINDOW_S + 1);
    let finalize = calldata("finalize(uint64)", &[&epoch.to_be_bytes()]);
    let refused = asked(&world.chain, settlement, finalize).expect_err("the operator's");
    assert!(refused.contains("epochs"), "{refused}");
}
