//! A small economy for tests: a chain with contracts, the keys of every role, short cuts.

use std::path::Path;

use chain::deployment::{Deployment, Terms};
use chain::devnet::Receipt;
use chain::escrow::{Debit, Opening};
use chain::settlement::{Claim, Post, Total};
use chain::{Chain, Devnet, Error, Wallet};
use proof::claim::{Leaf, Line, LineKind, Tree};

/// When every test's chain starts, in unix seconds.
pub const START_S: u64 = 1_800_000_000;
/// How long epochs wait.
pub const WINDOW_S: u64 = 3_600;
/// How long the arbiter may think.
pub const RULING_S: u64 = 7_200;
/// When deposits close unless a test says otherwise.
pub const CLOSES_S: u64 = START_S + 100_000;
/// More than any test spends.
pub const PLENTY: u128 = 1 << 60;

pub struct World {
    pub chain: Chain,
    pub deployer: Wallet,
    pub poster: Wallet,
    pub guardian: Wallet,
    pub arbiter: Wallet,
    pub debitor: Wallet,
    pub funder: Wallet,
    pub anyone: Wallet,
    pub directory: tempfile::TempDir,
}

pub fn wallet(seed: u8) -> Wallet {
    Wallet::new(&[seed; 32]).expect("a scalar below the order")
}

pub fn terms() -> Terms {
    Terms {
        poster: wallet(2).address(),
        guardian: wallet(3).address(),
        arbiter: wallet(4).address(),
        debitor: wallet(5).address(),
        window_s: WINDOW_S,
        ruling_s: RULING_S,
    }
}

impl World {
    /// A chain with the test token, of which the funder has plenty and has approved all.
    pub fn new() -> World {
        World::on(&[])
    }

    /// A chain that lists the test contracts of these names as tokens, or the test token if none is
    /// named.
    pub fn on(contracts: &[&str]) -> World {
        let directory = tempfile::tempdir().expect("a place for the chain");
        let mut devnet = Devnet::open(directory.path()).expect("a new chain");
        devnet.set_time(START_S).expect("time goes forward");
        let deployer = wallet(1);
        let names = if contracts.is_empty() {
            &["../TestToken"][..]
        } else {
            contracts
        };
        let tokens: Vec<[u8; 20]> = names
            .iter()
            .map(|name| create(&mut devnet, &deployer, name))
            .collect();
        let chain = Chain::deploy(devnet, &deployer, &terms(), &tokens).expect("deployed");
        let mut world = World {
            chain,
            deployer,
            poster: wallet(2),
            guardian: wallet(3),
            arbiter: wallet(4),
            debitor: wallet(5),
            funder: wallet(6),
            anyone: wallet(7),
            directory,
        };
        for token in tokens {
            let (to, anyone) = (world.funder.address(), world.anyone.clone());
            world
                .chain
                .mint(&anyone, token, to, PLENTY)
                .expect("minted");
            let funder = world.funder.clone();
            world
                .chain
                .approve(&funder, token, PLENTY)
                .expect("approved");
        }
        world
    }

    pub fn token(&self) -> [u8; 20] {
        self.chain.deployment.token()
    }

    pub fn opening(&self, amount: u128) -> Opening {
        Opening {
            funder: self.funder.address(),
            account: [9; 32],
            amount,
            max_per_epoch: amount,
            closes_at_s: CLOSES_S,
        }
    }

    pub fn deposit(&mut self, amount: u128) -> u64 {
        let (opening, token) = (self.opening(amount), self.token());
        self.chain
            .open_deposit(&self.funder, token, &opening)
            .expect("opened")
    }

    /// The next epoch as an honest poster would make it, with this root and total in the first
    /// token.
    pub fn next_post(&self, root: [u8; 32], total: u128) -> Post {
        Post {
            id: self.chain.last_id().expect("an answer") + 1,
            parent: self.chain.head().expect("an answer"),
            root,
            totals: vec![Total {
                token: self.token(),
                amount: total,
            }],
            checkpoint_root: [1; 32],
            log_size: 1,
            log_time_ms: self.chain.devnet.time_s() * 1000,
            data_hash: [2; 32],
        }
    }

