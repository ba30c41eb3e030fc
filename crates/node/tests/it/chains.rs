//! Two chains: each goes on while the other is stopped, away or late, and none is paid twice.

use crate::twin::{Twin, WINDOW_S};
use crate::two::{TWIN, Two, house};
use crate::world::{DAY_MS, World};
use chain::devnet::CHAIN_ID;
use chain::settlement::Status;
use node::Node;
use node::office::Settling;
use protocol::{Address, ChainIndex};
use std::path::Path;
use std::sync::Arc;

#[test]
fn each_chain_pays_what_was_bought_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(0, 3);
    two.calls(1, 5);
    two.epoch();
    assert_eq!(two.words(), "");
    assert_eq!((two.released(), two.payable()), ([1, 1], [3, 5]));
    let root = two.house.host.read(|state| state.epochs[0].root.0);
    let here = two.house.steward.chain().posted(1).unwrap().unwrap().post;
    let there = two
        .twin
        .others(|chain, _| chain.posted(1))
        .unwrap()
        .unwrap();
    assert_eq!((here.root, there.post.root), (root, root));
    assert_eq!(here.log_size, there.post.log_size);
    two.house.stop();
}

/// Others act on the first chain while the node is down.
fn on_first(dir: &Path, act: impl FnOnce(&mut Settling) -> Result<(), chain::Error>) {
    let (_, mut first, _) = Node::open(dir).unwrap().node.into_parts();
    act(&mut first).unwrap();
}

/// The guardian halts epoch 1 on the first chain, and the arbiter upholds it, while the node is
/// down; a third chain joins later and needs nothing of the first.
#[test]
fn a_veto_on_the_first_chain_stops_that_chain_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(0, 3);
    two.calls(1, 5);
    two.advance(DAY_MS);
    two.house.stop();
    let keys = node::Keyring::open(dir.path()).unwrap();
    let (guardian, arbiter) = (keys.wallet("guardian"), keys.wallet("arbiter"));
    on_first(dir.path(), |first| {
        first.halt(&guardian, 1, "too much").map(drop)
    });
    let halted = house(dir.path(), vec![two.twin.open(dir.path()).unwrap()], None);
    two = Two {
        house: halted,
        ..two
    };
    two.advance(0);
    assert!(
        two.words().contains("epoch 1 is halted there"),
        "{}",
        two.words()
    );
    let fund = two.fund(0);
    let grant = two.grant(0, fund);
    assert_eq!(two.house.workplace.pays(&grant), Ok(()), "nobody has ruled");
    two.user.rewind();
    two.house.stop();
    on_first(dir.path(), |first| first.rule(&arbiter, 1, true).map(drop));
    let vetoed = house(dir.path(), vec![two.twin.open(dir.path()).unwrap()], None);
    two = Two {
        house: vetoed,
        ..two
    };
    two.epoch();
    let closed = two.closed() as u64;
    assert_eq!((two.released(), two.payable()), ([0, closed], [0, 5]));
    assert!(
        two.words().contains("epoch 1 was vetoed there"),
        "{}",
        two.words()
    );
    // What is bought with deposits there would never be paid; those elsewhere are as good as ever.
    let grant = two.grant(0, fund);
    assert_eq!(two.house.workplace.pays(&grant), Err(CHAIN_ID));
    two.user.rewind();
    let fund = two.fund(1);
    let grant = two.grant(1, fund);
    assert_eq!(two.house.workplace.pays(&grant), Ok(()));
    two.user.rewind();
    two.calls(1, 7);
    two.epoch();
    let closed = two.closed() as u64;
    assert!(closed >= 2);
    assert_eq!(two.released(), [0, closed]);
    assert_eq!(two.payable(), [0, 12]);
    assert_eq!(two.house.steward.chain().status(2).unwrap(), None);
    assert_eq!(two.house.host.read(|state| state.book.imbalance()), None);
    joins_without_the_first(two, dir.path());
}

/// One that joins now is posted what the first chain has never seen, with the same statement.
fn joins_without_the_first(mut two: Two, dir: &Path) {
    let third = Twin::new(TWIN + 1);
    two.late.push(third.clone());
    third.till(two.house.host.now_ms() / 1_000);
    let both = [&two.twin, &third].map(|twin| twin.open(dir).unwrap());
    two = two.again(dir, both.into(), None);
    two.advance(1_000);
    let size = |twin: &Arc<Twin>| {
        let posted = twin.others(|chain, _| chain.posted(2).unwrap());
        posted.map(|it| (it.post.root, it.post.log_size))
    };
    assert!(size(&third).is_some(), "{}", two.words());
    assert_eq!(size(&third), size(&two.twin));
    two.house.stop();
}

#[test]
fn a_chain_that_is_away_holds_nothing_up_and_comes_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(0, 3);
    two.calls(1, 5);
    two.twin.takes(0);
    two.epoch();
    two.calls(0, 4);
    two.epoch();
    assert_eq!((two.closed(), two.released()), (2, [2, 0]));
    assert_eq!(two.payable(), [7, 0]);
    assert!(two.words().contains("2 epochs behind"), "{}", two.words());
    let opener = two.twin.opener(dir.path());
    two = two.again(dir.path(), Vec::new(), Some(opener));
    two.advance(1_000);
    assert!(
        two.words().contains("the server is away"),
        "{}",
        two.words()
    );
    two.twin.takes(u64::MAX);
    two.catches_up([2, 2], [7, 5]);
}

