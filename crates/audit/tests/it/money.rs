//! The second half of the script: assets, uses, epochs, refunds and claims.

use crate::script::{DEVELOPER, PAYER, WORKERS, terms};
use crate::twin;
use crate::world::{FAR_MS, Lie, TOKEN, World};
use audit::source::{Claimed, Debit, Posted};
use ledger::chain::FIRST;
use ledger::state::Epoch;
use proof::hash::sha256;
use proof::merkle;
use protocol::chain::NoteRefund;
use protocol::command::{GrantAllowance, PostSegment, UsageTotal};
use protocol::document::Parents;
use protocol::event::{PurseId, PurseOwner};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::Demand;
use protocol::{
    AccountId, AllowanceId, Amount, AssetId, ChainIndex, Command, EpochId, FundId, Hash, Ppm,
    TokenId, UsageRow, codec,
};

const USE_PRICE: u128 = 1_000;

pub fn assets(world: &mut World) {
    let parents = world.keep(
        codec::encode(&Parents {
            assets: vec![AssetId(0)],
        }),
        twin::attachment,
    );
    world.push(
        DEVELOPER,
        Command::RegisterAsset(RegisterAsset {
            kind: AssetKind::Model,
            title: "Sentiment model".to_owned(),
            content: Hash([8; 32]),
            terms: terms(USE_PRICE, Demand::Flow(Ppm::ZERO)),
            parents: ParentList::Attached(parents),
            listing: None,
        }),
    );
    world.push(
        PAYER,
        Command::GrantAllowance(GrantAllowance {
            asset: AssetId(1),
            fund: FundId(2),
            cap_units: Amount::new(100_000).unwrap(),
            expires_ms: FAR_MS - ledger::state::SETTLING_MS - 1,
        }),
    );
}

fn rows(world: &World, number: u8, allowance: u32) -> Vec<UsageRow> {
    let row = |position: u8| UsageRow {
        receipt: sha256(&[b"receipt", &[number, position]]),
        allowance,
        purpose: u16::from(position.is_multiple_of(3)),
        time_ms: world.time_ms - 1_000,
        amount_units: USE_PRICE,
        input: [position; 32],
        output: [number; 32],
        tokens: None,
    };
    let mut rows: Vec<UsageRow> = (0..8).map(row).collect();
    rows.sort_unstable();
    rows
}

/// Eight uses of the model under the payer's allowance.
pub fn segment(world: &mut World, number: u8) {
    let rows = rows(world, number, 0);
    post_segment(world, (AssetId(1), AllowanceId(0)), number, rows);
}

/// The first eight uses of another asset.
pub fn uses(world: &mut World, (asset, allowance): (AssetId, AllowanceId)) {
    let rows = rows(world, 200, allowance.0);
    post_segment(world, (asset, allowance), 0, rows);
}

fn post_segment(
    world: &mut World,
    (asset, allowance): (AssetId, AllowanceId),
    number: u8,
    mut rows: Vec<UsageRow>,
) {
    let total = |purpose: u16, uses: u32| UsageTotal {
        allowance,
        purpose,
        uses,
        amount_units: Amount::new(USE_PRICE * u128::from(uses)).unwrap(),
        input_tokens: None,
        output_tokens: None,
    };
    let last = rows.len() - 1;
    match world.lie {
        Lie::DuplicateReceipt if number == 1 => {
            rows[0].receipt = sha256(&[b"receipt", &[0, 2]]);
            rows.sort_unstable();
        }
        Lie::UnsortedRows => rows.swap(2, 3),
        Lie::WrongPrice => (rows[4].amount_units, rows[5].amount_units) = (999, 1_001),
        Lie::LateRow => rows[last].time_ms = world.time_ms + 1_001,
        _ => {}
    }
    let root = |rows: &[UsageRow]| {
        let leaves: Vec<_> = rows
            .iter()
            .map(|row| merkle::leaf_hash(&row.bytes()))
            .collect();
        Hash(merkle::root(&leaves))
    };
    let mut rows_root = root(&rows);
    if matches!(world.lie, Lie::DroppedRow | Lie::DroppedRowAndLeaf) {
        rows.remove(5);
    }
    if world.lie == Lie::DroppedRowAndLeaf {
        rows_root = root(&rows);
    }
    let file: Vec<u8> = rows.iter().flat_map(UsageRow::bytes).collect();
    let file = world.keep(file, twin::attachment);
    world.push(
        DEVELOPER,
        Command::PostSegment(PostSegment {
            asset,
            number: u32::from(number),
            rows_root,
            rows: file,
            totals: vec![total(0, 5), total(1, 3)],
        }),
    );
}

