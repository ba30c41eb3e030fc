//! A thousand million uses, as the sums of their segments, settled up to ten million contributors.

use crate::accounts::most_bytes;
use crate::clock::{Spent, time};
use crate::epoch::{self, OPERATOR, PRICE_UNITS, Size};
use crate::row::{Goal, Table};
use crate::world::{END_MS, deposit};
use anyhow::{Context as _, ensure};
use ledger::keys::Key;
use ledger::{Documents, State, claims};
use proof::hash::sha256;
use protocol::command::{GrantAllowance, PostSegment, UsageTotal};
use protocol::{
    AccountId, AllowanceId, Amount, AssetId, Command, EpochId, FundId, Hash, Scope, SessionKey,
};

/// The bench calls itself with this word, so that the memory is that of nothing else.
pub const CHILD: &str = "thousand-million-uses";

const SIZE: Size = Size {
    contributors: 10_000_000,
    label_sets: 10_000,
    assets: 100_000,
};
/// Uses of each asset, in one segment.
const USES: u32 = 10_000;
const SPENT: u128 = USES as u128 * PRICE_UNITS;
/// Pays for everything.
const PAYER: AccountId = AccountId(1);
const PAYER_KEY: SessionKey = SessionKey([8; 32]);
/// What stands for the rows of a segment: its sums are all that the ledger reads.
const ROWS: &[u8] = b"rows";

/// Seconds from the first segment to the claim tree, and the most memory on the way.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let child = std::process::Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .output()?;
    let said = String::from_utf8(child.stdout)?;
    ensure!(child.status.success(), "the settlement failed: {said}");
    let figures = said.split_whitespace().map(str::parse);
    let figures: Vec<f64> = figures.collect::<Result<_, _>>()?;
    let [wall_s, cpu_s, bytes] = figures[..] else {
        anyhow::bail!("the settlement says {said}");
    };
    let measure =
        "epoch: 1e9 uses in 1e5 segments, 1e5 assets, 1e7 contributors, segments to claim tree";
    let spent = Spent { wall_s, cpu_s };
    table.seconds(measure, spent, Goal::Seconds(60.0));
    let figure = format!("{:.2} GB", bytes / 1e9);
    table.fact(
        "epoch: the same, peak memory with the state that it starts from",
        &figure,
        "<= 4 GB",
        bytes <= 4e9,
    );
    Ok(())
}

/// The child: settles, and prints wall seconds, CPU seconds and the most bytes held.
pub fn settle() -> anyhow::Result<()> {
    let mut state = SIZE.state();
    allow(&mut state)?;
    let (outcome, spent) = time(|| {
        post(&mut state)?;
        let close = claims::closing(&state, EpochId(1)).context("the sums fit")?;
        ensure!(close.leaves == SIZE.contributors, "someone is missing");
        let close = Command::CloseEpoch(close);
        let entry = epoch::entry(&state, (AccountId(0), OPERATOR, u64::MAX / 2), close);
        Ok(epoch::enter(&mut state, &entry, &Rows))
    });
    ensure!(
        outcome? > SIZE.assets as usize,
        "royalties have not reached every asset"
    );
    ensure!(state.book.imbalance().is_none(), "money was lost");
    let bytes = most_bytes().context("this system has no `/proc/self/status`")?;
    println!("{} {} {bytes}", spent.wall_s, spent.cpu_s);
    Ok(())
}

/// One payer sets money aside for each asset, whose owner gets a key.
fn allow(state: &mut State) -> anyhow::Result<()> {
    let key = Key::new(PAYER, Scope::SPEND, u64::MAX);
    state.accounts.keys_mut().insert(PAYER_KEY, key);
    let credit = Command::CreditDeposit(deposit(FundId(1), PAYER));
    let entry = epoch::entry(state, (AccountId(0), OPERATOR, 1), credit);
    epoch::enter(state, &entry, &Rows);
    for id in 0..SIZE.assets {
        let grant = Command::GrantAllowance(GrantAllowance {
            asset: AssetId(id),
            fund: FundId(1),
            cap_units: Amount::new(SPENT).context("below the cap")?,
            expires_ms: END_MS - ledger::state::SETTLING_MS - 1,
        });
        let entry = epoch::entry(state, (PAYER, PAYER_KEY, u64::from(id) + 1), grant);
        epoch::enter(state, &entry, &Rows);
        let owner = state.assets[id as usize].registered.owner;
        let key = Key::new(owner, Scope::PUBLISH, u64::MAX);
        state.accounts.keys_mut().insert(owner_key(id), key);
    }
    Ok(())
}

fn post(state: &mut State) -> anyhow::Result<()> {
    for id in 0..SIZE.assets {
        let segment = Command::PostSegment(PostSegment {
            asset: AssetId(id),
            number: 0,
            rows_root: Hash([6; 32]),
            rows: Hash(sha256(&[ROWS])),
            totals: vec![UsageTotal {
                allowance: AllowanceId(id),
                purpose: 0,
                uses: USES,
                amount_units: Amount::new(SPENT).context("below the cap")?,
                input_tokens: None,
                output_tokens: None,
            }],
        });
        let owner = state.assets[id as usize].registered.owner;
        let entry = epoch::entry(state, (owner, owner_key(id), 1), segment);
        epoch::enter(state, &entry, &Rows);
    }
    Ok(())
}

/// The same bytes for every segment.
struct Rows;

impl Documents for Rows {
    fn document(&self, _: &Hash) -> Option<Vec<u8>> {
        Some(ROWS.to_vec())
    }
}

fn owner_key(asset: u32) -> SessionKey {
    SessionKey(sha256(&[b"owner", &asset.to_be_bytes()]))
}