    pub fn post(&mut self, root: [u8; 32], total: u128) -> u64 {
        let post = self.next_post(root, total);
        self.chain.post(&self.poster, &post).expect("posted");
        post.id
    }

    pub fn debit(&mut self, epoch: u64, id: u64, amount: u128) -> Result<(), Error> {
        self.chain
            .debit(&self.debitor, epoch, &[Debit { id, amount }])
            .map(drop)
    }

    pub fn finalize(&mut self, id: u64) -> Result<(), Error> {
        self.chain.finalize(&self.anyone, id).map(drop)
    }

    pub fn release(&mut self, epoch: u64) -> Result<(), Error> {
        let tokens = self.chain.deployment.tokens.clone();
        self.chain.release(&self.anyone, epoch, &tokens).map(drop)
    }

    /// Lets the newest window pass and makes the epoch final.
    pub fn settle(&mut self, id: u64) {
        self.chain.devnet.advance(WINDOW_S);
        self.finalize(id).expect("final");
    }

    /// Brings this much into the pot, by a deposit and an epoch of its own.
    pub fn fill_pot(&mut self, amount: u128) {
        let id = self.deposit(amount);
        let total = self.chain.final_total(self.token()).expect("an answer");
        let epoch = self.post([0; 32], total);
        self.debit(epoch, id, amount).expect("debited");
        self.settle(epoch);
        self.release(epoch).expect("released");
    }

    /// The claims, and the root, of accounts with cumulative amounts in the first token.
    pub fn claims(&self, amounts: &[([u8; 20], u128)]) -> ([u8; 32], Vec<Claim>) {
        let token = self.token();
        let line = |cumulative| Line {
            kind: LineKind::Pay,
            token,
            cumulative,
        };
        let leaves = amounts.iter().map(|&(account, amount)| Leaf {
            account,
            lines: vec![line(amount)],
        });
        self.claims_of(leaves.collect())
    }

    pub fn claims_of(&self, leaves: Vec<Leaf>) -> ([u8; 32], Vec<Claim>) {
        let domain = self.chain.deployment.domain();
        let hash = |leaf: &Leaf| leaf.hash(&domain).expect("a good leaf");
        let tree = Tree::new(leaves.iter().map(hash).collect());
        let claims = leaves.into_iter().enumerate().map(|(position, leaf)| {
            let proof = tree.proof(position).expect("a leaf of the tree");
            Claim { leaf, proof }
        });
        (tree.root(), claims.collect())
    }

    pub fn balance(&self, account: [u8; 20]) -> u128 {
        self.chain
            .balance(self.token(), account)
            .expect("an answer")
    }
}

/// The name of the custom error by which a contract refused.
#[track_caller]
pub fn refusal<T>(outcome: Result<T, Error>) -> String {
    let error = outcome.err().expect("this must be refused");
    error.revert.expect("a contract refused")
}

/// Puts a test contract on the chain.
pub fn create(devnet: &mut Devnet, wallet: &Wallet, name: &str) -> [u8; 20] {
    let artefacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts/test");
    let text = std::fs::read(artefacts.join(format!("{name}.json"))).expect("an artefact");
    let artefact: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let bytecode = artefact["bytecode"]
        .as_str()
        .expect("bytecode")
        .trim_start_matches("0x");
    let raw = wallet.sign(
        devnet.nonce(wallet.address()),
        None,
        hex::decode(bytecode).expect("hex"),
    );
    devnet
        .send(&raw)
        .expect("sent")
        .created
        .expect("a contract")
}

/// Sends raw calldata to one of the contracts, for what the adapters do not offer.
pub fn send(
    world: &mut World,
    wallet: &Wallet,
    to: impl Fn(&Deployment) -> [u8; 20],
    calldata: Vec<u8>,
) -> Receipt {
    let devnet = &mut world.chain.devnet;
    let to = to(&world.chain.deployment);
    let raw = wallet.sign(devnet.nonce(wallet.address()), Some(to), calldata);
    devnet.send(&raw).expect("sent")
}
