//! Stakes and votes on another's chain: what is final counts, and what is left out is noticed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use alloy_primitives::{Address, U256, aliases::U96};
use alloy_sol_types::{SolCall as _, sol};
use chain::backend::{Dated as _, Ground};
use chain::beside::{Beside, Call};
use chain::deployment::Deployment;
use chain::error::ErrorKind;
use chain::settlement::{Claim, Post};
use chain::stake::{StakeTerms, Sums};
use chain::{Chain, Error};
use proof::claim::{Domain, Leaf, Line, LineKind, Tree};
use serde_json::json;

use crate::elsewhere::{DEPTH, open, turn};
use crate::fake::{Fake, says};
use crate::onlooker::unhurried;
use crate::world::{RULING_S, START_S, WINDOW_S, wallet};

const EXIT_S: u64 = WINDOW_S + RULING_S;
const STAKER: u8 = 6;

sol! {
    function mint(address to, uint256 value);
    function approve(address spender, uint256 value) returns (bool);
    function stake(uint96 amount);
    function requestExit(uint96 amount);
}

struct Afar {
    fake: Arc<Fake>,
    deployment: Deployment,
    directory: tempfile::TempDir,
    chain: Chain<Ground>,
    stake: [u8; 20],
}

impl Afar {
    /// A node has put its Stake contract, which is final.
    fn new() -> Self {
        let (fake, deployment) = Fake::new();
        fake.with_factory();
        let directory = tempfile::tempdir().unwrap();
        let mut chain = open(&fake, directory.path(), &deployment);
        turn(&mut chain).unwrap();
        let stake = chain.put_stake(&wallet(40), EXIT_S).unwrap();
        assert_eq!(chain.stake_terms(stake).unwrap(), None, "not final yet");
        let mut afar = Self {
            fake,
            deployment,
            directory,
            chain,
            stake,
        };
        afar.settle();
        afar
    }

    /// All that has happened is final, and read.
    fn settle(&mut self) {
        self.fake.mine(DEPTH);
        turn(&mut self.chain).unwrap();
    }

    /// The staker calls contracts by its own wallet.
    fn sends(&self, calls: &[([u8; 20], Vec<u8>)]) {
        let staker = wallet(STAKER);
        self.fake.on(|devnet| {
            for (to, calldata) in calls {
                let nonce = devnet.nonce(staker.address());
                let sent = devnet.send(&staker.sign(nonce, Some(*to), calldata.clone()));
                let sent = sent.unwrap();
                assert!(sent.success, "{:?}", sent.revert);
            }
            devnet.sync().unwrap();
        });
    }

    fn stakes(&self, units: u128) {
        let (token, here) = (self.deployment.token(), self.fake.factory.here(self.stake));
        let value = U256::from(units);
        let to: Address = wallet(STAKER).address().into();
        let (spender, amount) = (here.into(), U96::from(units));
        self.sends(&[
            (token, mintCall { to, value }.abi_encode()),
            (token, approveCall { spender, value }.abi_encode()),
            (here, stakeCall { amount }.abi_encode()),
        ]);
    }

    fn asks_for(&self, units: u128) {
        let amount = U96::from(units);
        let here = self.fake.factory.here(self.stake);
        self.sends(&[(here, requestExitCall { amount }.abi_encode())]);
    }

    /// What the staker's events add up to, and whether the contract bears it out.
    fn sums(&self) -> (Sums, bool) {
        let account = wallet(STAKER).address();
        let mut beside = Beside::new(Some(self.stake), &BTreeSet::new());
        beside.follow(&self.chain).unwrap();
        let sums = beside.stake(account);
        let borne = self.chain.bears_out(self.stake, account, sums);
        (sums, borne.unwrap())
    }

    fn attends(&mut self) -> Result<bool, Error> {
        self.chain.devnet.attend(&[self.stake])
    }

    fn again(&mut self, directory: &Path) {
        self.chain = open(&self.fake, directory, &self.deployment);
    }
}

fn sums(active: u128, queued: u128) -> Sums {
    Sums {
        staked: active + queued,
        active,
        queued,
        slashed: 0,
    }
}

