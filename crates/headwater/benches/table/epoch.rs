//! A royalty epoch of a million contributors and ten thousand assets, claim tree included.

use crate::clock::{best_of, time};
use crate::header::Random;
use crate::row::{Goal, Table};
use crate::world::{NoDocuments, TOKEN, log_key};
use ledger::keys::Key;
use ledger::lineage::Child;
use ledger::state::{Account, Asset};
use ledger::{State, claims};
use protocol::command::{CloseEpoch, Genesis, STATE_EVERY};
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::event::{Movement, NewAsset, PurseId, PurseOwner};
use protocol::market::AssetKind;
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, AssetId, Command, EpochId, Hash, Ppm, Scope, SessionKey, Signature,
    Space, TokenId,
};

const CONTRIBUTORS: u32 = 1_000_000;
const LABEL_SETS: u32 = 1_000;
const ASSETS: u32 = 10_000;
/// Contributors of a label set; every contributor has worked for one.
const SHARES: u32 = CONTRIBUTORS / LABEL_SETS;
const OPERATOR: SessionKey = SessionKey([9; 32]);

/// The state is built in memory from its public fields and the book's movements; the epoch itself
/// is an entry like any other.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let mut state = state();
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
    let close = Command::CloseEpoch(CloseEpoch {
        epoch: EpochId(1),
        root: made.root(),
        leaves: made.leaf_count(),
        totals: made.totals.clone(),
    });
    anyhow::ensure!(
        made.leaf_count() == CONTRIBUTORS,
        "every contributor has a leaf"
    );
    drop((made, file));
    let entry = entry(&state, close);
    let (events, spent) = time(|| {
        let events = ledger::decide(&state, &entry, &NoDocuments).expect("the root is right");
        ledger::apply::apply(&mut state, &entry, &events);
        events.len()
    });
    let measure =
        "epoch: `CloseEpoch` decided and applied, 1 M contributors, 10 k assets, claim tree";
    table.seconds(measure, spent, Goal::Seconds(3.0));
    anyhow::ensure!(events > ASSETS as usize, "royalties have flowed");
    anyhow::ensure!(state.book.imbalance().is_none(), "money was lost");
    Ok(())
}

fn state() -> State {
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
    let key = Key::new(AccountId(0), Scope::OPERATE, u64::MAX);
    state.keys.insert(OPERATOR, key);
    state.accounts.extend((0..=CONTRIBUTORS).map(account));
    let mut random = Random::of(2);
    for id in 0..ASSETS {
        let asset = asset(&state, id, &mut random);
        state.assets.push(asset);
    }
    fill(&mut state, &mut random);
    state
}

/// The operator is account 0 and has no wallet here; contributors follow.
fn account(number: u32) -> Account {
    let digest = proof::hash::sha256(&[b"wallet", &number.to_be_bytes()]);
    let wallet = Address(digest[..20].try_into().expect("20 bytes"));
    Account {
        binding: None,
        key: SessionKey([0; 32]),
        scope: Scope::WORK,
        expires_ms: u64::MAX,
        wallet: (number > 0).then_some(wallet),
    }
}

/// Label sets with 1,000 contributors each; above them models on one to three earlier assets, two
/// of three of them label sets.
fn asset(state: &State, id: u32, random: &mut Random) -> Asset {
    let label_set = id < LABEL_SETS;
    let mut parents: Vec<AssetId> = Vec::new();
    if !label_set {
        for _ in 0..=random.below(3) {
            let among = if random.below(3) > 0 { LABEL_SETS } else { id };
            parents.push(AssetId(random.below(among)));
        }
        parents.sort_unstable();
        parents.dedup();
    }
    let lineage = Child {
        state,
        owner: AccountId(0),
        kind: AssetKind::Model,
        listing: None,
        time_ms: 0,
    };
    let lineage = lineage.lineage(&parents).expect("demands are small");
    let share = |place: u32| (AccountId(1 + id * SHARES + place), 1 + random.below(50));
    let shares = if label_set {
        (0..SHARES).map(share).collect()
    } else {
        Vec::new()
    };
    let total_shares = shares.iter().map(|(_, share)| share).sum();
    let demand = match id {
        id if id < LABEL_SETS => Demand::Floor(Ppm::new(5_000).expect("below a million")),
        _ => Demand::Flow(Ppm::new(100_000).expect("below a million")),
    };
    let registered = NewAsset {
        owner: AccountId(1 + random.below(CONTRIBUTORS)),
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
            price_units: Amount::new(10).expect("below the cap"),
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
        segments: 1,
        uses: 1,
        charged_units: Amount::ZERO,
        received: Default::default(),
    }
}

/// Everybody has earned something that is payable, every pool is filled, every asset was charged.
fn fill(state: &mut State, random: &mut Random) {
    let contributors = (1..=CONTRIBUTORS).map(|id| (PurseOwner::Earned(AccountId(id)), true));
    let pools = (0..LABEL_SETS).map(|id| (PurseOwner::Pool(AssetId(id)), true));
    let gross = (0..ASSETS).map(|id| (PurseOwner::Gross(AssetId(id)), false));
    for (number, (owner, payable)) in (0u32..).zip(contributors.chain(pools).chain(gross)) {
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

fn entry(state: &State, command: Command) -> Entry {
    let submission = Submission {
        space: state.space,
        account: Some(AccountId(0)),
        key: OPERATOR,
        nonce: 1,
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
