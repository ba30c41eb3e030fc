//! Every rule of payout addresses broken once, and the vectors of a foreign program.

use crate::keeping::public;
use crate::payout::{HOME, Made, OTHER, PARTY, binding, world};
use crate::world::{FAR_MS, SPACE, World};
use ledger::commitment;
use proof::passkey::Kind;
use protocol::command::OpenAccount;
use protocol::passkey::{PasskeyBinding, PasskeyPoint, payout_challenge};
use protocol::{AccountId, Address, Command, Hash, Rejection, Scope, codec};
use serde_json::Value;

pub fn naming(rejection: Rejection) -> Option<Result<(), Rejection>> {
    let mut world = world();
    let (ann, user) = (world.id("ann"), world.id("user"));
    let right = Made::default();
    Some(match rejection {
        Rejection::NoPasskey => world.ask("user", right.bind(user, HOME, 0)),
        Rejection::BadAssertion => world.ask("ann", right.bind(user, HOME, 0)),
        Rejection::PayoutOutOfOrder => {
            world.ask("ann", right.bind(ann, HOME, 0)).unwrap();
            world.ask("ann", right.bind(ann, HOME, 0))
        }
        Rejection::NothingAnnounced => world.ask("ann", Command::CallOffPayout(0)),
        _ => return None,
    })
}

