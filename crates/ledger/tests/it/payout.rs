//! Payout addresses by passkey: named, changed with notice, called off; and keys it lets in.

use crate::keeping::{fresh, public};
use crate::kit::{ppm, terms};
use crate::world::{FAR_MS, SPACE, World};
use ledger::payout::NOTICE_MS;
use ledger::{claims, commitment};
use proof::passkey::{Client, Kind, SoftKey, plain_authenticator};
use proptest::prelude::*;
use protocol::command::OpenAccount;
use protocol::operation::{AddKey, Authority, addition_bytes};
use protocol::passkey::{Assertion, BindPayout, PasskeyBinding, PasskeyPoint, payout_challenge};
use protocol::terms::Demand;
use protocol::{AccountId, Address, Command, Hash, Rejection, Scope, Signature};

pub const PARTY: &str = "data.example.org";
pub const HOME: Address = Address([0xa1; 20]);
pub const OTHER: Address = Address([0xb2; 20]);

fn soft() -> SoftKey {
    SoftKey::from_secret(&[9; 32]).unwrap()
}

pub fn binding(party: &str) -> PasskeyBinding {
    let public = soft().public();
    PasskeyBinding {
        salt: Hash([5; 32]),
        party: party.to_owned(),
        point: PasskeyPoint {
            x: Hash(public.x),
            y: Hash(public.y),
        },
    }
}

/// How an assertion is made; the default is right.
pub struct Made {
    pub party: &'static str,
    pub origin: &'static str,
    pub kind: Kind,
    pub flags: Option<u8>,
    pub secret: u8,
    pub opening: bool,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            party: PARTY,
            origin: "https://data.example.org",
            kind: Kind::Get,
            flags: None,
            secret: 9,
            opening: true,
        }
    }
}

impl Made {
    fn assertion(&self, bytes: &[u8]) -> Assertion {
        let client = Client {
            challenge: proof::hash::sha256(&[bytes]).to_vec(),
            origin: self.origin.to_owned(),
        };
        let client = client.bytes(self.kind);
        let mut authenticator = plain_authenticator(self.party, 3);
        authenticator[32] = self.flags.unwrap_or(authenticator[32]);
        let soft = SoftKey::from_secret(&[self.secret; 32]).unwrap();
        Assertion {
            signature: Signature(soft.sign(&authenticator, &client)),
            authenticator,
            client,
            opening: self.opening.then(|| binding(PARTY)),
        }
    }

    pub fn bind(&self, account: AccountId, wallet: Address, number: u32) -> Command {
        let bytes = payout_challenge(SPACE, account, wallet, number);
        Command::BindPayout(BindPayout {
            wallet,
            number,
            assertion: self.assertion(&bytes),
        })
    }
}

impl World {
    /// Opens an account whose commitment is to a passkey.
    pub fn join_by_passkey(&mut self, name: &str) -> AccountId {
        self.meet(name);
        let key = public(&self.actor(name).session);
        let command = Command::OpenAccount(OpenAccount {
            scope: Scope::WORK.and(Scope::PUBLISH),
            expires_ms: FAR_MS,
        });
        let own = binding(PARTY);
        let signed = self.sign(name, command, Some(commitment::passkey(SPACE, key, &own)));
        let checked = ledger::verify::verify_passkey(&signed, &own);
        assert_eq!(checked, Ok(()));
        let id = AccountId(u32::try_from(self.state.accounts.len()).unwrap());
        self.enter(&signed).unwrap();
        self.actor(name).account = Some(id);
        id
    }

    pub fn names(&mut self, name: &str, wallet: Address) -> Result<(), Rejection> {
        let id = self.id(name);
        let known = self.state.sections.payouts.of(id);
        let (number, opening) = (known.map_or(0, |it| it.named), known.is_none());
        let made = Made {
            opening,
            ..Made::default()
        };
        self.ask(name, made.bind(id, wallet, number))
    }

    /// The account earns `10 x uses`, and an epoch makes it payable.
    fn earns(&mut self, uses: u32) {
        self.meter("ann", 0, 0, uses).unwrap();
        self.turn();
        self.turn();
    }

