//! Another's chain as the ground: what is final counts once, and what is taken back never does.

use std::path::Path;
use std::sync::Arc;

use alloy_primitives::U256;
use alloy_sol_types::{SolCall as _, sol};
use chain::backend::{Backend as _, Ground};
use chain::deployment::{Deployment, LOG_ID};
use chain::devnet::CHAIN_ID;
use chain::endpoint::Finality;
use chain::error::ErrorKind;
use chain::escrow::{Debit, Opening};
use chain::remote::{Roles, Rules, Time};
use chain::sender::FeeRule;
use chain::settlement::Post;
use chain::{Chain, Error, Remote, Wallet, suite};
use serde_json::json;

use crate::fake::{Fake, Still, away, says};
use crate::world::{CLOSES_S, START_S, wallet};

pub const DEPTH: u64 = 3;

sol! {
    function mint(address to, uint256 value);
    function approve(address spender, uint256 value) returns (bool);
    function dispute(uint64 epoch, uint64 id);
}

pub fn rules() -> Rules {
    Rules {
        chain_id: CHAIN_ID,
        finality: Finality::Depth(DEPTH),
        from_block: 1,
        fee: FeeRule::default(),
        log_id: LOG_ID,
        poll_ms: 0,
        patience_ms: 3,
    }
}

pub fn open_as(
    fake: &Arc<Fake>,
    directory: &Path,
    (rules, deployment): (Rules, &Deployment),
    time: Arc<dyn Time>,
) -> Result<Chain<Ground>, Error> {
    let roles = Roles {
        post: Arc::new(wallet(2)),
        debit: Arc::new(wallet(5)),
        relay: Arc::new(wallet(7)),
    };
    let named = (rules, roles);
    let remote = Remote::open(directory, fake.endpoint(), named, time, deployment)?;
    Ok(Chain::remote(remote, deployment.clone()))
}

pub fn open(fake: &Arc<Fake>, directory: &Path, deployment: &Deployment) -> Chain<Ground> {
    let time = Arc::new(Still::default());
    open_as(fake, directory, (rules(), deployment), time).unwrap()
}

pub fn turn(chain: &mut Chain<Ground>) -> Result<bool, Error> {
    chain.devnet.remote().unwrap().turn()
}

/// Sends by the chain's own face, as a funder's wallet would.
pub fn deposit(fake: &Arc<Fake>, deployment: &Deployment, amount: u128) {
    let funder: Wallet = wallet(6);
    let directory = tempfile::tempdir().unwrap();
    let roles = Roles {
        post: Arc::new(funder.clone()),
        debit: Arc::new(funder.clone()),
        relay: Arc::new(funder.clone()),
    };
    let time = Arc::new(Still::default());
    let own = (rules(), roles);
    let remote = Remote::open(directory.path(), fake.endpoint(), own, time, deployment);
    let mut chain = Chain::remote(remote.unwrap(), deployment.clone());
    let token = deployment.token();
    chain
        .mint(&funder, token, funder.address(), amount)
        .unwrap();
    chain.approve(&funder, token, amount).unwrap();
    let opening = Opening {
        funder: funder.address(),
        account: [0; 32],
        amount,
        max_per_epoch: amount,
        closes_at_s: CLOSES_S,
    };
    chain.open_deposit(&funder, token, &opening).unwrap();
}

/// The funder disputes what epoch 1 has debited from deposit 1.
fn dispute(fake: &Arc<Fake>, deployment: &Deployment) {
    let funder = wallet(6);
    let bond = 100;
    let approval = approveCall {
        spender: deployment.escrow.into(),
        value: U256::from(bond),
    };
    let mint = mintCall {
        to: funder.address().into(),
        value: U256::from(bond),
    };
    let objection = disputeCall { epoch: 1, id: 1 };
    fake.on(|devnet| {
        for (to, calldata) in [
            (deployment.token(), mint.abi_encode()),
            (deployment.token(), approval.abi_encode()),
            (deployment.escrow, objection.abi_encode()),
        ] {
            let nonce = devnet.nonce(funder.address());
            let sent = devnet
                .send(&funder.sign(nonce, Some(to), calldata))
                .unwrap();
            assert!(sent.success, "{:?}", sent.revert);
        }
    });
}

fn credited(chain: &mut Chain<Ground>) -> Vec<(u64, u128)> {
    turn(chain).unwrap();
    let deposits = chain.deposits_after(0).unwrap();
    deposits
        .iter()
        .map(|it| (it.id, it.opening.amount))
        .collect()
}

#[test]
fn a_deposit_counts_when_it_is_final_and_once_over_restarts() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    deposit(&fake, &deployment, 500);
    assert!(credited(&mut chain).is_empty());
    fake.mine(DEPTH - 1);
    assert!(credited(&mut chain).is_empty());
    fake.mine(1);
    assert_eq!(credited(&mut chain), [(1, 500)]);
    drop(chain);
    let mut again = open(&fake, directory.path(), &deployment);
    assert_eq!(credited(&mut again), [(1, 500)]);
}

#[test]
fn a_reorg_below_finality_takes_nothing_that_was_there() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    fake.mine(DEPTH);
    deposit(&fake, &deployment, 500);
    assert!(credited(&mut chain).is_empty());
    fake.reorg(2);
    fake.mine(DEPTH);
    assert!(credited(&mut chain).is_empty());
    deposit(&fake, &deployment, 70);
    fake.mine(DEPTH);
    assert_eq!(credited(&mut chain), [(1, 70)]);
}