/// Closes an epoch in the log, posts it on chain with its debits, and finalises it.
pub fn close_epoch(world: &mut World, id: u64) {
    if world.over {
        return;
    }
    let statement = ledger::claims::statement(&world.state).unwrap();
    let file = statement.file(EpochId(id));
    let mut close = statement.closing(EpochId(id));
    if world.lie == Lie::WrongRoot && id == 2 {
        close.root.0[0] ^= 1;
    }
    world.push(0, Command::CloseEpoch(close));
    world
        .directory
        .files
        .insert(format!("claims/{id}.json"), file.clone());
    let Some(epoch) = world.state.epoch(EpochId(id)).cloned() else {
        return;
    };
    let (posted, debits) = posted_on(world, FIRST, id, &epoch);
    let facts = &mut world.directory.facts;
    facts.posted.push(posted);
    facts.debits.extend(debits);
}

/// What a chain will say of an epoch once its window is over.
pub fn posted_on(world: &World, chain: ChainIndex, id: u64, epoch: &Epoch) -> (Posted, Vec<Debit>) {
    let before = &world.entries[..epoch.log_size as usize];
    let hashes: Vec<_> = before.iter().map(|it| merkle::leaf_hash(it)).collect();
    let file = &world.directory.files[&format!("claims/{id}.json")];
    let site = world.state.site(chain).unwrap();
    let own = epoch.totals.iter().filter(|it| site.holds(it.token));
    let posted = Posted {
        id,
        parent: id - 1,
        root: epoch.root.0,
        totals: own.map(|it| (TOKEN.0, it.amount_units.units())).collect(),
        checkpoint_root: merkle::root(&hashes),
        log_size: epoch.log_size,
        log_time_ms: epoch.time_ms,
        data_hash: sha256(&[file]),
        vetoed: false,
        final_: true,
    };
    let released = id == 1 && world.lie != Lie::EarlyRelease || chain != FIRST;
    let debits = epoch.debits.iter().filter_map(|&(fund, amount)| {
        let (of, number) = world.state.number_of(fund);
        (of == chain).then(|| Debit {
            epoch: id,
            fund: number,
            amount: amount.units(),
            by_proof: false,
            released,
        })
    });
    (posted, debits.collect())
}

pub fn refund(world: &mut World) {
    let amount_units = Amount::new(70).unwrap();
    world.push(
        0,
        Command::NoteRefund(NoteRefund {
            fund: FundId(5),
            amount_units,
        }),
    );
    world.directory.facts.deposits[4].refunded = 70;
    match world.lie {
        Lie::BadSignature => world.falsify(|entry| entry.signed.signature.0[3] ^= 1),
        Lie::WrongNumber => world.falsify(|entry| entry.seq += 1),
        Lie::TimeBackwards => world.falsify(|entry| entry.time_ms -= 2_000),
        Lie::LongEncoding => {
            world.entries.last_mut().unwrap().push(0);
            world.over = true;
        }
        _ => {}
    }
}

/// Every wallet with a final line claims all of it but one unit.
pub fn claim(world: &mut World) {
    let book = &world.state.book;
    let earned = |account| book.find(PurseOwner::Earned(AccountId(account)), TokenId(0));
    let payable = |purse: PurseId| book.purse(purse).payable.units();
    let mut paid = 0;
    for account in [DEVELOPER, WORKERS[0], WORKERS[1]] {
        let amount = earned(account).map_or(0, payable).saturating_sub(1);
        let wallet = world.bindings[account as usize].as_ref().unwrap().wallet;
        paid += amount;
        let claimed = Claimed {
            account: wallet.0,
            token: TOKEN.0,
            amount,
        };
        world.directory.facts.claimed.push(claimed);
    }
    world.directory.facts.paid = vec![(TOKEN.0, paid)];
}
