//! A royalty epoch of a million contributors and ten thousand assets, claim tree included.

use crate::clock::{best_of, time};
use crate::header::Random;
use crate::row::{Goal, Table};
use crate::world::{NoDocuments, TOKEN, log_key};
use ledger::accounts::Account;
use ledger::lineage::Child;
use ledger::state::Asset;
use ledger::{Documents, State, claims};
use protocol::command::{Genesis, STATE_EVERY};
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::event::{Movement, NewAsset, PurseId, PurseOwner};
use protocol::market::AssetKind;
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, AssetId, Command, EpochId, Hash, Ppm, Scope, SessionKey, Signature,
    Space, TokenId,
};

/// How large an economy is.
#[derive(Clone, Copy)]
pub struct Size {
    /// People with a wallet; everyone has worked for one label set.
    pub contributors: u32,
    /// Assets that people have made, each by as many.
    pub label_sets: u32,
    /// All assets, label sets included; the others are models.
    pub assets: u32,
}

const SIZE: Size = Size {
    contributors: 1_000_000,
    label_sets: 1_000,
    assets: 10_000,
};
/// Signs for account 0.
pub const OPERATOR: SessionKey = SessionKey([9; 32]);
/// The price of a use of any asset, in base units.
pub const PRICE_UNITS: u128 = 10;

/// The state is built in memory from its public fields and the book's movements; the epoch itself
/// is an entry like any other.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let mut state = SIZE.state();
    let charged = (0..SIZE.assets).map(|id| PurseOwner::Gross(AssetId(id)));
    fill(&mut state, charged, false);
    let statement = |state: &State| claims::statement(state).expect("amounts are small");
    let (made, spent) = best_of(2, || statement(&state));
    table.seconds(
        "epoch: claim tree of 1 M leaves alone (`claims::statement`)",
        spent,
        Goal::None,
    );
    let (file, spent) = time(|| made.file(EpochId(1)));
    let measure = format!(
        "epoch: the public file of its leaves, {} MB",
        file.len() / 1_000_000
    );
    table.seconds(&measure, spent, Goal::None);
    anyhow::ensure!(
        made.leaf_count() == SIZE.contributors,
        "every contributor has a leaf"
    );
    let close = Command::CloseEpoch(made.closing(EpochId(1)));
    drop((made, file));
    let entry = entry(&state, (AccountId(0), OPERATOR, 1), close);
    let (events, spent) = time(|| enter(&mut state, &entry, &NoDocuments));
    let measure =
        "epoch: `CloseEpoch` decided and applied, 1 M contributors, 10 k assets, claim tree";
    table.seconds(measure, spent, Goal::Seconds(3.0));
    anyhow::ensure!(events > SIZE.assets as usize, "royalties have flowed");
    anyhow::ensure!(state.book.imbalance().is_none(), "money was lost");
    Ok(())
}

/// Decides and applies an entry, and counts its events.
pub fn enter(state: &mut State, entry: &Entry, documents: &dyn Documents) -> usize {
    let events = ledger::decide(state, entry, documents).expect("the entry keeps the rules");
    ledger::apply::apply(state, entry, &events);
    events.len()
}

impl Size {
    /// An economy in which everybody has earned something that is payable, and every pool is
    /// filled.
    pub fn state(self) -> State {
        let mut state = State::new(Space([7; 16]));
        let (settlement, escrow) = (Address([1; 20]), Address([2; 20]));
        state.genesis = Some(Genesis {
            chain_id: 1,
            settlement,
            escrow,
            tokens: vec![TOKEN],
            log_key: log_key(),
            state_every: STATE_EVERY,
        });
        state.size = 1;
        for number in 0..=self.contributors {
            state.accounts.open(account(number));
        }
        let mut random = Random::of(2);
        for id in 0..self.assets {
            let asset = self.asset(&state, id, &mut random);
            state.assets.push(asset);
        }
        let earned = (1..=self.contributors).map(|id| PurseOwner::Earned(AccountId(id)));
        let pools = (0..self.label_sets).map(|id| PurseOwner::Pool(AssetId(id)));
        fill(&mut state, earned.chain(pools), true);
        state
    }

