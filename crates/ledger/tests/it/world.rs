//! A space in memory: commands are signed, verified, encoded, decided, applied and audited.

use ledger::commitment::Binding;
use ledger::verify::Delegation;
use ledger::{State, commitment};
use proof::note::Signer;
use proof::signature::{SessionKey, WalletKey};
use protocol::command::{DiscloseWallet, Genesis, OpenAccount};
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::market::AssetKind;
use protocol::{
    AccountId, Address, Amount, Command, Event, Hash, Rejection, Scope, Signature, Space,
    WalletSignature, codec,
};
use std::collections::BTreeMap;

pub const SPACE: Space = Space([7; 16]);
pub const FAR_MS: u64 = 10_000_000_000_000;

/// Documents by their SHA-256, and which are known to be erased.
#[derive(Clone, Default)]
pub struct Shelf(pub BTreeMap<Hash, Vec<u8>>, pub Vec<Hash>);

impl Shelf {
    pub fn put(&mut self, bytes: Vec<u8>) -> Hash {
        let hash = Hash(proof::hash::sha256(&[&bytes]));
        self.0.insert(hash, bytes);
        hash
    }
}

impl ledger::Documents for Shelf {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.0.get(hash).cloned()
    }

    fn erased(&self, hash: &Hash) -> bool {
        self.1.contains(hash)
    }
}

/// Somebody with a wallet and a session key.
pub struct Actor {
    pub session: SessionKey,
    pub wallet: WalletKey,
    pub account: Option<AccountId>,
    pub nonce: u64,
    pub binding: Option<Binding>,
}

/// The log so far with what it has made.
pub struct World {
    pub state: State,
    pub entries: Vec<Vec<u8>>,
    pub shelf: Shelf,
    pub actors: BTreeMap<String, Actor>,
    pub time_ms: u64,
    pub secrets: BTreeMap<u32, crate::kit::Secret>,
    pub last: Vec<Event>,
    /// False where a test is about size and the checks after each step would be quadratic.
    pub checked: bool,
}

impl World {
    /// A space with `tokens` tokens and its operator.
    pub fn new(tokens: u8) -> Self {
        let mut world = Self {
            state: State::new(SPACE),
            entries: Vec::new(),
            shelf: Shelf::default(),
            actors: BTreeMap::new(),
            time_ms: 1_000_000,
            secrets: BTreeMap::new(),
            last: Vec::new(),
            checked: true,
        };
        world.meet("operator");
        let genesis = genesis(tokens);
        world.does("operator", Command::Genesis(genesis));
        world.actor("operator").account = Some(AccountId(0));
        world
    }

    /// An actor with keys that follow from the name; no account yet.
    pub fn meet(&mut self, name: &str) {
        let seed = |kind: &str| proof::hash::sha256(&[kind.as_bytes(), name.as_bytes()]);
        let actor = Actor {
            session: SessionKey::from_seed(&seed("session")),
            wallet: WalletKey::from_secret(&seed("wallet")).unwrap(),
            account: None,
            nonce: 0,
            binding: None,
        };
        self.actors.insert(name.to_owned(), actor);
    }

    pub fn actor(&mut self, name: &str) -> &mut Actor {
        self.actors
            .get_mut(name)
            .unwrap_or_else(|| panic!("nobody is called `{name}`"))
    }

    pub fn id(&self, name: &str) -> AccountId {
        self.actors[name].account.unwrap()
    }

    /// Opens an account with every right but the operator's.
    pub fn join(&mut self, name: &str) -> AccountId {
        let scope = Scope::WORK
            .and(Scope::REQUEST)
            .and(Scope::PUBLISH)
            .and(Scope::SPEND);
        self.meet(name);
        let signed = self.opening(name, scope, FAR_MS);
        let id = AccountId(u32::try_from(self.state.accounts.len()).unwrap());
        self.enter(&signed).unwrap();
        self.actor(name).account = Some(id);
        id
    }

    /// A signed request for an account; the wallet's delegation is kept for the disclosure.
    pub fn opening(&mut self, name: &str, scope: Scope, expires_ms: u64) -> Signed {
        let salt = Hash(proof::hash::sha256(&[b"salt", name.as_bytes()]));
        let actor = self.actor(name);
        let key = protocol::SessionKey(actor.session.public());
        let delegation = Delegation {
            chain_id: 412_348,
            space: SPACE,
            key,
            scope,
            expires_ms,
        };
        let binding = Binding {
            wallet: Address(actor.wallet.address()),
            delegation: WalletSignature(actor.wallet.sign(&delegation.digest())),
            salt,
        };
        let private = Some(commitment::binding(SPACE, key, &binding));
        actor.binding = Some(binding.clone());
        let command = Command::OpenAccount(OpenAccount { scope, expires_ms });
        let signed = self.sign(name, command, private);
        assert_eq!(
            ledger::verify::verify_binding(&signed, &binding, 412_348),
            Ok(())
        );
        signed
    }

    pub fn disclose(&mut self, name: &str) -> Result<(), Rejection> {
        let binding = self.actors[name].binding.clone().unwrap();
        let command = Command::DiscloseWallet(DiscloseWallet {
            wallet: binding.wallet,
            delegation: binding.delegation,
            salt: binding.salt,
        });
        self.ask(name, command)
    }