#[test]
fn a_reorg_of_what_was_final_freezes_the_chain_for_good() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    deposit(&fake, &deployment, 500);
    fake.mine(DEPTH);
    assert_eq!(credited(&mut chain), [(1, 500)]);
    fake.reorg(DEPTH + 1);
    fake.mine(DEPTH);
    let error = turn(&mut chain).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.to_string().contains("the chain is frozen"), "{error}");
    chain.deposits_after(0).unwrap_err();
    let before = fake.height();
    chain.finalize(&wallet(7), 1).unwrap_err();
    drop(chain);
    let mut again = open(&fake, directory.path(), &deployment);
    turn(&mut again).unwrap_err();
    assert_eq!(fake.height(), before, "nothing was sent");
}

#[test]
fn a_server_that_is_away_behind_or_leaves_out_costs_time_only() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    deposit(&fake, &deployment, 1);
    deposit(&fake, &deployment, 2);
    fake.mine(DEPTH);
    fake.before(|_| Some(Err(away())));
    let error = turn(&mut chain).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("hint: nothing has changed"),
        "{error}"
    );
    fake.well();
    fake.after(|method, mut answer| {
        if method == "eth_getLogs" {
            answer["result"].as_array_mut().unwrap().remove(0);
        }
        Some(answer)
    });
    let error = turn(&mut chain).unwrap_err().to_string();
    assert!(error.contains("leaves out deposits"), "{error}");
    fake.well();
    assert_eq!(credited(&mut chain), [(1, 1), (2, 2)]);
    let cursor = fake.height() - DEPTH;
    fake.before(move |request| {
        let wanted = json!(format!("{cursor:#x}"));
        (request["params"][0] == wanted).then(|| says(request, &json!(null)))?
    });
    assert_eq!(turn(&mut chain).unwrap_err().kind, ErrorKind::Unavailable);
    fake.well();
    turn(&mut chain).unwrap();
}

fn post(log_size: u64) -> Post {
    Post {
        id: 1,
        parent: 0,
        root: [5; 32],
        totals: Vec::new(),
        checkpoint_root: [6; 32],
        log_size,
        log_time_ms: START_S * 1_000,
        data_hash: [7; 32],
    }
}

#[test]
fn one_statement_is_signed_for_an_epoch_whatever_crashes() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    fake.before(|request| (request["method"] == "eth_sendRawTransaction").then(|| Err(away())));
    let error = chain.post(&wallet(2), &post(10)).unwrap_err();
    assert!(error.waiting, "{error}");
    drop(chain);
    fake.well();
    let mut again = open(&fake, directory.path(), &deployment);
    assert!(
        again
            .devnet
            .earlier(wallet(2).address(), "post 1")
            .is_some()
    );
    let receipt = again.post(&wallet(2), &post(11)).unwrap();
    assert!(receipt.success);
    fake.mine(DEPTH);
    turn(&mut again).unwrap();
    assert_eq!(again.posted(1).unwrap().unwrap().post.log_size, 10);
    let nonce = fake.on(|devnet| devnet.nonce(wallet(2).address()));
    assert_eq!(nonce, 1, "one transaction of the poster");
}

#[test]
fn a_part_of_an_epoch_is_debited_once_though_a_server_is_behind() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    deposit(&fake, &deployment, 500);
    deposit(&fake, &deployment, 500);
    chain.post(&wallet(2), &post(10)).unwrap();
    let debit = |id| Debit { id, amount: 100 };
    let both = [debit(1), debit(2)];
    chain.debit_part(&wallet(5), (1, 0), &both).unwrap();
    // As if the answer about the second deposit came from before its block.
    chain.debit_part(&wallet(5), (1, 0), &both[1..]).unwrap();
    assert_eq!(chain.debits_of(1, &[1, 2]).unwrap(), both);
    assert!(!chain.is_disputed(1, 1).unwrap());
    dispute(&fake, &deployment);
    assert!(chain.is_disputed(1, 1).unwrap());
    assert!(!chain.is_disputed(1, 2).unwrap());
    let taken = chain.debits_of(1, &[1]).unwrap();
    assert!(taken.iter().all(|it| it.amount == 0), "{taken:?}");
}

#[test]
fn other_chains_and_other_contracts_are_refused() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        suite::found(&fake.endpoint(), deployment.settlement).unwrap(),
        deployment
    );
    for place in [deployment.escrow, deployment.token(), [3; 20]] {
        let error = suite::found(&fake.endpoint(), place)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("where the Settlement contract should"),
            "{error}"
        );
    }
    assert_eq!(
        suite::decimals(&fake.endpoint(), deployment.token()).unwrap(),
        6
    );
    let error = suite::decimals(&fake.endpoint(), deployment.escrow).unwrap_err();
    assert!(error.to_string().contains("no ERC-20 token"), "{error}");
    let others = Rules {
        chain_id: 1,
        ..rules()
    };
    let time = Arc::new(Still::default());
    let refused = open_as(&fake, directory.path(), (others, &deployment), time);
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("server of chain"), "{error}");
}