    /// Label sets with as many contributors each; above them models on one to three earlier
    /// assets, two of three of them label sets.
    fn asset(self, state: &State, id: u32, random: &mut Random) -> Asset {
        let label_set = id < self.label_sets;
        let parents = if label_set {
            Vec::new()
        } else {
            self.parents(id, random)
        };
        let lineage = Child {
            state,
            owner: AccountId(0),
            kind: AssetKind::Model,
            listing: None,
            time_ms: 0,
        };
        let lineage = lineage.lineage(&parents).expect("demands are small");
        let workers = self.contributors / self.label_sets;
        let share = |place: u32| (AccountId(1 + id * workers + place), 1 + random.below(50));
        let shares = if label_set {
            (0..workers).map(share).collect()
        } else {
            Vec::new()
        };
        let total_shares = shares.iter().map(|(_, share)| share).sum();
        let demand = match id {
            id if id < self.label_sets => Demand::Floor(Ppm::new(5_000).expect("below a million")),
            _ => Demand::Flow(Ppm::new(100_000).expect("below a million")),
        };
        let registered = NewAsset {
            owner: AccountId(1 + random.below(self.contributors)),
            kind: if label_set {
                AssetKind::LabelSet
            } else {
                AssetKind::Model
            },
            title: format!("asset {id}"),
            content: Hash([5; 32]),
            terms: Terms {
                purposes: vec!["research".to_owned()],
                token: TokenId(0),
                price_units: Amount::new(PRICE_UNITS).expect("below the cap"),
                demand,
                contributors_share: Ppm::new(700_000).expect("below a million"),
                expires_ms: None,
            },
            parents: lineage.parents,
            floors: lineage.floors,
            shares,
        };
        Asset {
            registered,
            total_shares,
            segments: 0,
            uses: 0,
            charged_units: Amount::ZERO,
            received: Default::default(),
        }
    }

    fn parents(self, model: u32, random: &mut Random) -> Vec<AssetId> {
        let mut parents = Vec::new();
        for _ in 0..=random.below(3) {
            let among = if random.below(3) > 0 {
                self.label_sets
            } else {
                model
            };
            parents.push(AssetId(random.below(among)));
        }
        parents.sort_unstable();
        parents.dedup();
        parents
    }
}

/// The operator is account 0 and has no wallet here; contributors follow.
fn account(number: u32) -> Account {
    let digest = |what: &[u8]| proof::hash::sha256(&[what, &number.to_be_bytes()]);
    let wallet = digest(b"wallet")[..20].try_into().expect("20 bytes");
    let (key, scope, wallet) = match number {
        0 => (OPERATOR, Scope::OPERATE, None),
        _ => (
            SessionKey(digest(b"key")),
            Scope::WORK,
            Some(Address(wallet)),
        ),
    };
    Account {
        binding: None,
        key,
        scope,
        expires_ms: u64::MAX,
        wallet,
    }
}

/// Opens these purses with random sums, which may be claimed at once where they are `payable`.
fn fill(state: &mut State, owners: impl Iterator<Item = PurseOwner>, payable: bool) {
    let mut random = Random::of(3);
    let first = u32::try_from(state.book.purses().len()).expect("purses have 32-bit numbers");
    for (number, owner) in (first..).zip(owners) {
        let purse = PurseId(number);
        let amount = Amount::new(1_000_000 + u128::from(random.below(1_000_000)));
        let amount = amount.expect("below the cap");
        state.book.apply(&Movement::Opened {
            owner,
            token: TokenId(0),
            fund: None,
        });
        state.book.apply(&Movement::Credited { purse, amount });
        if payable {
            state.book.release(purse, amount);
        }
    }
}

/// The next entry of an account, by its key and nonce. Nothing here looks at signatures.
pub fn entry(
    state: &State,
    (account, key, nonce): (AccountId, SessionKey, u64),
    command: Command,
) -> Entry {
    let submission = Submission {
        space: state.space,
        account: Some(account),
        key,
        nonce,
        command,
        private: None,
    };
    let signed = Signed {
        submission,
        signature: Signature([0; 64]),
    };
    Entry {
        seq: state.size,
        time_ms: state.time_ms,
        rule: RULE_VERSION,
        signed,
    }
}
