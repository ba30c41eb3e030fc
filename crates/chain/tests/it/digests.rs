//! Leaves of every kind and signed digests against those of the reference libraries.

use std::path::Path;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, SolValue, eip712_domain, sol};
use chain::settlement::Post;
use chain::{Statement, Wallet};
use proof::claim::{Debit, Domain, Tree};
use proof::voucher::{EscrowDomain, SpendKey, Voucher};
use serde_json::Value;

sol! {
    struct TypedLine { uint8 kind; address token; uint96 cumulative; }
    struct ClaimTo { address account; address to; uint64 epoch; uint256 deadline; }
}

fn file() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/settlement.json");
    serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn address(value: &Value) -> Address {
    text(value).parse().expect("an address")
}

fn word(value: &Value) -> B256 {
    text(value).parse().expect("32 bytes")
}

fn number<N: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> N {
    text(value).parse().expect("a number")
}

fn each(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

/// Leaves are hashed twice.
fn twice(encoded: &[u8]) -> B256 {
    keccak256(keccak256(encoded))
}

#[test]
fn leaves_of_every_kind_are_the_reference_librarys() {
    let file = file();
    let domain = &file["domain"];
    let chain_id = U256::from(chain::devnet::CHAIN_ID);
    assert_eq!(domain["chain_id"].as_u64(), Some(chain::devnet::CHAIN_ID));
    let mut hashes = Vec::new();
    for leaf in each(&file["leaves"]) {
        let line = |line: &Value| TypedLine {
            kind: line["kind"].as_u64().expect("a kind") as u8,
            token: address(&line["token"]),
            cumulative: number(&line["cumulative"]),
        };
        let lines: Vec<TypedLine> = each(&leaf["lines"]).iter().map(line).collect();
        let contract = address(&domain["settlement"]);
        let account = address(&leaf["account"]);
        let encoded = (chain_id, contract, account, lines).abi_encode_params();
        assert_eq!(twice(&encoded), word(&leaf["hash"]));
        hashes.push(word(&leaf["hash"]).0);
    }
    let tree = Tree::new(hashes);
    assert_eq!(B256::from(tree.root()), word(&file["root"]));
    for (position, leaf) in each(&file["leaves"]).iter().enumerate() {
        let expected: Vec<[u8; 32]> = each(&leaf["proof"]).iter().map(|it| word(it).0).collect();
        assert_eq!(tree.proof(position).as_ref(), Some(&expected));
    }
    for debit in each(&file["debits"]) {
        let (id, cumulative): (U256, U256) = (number(&debit["id"]), number(&debit["cumulative"]));
        let encoded = (chain_id, address(&domain["escrow"]), id, cumulative).abi_encode_params();
        assert_eq!(twice(&encoded), word(&debit["hash"]));
        let ours = Debit {
            id: number(&debit["id"]),
            cumulative: number(&debit["cumulative"]),
        };
        let escrow = Domain {
            chain_id: chain::devnet::CHAIN_ID,
            contract: address(&domain["escrow"]).into(),
        };
        assert_eq!(ours.hash(&escrow), Ok(word(&debit["hash"]).0));
    }
    for asset in each(&file["assets"]) {
        let royalty = U256::from(asset["royalty_bps"].as_u64().expect("a number"));
        let (owner, manifest) = (address(&asset["owner"]), word(&asset["manifest"]));
        let registry = address(&domain["registry"]);
        let encoded = (chain_id, registry, owner, manifest, royalty).abi_encode_params();
        assert_eq!(twice(&encoded), word(&asset["hash"]));
    }
}

#[test]
fn digests_and_signatures_are_the_reference_librarys() {
    let file = file();
    let wallet = Wallet::new(&[0x11; 32]).expect("a key");
    assert_eq!(Address::from(wallet.address()), address(&file["signer"]));
    let digests = each(&file["digests"]);
    for (expected, digest) in digests.iter().zip(ours(&file)) {
        let name = text(&expected["name"]);
        assert_eq!(digest, word(&expected["digest"]), "{name}");
        let signature = hex::encode(wallet.sign_digest(&digest.0));
        assert_eq!(
            format!("0x{signature}"),
            text(&expected["signature"]),
            "{name}"
        );
    }
    assert_eq!(digests.len(), 4);
}

/// The four digests of the file, as Rust computes them.
fn ours(file: &Value) -> [B256; 4] {
    let message = |at: usize| &file["digests"][at]["message"];
    let (statement, to, voucher, key) = (message(0), message(1), message(2), message(3));
    let post = Post {
        id: number(&statement["epoch"]),
        parent: 6,
        root: word(&statement["root"]).0,
        totals: Vec::new(),
        checkpoint_root: word(&statement["checkpointRoot"]).0,
        log_size: number(&statement["logSize"]),
        log_time_ms: number(&statement["logTimeMs"]),
        data_hash: word(&statement["dataHash"]).0,
    };
    let log_id = word(&file["domain"]["log_id"]).0;
    let settlement = on_chain(
        "Headwater Settlement",
        address(&file["domain"]["settlement"]),
    );
    let escrow = EscrowDomain {
        chain_id: chain::devnet::CHAIN_ID,
        escrow: address(&file["domain"]["escrow"]).into(),
    };
    let claim_to = ClaimTo {
        account: address(&to["account"]),
        to: address(&to["to"]),
        epoch: number(&to["epoch"]),
        deadline: number(&to["deadline"]),
    };
    let voucher = Voucher {
        payer: address(&voucher["payer"]).into(),
        token: address(&voucher["token"]).into(),
        key: address(&voucher["key"]).into(),
        cumulative: number(&voucher["cumulative"]),
    };
    let key = SpendKey {
        payer: address(&key["payer"]).into(),
        token: address(&key["token"]).into(),
        key: address(&key["key"]).into(),
        cap: number(&key["cap"]),
        expires_at_s: number(&key["expiresAt"]),
    };
    [
        Statement::of(&post).digest(&log_id).into(),
        claim_to.eip712_signing_hash(&settlement),
        voucher.digest(&escrow).into(),
        key.digest(&escrow).into(),
    ]
}

fn on_chain(name: &'static str, contract: Address) -> Eip712Domain {
    eip712_domain! {
        name: name,
        version: "1",
        chain_id: chain::devnet::CHAIN_ID,
        verifying_contract: contract,
    }
}
