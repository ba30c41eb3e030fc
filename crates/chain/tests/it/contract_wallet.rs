//! Contracts that are wallets, deployed and not yet deployed, honest and not.

use chain::{Devnet, Wallet};
use proof::hash::keccak256;

use crate::world::wallet;

const DIGEST: [u8; 32] = [7; 32];

/// Code that is deployed by these bytes: they copy it and return it.
fn initcode(code: &[u8]) -> Vec<u8> {
    let length = u8::try_from(code.len()).expect("a small contract");
    let loader = [0x60, length, 0x80, 0x60, 0x0b, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    [&loader[..], code].concat()
}

/// A wallet of one owner: `ecrecover(hash, v, r, s) == owner`, times the magic value.
fn owned(owner: [u8; 20]) -> Vec<u8> {
    let recover = hex::decode(concat!(
        "600435600052",       // hash
        "60a43560001a602052", // v
        "606435604052",       // r
        "608435606052",       // s
        "60206000608060006001",
        "5afa50",
        "60005173",
    ));
    let answer = hex::decode("14631626ba7e60e01b0260005260206000f3").expect("hex");
    [&recover.expect("hex")[..], &owner, &answer].concat()
}

/// Deploys its calldata by CREATE2 with a salt of zero.
const FACTORY: &str = "36600060003760003660006000f560005260206000f3";

struct Town {
    devnet: Devnet,
    deployer: Wallet,
    _directory: tempfile::TempDir,
}

impl Town {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a place");
        Town {
            devnet: Devnet::open(directory.path()).expect("a new chain"),
            deployer: wallet(1),
            _directory: directory,
        }
    }

    fn deploy(&mut self, code: &[u8]) -> [u8; 20] {
        let nonce = self.devnet.nonce(self.deployer.address());
        let raw = self.deployer.sign(nonce, None, initcode(code));
        let receipt = self.devnet.send(&raw).expect("included");
        receipt.created.expect("deployed")
    }

    fn accepts(&self, wallet: [u8; 20], signature: &[u8]) -> bool {
        let answer = self.devnet.wallet_accepts(wallet, DIGEST, signature);
        answer.expect("an answer")
    }
}

#[test]
fn a_deployed_wallet_takes_its_owners_signature_alone() {
    let mut town = Town::new();
    let (owner, other) = (wallet(8), wallet(9));
    let account = town.deploy(&owned(owner.address()));
    let good = owner.sign_digest(&DIGEST);
    assert!(town.accepts(account, &good));
    assert!(!town.accepts(account, &other.sign_digest(&DIGEST)));
    assert!(!town.accepts(account, &owner.sign_digest(&[8; 32])));
    assert!(!town.accepts(account, &[]));
    assert!(!town.accepts(account, &[1; 32_769]));
    // Nobody is at an address without code, the owner's own neither.
    assert!(!town.accepts([3; 20], &good));
    assert!(!town.accepts(owner.address(), &good));
}

#[test]
fn what_reverts_burns_or_answers_otherwise_has_not_signed() {
    let mut town = Town::new();
    let cases = [
        ("reverts", "60006000fd"),
        ("burns all gas", "5b600056"),
        ("is no code", "fe"),
        ("answers nothing", "00"),
        ("four bytes only", "631626ba7e60e01b60005260046000f3"),
        ("at the wrong end", "631626ba7e60005260206000f3"),
        (
            "magic and more",
            "7f1626ba7e0000000000000000000000000000000000000000000000000000000160005260206000f3",
        ),
        ("destroys itself", "6000ff"),
    ];
    for (name, code) in cases {
        let account = town.deploy(&hex::decode(code).expect("hex"));
        let height = town.devnet.height();
        assert!(!town.accepts(account, &[1; 65]), "{name}");
        assert_eq!(town.devnet.height(), height);
    }
    // One that says yes to all is a wallet too, of everybody.
    let open = hex::decode("631626ba7e60e01b60005260206000f3").expect("hex");
    let account = town.deploy(&open);
    assert!(town.accepts(account, &[]));
}

fn wrapped(factory: [u8; 20], calldata: &[u8], signature: &[u8]) -> Vec<u8> {
    let word = |number: usize| {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&(number as u64).to_be_bytes());
        word
    };
    let padded = |bytes: &[u8]| {
        let mut all = bytes.to_vec();
        all.resize(bytes.len().div_ceil(32) * 32, 0);
        [&word(bytes.len())[..], &all].concat()
    };
    let (first, second) = (padded(calldata), padded(signature));
    let suffix = [0x64, 0x92].repeat(16);
    [
        &[&[0; 12][..], &factory].concat()[..],
        &word(96),
        &word(96 + first.len()),
        &first,
        &second,
        &suffix,
    ]
    .concat()
}