#[test]
fn an_address_is_named_for_this_account_in_turn_by_a_sound_assertion() {
    let mut world = world();
    let ann = world.id("ann");
    let user = world.id("user");
    let right = Made::default();
    let refused = [
        (
            "another account",
            right.bind(user, HOME, 0),
            Rejection::BadAssertion,
        ),
        (
            "another number",
            right.bind(ann, HOME, 1),
            Rejection::PayoutOutOfOrder,
        ),
        (
            "nobody",
            right.bind(ann, Address([0; 20]), 0),
            Rejection::OutOfRange,
        ),
        (
            "Settlement",
            right.bind(ann, Address([0x5e; 20]), 0),
            Rejection::OutOfRange,
        ),
        (
            "Escrow",
            right.bind(ann, Address([0xe5; 20]), 0),
            Rejection::OutOfRange,
        ),
        (
            "a token",
            right.bind(ann, Address([1; 20]), 0),
            Rejection::OutOfRange,
        ),
    ];
    for (name, command, why) in refused {
        assert_eq!(world.ask("ann", command), Err(why), "{name}");
    }
    type Bend = (&'static str, fn(&mut Made));
    let bad: [Bend; 7] = [
        ("another key", |made| made.secret = 8),
        ("another party", |made| made.party = "example.org"),
        ("another site", |made| made.origin = "https://example.org"),
        ("without TLS", |made| {
            made.origin = "http://data.example.org"
        }),
        ("a new key", |made| made.kind = Kind::Create),
        ("nobody there", |made| made.flags = Some(4)),
        ("not recognised", |made| made.flags = Some(1)),
    ];
    for (name, bend) in bad {
        let mut made = Made::default();
        bend(&mut made);
        let found = world.ask("ann", made.bind(ann, HOME, 0));
        assert_eq!(found, Err(Rejection::BadAssertion), "{name}");
    }
}

#[test]
fn an_address_is_named_by_the_accounts_own_passkey_once() {
    let mut world = world();
    let ann = world.id("ann");
    let user = world.id("user");
    let right = Made::default();
    let hidden = Made {
        opening: false,
        ..Made::default()
    };
    let found = world.ask("ann", hidden.bind(ann, HOME, 0));
    assert_eq!(found, Err(Rejection::NoPasskey));
    // Who has opened an account with a wallet has no passkey, nor has the operator.
    let found = world.ask("user", right.bind(user, HOME, 0));
    assert_eq!(found, Err(Rejection::NoPasskey));
    let found = world.ask("operator", right.bind(AccountId(0), HOME, 0));
    assert_eq!(found, Err(Rejection::NoPasskey));
    let Command::BindPayout(mut bind) = right.bind(ann, HOME, 0) else {
        unreachable!("it binds");
    };
    bind.assertion.opening = Some(binding("example.org"));
    let found = world.ask("ann", Command::BindPayout(bind.clone()));
    assert_eq!(found, Err(Rejection::NoPasskey));
    bind.assertion.opening = Some(binding(PARTY));
    bind.wallet = OTHER;
    let found = world.ask("ann", Command::BindPayout(bind));
    assert_eq!(found, Err(Rejection::BadAssertion));
    world.ask("ann", right.bind(ann, HOME, 0)).unwrap();
    let again = world.ask("ann", right.bind(ann, HOME, 0));
    assert_eq!(again, Err(Rejection::PayoutOutOfOrder));
    let twice = world.ask("ann", right.bind(ann, OTHER, 1));
    assert_eq!(twice, Err(Rejection::AlreadyDisclosed));
    world.replay();
}

#[test]
fn a_signature_has_one_form_in_the_log() {
    let mut world = world();
    let ann = world.id("ann");
    let Command::BindPayout(mut bind) = Made::default().bind(ann, HOME, 0) else {
        unreachable!("it binds");
    };
    let low = bind.assertion.signature.0;
    bind.assertion.signature.0[32..].copy_from_slice(&negated(&low[32..]));
    let found = world.ask("ann", Command::BindPayout(bind.clone()));
    assert_eq!(found, Err(Rejection::BadAssertion), "high s");
    bind.assertion.signature.0 = [0; 64];
    let found = world.ask("ann", Command::BindPayout(bind));
    assert_eq!(found, Err(Rejection::BadAssertion), "zeroes");
}

/// The group's order less a number.
fn negated(number: &[u8]) -> Vec<u8> {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order = hex::decode(order).unwrap();
    let mut borrow = 0;
    let mut digits: Vec<u8> = order
        .iter()
        .zip(number)
        .rev()
        .map(|(from, less)| {
            let digit = i16::from(*from) - i16::from(*less) - borrow;
            borrow = i16::from(digit < 0);
            digit.rem_euclid(256).try_into().unwrap()
        })
        .collect();
    digits.reverse();
    digits
}

#[test]
fn an_account_opens_with_a_key_of_the_curve_for_a_host() {
    let mut world = World::new(1);
    world.meet("ann");
    let key = public(&world.actor("ann").session);
    let command = Command::OpenAccount(OpenAccount {
        scope: Scope::WORK,
        expires_ms: FAR_MS,
    });
    let off = PasskeyPoint {
        x: Hash([1; 32]),
        y: Hash([1; 32]),
    };
    let bad = [
        PasskeyBinding {
            point: off,
            ..binding(PARTY)
        },
        binding(""),
        binding(&"a".repeat(254)),
    ];
    for own in bad {
        let private = Some(commitment::passkey(SPACE, key, &own));
        let signed = world.sign("ann", command.clone(), private);
        let found = ledger::verify::verify_passkey(&signed, &own);
        assert_eq!(found, Err(Rejection::BindingMismatch));
    }
    let own = binding(PARTY);
    let signed = world.sign("ann", command, Some(Hash([1; 32])));
    let found = ledger::verify::verify_passkey(&signed, &own);
    assert_eq!(found, Err(Rejection::BindingMismatch));
}

#[test]
fn commitment_and_challenge_are_those_of_the_vectors() {
    let text = include_str!("../../../../vectors/passkey.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let read = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let hash = |value: &Value| Hash(read(value).try_into().unwrap());
    let own = PasskeyBinding {
        salt: hash(&vectors["binding"]["salt"]),
        party: vectors["party"].as_str().unwrap().to_owned(),
        point: PasskeyPoint {
            x: hash(&vectors["x"]),
            y: hash(&vectors["y"]),
        },
    };
    let key = protocol::SessionKey(hash(&vectors["binding"]["key"]).0);
    let found = commitment::passkey(SPACE, key, &own);
    assert_eq!(found, hash(&vectors["binding"]["commitment"]));
    let payout = &vectors["payout"];
    let wallet = Address(read(&payout["wallet"]).try_into().unwrap());
    let bytes = payout_challenge(SPACE, AccountId(1), wallet, 0);
    assert_eq!(proof::hash::sha256(&[&bytes]), hash(&payout["challenge"]).0);
    assert_eq!(
        codec::decode::<PasskeyBinding>(&codec::encode(&own)).unwrap(),
        own
    );
}