/// The post was taken, and the debits not before the window had passed. This chain's contracts hash
/// leaves with another number, so that no proof holds: what the pot lacks is never noted as
/// released, and the chain says so.
#[test]
fn debits_that_came_too_late_and_are_not_shown_are_no_release() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(0, 3);
    two.calls(1, 5);
    two.twin.takes(1);
    two.advance(DAY_MS);
    assert_eq!(two.twin.status(1), Some(Status::Open));
    two.advance(2 * WINDOW_S * 1_000);
    two.twin.takes(u64::MAX);
    for _ in 0..4 {
        two.advance(70_000);
    }
    assert_eq!(
        two.twin.status(1),
        Some(Status::Final),
        "it pays what was released before"
    );
    assert_eq!((two.released(), two.payable()), ([1, 0], [3, 0]));
    assert!(two.words().contains("ProofInvalid"), "{}", two.words());
    two.calls(0, 2);
    two.epoch();
    assert_eq!((two.released(), two.payable()), ([2, 0], [5, 0]));
    two.house.stop();
}

#[test]
fn a_chain_that_joins_late_is_posted_all_that_came_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    for uses in 1..=3 {
        two.calls(0, uses);
        two.epoch();
    }
    let late = Twin::new(TWIN + 1);
    two.late.push(late.clone());
    late.till(two.house.host.now_ms() / 1_000);
    let both = [&two.twin, &late].map(|twin| twin.open(dir.path()).unwrap());
    two = two.again(dir.path(), both.into(), None);
    two.epoch();
    assert_eq!(late.status(3), Some(Status::Final));
    two.calls(1, 2);
    two.epoch();
    let released = two
        .house
        .host
        .read(|state| state.released_on(ChainIndex(2)));
    assert_eq!(two.closed() as u64, released);
    two.house.stop();
}

#[test]
fn contracts_of_another_log_do_not_join() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let twin = Twin::new(TWIN);
    twin.deposit(world.user.account, 500);
    let refused = world.node.join(vec![twin.open(dir.path()).unwrap()]);
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("0 epochs and 1 deposits"), "{why}");
    assert_eq!(world.node.state().sites().count(), 1);
}

#[test]
fn a_claim_tells_that_a_chain_is_away_rather_than_that_nothing_is_due() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(1, 5);
    two.epoch();
    two.epoch();
    let claim = |two: &mut Two| {
        let (reply, claimed) = node::ticket::ticket();
        let wallet = Address(two.developer.wallet);
        let ask = node::steward::Ask::Claim {
            wallet,
            least_units: protocol::Amount::ZERO,
            reply,
        };
        two.house.asks.send(ask).unwrap();
        two.house.steward.turn().unwrap();
        claimed.wait(std::time::Duration::MAX).unwrap().unwrap()
    };
    two.twin.takes(0);
    let why = claim(&mut two).unwrap_err();
    assert!(why.contains("connection refused"), "{why}");
    two.house.stop();
}

/// A log that begins on two chains of others. Its work goes on without the first one, too.
#[test]
fn a_first_chain_that_is_away_at_the_start_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let first = Twin::new(TWIN + 1);
    let mut two = Two::upon(dir.path(), &first);
    two.calls(0, 3);
    two.calls(1, 5);
    first.takes(0);
    let further = vec![two.twin.open(dir.path()).unwrap()];
    let opener = first.opener(dir.path());
    two = two.again(dir.path(), further, Some(opener));
    two.epoch();
    assert_eq!((two.released(), two.payable()), ([0, 1], [0, 5]));
    let words = two.words();
    assert!(words.contains("the server is away"), "{words}");
    two.calls(0, 1);
    first.takes(u64::MAX);
    two.catches_up([1, 1], [3, 5]);
}

#[test]
fn a_server_that_talks_nonsense_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(0, 3);
    two.calls(1, 5);
    two.twin.raves(true);
    two.epoch();
    assert_eq!((two.released(), two.payable()), ([1, 0], [3, 0]));
    let words = two.words();
    assert!(
        words.contains("of `http://twin`: the answer is no JSON"),
        "{words}"
    );
    two.twin.raves(false);
    two.catches_up([1, 1], [3, 5]);
}

/// Turns follow each other at once here; a slow chain has had its time with the first of them.
#[test]
fn a_chain_that_answers_slowly_is_left_alone_for_as_long() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    let asked = |two: &mut Two, milliseconds| {
        let before = two.twin.requests();
        two.advance(milliseconds);
        two.twin.requests() - before
    };
    let usual = asked(&mut two, 1_000);
    two.twin.takes_time(&two.house.clock, 6_000);
    let slow = asked(&mut two, 1_000);
    assert!(
        slow > 0 && slow * 2 < usual,
        "{slow} questions, else {usual}"
    );
    assert!(asked(&mut two, 120_000) > 0, "and then asked again");
    two.house.stop();
}

#[test]
fn of_what_was_debited_for_good_nobody_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut two = Two::new(dir.path());
    two.calls(1, 5);
    two.advance(DAY_MS);
    two.advance(1_000);
    let asked = |two: &Two| two.twin.asked("debited(uint64,uint64)");
    let once = asked(&two);
    assert!(once > 0, "before it is known");
    for _ in 0..3 {
        two.advance(1_000);
    }
    assert_eq!(two.twin.status(1), Some(Status::Open));
    assert_eq!(asked(&two), once);
    two.epoch();
    assert_eq!(two.payable(), [0, 5]);
    two.house.stop();
}

#[test]
fn a_chain_that_is_given_twice_does_not_join() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let twin = Twin::new(TWIN);
    let both = [(); 2].map(|()| twin.open(dir.path()).unwrap());
    let why = world.node.join(both.into()).unwrap_err().to_string();
    assert!(why.contains("was given twice"), "{why}");
    assert_eq!(world.node.state().sites().count(), 1);
}
