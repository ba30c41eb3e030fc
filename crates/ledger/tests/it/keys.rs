//! Keys come and go: who may add and revoke them, and that what is gone signs nothing more.

use crate::keeping::{fresh, public};
use crate::kit::{ppm, terms};
use crate::world::{FAR_MS, SPACE, World, resign};
use ledger::ring::MOST_KEYS;
use proptest::prelude::*;
use protocol::operation::{AddKey, Authority, RotateOperator, addition_bytes, handover_bytes};
use protocol::terms::Demand;
use protocol::{AccountId, Command, Rejection, Scope, Signature};

const UNTIL_MS: u64 = 5_000_000;

/// `ann`, whose wallet is known, with a phone that her key has let in.
fn world() -> World {
    let mut world = World::new(1);
    world.join("ann");
    world.join("bob");
    world.disclose("ann").unwrap();
    world.add_key("phone", "ann", work(), UNTIL_MS).unwrap();
    world
}

fn work() -> Scope {
    Scope::WORK.and(Scope::PUBLISH)
}

/// Something that needs the right to publish.
fn acts(world: &mut World, name: &str) -> Result<(), Rejection> {
    world.asset(name, terms(Demand::Floor(ppm(0)), 1), &[])
}

#[test]
fn a_key_hands_on_no_more_than_it_has() {
    let mut world = world();
    assert_eq!(acts(&mut world, "phone"), Ok(()));
    let asset = world.state.assets.last().unwrap();
    assert_eq!(
        asset.registered.owner,
        world.id("ann"),
        "it is the same account"
    );
    let more = work().and(Scope::SPEND);
    assert_eq!(
        world.add_key("tab", "phone", more, UNTIL_MS),
        Err(Rejection::OutOfScope)
    );
    let later = UNTIL_MS + 1_000;
    assert_eq!(
        world.add_key("tab", "phone", work(), later),
        Err(Rejection::OutOfScope)
    );
    let operate = Scope::OPERATE;
    assert_eq!(
        world.add_key("tab", "ann", operate, UNTIL_MS),
        Err(Rejection::OperatorKey)
    );
    let by_operator = world.add_key("tab", "operator", operate, UNTIL_MS);
    assert_eq!(by_operator, Err(Rejection::OperatorKey));
    assert_eq!(
        world.add_key("tab", "ann", work(), 1_000_000),
        Err(Rejection::KeyExpired)
    );
    assert_eq!(
        world.add_key("tab", "ann", work(), UNTIL_MS + 1),
        Err(Rejection::OutOfRange)
    );
    assert_eq!(world.add_key("tab", "phone", work(), UNTIL_MS), Ok(()));
    assert_eq!(
        world.add_key("tab", "phone", work(), UNTIL_MS),
        Err(Rejection::KeyExists)
    );
    world.time_ms = UNTIL_MS;
    assert_eq!(acts(&mut world, "tab"), Err(Rejection::KeyExpired));
    let late = world.add_key("new", "phone", work(), UNTIL_MS + 1_000);
    assert_eq!(late, Err(Rejection::KeyExpired));
    world.replay();
}

#[test]
fn an_addition_is_meant_for_one_account_and_one_key() {
    let mut world = world();
    let phone = world.actor("phone").session.clone();
    let by = public(&phone);
    let joins = fresh("tab");
    let mut add = AddKey {
        scope: work(),
        expires_ms: UNTIL_MS,
        authority: Authority::Key(by, Signature([0; 64])),
    };
    let bytes = addition_bytes(SPACE, world.id("ann"), public(&joins), &add);
    add.authority = Authority::Key(by, Signature(phone.sign(&bytes)));
    world.meet("tab");
    world.meet("thief");
    world.actor("tab").account = Some(AccountId(9));
    assert_eq!(
        world.ask("tab", Command::AddKey(add.clone())),
        Err(Rejection::UnknownAccount)
    );
    world.actor("tab").account = world.actor("bob").account;
    assert_eq!(
        world.ask("tab", Command::AddKey(add.clone())),
        Err(Rejection::UnknownKey)
    );
    let ann = world.actor("ann").account;
    world.actor("thief").account = ann;
    assert_eq!(
        world.ask("thief", Command::AddKey(add.clone())),
        Err(Rejection::BadSignature)
    );
    world.actor("tab").account = ann;
    let wider = AddKey {
        scope: Scope::WORK,
        ..add.clone()
    };
    assert_eq!(
        world.ask("tab", Command::AddKey(wider)),
        Err(Rejection::BadSignature)
    );
    assert_eq!(world.ask("tab", Command::AddKey(add)), Ok(()));
}