#[test]
fn a_stake_counts_when_it_is_final_and_over_restarts() {
    let mut afar = Afar::new();
    let (token, exit_s) = (afar.deployment.token(), EXIT_S);
    let terms = afar.chain.stake_terms(afar.stake).unwrap();
    assert_eq!(terms, Some(StakeTerms { token, exit_s }));
    assert!(afar.attends().unwrap(), "what it has made is whole");
    afar.stakes(60);
    turn(&mut afar.chain).unwrap();
    assert_eq!(afar.sums(), (sums(0, 0), true), "not final yet");
    afar.settle();
    assert_eq!(afar.sums(), (sums(60, 0), true));
    // What the chain takes back below finality was never there.
    afar.asks_for(25);
    turn(&mut afar.chain).unwrap();
    afar.fake.reorg(1);
    afar.settle();
    assert_eq!(afar.sums(), (sums(60, 0), true));
    afar.asks_for(20);
    afar.settle();
    assert_eq!(afar.sums(), (sums(40, 20), true));
    let directory = afar.directory.path().to_owned();
    afar.again(&directory);
    turn(&mut afar.chain).unwrap();
    assert!(afar.attends().unwrap());
    assert_eq!(afar.sums(), (sums(40, 20), true));
    let before = afar.fake.height();
    let found = afar.chain.put_stake(&wallet(40), EXIT_S).unwrap();
    assert_eq!((found, afar.fake.height()), (afar.stake, before), "once");
}

#[test]
fn the_past_of_a_contract_is_read_before_it_counts() {
    let mut afar = Afar::new();
    afar.stakes(60);
    afar.settle();
    let other = tempfile::tempdir().unwrap();
    afar.again(other.path());
    turn(&mut afar.chain).unwrap();
    assert!(!afar.attends().unwrap(), "nothing upon half of it");
    // A server that has lost the past keeps nothing else from being read.
    let refusal = json!({"jsonrpc": "2.0", "id": 0, "error": {"code": -32_000, "message": "gone"}});
    afar.fake.before(move |request| {
        let old = request["params"][0]["fromBlock"] == "0x1";
        (request["method"] == "eth_getLogs" && old).then(|| Ok(refusal.clone()))
    });
    turn(&mut afar.chain).unwrap();
    let error = afar.attends().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.to_string().contains("gone"), "{error}");
    afar.fake.well();
    turn(&mut afar.chain).unwrap();
    assert!(afar.attends().unwrap());
    assert_eq!(afar.sums(), (sums(60, 0), true));
    // Once for all: a crash shows no event twice.
    afar.again(other.path());
    afar.settle();
    assert!(afar.attends().unwrap());
    assert_eq!(afar.sums(), (sums(60, 0), true));
}

#[test]
fn an_exit_that_is_left_out_is_noticed_and_read_again() {
    let mut afar = Afar::new();
    afar.stakes(60);
    afar.settle();
    afar.asks_for(20);
    afar.fake.after(|method, mut answer| {
        if method == "eth_getLogs" {
            answer["result"] = json!([]);
        }
        Some(answer)
    });
    afar.settle();
    afar.fake.well();
    assert_eq!(afar.sums(), (sums(60, 0), false));
    let contract = afar.stake;
    afar.chain.devnet.forget(contract).unwrap();
    assert!(!afar.attends().unwrap());
    turn(&mut afar.chain).unwrap();
    assert!(afar.attends().unwrap());
    assert_eq!(afar.sums(), (sums(40, 20), true));
    let directory = afar.directory.path().to_owned();
    afar.again(&directory);
    assert_eq!(afar.sums(), (sums(40, 20), true), "on the disk too");
}

#[test]
fn a_chain_without_the_factory_is_told_so_and_nothing_is_sent() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    let before = fake.height();
    let error = chain.put_stake(&wallet(40), EXIT_S).unwrap_err();
    assert!(error.to_string().contains("the factory"), "{error}");
    let error = chain.put_stake(&wallet(40), EXIT_S - 1).unwrap_err();
    assert!(error.to_string().contains("at least 10800"), "{error}");
    assert_eq!(fake.height(), before);
}

/// The leaf as the node has it and as the devnet hashes it: a line names a contract that stands
/// elsewhere there.
fn leaf(afar: &Afar, votes: [u8; 20], here: bool) -> Leaf {
    let line = |kind, token, cumulative| Line {
        kind,
        token,
        cumulative,
    };
    let votes = match here {
        true => afar.fake.factory.here(votes),
        false => votes,
    };
    let lines = vec![
        line(LineKind::Slash, afar.deployment.token(), 45),
        line(LineKind::Vote, votes, 7),
    ];
    Leaf {
        account: wallet(STAKER).address(),
        lines,
    }
}