    /// An epoch opens, closes and is released.
    fn turn(&mut self) {
        self.epoch().unwrap();
        self.release(self.state.epochs.len() as u64).unwrap();
    }

    fn lines(&self) -> Vec<(Address, u128)> {
        let leaves = claims::statement(&self.state).unwrap().leaves;
        let line = |leaf: &proof::claim::Leaf| (Address(leaf.account), leaf.lines[0].cumulative);
        leaves.iter().map(line).collect()
    }
}

/// Commands of scripts: an account by passkey, and where it is paid.
pub fn command(world: &mut World, name: &str, words: &[&str]) -> Result<(), Rejection> {
    match (words[0], words.get(2)) {
        ("names", Some(&"home")) => world.names(name, HOME),
        ("names", _) => world.names(name, OTHER),
        ("calloff", Some(number)) => {
            let number = number.parse().expect("a number");
            world.ask(name, Command::CallOffPayout(number))
        }
        _ => {
            world.join_by_passkey(name);
            Ok(())
        }
    }
}

/// `ann` with a passkey, and a `user` who pays for what she has made.
pub fn world() -> World {
    let mut world = World::new(1);
    world.join_by_passkey("ann");
    world.join("user");
    world.deposit("user", 0, 10_000, 10_000).unwrap();
    world
        .asset("ann", terms(Demand::Floor(ppm(0)), 10), &[])
        .unwrap();
    world.allow("user", 0, 1, 10_000, 10_000_000_000).unwrap();
    world
}

#[test]
fn what_was_earned_before_is_paid_at_the_address_that_is_named_later() {
    let mut world = world();
    world.earns(3);
    assert_eq!(world.lines(), []);
    world.names("ann", HOME).unwrap();
    assert_eq!(world.lines(), [(HOME, 30)]);
    world.earns(2);
    assert_eq!(world.lines(), [(HOME, 50)]);
    assert_eq!(world.state.layout(), "headwater-state@4");
    world.replay();
}

#[test]
fn another_address_counts_after_its_notice_and_takes_nothing_with_it() {
    let mut world = world();
    world.names("ann", HOME).unwrap();
    world.earns(3);
    world.names("ann", OTHER).unwrap();
    world.earns(2);
    assert_eq!(world.lines(), [(HOME, 50)], "the notice runs");
    world.time_ms += NOTICE_MS - 1;
    world.earns(1);
    assert_eq!(world.lines(), [(HOME, 60)], "and is not over");
    world.time_ms += 1;
    world.turn();
    assert_eq!(world.lines(), [(HOME, 60)]);
    world.earns(4);
    assert_eq!(world.lines(), [(HOME, 60), (OTHER, 40)]);
    // And back: the first address goes on where it stopped.
    world.names("ann", HOME).unwrap();
    world.time_ms += NOTICE_MS;
    world.turn();
    world.earns(1);
    assert_eq!(world.lines(), [(HOME, 70), (OTHER, 40)]);
    let kept = &world
        .state
        .sections
        .payouts
        .of(world.id("ann"))
        .unwrap()
        .kept;
    assert_eq!(kept.len(), 2);
    world.replay();
}

#[test]
fn a_change_is_called_off_by_any_key_and_by_naming_the_old_address() {
    let mut world = world();
    world.names("ann", HOME).unwrap();
    let none = world.ask("ann", Command::CallOffPayout(0));
    assert_eq!(none, Err(Rejection::NothingAnnounced));
    world.names("ann", OTHER).unwrap();
    let earlier = world.ask("ann", Command::CallOffPayout(0));
    assert_eq!(earlier, Err(Rejection::NothingAnnounced));
    let others = world.ask("user", Command::CallOffPayout(1));
    assert_eq!(others, Err(Rejection::NothingAnnounced));
    world.ask("ann", Command::CallOffPayout(1)).unwrap();
    world.names("ann", OTHER).unwrap();
    world.names("ann", HOME).unwrap();
    world.time_ms += NOTICE_MS;
    world.earns(1);
    assert_eq!(world.lines(), [(HOME, 10)]);
    // Another one in its place begins its notice anew.
    world.names("ann", OTHER).unwrap();
    world.time_ms += NOTICE_MS;
    let last = Address([0xc3; 20]);
    world.names("ann", last).unwrap();
    world.turn();
    world.earns(1);
    assert_eq!(world.lines(), [(HOME, 20)]);
    world.replay();
}