#[test]
fn the_wallet_adds_a_key_where_none_is_left() {
    let mut world = world();
    world.revoke("ann", "ann").unwrap();
    assert_eq!(acts(&mut world, "ann"), Err(Rejection::KeyRevoked));
    assert_eq!(
        acts(&mut world, "phone"),
        Err(Rejection::KeyRevoked),
        "and all behind it"
    );
    let hidden = world.add_wallet_key("late", "bob", work(), FAR_MS);
    assert_eq!(hidden, Err(Rejection::WalletHidden));
    world
        .add_wallet_key("ann again", "ann", work(), FAR_MS)
        .unwrap();
    assert_eq!(acts(&mut world, "ann again"), Ok(()));
    let wallet = world.actor("bob").wallet.clone();
    world.actor("ann").wallet = wallet;
    let forged = world.add_wallet_key("mallory", "ann", work(), FAR_MS);
    assert_eq!(forged, Err(Rejection::BindingMismatch));
    world.replay();
}

#[test]
fn a_revoked_key_still_hands_in_what_the_wallet_has_signed() {
    let mut world = world();
    world.revoke("bob", "bob").unwrap();
    assert_eq!(acts(&mut world, "bob"), Err(Rejection::KeyRevoked));
    assert_eq!(
        world.disclose("bob"),
        Ok(()),
        "what was earned is not stranded"
    );
}

#[test]
fn who_may_revoke_whom() {
    let mut world = world();
    world.add_key("tab", "phone", work(), UNTIL_MS).unwrap();
    world.add_key("tv", "ann", work(), UNTIL_MS).unwrap();
    assert_eq!(world.revoke("bob", "phone"), Err(Rejection::UnknownKey));
    assert_eq!(
        world.revoke("operator", "phone"),
        Err(Rejection::UnknownKey)
    );
    for (by, whose) in [("phone", "ann"), ("phone", "tv"), ("tab", "phone")] {
        assert_eq!(
            world.revoke(by, whose),
            Err(Rejection::KeyOutranked),
            "{by}, {whose}"
        );
    }
    assert_eq!(world.revoke("phone", "tab"), Ok(()));
    assert_eq!(world.revoke("phone", "tab"), Err(Rejection::KeyRevoked));
    assert_eq!(acts(&mut world, "tab"), Err(Rejection::KeyRevoked));
    assert_eq!(acts(&mut world, "phone"), Ok(()));
    // Whoever has stolen the first key can't keep the wallet's next one out.
    world.add_wallet_key("safe", "ann", work(), FAR_MS).unwrap();
    for thief in ["ann", "phone", "tv"] {
        assert_eq!(
            world.revoke(thief, "safe"),
            Err(Rejection::KeyOutranked),
            "{thief}"
        );
    }
    world.add_key("tail", "ann", work(), UNTIL_MS).unwrap();
    assert_eq!(world.revoke("safe", "ann"), Ok(()));
    for gone in ["ann", "phone", "tv", "tail"] {
        assert_eq!(acts(&mut world, gone), Err(Rejection::KeyRevoked), "{gone}");
    }
    assert_eq!(acts(&mut world, "safe"), Ok(()));
    let behind = world.add_key("back door", "ann", work(), UNTIL_MS);
    assert_eq!(
        behind,
        Err(Rejection::KeyRevoked),
        "nor does it let another in"
    );
    let again = world.add_key("ann", "safe", work(), UNTIL_MS);
    assert_eq!(again, Err(Rejection::KeyExists), "a key does not come back");
    world.replay();
}

#[test]
fn an_account_has_so_many_keys_at_a_time() {
    let mut world = world();
    for number in 1..MOST_KEYS {
        let name = format!("key {number}");
        world.add_key(&name, "ann", work(), UNTIL_MS).unwrap();
    }
    let more = |world: &mut World| world.add_key("one more", "ann", work(), UNTIL_MS + 1_000);
    assert_eq!(more(&mut world), Err(Rejection::TooManyKeys));
    world.revoke("ann", "phone").unwrap();
    assert_eq!(more(&mut world), Ok(()));
    world.add_key("last", "ann", work(), UNTIL_MS).unwrap_err();
    world.time_ms = UNTIL_MS;
    let until = UNTIL_MS + 1_000;
    assert_eq!(
        world.add_key("last", "ann", work(), until),
        Ok(()),
        "expired ones do not count"
    );
}

