//! A space with one contributor's key, and submissions to it.

use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use ledger::{Documents, State};
use proof::Checkpoint;
use proof::cosignature::{Algorithm, Cosigner};
use proof::hash::sha256;
use proof::merkle::Head;
use proof::note::{self, Signer};
use protocol::command::{CreditDeposit, DiscloseWallet, Genesis, OpenAccount};
use protocol::entry::{Signed, Submission};
use protocol::operation::{NoteWitness, SetWitnesses};
use protocol::{
    AccountId, Address, Amount, Command, FundId, Hash, Rejection, Scope, SessionKey, Signature,
    Space, TokenId, WalletSignature, codec,
};
use sequencer::{Admission, Offer, Sequencer, Verified};

pub const START_MS: u64 = 1_000_000;
const ORIGIN: &str = "headwater.example/log";
pub const SPACE: Space = Space([7; 16]);
const EXPIRES_MS: u64 = 9_000_000_000;

/// A directory without documents.
pub struct NoDocuments;

impl Documents for NoDocuments {
    fn document(&self, _: &Hash) -> Option<Vec<u8>> {
        None
    }
}

fn session(seed: u8) -> proof::signature::SessionKey {
    proof::signature::SessionKey::from_seed(&[seed; 32])
}

/// A submission of account `seed`, signed; account 0 is the operator.
pub fn submit(seed: u8, account: Option<u32>, nonce: u64, command: Command) -> Offer {
    private(seed, account, nonce, command, None)
}

fn private(
    seed: u8,
    account: Option<u32>,
    nonce: u64,
    command: Command,
    private: Option<Hash>,
) -> Offer {
    let key = session(seed);
    let account = account.map(AccountId);
    let key_id = SessionKey(key.public());
    let submission = Submission {
        space: SPACE,
        account,
        key: key_id,
        nonce,
        command,
        private,
    };
    let signature = Signature(key.sign(&submission.signing_bytes()));
    Offer {
        signed: Signed {
            submission,
            signature,
        },
        body: Vec::new(),
        attachments: Vec::new(),
    }
}

pub fn genesis() -> Offer {
    let genesis = Genesis {
        chain_id: 412_348,
        settlement: Address([1; 20]),
        escrow: Address([2; 20]),
        tokens: vec![Address([3; 20])],
        log_key: log_signer().verifier().to_string(),
        state_every: 8,
    };
    submit(0, None, 0, Command::Genesis(genesis))
}

/// The log's key.
pub fn log_signer() -> Signer {
    Signer::from_seed(ORIGIN, &[9; 32]).unwrap()
}

/// What the wallet of `seed` has signed.
pub fn binding(seed: u8) -> Binding {
    let secret = sha256(&[b"wallet", &[seed]]);
    let wallet = proof::signature::WalletKey::from_secret(&secret).unwrap();
    let delegation = Delegation {
        chain_id: 412_348,
        space: SPACE,
        key: SessionKey(session(seed).public()),
        scope: Scope::WORK,
        expires_ms: EXPIRES_MS,
    };
    Binding {
        wallet: Address(wallet.address()),
        delegation: WalletSignature(wallet.sign(&delegation.digest())),
        salt: Hash([seed; 32]),
    }
}

/// Opens the account of `seed`; the private body is the caller's.
pub fn join(seed: u8, body: &Binding) -> Offer {
    let open = OpenAccount {
        scope: Scope::WORK,
        expires_ms: EXPIRES_MS,
    };
    let key = SessionKey(session(seed).public());
    let commitment = commitment::binding(SPACE, key, &binding(seed));
    let mut offer = private(seed, None, 0, Command::OpenAccount(open), Some(commitment));
    offer.body = codec::encode(body);
    offer
}

pub fn disclose(seed: u8, account: u32, nonce: u64) -> Offer {
    let Binding {
        wallet,
        delegation,
        salt,
    } = binding(seed);
    let command = Command::DiscloseWallet(DiscloseWallet {
        wallet,
        delegation,
        salt,
    });
    submit(seed, Some(account), nonce, command)
}

/// The operator credits deposit `fund` to account 1.
pub fn credit(fund: u64, nonce: u64) -> Offer {
    let amount = Amount::new(1_000 + u128::from(fund)).unwrap();
    let deposit = CreditDeposit {
        fund: FundId(fund),
        account: AccountId(1),
        token: TokenId(0),
        amount_units: amount,
        epoch_cap_units: amount,
        closes_ms: EXPIRES_MS,
    };
    submit(0, Some(0), nonce, Command::CreditDeposit(deposit))
}

/// The operator lets one witness vouch for the time.
pub fn set_witnesses(nonce: u64) -> Offer {
    let keys = vec![witness().key().to_string()];
    let set = SetWitnesses { keys, quorum: 1 };
    submit(0, Some(0), nonce, Command::SetWitnesses(set))
}

/// The operator notes that the witness has seen `size` entries at a time in seconds.
pub fn note_witness(size: u64, time_s: u64, nonce: u64) -> Offer {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        head: Head {
            size,
            root: [0; 32],
        },
    };
    let signed = checkpoint.sign(&log_signer()).unwrap();
    let line = witness().cosign(&checkpoint.text(), time_s).unwrap();
    let checkpoint = note::append(&signed, &line).unwrap();
    let note = NoteWitness { checkpoint };
    submit(0, Some(0), nonce, Command::NoteWitness(note))
}

fn witness() -> Cosigner {
    Cosigner::from_seed("witness.example", Algorithm::Ed25519, &[8; 32]).unwrap()
}

/// The whole way in: signature, then decision.
pub fn admit(sequencer: &mut Sequencer, now_ms: u64, offer: Offer) -> Result<Admission, Rejection> {
    sequencer.admit(now_ms, Verified::check(offer)?, &NoDocuments)
}

/// The operator and account 1, whose session key is that of seed 1; two entries, both durable.
pub fn opened() -> Sequencer {
    let mut sequencer = Sequencer::new(State::new(SPACE));
    for offer in [genesis(), join(1, &binding(1))] {
        admit(&mut sequencer, START_MS, offer).unwrap();
    }
    let batch = sequencer.take_batch();
    sequencer.confirm(batch.end);
    sequencer
}