    /// Signs with the actor's next nonce.
    pub fn sign(&mut self, name: &str, command: Command, private: Option<Hash>) -> Signed {
        let actor = self.actor(name);
        actor.nonce += 1;
        let submission = Submission {
            space: SPACE,
            account: actor.account,
            key: protocol::SessionKey(actor.session.public()),
            nonce: actor.nonce,
            command,
            private,
        };
        resign(actor, submission)
    }

    /// A command that must be taken.
    pub fn does(&mut self, name: &str, command: Command) {
        let text = format!("{command:?}");
        if let Err(rejection) = self.ask(name, command) {
            panic!("`{name}` was refused `{}`: {text:.400}", rejection.code());
        }
    }

    pub fn ask(&mut self, name: &str, command: Command) -> Result<(), Rejection> {
        let signed = self.sign(name, command, None);
        self.enter(&signed)
    }

    /// The whole way in: bytes, signature, entry, decision, application, and the checks after it.
    pub fn enter(&mut self, signed: &Signed) -> Result<(), Rejection> {
        let signed = ledger::verify(&codec::encode(signed))?;
        self.enter_entry(&Entry {
            seq: self.state.size,
            time_ms: self.time_ms,
            rule: RULE_VERSION,
            signed,
        })
    }

    pub fn enter_entry(&mut self, entry: &Entry) -> Result<(), Rejection> {
        let bytes = codec::encode(entry);
        let entry: Entry = codec::decode(&bytes).expect("what was encoded decodes");
        let before = self.checked.then(|| self.state.clone());
        let events = match ledger::decide(&self.state, &entry, &self.shelf) {
            Ok(events) => events,
            Err(rejection) => {
                if let Some(before) = before {
                    let (before, after) = (before.to_bytes(), self.state.to_bytes());
                    assert_eq!(before, after, "a refusal leaves no trace");
                }
                return Err(rejection);
            }
        };
        let known = self.state.assets.len();
        ledger::apply::apply(&mut self.state, &entry, &events);
        let new = self.state.assets[known..].iter();
        let new = new.map(|asset| asset.registered.kind);
        let told = AssetKind::made_by(&entry.signed.submission.command);
        assert!(new.eq(told), "an entry tells what asset it makes");
        self.entries.push(bytes);
        self.last = events;
        if let Some(before) = before {
            self.check(&before);
        }
        Ok(())
    }

    /// What must hold after every step.
    fn check(&self, before: &State) {
        let imbalance = self.state.book.imbalance();
        assert_eq!(imbalance, None, "money appeared or vanished");
        assert!(before.time_ms <= self.state.time_ms, "log time fell");
        assert!(
            self.state.time_ms <= before.latest_ms(),
            "beyond what was witnessed"
        );
        assert!(before.latest_ms() == u64::MAX || before.latest_ms() <= self.state.latest_ms());
        crate::held::check_claims(before, &self.state);
        crate::held::check_debits(&self.state);
    }

    /// The state after 0, 1, 2, .. entries.
    pub fn states(&self) -> Vec<State> {
        let mut states = vec![State::new(SPACE)];
        for bytes in &self.entries {
            let mut next = states.last().expect("the first").clone();
            step(&mut next, bytes, &self.shelf);
            states.push(next);
        }
        states
    }

    /// Replays the log from nothing, through a snapshot in the middle, and compares byte for byte.
    pub fn replay(&self) {
        let mut state = State::new(SPACE);
        for (position, bytes) in self.entries.iter().enumerate() {
            if position == self.entries.len() / 2 {
                state = State::from_bytes(&state.to_bytes()).expect("a snapshot reads back");
            }
            step(&mut state, bytes, &self.shelf);
        }
        assert_eq!(state, self.state, "replay differs from live");
        assert_eq!(state.root(), self.state.root());
        assert_eq!(State::from_bytes(&state.to_bytes()), Some(state));
    }
}

/// Takes a logged entry as whoever replays it does.
pub fn step(state: &mut State, bytes: &[u8], shelf: &Shelf) {
    let entry: Entry = codec::decode(bytes).expect("a logged entry decodes");
    ledger::verify::verify_signed(&entry.signed).expect("a logged entry is signed");
    let events = ledger::decide(state, &entry, shelf)
        .unwrap_or_else(|why| panic!("replay refuses entry {}: {}", entry.seq, why.code()));
    ledger::apply::apply(state, &entry, &events);
}

/// Signs a submission that a test has bent.
pub fn resign(actor: &Actor, submission: Submission) -> Signed {
    let signature = Signature(actor.session.sign(&submission.signing_bytes()));
    Signed {
        submission,
        signature,
    }
}

pub fn genesis(tokens: u8) -> Genesis {
    Genesis {
        chain_id: 412_348,
        settlement: Address([0x5e; 20]),
        escrow: Address([0xe5; 20]),
        tokens: (1..=tokens).map(|n| Address([n; 20])).collect(),
        log_key: log_signer(0).verifier().to_string(),
        state_every: 8,
    }
}

/// The log's n-th key.
pub fn log_signer(number: u8) -> Signer {
    Signer::from_seed("headwater.example/log", &[number; 32]).unwrap()
}

pub fn units(amount: u128) -> Amount {
    Amount::new(amount).unwrap()
}
