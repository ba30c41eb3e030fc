//! Roles: given and taken by the operator, held when somebody begins something, and in the root.

use crate::keeping::public;
use crate::kit::{ppm, terms};
use crate::world::{FAR_MS, SPACE, World};
use ledger::State;
use ledger::snapshot::{LAYOUT, LAYOUT_3};
use ledger::verify::Delegation;
use protocol::command::DiscloseWallet;
use protocol::operation::{AddKey, Authority, SetRoles};
use protocol::terms::Demand;
use protocol::{AccountId, Command, Rejection, Role, Roles, Scope, WalletSignature};

impl World {
    /// Gives roles by their words; to `*`, everybody of whom nothing else is said.
    pub fn set_roles(&mut self, who: &str, words: &str) -> Result<(), Rejection> {
        let account = (who != "*").then(|| self.id(who));
        let roles = Roles::parse(words).unwrap();
        self.ask("operator", Command::SetRoles(SetRoles { account, roles }))
    }

    /// Another session key for whoever has lost the first: the wallet discloses itself and lets it.
    pub fn return_with(&mut self, new: &str, name: &str) -> Result<(), Rejection> {
        self.newcomer(new, name);
        let (scope, expires_ms) = (Scope::WORK, FAR_MS);
        let delegation = Delegation {
            chain_id: 412_348,
            space: SPACE,
            key: public(&self.actor(new).session),
            scope,
            expires_ms,
        };
        let signature = self.actor(name).wallet.sign(&delegation.digest());
        let opened = self.actor(name).binding.clone().unwrap();
        let disclosure = DiscloseWallet {
            wallet: opened.wallet,
            delegation: opened.delegation,
            salt: opened.salt,
        };
        let authority = Authority::Disclosed(disclosure, WalletSignature(signature));
        let add = AddKey {
            scope,
            expires_ms,
            authority,
        };
        self.ask(new, Command::AddKey(add))
    }
}

fn campaign(world: &mut World) -> Result<(), Rejection> {
    let spec = world.spec_of(1, 20, 0);
    world.ask("req", Command::OpenCampaign(spec))
}

#[test]
fn whoever_begins_something_has_the_role_for_it() {
    let mut world = World::new(1);
    world.join("req");
    world.join("ann");
    let open = world.state.roles(world.id("ann"));
    assert_eq!(open, Roles::OPEN);
    assert_eq!(world.state.layout(), LAYOUT);
    // An instance by invitation: nobody requests, but who is named.
    world.set_roles("*", "contributor").unwrap();
    assert_eq!(campaign(&mut world), Err(Rejection::RoleMissing));
    world.set_roles("req", "requester reviewer").unwrap();
    assert_ne!(campaign(&mut world), Err(Rejection::RoleMissing));
    let ann = world.id("ann");
    assert_eq!(world.state.roles(ann).text(), "contributor");
    world.set_roles("ann", "").unwrap();
    assert_eq!(world.state.roles(ann), Roles::NONE);
    // What needs no role goes on.
    assert_eq!(
        world.asset("ann", terms(Demand::Floor(ppm(0)), 1), &[]),
        Ok(())
    );
    world.set_roles("*", "contributor requester").unwrap();
    assert_eq!(world.state.roles(ann), Roles::NONE, "she was named");
    world.replay();
}

#[test]
fn roles_are_the_operators_to_give_and_its_own_stay() {
    let mut world = World::new(1);
    world.join("ann");
    let set = |account, roles| Command::SetRoles(SetRoles { account, roles });
    let ann = world.id("ann");
    let mine = set(Some(ann), Roles::ALL);
    assert_eq!(world.ask("ann", mine), Err(Rejection::NotOperator));
    let nobody = set(Some(AccountId(9)), Roles::NONE);
    assert_eq!(
        world.ask("operator", nobody),
        Err(Rejection::UnknownAccount)
    );
    let own = set(Some(AccountId(0)), Roles::NONE);
    assert_eq!(world.ask("operator", own), Err(Rejection::RoleFixed));
    for role in [Role::Owner, Role::Operator] {
        let all = set(None, Roles::of(&[role]));
        assert_eq!(world.ask("operator", all), Err(Rejection::RoleFixed));
    }
    let operator = world.state.roles(AccountId(0));
    assert_eq!(operator.text(), "owner operator auditor");
    assert_eq!(world.state.roles(AccountId(9)), Roles::NONE);
    world.set_roles("ann", "owner auditor").unwrap();
    assert_eq!(world.state.roles(ann).text(), "owner auditor");
}

#[test]
fn a_key_that_may_not_work_makes_no_contributor() {
    let mut world = World::new(1);
    world.meet("ann");
    let signed = world.opening("ann", Scope::REQUEST, 2_000_000);
    world.enter(&signed).unwrap();
    let ann = AccountId(1);
    assert_eq!(world.state.roles(ann).text(), "requester");
    world.time_ms = 2_000_000;
    world.join("bob");
    assert_eq!(world.state.roles(ann), Roles::NONE, "her key has expired");
}

#[test]
fn roles_stand_in_the_root_from_the_first_one_on() {
    let mut world = World::new(1);
    world.join("ann");
    let before = world.state.clone();
    world.set_roles("ann", "contributor").unwrap();
    assert_eq!(world.state.layout(), LAYOUT_3);
    let bytes = world.state.to_bytes();
    let read = State::from_bytes(&bytes).unwrap();
    assert_eq!((&read, read.root()), (&world.state, world.state.root()));
    let other = {
        let mut world = world.state.clone();
        world.given.accounts.insert(AccountId(1), Roles::NONE);
        world
    };
    assert_ne!(other.root(), world.state.root());
    assert_eq!(State::from_bytes(&[&bytes[..], &[0]].concat()), None);
    assert_eq!(before.layout(), LAYOUT);
    assert_eq!(State::from_bytes(&before.to_bytes()), Some(before));
}

#[test]
fn a_wallet_comes_back_without_any_key() {
    let mut world = World::new(1);
    world.join("ann");
    world.join("bob");
    let ann = world.id("ann");
    // The commitment of one account opens no other.
    let stolen = world.actors["bob"].binding.clone();
    let own = std::mem::replace(&mut world.actor("ann").binding, stolen);
    assert_eq!(
        world.return_with("thief", "ann"),
        Err(Rejection::BindingMismatch)
    );
    world.actor("ann").binding = own;
    // Nor does whoever has seen the opening, without the wallet.
    let wallet = world.actors["bob"].wallet.clone();
    let own = std::mem::replace(&mut world.actor("ann").wallet, wallet);
    assert_eq!(
        world.return_with("thief", "ann"),
        Err(Rejection::BindingMismatch)
    );
    world.actor("ann").wallet = own;
    assert_eq!(world.state.account(ann).unwrap().wallet, None);
    assert_eq!(world.return_with("laptop", "ann"), Ok(()));
    let known = world.state.account(ann).unwrap().wallet.unwrap();
    assert_eq!(known.0, world.actors["ann"].wallet.address());
    let key = public(&world.actors["laptop"].session);
    assert_eq!(world.state.key(&key).unwrap().account, ann);
    // The wallet's newest key has the last word over the lost one.
    assert_eq!(world.revoke("laptop", "ann"), Ok(()));
    assert_eq!(
        world.return_with("phone", "ann"),
        Err(Rejection::AlreadyDisclosed)
    );
    world.replay();
}