#[test]
fn the_operator_hands_over_to_a_key_that_asks_for_it() {
    let mut world = world();
    world
        .add_key("desk", "operator", Scope::PUBLISH, UNTIL_MS)
        .unwrap();
    let old = public(&world.actor("operator").session);
    let next = fresh("next");
    let asks = |key: &proof::signature::SessionKey, from, to| RotateOperator {
        key: to,
        possession: Signature(key.sign(&handover_bytes(SPACE, from, to))),
    };
    let to = public(&next);
    let ann = public(&world.actor("ann").session);
    for (rotate, refused) in [
        (asks(&fresh("mallory"), old, to), Rejection::BadSignature),
        (asks(&next, to, to), Rejection::BadSignature),
        (
            asks(&world.actor("ann").session.clone(), old, ann),
            Rejection::KeyExists,
        ),
    ] {
        let asked = world.ask("operator", Command::RotateOperator(rotate));
        assert_eq!(asked, Err(refused));
    }
    let rotate = Command::RotateOperator(asks(&next, old, to));
    assert_eq!(
        world.ask("ann", rotate.clone()),
        Err(Rejection::NotOperator)
    );
    assert_eq!(world.ask("desk", rotate), Err(Rejection::OutOfScope));
    assert_eq!(
        world.revoke("operator", "operator"),
        Err(Rejection::OperatorKey)
    );
    let retired = world.actor("operator").session.clone();
    world.rotate_operator("next").unwrap();
    assert_eq!(world.epoch(), Ok(()), "the new key runs the log");
    assert_eq!(
        acts(&mut world, "desk"),
        Err(Rejection::KeyRevoked),
        "of the old key's"
    );
    world.actor("operator").session = retired;
    assert_eq!(world.epoch(), Err(Rejection::KeyRevoked));
    assert_eq!(world.disclose("bob"), Ok(()));
    world.replay();
}

#[test]
fn a_handover_is_not_replayed() {
    let mut world = world();
    let first = world.actor("operator").session.clone();
    world.rotate_operator("second").unwrap();
    let entry: protocol::Entry = protocol::codec::decode(world.entries.last().unwrap()).unwrap();
    assert_eq!(world.enter(&entry.signed), Err(Rejection::KeyRevoked));
    world.rotate_operator("third").unwrap();
    let again = world.enter(&entry.signed);
    assert_eq!(
        again,
        Err(Rejection::KeyRevoked),
        "nor does a key come back"
    );
    let third = public(&world.actor("operator").session);
    let bytes = handover_bytes(SPACE, third, public(&first));
    let back = RotateOperator {
        key: public(&first),
        possession: Signature(first.sign(&bytes)),
    };
    let back = world.ask("operator", Command::RotateOperator(back));
    assert_eq!(back, Err(Rejection::KeyExists));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Keys join and go in any order. No command is taken twice, whatever became of its key in the
    /// meantime, and what is revoked never acts again.
    #[test]
    fn nothing_that_is_gone_comes_back(
        steps in prop::collection::vec((0..5u8, 0..6usize, 0..6usize), 1..40),
    ) {
        let mut world = world();
        world.checked = false;
        let names = ["ann", "phone", "k2", "k3", "k4", "k5"];
        let mut gone: Vec<&str> = Vec::new();
        let known = |world: &World, name: &str| world.actors.contains_key(name);
        for (what, one, other) in steps {
            let (one, other) = (names[one], names[other]);
            if !known(&world, one) || what > 1 && !known(&world, other) && what != 2 {
                continue;
            }
            let done = match what {
                0 | 1 => acts(&mut world, one),
                2 if known(&world, other) => continue,
                2 => {
                    let added = world.add_key(other, one, work(), UNTIL_MS);
                    if added.is_err() {
                        world.actors.remove(other);
                    }
                    added
                }
                3 => world.revoke(one, other),
                _ => world.rotate_operator(&format!("operator {}", world.state.size)),
            };
            if what < 4 && gone.contains(&one) {
                prop_assert_eq!(done, Err(Rejection::KeyRevoked));
            }
            if done.is_ok() {
                let entry = world.entries.last().unwrap();
                let entry: protocol::Entry = protocol::codec::decode(entry).unwrap();
                prop_assert!(world.enter(&entry.signed).is_err(), "a replay is taken");
            }
            if what == 3 && done.is_ok() {
                let revoked = |name: &&str| {
                    let key = world.actors.get(*name).map(|actor| public(&actor.session));
                    key.is_some_and(|key| world.state.key(&key).is_some_and(|k| k.revoked))
                };
                gone = names.into_iter().filter(revoked).collect();
                prop_assert!(gone.contains(&other));
            }
        }
        world.replay();
    }
}

#[test]
fn the_nonces_of_a_key_outlive_it() {
    let mut world = world();
    let signed = world.sign("phone", Command::CloseEpoch(world.closing()), None);
    let nonce = signed.submission.nonce;
    assert_eq!(acts(&mut world, "phone"), Ok(()));
    world.revoke("phone", "phone").unwrap();
    let key = public(&world.actor("phone").session);
    let used = &world.state.key(&key).unwrap().nonces;
    assert_eq!(
        used.iter().map(|used| used.nonce).collect::<Vec<_>>(),
        [1, nonce + 1, nonce + 2]
    );
    let late = resign(world.actor("phone"), signed.submission);
    assert_eq!(world.enter(&late), Err(Rejection::KeyRevoked));
}
