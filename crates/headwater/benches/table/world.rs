//! A small economy that fills a log: accounts, deposits, one asset, and many grants of allowances.

use ledger::{Documents, State};
use proof::hash::sha256;
use proof::note::Signer;
use proof::signature;
use protocol::command::{CreditDeposit, Genesis, GrantAllowance, OpenAccount, STATE_EVERY};
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, AssetId, Command, FundId, Hash, Ppm, Scope, SessionKey, Signature,
    TokenId, codec,
};

/// The ERC-20 contract of token 0.
pub const TOKEN: Address = Address([3; 20]);
/// When deposits close, sessions expire and allowances end.
pub const END_MS: u64 = 1_900_000_000_000;
/// What every payer has deposited.
pub const DEPOSIT: u128 = 1_000_000_000_000;

/// What signs the checkpoints of a log that is measured.
pub fn log_signer() -> Signer {
    Signer::from_seed("bench.example/log", &[9; 32]).expect("the name is one for a key")
}

/// Where nothing is looked up.
pub struct NoDocuments;

impl Documents for NoDocuments {
    fn document(&self, _: &Hash) -> Option<Vec<u8>> {
        None
    }
}

/// Submissions one after the other, signed or not.
pub struct World {
    /// Signs for account 0.
    pub operator: signature::SessionKey,
    /// Payers hold accounts 1 to `payers`, each with the deposit of its own number.
    pub payers: Vec<signature::SessionKey>,
    signs: bool,
}

impl World {
    /// A world of so many payers. Unsigned submissions carry zeros: nothing that is measured on
    /// them checks signatures.
    pub fn new(operator: signature::SessionKey, payers: u32, signs: bool) -> Self {
        let key = |payer: u32| {
            signature::SessionKey::from_seed(&sha256(&[b"payer", &payer.to_be_bytes()]))
        };
        Self {
            operator,
            payers: (0..payers).map(key).collect(),
            signs,
        }
    }

    /// The entry that opens a space.
    pub fn genesis() -> Command {
        let (settlement, escrow) = (Address([1; 20]), Address([2; 20]));
        Command::Genesis(Genesis {
            chain_id: 1,
            settlement,
            escrow,
            tokens: vec![TOKEN],
            log_key: log_key(),
            state_every: STATE_EVERY,
        })
    }

    /// Everything before the first grant, behind a genesis at `state`.
    pub fn setup(&self, state: &mut State) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for key in &self.payers {
            let open = OpenAccount {
                scope: Scope::SPEND,
                expires_ms: END_MS,
            };
            let command = Command::OpenAccount(open);
            let signed = self.sign(state, key, (None, 0), command);
            entries.push(enter(state, signed));
        }
        let mut operate = |command| {
            let nonce = state.size;
            let signed = self.sign(state, &self.operator, (Some(AccountId(0)), nonce), command);
            entries.push(enter(state, signed));
        };
        for (account, fund) in (1u32..).zip(1..=self.payers.len() as u64) {
            operate(Command::CreditDeposit(deposit(
                FundId(fund),
                AccountId(account),
            )));
        }
        operate(Command::RegisterAsset(asset()));
        entries
    }

    /// The `number`-th grant of all: payers take turns.
    pub fn grant(&self, state: &State, number: u64) -> Signed {
        let payer = (number % self.payers.len() as u64) as usize;
        let grant = GrantAllowance {
            asset: AssetId(0),
            fund: FundId(payer as u64 + 1),
            cap_units: Amount::new(1_000).expect("below the cap"),
            expires_ms: END_MS - ledger::state::SETTLING_MS - 1,
        };
        let account = AccountId(payer as u32 + 1);
        let nonce = 1 + number / self.payers.len() as u64;
        let command = Command::GrantAllowance(grant);
        self.sign(state, &self.payers[payer], (Some(account), nonce), command)
    }

    /// A submission of `key`.
    pub fn sign(
        &self,
        state: &State,
        key: &signature::SessionKey,
        (account, nonce): (Option<AccountId>, u64),
        command: Command,
    ) -> Signed {
        let submission = Submission {
            space: state.space,
            account,
            key: SessionKey(key.public()),
            nonce,
            private: matches!(command, Command::OpenAccount(_)).then_some(Hash([4; 32])),
            command,
        };
        let bytes = if self.signs {
            key.sign(&submission.signing_bytes())
        } else {
            [0; 64]
        };
        Signed {
            submission,
            signature: Signature(bytes),
        }
    }
}

/// Decides and applies a submission as the next entry, and returns its bytes.
pub fn enter(state: &mut State, signed: Signed) -> Vec<u8> {
    let entry = Entry {
        seq: state.size,
        time_ms: state.time_ms.max(1_767_603_600_000),
        rule: RULE_VERSION,
        signed,
    };
    let events = ledger::decide(state, &entry, &NoDocuments).expect("the world keeps the rules");
    ledger::apply::apply(state, &entry, &events);
    codec::encode(&entry)
}

/// What a payer has brought, as much as each epoch may take of it.
pub fn deposit(fund: FundId, account: AccountId) -> CreditDeposit {
    let amount = Amount::new(DEPOSIT).expect("below the cap");
    CreditDeposit {
        fund,
        account,
        token: TokenId(0),
        amount_units: amount,
        epoch_cap_units: amount,
        closes_ms: END_MS,
    }
}

fn asset() -> RegisterAsset {
    RegisterAsset {
        kind: AssetKind::Dataset,
        title: "an asset that is used".to_owned(),
        content: Hash([5; 32]),
        terms: Terms {
            purposes: vec!["research".to_owned()],
            token: TokenId(0),
            price_units: Amount::new(10).expect("below the cap"),
            demand: Demand::Floor(Ppm::ZERO),
            contributors_share: Ppm::ZERO,
            expires_ms: None,
        },
        parents: ParentList::Inline(Vec::new()),
        listing: None,
    }
}

/// The key that signs the checkpoints of the table's logs.
pub fn log_key() -> String {
    log_signer().verifier().to_string()
}
