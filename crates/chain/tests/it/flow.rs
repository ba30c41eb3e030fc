//! The main path, from a deposit to money in a contributor's account, with what it costs.

use chain::settlement::Status;

use crate::world::World;

#[test]
fn a_deposit_becomes_pay_and_the_rest_goes_back() {
    let mut world = World::new();
    let id = world.deposit(1_000);
    let first = world.post([0; 32], 0);
    world.debit(first, id, 600).expect("debited");
    world.settle(first);
    world.release(first).expect("released");
    assert_eq!(world.chain.inflow(world.token()).expect("an answer"), 600);

    let (alice, bob) = ([0xa1; 20], [0xb0; 20]);
    let (root, claims) = world.claims(&[(alice, 400), (bob, 200)]);
    let second = world.post(root, 600);
    world.settle(second);
    let receipts = world
        .chain
        .claim_many(&world.anyone, second, &claims)
        .expect("claimed");
    assert_eq!(
        world
            .chain
            .payments(&receipts)
            .iter()
            .filter(|payment| payment.paid)
            .count(),
        2
    );
    assert_eq!((world.balance(alice), world.balance(bob)), (400, 200));

    world
        .chain
        .devnet
        .set_time(crate::world::CLOSES_S)
        .expect("time goes forward");
    let third = world.post(root, 600);
    world.settle(third);
    let before = world.balance(world.funder.address());
    world.chain.refund(&world.anyone, &[id]).expect("refunded");
    assert_eq!(world.balance(world.funder.address()) - before, 400);
    assert_eq!(world.balance(world.chain.deployment.escrow), 0);
    let posted = world
        .chain
        .posted(second)
        .expect("an answer")
        .expect("posted");
    assert_eq!((posted.status, posted.post.root), (Status::Final, root));
}
