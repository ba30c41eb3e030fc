//! The clients of a simulated log: they sign commands, wait for answers, and send again.
mod chains;
mod credit;
mod escrow;
mod gateway;
mod judged;
pub(crate) mod people;
mod propose;
mod stakes;
mod voucher;
mod work;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use ledger::{Offer, State};
use proof::hash::sha256;
use protocol::entry::Submission;
use protocol::operation::{EraseReason, Erasure, PostStateRoot};
use protocol::{Command, Hash};

use crate::planted::Bug;
use crate::random::Random;
use crate::writer::DueRoot;
use escrow::Escrows;
use gateway::Gateway;
use people::{OPERATOR, People, SPACE};
use stakes::StakeContract;

/// Answered commands that are kept to be sent once more.
const REMEMBERED: usize = 40;

/// All clients of one life.
pub(crate) struct Clients {
    pub people: Rc<People>,
    nonces: BTreeMap<usize, u64>,
    /// Sent, and no answer has come.
    unanswered: VecDeque<Offer>,
    /// The last commands that were answered, with their index.
    answered: VecDeque<(Offer, u64)>,
    /// Grows with every content that must differ from all others.
    pub serial: u64,
    /// How many tokens the first chain of this life has.
    tokens: u8,
    gateway: Gateway,
    contract: StakeContract,
    escrows: Escrows,
}

/// What identifies a submission, however often it is sent.
pub(crate) fn digest(submission: &Submission) -> Hash {
    Hash(sha256(&[&submission.signing_bytes()]))
}

impl Clients {
    pub fn new(people: Rc<People>, bug: Option<Bug>, random: &mut Random) -> Self {
        Self {
            contract: StakeContract::new(&people, random),
            people,
            // With six there is room for one pool's votes in a leaf, with eight not for a stake.
            tokens: random.pick(&[1, 1, 2, 2, 2, 3, 3, 3, 6, 6, 8]),
            gateway: Gateway::new(bug),
            escrows: Escrows::new(bug),
            nonces: BTreeMap::new(),
            unanswered: VecDeque::new(),
            answered: VecDeque::new(),
            serial: 0,
        }
    }

    /// What somebody sends next, most often a new command that suits the state.
    pub fn next(&mut self, state: &State, now_ms: u64, random: &mut Random) -> Option<Offer> {
        if !self.unanswered.is_empty() && random.chance(400_000) {
            let at = random.below(self.unanswered.len() as u32) as usize;
            return self.unanswered.remove(at);
        }
        if !self.answered.is_empty() && random.chance(40_000) {
            let at = random.below(self.answered.len() as u32) as usize;
            return Some(self.answered[at].0.clone());
        }
        self.propose(state, now_ms, random)
    }

    /// No answer came; it will be sent again.
    pub fn no_answer(&mut self, offer: Offer) {
        self.unanswered.push_back(offer);
    }

    /// An answer came.
    pub fn answer(&mut self, offer: Offer, seq: u64) {
        self.answered.push_back((offer, seq));
        if self.answered.len() > REMEMBERED {
            self.answered.pop_front();
        }
    }

    /// The operator posts the root of an earlier state.
    pub fn post_root(&mut self, state: &State, due: DueRoot) -> Offer {
        let post = PostStateRoot {
            size: due.size,
            layout: due.layout.to_owned(),
            root: due.root,
        };
        self.sign(state, OPERATOR, Command::PostStateRoot(post))
    }

    /// The operator says that something beside the log is erased.
    pub fn tombstone(&mut self, state: &State, what: Erasure) -> Offer {
        let erase = state.tombstone(what, EraseReason::Request);
        self.sign(state, OPERATOR, Command::Erase(erase))
    }

    /// Signs a command of a person, who is known to the log by now or opens the account with it.
    fn sign(&mut self, state: &State, who: usize, command: Command) -> Offer {
        let person = &self.people.persons[who];
        let account = state.key(&person.id()).map(|key| key.account);
        self.sign_with(who, account, command, None)
    }

    fn sign_with(
        &mut self,
        who: usize,
        account: Option<protocol::AccountId>,
        command: Command,
        private: Option<Hash>,
    ) -> Offer {
        let person = &self.people.persons[who];
        let submission = Submission {
            space: SPACE,
            account,
            key: person.id(),
            nonce: self.nonce(who),
            command,
            private,
        };
        *self.nonces.entry(who).or_default() += 1;
        Offer::from(ledger::verify::sign(submission, &person.key))
    }

    /// The number that the person's next command will carry.
    fn nonce(&self, who: usize) -> u64 {
        self.nonces.get(&who).copied().unwrap_or(0)
    }
}
