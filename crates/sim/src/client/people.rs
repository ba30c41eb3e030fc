//! Who takes part in a simulated space: keys and wallets, the same in every life.
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use proof::hash::sha256;
use proof::note::{Signer, VerifierKey};
use proof::signature::{SessionKey, WalletKey};
use protocol::command::Genesis;
use protocol::{Address, Hash, Scope, Space, WalletSignature};

pub(crate) const SPACE: Space = Space([7; 16]);
pub(crate) const CHAIN: u64 = 31_337;
pub(crate) const SETTLEMENT: Address = Address([0x11; 20]);
pub(crate) const ESCROW: Address = Address([0x22; 20]);
/// The Stake contract.
pub(crate) const STAKE: Address = Address([0x57; 20]);
/// When simulated time begins, in milliseconds since 1970.
pub(crate) const START_MS: u64 = 1_700_000_000_000;
/// Beyond every clock jump.
pub(crate) const FAR_MS: u64 = 4_000_000_000_000;
/// When some deposits close: late enough for everything, and before a stake may have left.
pub(crate) const SOON_MS: u64 = START_MS + 30 * DAY_MS;
/// No clock of a simulated log goes back further than this.
pub(crate) const DAY_MS: u64 = 86_400_000;
/// A state root is due after this many entries.
pub(crate) const STATE_EVERY: u32 = 32;

/// Account 0; it runs the log.
pub(crate) const OPERATOR: usize = 0;
/// Opens campaigns.
pub(crate) const REQUESTER: usize = 1;
/// Registers assets, puts them into service or posts segments of their uses.
pub(crate) const DEVELOPER: usize = 2;
/// Pay for uses.
pub(crate) const PAYERS: [usize; 2] = [3, 4];
/// Answer; those from index 8 on join late. Whoever stands here twice answers twice as much.
pub(crate) const WORKERS: [usize; 8] = [5, 5, 5, 6, 6, 6, 7, 8];
/// Whose wallets stake.
pub(crate) const STAKERS: [usize; 4] = [5, 6, 7, 7];
/// Answer wrong wherever gold shows it.
pub(crate) const CHEATS: [usize; 2] = [7, 8];
/// Who works under whose wallet.
const TWIN: (usize, usize) = (8, 5);
const COUNT: usize = 14;

/// Everybody, and the log's own key.
pub(crate) struct People {
    pub persons: Vec<Person>,
    pub signer: Signer,
    /// The log's key once more, for those who check.
    pub log_key: VerifierKey,
}

/// One session key with the wallet behind it.
pub(crate) struct Person {
    pub key: SessionKey,
    pub wallet: WalletKey,
    pub scope: Scope,
    pub binding: Binding,
    /// What `OpenAccount` commits to.
    pub commitment: Hash,
}

impl People {
    pub fn new() -> Self {
        let signer = Signer::from_seed("log.example/simulated", &[9; 32]).expect("a good name");
        Self {
            persons: (0..COUNT).map(person).collect(),
            log_key: signer.verifier().clone(),
            signer,
        }
    }

    pub fn genesis(&self, tokens: u8) -> Genesis {
        Genesis {
            chain_id: CHAIN,
            settlement: SETTLEMENT,
            escrow: ESCROW,
            tokens: tokens_of(tokens),
            log_key: self.log_key.to_string(),
            state_every: STATE_EVERY,
        }
    }
}

impl Person {
    pub fn id(&self) -> protocol::SessionKey {
        protocol::SessionKey(self.key.public())
    }
}

/// The first tokens of a chain: the same addresses on every chain.
pub(crate) fn tokens_of(count: u8) -> Vec<Address> {
    (0..count)
        .map(|token| Address([0x31 + token; 20]))
        .collect()
}

fn person(number: usize) -> Person {
    let key = SessionKey::from_seed(&sha256(&[b"session", &[number as u8]]));
    let holder = if number == TWIN.0 { TWIN.1 } else { number };
    let wallet = WalletKey::from_secret(&sha256(&[b"wallet", &[holder as u8]]));
    let wallet = wallet.expect("a hash is a secret key but for chances that never come");
    let scope = match number {
        REQUESTER => Scope::REQUEST.and(Scope::PUBLISH),
        DEVELOPER => Scope::PUBLISH,
        3 | 4 => Scope::SPEND,
        _ => Scope::WORK,
    };
    let delegation = Delegation {
        chain_id: CHAIN,
        space: SPACE,
        key: protocol::SessionKey(key.public()),
        scope,
        expires_ms: FAR_MS,
    };
    let binding = Binding {
        wallet: Address(wallet.address()),
        delegation: WalletSignature(wallet.sign(&delegation.digest())),
        salt: Hash([number as u8; 32]),
    };
    let commitment = commitment::binding(SPACE, delegation.key, &binding);
    Person {
        key,
        wallet,
        scope,
        binding,
        commitment,
    }
}