#[test]
fn a_wallet_that_is_not_deployed_yet_is_deployed_for_the_answer_alone() {
    let mut town = Town::new();
    let owner = wallet(8);
    let factory = town.deploy(&hex::decode(FACTORY).expect("hex"));
    let made = initcode(&owned(owner.address()));
    let hash = keccak256(&[&[0xff], &factory, &[0; 32], &keccak256(&[&made])]);
    let account: [u8; 20] = *hash.last_chunk().expect("20 bytes");
    let inner = owner.sign_digest(&DIGEST);
    let good = wrapped(factory, &made, &inner);
    assert!(!town.accepts(account, &inner), "it is not there");
    assert!(town.accepts(account, &good));
    assert!(
        !town.accepts(account, &inner),
        "and is not there afterwards"
    );
    let others = wallet(9).sign_digest(&DIGEST);
    assert!(!town.accepts(account, &wrapped(factory, &made, &others)));
    let of_other = initcode(&owned(wallet(9).address()));
    assert!(!town.accepts(account, &wrapped(factory, &of_other, &inner)));
    assert!(!town.accepts(account, &wrapped([9; 20], &made, &inner)));
    let reverts = town.deploy(&hex::decode("60006000fd").expect("hex"));
    assert!(!town.accepts(account, &wrapped(reverts, &made, &inner)));
    let burns = town.deploy(&hex::decode("5b600056").expect("hex"));
    assert!(!town.accepts(account, &wrapped(burns, &made, &inner)));
    for end in 0..good.len() - 32 {
        let cut = [&good[..end], &good[good.len() - 32..]].concat();
        let whole = end >= good.len() - 32 - 31;
        assert!(whole || !town.accepts(account, &cut), "cut at {end}");
    }
    // Once it stands, the wrapper is not needed and does no harm.
    let nonce = town.devnet.nonce(town.deployer.address());
    let raw = town.deployer.sign(nonce, Some(factory), made.clone());
    assert!(town.devnet.send(&raw).expect("included").success);
    assert!(town.accepts(account, &inner));
    assert!(town.accepts(account, &good));
}

#[test]
fn a_reader_answers_as_the_chain_stands_and_outlives_a_burner() {
    let mut town = Town::new();
    let owner = wallet(8);
    town.devnet.set_time(50).expect("later");
    let burner = town.deploy(&hex::decode("5b600056").expect("hex"));
    let reader = town.devnet.reader();
    let account = town.deploy(&owned(owner.address()));
    town.devnet.advance(25);
    let good = owner.sign_digest(&DIGEST);
    let answers = reader.ask(move |devnet| {
        let asked = |wallet| devnet.wallet_accepts(wallet, DIGEST, &good).expect("ok");
        (
            asked(burner),
            asked(account),
            devnet.time_s(),
            devnet.height(),
        )
    });
    assert_eq!(answers.expect("an answer"), (false, true, 75, 2));
    // A question that panics has no answer, and the next one has.
    let none = reader.ask(|devnet| assert_eq!(devnet.height(), u64::MAX));
    assert!(none.is_err());
    let hash = reader.ask(|devnet| devnet.head_hash()).expect("an answer");
    assert_eq!(hash, town.devnet.head_hash());
    // Who asks while too many wait is told so at once, and the others get their answers.
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = std::sync::mpsc::channel();
    let ask = |question: Box<dyn FnOnce(&Devnet) -> u64 + Send>| {
        let reader = reader.clone();
        std::thread::spawn(move || reader.ask(question))
    };
    let first = ask(Box::new(move |_| {
        begin.send(()).expect("the test listens");
        held.recv().map_or(1, |()| 0)
    }));
    begun.recv().expect("it begins");
    let others: Vec<_> = (0..80)
        .map(|_| ask(Box::new(|devnet| devnet.height())))
        .collect();
    while others.iter().filter(|other| other.is_finished()).count() < 17 {
        std::thread::yield_now();
    }
    drop(hold);
    assert_eq!(first.join().expect("ends").expect("an answer"), 1);
    let answers = others.into_iter().map(|other| other.join().expect("ends"));
    assert_eq!(answers.filter(Result::is_ok).count(), 63);
}