#[test]
fn keys_that_are_gone_still_hand_in_what_the_passkey_has_signed() {
    let mut world = world();
    let key = public(&world.actor("ann").session);
    world.ask("ann", Command::RevokeKey(key)).unwrap();
    assert_eq!(world.names("ann", HOME), Ok(()));
    world.replay();
}

#[test]
fn a_passkey_lets_a_key_in_and_its_address_does_not() {
    let mut world = world();
    let ann = world.id("ann");
    let joins = fresh("phone");
    let mut add = AddKey {
        scope: Scope::WORK.and(Scope::SPEND),
        expires_ms: 5_000_000,
        authority: Authority::Key(public(&joins), Signature([0; 64])),
    };
    let bytes = addition_bytes(SPACE, ann, public(&joins), &add);
    let wrong = [&bytes[..], &[0]].concat();
    for name in ["phone", "thief"] {
        world.meet(name);
        world.actor(name).account = Some(ann);
    }
    add.authority = Authority::Passkey(Made::default().assertion(&wrong));
    let found = world.ask("phone", Command::AddKey(add.clone()));
    assert_eq!(found, Err(Rejection::BadAssertion));
    add.authority = Authority::Passkey(Made::default().assertion(&bytes));
    let found = world.ask("thief", Command::AddKey(add.clone()));
    assert_eq!(found, Err(Rejection::BadAssertion));
    world.ask("phone", Command::AddKey(add)).unwrap();
    // It ranks as one that a wallet has delegated: what was there before can be put out.
    let first = public(&world.actor("ann").session);
    world.ask("phone", Command::RevokeKey(first)).unwrap();
    world
        .names("phone", Address(world.actors["user"].wallet.address()))
        .unwrap();
    world.meet("wallet's");
    world.actor("wallet's").account = Some(ann);
    let signed = world.actors["user"].wallet.clone();
    let delegation = ledger::verify::Delegation {
        chain_id: 412_348,
        space: SPACE,
        key: public(&world.actor("wallet's").session),
        scope: Scope::WORK,
        expires_ms: 5_000_000,
    };
    let add = AddKey {
        scope: Scope::WORK,
        expires_ms: 5_000_000,
        authority: Authority::Wallet(protocol::WalletSignature(signed.sign(&delegation.digest()))),
    };
    let found = world.ask("wallet's", Command::AddKey(add));
    assert_eq!(found, Err(Rejection::WalletHidden));
    world.replay();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Addresses come and go in any order; every unit that was earned is paid once, and no line
    /// ever falls (`World::check` looks after each step).
    #[test]
    fn all_is_paid_once_whatever_the_addresses(
        steps in prop::collection::vec((0u8..5, 1u32..5), 1..24)
    ) {
        let mut world = world();
        let mut earned = 0;
        for (step, size) in steps {
            match step {
                0 => {
                    earned += u128::from(size) * 10;
                    world.earns(size);
                }
                1 => {
                    let wallet = Address([u8::try_from(size).unwrap() + 0x10; 20]);
                    world.names("ann", wallet).unwrap();
                }
                2 => {
                    let id = world.id("ann");
                    let named = world.state.sections.payouts.of(id).map_or(1, |it| it.named);
                    let off = world.ask("ann", Command::CallOffPayout(named - 1));
                    prop_assert!(matches!(off, Ok(()) | Err(Rejection::NothingAnnounced)));
                }
                3 => world.turn(),
                _ => world.time_ms += NOTICE_MS / u64::from(size),
            }
        }
        let paid: u128 = world.lines().iter().map(|(_, amount)| amount).sum();
        let named = world.state.account(world.id("ann")).unwrap().wallet.is_some();
        prop_assert_eq!(paid, if named { earned } else { 0 });
        world.replay();
    }
}
