//! How fast the chain goes: `cargo run --release -p chain --example pace`.

use std::time::Instant;

use chain::deployment::Terms;
use chain::escrow::{Debit, Opening};
use chain::settlement::{Claim, Post, Total};
use chain::{Chain, Error, Wallet};
use proof::claim::{Leaf, Line, LineKind, Tree};

const START_S: u64 = 1_800_000_000;
const COUNT: u64 = 1_000;

fn main() -> Result<(), Error> {
    trees();
    money()
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.3} ms", start.elapsed().as_secs_f64() * 1_000.0);
    result
}

fn address(number: u64) -> [u8; 20] {
    let mut address = [0x11; 20];
    address[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    address
}

fn leaf(number: u64, token: [u8; 20]) -> Leaf {
    let line = Line {
        kind: LineKind::Pay,
        token,
        cumulative: 5,
    };
    Leaf {
        account: address(number),
        lines: vec![line],
    }
}

fn trees() {
    let domain = proof::claim::Domain {
        chain_id: 1,
        contract: [1; 20],
    };
    let hashes: Vec<[u8; 32]> = timed("hash 1 M leaves of one line", || {
        let hash = |number| leaf(number, [2; 20]).hash(&domain).expect("a good leaf");
        (0..1_000_000).map(hash).collect()
    });
    let tree = timed("tree over 1 M leaf hashes", || Tree::new(hashes));
    timed("one proof of 1 M leaves", || tree.proof(123_456));
}

fn money() -> Result<(), Error> {
    let directory = tempfile::tempdir().expect("a place for the chain");
    let wallet = Wallet::new(&[1; 32])?;
    let role = wallet.address();
    let terms = Terms {
        poster: role,
        guardian: role,
        arbiter: role,
        debitor: role,
        window_s: 60,
        ruling_s: 60,
    };
    let open = || Chain::open(directory.path(), &wallet, &terms, START_S);
    let mut chain = timed("open a new chain with its contracts", open)?;
    let start = Instant::now();
    let token = chain.deployment.token();
    deposits(&mut chain, &wallet)?;
    let mut post = post([0; 32], 0, token);
    chain.post(&wallet, &post)?;
    let debits: Vec<Debit> = (1..=COUNT).map(|id| Debit { id, amount: 5 }).collect();
    timed("1,000 debits", || chain.debit(&wallet, 1, &debits))?;
    chain.devnet.advance(60);
    chain.finalize(&wallet, 1)?;
    chain.release(&wallet, 1, &[token])?;
    let claims = claims(&chain, token);
    post = Post {
        id: 2,
        parent: 1,
        totals: vec![Total {
            token,
            amount: 5_000,
        }],
        ..post
    };
    post.root = claims.0;
    chain.post(&wallet, &post)?;
    chain.devnet.advance(60);
    chain.finalize(&wallet, 2)?;
    timed("1,000 claims", || chain.claim_many(&wallet, 2, &claims.1))?;
    println!(
        "all of it: {:.3} ms",
        start.elapsed().as_secs_f64() * 1_000.0
    );
    timed("read 1,000 deposits", || chain.deposits())?;
    drop(chain);
    timed("open it again", open).map(drop)
}

fn deposits(chain: &mut Chain, wallet: &Wallet) -> Result<(), Error> {
    let token = chain.deployment.token();
    let opening = |number| Opening {
        funder: address(number),
        account: [3; 32],
        amount: 10,
        max_per_epoch: 10,
        closes_at_s: START_S + 1_000,
    };
    let openings: Vec<Opening> = (0..COUNT).map(opening).collect();
    timed("mint, approve and 1,000 deposits", || {
        chain.mint(wallet, token, wallet.address(), 10_000)?;
        chain.approve(wallet, token, 10_000)?;
        chain.open_deposits(wallet, token, &openings)
    })?;
    Ok(())
}

fn post(root: [u8; 32], total: u128, token: [u8; 20]) -> Post {
    Post {
        id: 1,
        parent: 0,
        root,
        totals: vec![Total {
            token,
            amount: total,
        }],
        checkpoint_root: [4; 32],
        log_size: 1,
        log_time_ms: START_S * 1_000,
        data_hash: [5; 32],
    }
}

fn claims(chain: &Chain, token: [u8; 20]) -> ([u8; 32], Vec<Claim>) {
    let domain = chain.deployment.domain();
    let leaves: Vec<Leaf> = (0..COUNT).map(|number| leaf(number, token)).collect();
    let hashes = leaves
        .iter()
        .map(|leaf| leaf.hash(&domain).expect("a good leaf"))
        .collect();
    let tree = Tree::new(hashes);
    let claim = |(position, leaf)| Claim {
        leaf,
        proof: tree.proof(position).expect("a leaf of the tree"),
    };
    (
        tree.root(),
        leaves.into_iter().enumerate().map(claim).collect(),
    )
}