/// A final epoch whose only leaf is the staker's.
fn final_epoch(afar: &mut Afar, votes: [u8; 20]) -> Claim {
    let domain = Domain {
        chain_id: chain::devnet::CHAIN_ID,
        contract: afar.deployment.settlement,
    };
    let tree = Tree::new(vec![leaf(afar, votes, true).hash(&domain).unwrap()]);
    let post = Post {
        id: 1,
        parent: 0,
        root: tree.root(),
        totals: Vec::new(),
        checkpoint_root: [6; 32],
        log_size: 1,
        log_time_ms: START_S * 1_000,
        data_hash: [7; 32],
    };
    afar.chain.post(&wallet(2), &post).unwrap();
    afar.fake.on(|devnet| devnet.advance(WINDOW_S));
    afar.chain.finalize(&wallet(7), 1).unwrap();
    Claim {
        leaf: leaf(afar, votes, false),
        proof: tree.proof(0).unwrap(),
    }
}

#[test]
fn lines_are_carried_out_and_a_refusal_keeps_none_from_it() {
    let mut afar = Afar::new();
    afar.stakes(60);
    let put = |afar: &mut Afar, name| afar.chain.put_votes(&wallet(41), name);
    let error = put(&mut afar, "Pool 0").unwrap_err();
    assert!(error.waiting, "{error}");
    put(&mut afar, "Pool 1").unwrap_err();
    afar.settle();
    let votes = put(&mut afar, "Pool 0").unwrap();
    let other = put(&mut afar, "Pool 1").unwrap();
    assert!(afar.chain.counts_votes(votes).unwrap());
    assert!(!afar.chain.counts_votes(afar.stake).unwrap());
    let claim = final_epoch(&mut afar, votes);
    let call = |kind, contract| Call {
        contract,
        kind,
        claim: &claim,
    };
    let calls = [
        call(LineKind::Vote, other),
        call(LineKind::Slash, afar.stake),
        call(LineKind::Vote, votes),
    ];
    let ended = afar.chain.carry_out(&wallet(7), 1, &calls).unwrap();
    let refused = ended[0].as_ref().unwrap_err().to_string();
    assert!(refused.contains("NothingToMint"), "{refused}");
    let left = |place: usize, contract| {
        let receipt = ended[place].as_ref().unwrap();
        receipt.logs.iter().any(|log| log.address == contract)
    };
    assert!(left(1, afar.stake) && left(2, votes));
    afar.settle();
    let mut beside = Beside::new(Some(afar.stake), &BTreeSet::from([votes, other]));
    beside.follow(&afar.chain).unwrap();
    let account = wallet(STAKER).address();
    let slashed = Sums {
        staked: 60,
        active: 15,
        queued: 0,
        slashed: 45,
    };
    assert_eq!(beside.stake(account), slashed);
    let borne = afar.chain.bears_out(afar.stake, account, slashed);
    assert!(borne.unwrap());
    assert_eq!(beside.minted(votes, account), 7);
    assert_eq!(afar.chain.all_votes(votes).unwrap(), 7);
    assert_eq!(afar.chain.all_votes(other).unwrap(), 0);
}

#[test]
fn whoever_looks_on_reads_them_too_and_when_each_was() {
    let mut afar = Afar::new();
    afar.stakes(60);
    afar.fake.on(|devnet| devnet.advance(50));
    afar.asks_for(20);
    afar.settle();
    let place = (afar.deployment.settlement, 1);
    let stake = afar.stake;
    let read = |contracts: &[[u8; 20]]| {
        Chain::look(
            afar.fake.endpoint(),
            place,
            contracts,
            unhurried(),
            |chain| {
                let mut beside = Beside::new(Some(stake), &BTreeSet::new());
                let mut rows = Vec::new();
                chain.devnet.each_placed(&mut |log, height| {
                    rows.extend(beside.take(log).map(|it| (it.sums, height)));
                });
                let dated = rows.iter().map(|(sums, height)| {
                    let time_s = chain.devnet.block_time_s(*height)?;
                    Ok((*sums, time_s))
                });
                let dated: Vec<(Sums, u64)> = dated.collect::<Result<_, Error>>()?;
                let account = wallet(STAKER).address();
                let borne = chain.bears_out(stake, account, beside.stake(account))?;
                assert!(chain.stake_terms(stake)?.is_some());
                Ok::<_, Error>((dated, borne))
            },
        )
        .unwrap()
    };
    let (rows, borne) = read(&[stake]);
    assert_eq!([rows[0].0, rows[1].0], [sums(60, 0), sums(40, 20)]);
    assert_eq!(rows[1].1 - rows[0].1, 50);
    assert!(borne && rows.len() == 2);
    let (rows, borne) = read(&[]);
    assert!(rows.is_empty() && !borne, "what is not read is noticed");
    // Of a contract by somebody else nothing is said.
    afar.fake.before(|request| {
        let asked = request["method"] == "eth_getCode";
        asked.then(|| says(request, &json!("0x")))?
    });
    let terms = afar.chain.stake_terms(stake).unwrap();
    assert_eq!(terms, None);
}
