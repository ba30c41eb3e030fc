//! Steps that keep the log itself: roots, witnesses, keys that come and go, tombstones.

use crate::world::{Actor, SPACE, World, log_signer};
use ledger::snapshot::LAYOUT;
use ledger::verify::Delegation;
use proof::cosignature::{Algorithm, Cosigner};
use proof::merkle::{Frontier, Head, leaf_hash};
use proof::signature::SessionKey;
use proof::{Checkpoint, note};
use protocol::operation::{
    AddKey, Authority, EraseReason, Erasure, NoteWitness, PostStateRoot, RotateLogKey,
    RotateOperator, SetWitnesses, addition_bytes, handover_bytes,
};
use protocol::{CampaignId, Command, Hash, Rejection, Scope, Signature, WalletSignature};

type Outcome = Result<(), Rejection>;

/// The witness of a letter, such as `a`.
pub fn cosigner(letter: char) -> Cosigner {
    let seed = proof::hash::sha256(&[b"witness", letter.to_string().as_bytes()]);
    let name = format!("{letter}.witness.example");
    Cosigner::from_seed(&name, Algorithm::Ed25519, &seed).unwrap()
}

/// A session key that is in no account yet.
pub fn fresh(name: &str) -> SessionKey {
    SessionKey::from_seed(&proof::hash::sha256(&[b"session", name.as_bytes()]))
}

pub fn public(key: &SessionKey) -> protocol::SessionKey {
    protocol::SessionKey(key.public())
}

impl World {
    /// The true root of the state after `size` entries; any other beyond the log.
    pub fn post_root(&mut self, size: u64) -> Outcome {
        let states = self.states();
        let state = usize::try_from(size).ok().and_then(|at| states.get(at));
        let root = state.map_or(Hash([0; 32]), ledger::State::root);
        let layout = state.map_or(LAYOUT, ledger::State::layout).into();
        let post = PostStateRoot { size, layout, root };
        self.ask("operator", Command::PostStateRoot(post))
    }

    /// Sets the witnesses of these letters.
    pub fn set_witnesses(&mut self, letters: &str, quorum: u16) -> Outcome {
        let key = |letter| cosigner(letter).key().to_string();
        let mut keys: Vec<String> = letters.chars().map(key).collect();
        keys.sort();
        let set = SetWitnesses { keys, quorum };
        self.ask("operator", Command::SetWitnesses(set))
    }

    /// The log's checkpoint of a size, signed with its n-th key and cosigned by witnesses, each
    /// with its time in seconds.
    pub fn checkpoint(&self, size: u64, log_key: u8, times: &[(char, u64)]) -> String {
        let mut tree = Frontier::default();
        for entry in &self.entries[..usize::try_from(size).unwrap().min(self.entries.len())] {
            tree.append(leaf_hash(entry));
        }
        let root = tree.root();
        let origin = "headwater.example/log".to_owned();
        let head = Head { size, root };
        let checkpoint = Checkpoint { origin, head };
        let mut signed = checkpoint.sign(&log_signer(log_key)).unwrap();
        for (letter, time_s) in times {
            let line = cosigner(*letter).cosign(&checkpoint.text(), *time_s);
            signed = note::append(&signed, &line.unwrap()).unwrap();
        }
        signed
    }

    /// Notes a cosigned checkpoint of the whole log.
    pub fn witness(&mut self, times: &[(char, u64)]) -> Outcome {
        let log_key = u8::try_from(self.state.log_keys.len() - 1).unwrap();
        let checkpoint = self.checkpoint(self.state.size, log_key, times);
        self.note(checkpoint)
    }

    pub fn note(&mut self, checkpoint: String) -> Outcome {
        let note = NoteWitness { checkpoint };
        self.ask("operator", Command::NoteWitness(note))
    }

    /// Hands checkpoints over to the log's n-th key.
    pub fn rotate_log(&mut self, number: u8) -> Outcome {
        let key = log_signer(number).verifier().to_string();
        let rotate = RotateLogKey { key };
        self.ask("operator", Command::RotateLogKey(rotate))
    }

    /// Hands the log over to a new key; the actor `operator` goes on with it.
    pub fn rotate_operator(&mut self, next: &str) -> Outcome {
        let old = public(&self.actor("operator").session);
        let next = fresh(next);
        let bytes = handover_bytes(SPACE, old, public(&next));
        let rotate = RotateOperator {
            key: public(&next),
            possession: Signature(next.sign(&bytes)),
        };
        self.ask("operator", Command::RotateOperator(rotate))?;
        self.actor("operator").session = next;
        Ok(())
    }

    /// Another session key for the account of `name`, let by the key of `by`; it is the actor
    /// `new` from then on.
    pub fn add_key(&mut self, new: &str, by: &str, scope: Scope, expires_ms: u64) -> Outcome {
        let account = self.id(by);
        self.newcomer(new, by);
        let mut add = AddKey {
            scope,
            expires_ms,
            authority: Authority::Wallet(WalletSignature([0; 65])),
        };
        let bytes = addition_bytes(SPACE, account, public(&self.actor(new).session), &add);
        let (key, signature) = {
            let session = &self.actor(by).session;
            (public(session), Signature(session.sign(&bytes)))
        };
        add.authority = Authority::Key(key, signature);
        self.ask(new, Command::AddKey(add))
    }

    /// Another session key for the account of `name`, let by its wallet.
    pub fn add_wallet_key(&mut self, new: &str, name: &str, scope: Scope, until: u64) -> Outcome {
        self.newcomer(new, name);
        let delegation = Delegation {
            chain_id: 412_348,
            space: SPACE,
            key: public(&self.actor(new).session),
            scope,
            expires_ms: until,
        };
        let signature = self.actor(name).wallet.sign(&delegation.digest());
        let add = AddKey {
            scope,
            expires_ms: until,
            authority: Authority::Wallet(WalletSignature(signature)),
        };
        self.ask(new, Command::AddKey(add))
    }

    pub fn newcomer(&mut self, new: &str, of: &str) {
        let account = self.actor(of).account;
        if !self.actors.contains_key(new) {
            self.meet(new);
        }
        let Actor {
            account: theirs, ..
        } = self.actor(new);
        *theirs = account;
    }

    pub fn revoke(&mut self, by: &str, whose: &str) -> Outcome {
        let key = public(&self.actor(whose).session);
        self.ask(by, Command::RevokeKey(key))
    }

    pub fn erase(&mut self, what: Erasure) -> Outcome {
        let erase = self.state.tombstone(what, EraseReason::Request);
        self.ask("operator", Command::Erase(erase))
    }

    /// The sidecar of a campaign's n-th round.
    pub fn sidecar(&self, campaign: u32, round: usize) -> Erasure {
        let campaign = self.state.campaign(CampaignId(campaign)).unwrap();
        Erasure::Openings(campaign.rounds[round].openings.unwrap())
    }
}
