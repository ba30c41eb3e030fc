//! The claim tree against the reference library's, in Rust and on the chain.

use std::path::Path;

use chain::settlement::Claim;
use proof::claim::{self, Domain, Leaf, Line, LineKind, Tree};
use serde_json::Value;

use crate::world::World;

fn file() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/claim_tree.json");
    serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON")
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let text = value.as_str().expect("a string").trim_start_matches("0x");
    hex::decode(text)
        .expect("hex")
        .try_into()
        .expect("the right length")
}

fn each(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn leaf(value: &Value) -> Leaf {
    let lines = each(&value["lines"]).iter().map(|line| Line {
        kind: LineKind::Pay,
        token: bytes(&line["token"]),
        cumulative: line["cumulative"]
            .as_str()
            .expect("a string")
            .parse()
            .expect("a number"),
    });
    Leaf {
        account: bytes(&value["account"]),
        lines: lines.collect(),
    }
}

#[test]
fn leaves_nodes_roots_and_proofs_are_the_reference_librarys() {
    let file = file();
    let domain = Domain {
        chain_id: file["domain"]["chain_id"].as_u64().expect("a number"),
        contract: bytes(&file["domain"]["contract"]),
    };
    assert_eq!(domain.chain_id, chain::devnet::CHAIN_ID);
    for expected in each(&file["trees"]) {
        let leaves = each(&expected["leaves"]);
        let hashes: Vec<[u8; 32]> = leaves
            .iter()
            .map(|value| leaf(value).hash(&domain).expect("a good leaf"))
            .collect();
        assert!(
            hashes
                .iter()
                .zip(leaves)
                .all(|(hash, value)| *hash == bytes(&value["hash"]))
        );
        let tree = Tree::new(hashes.clone());
        assert_eq!(tree.root(), bytes(&expected["root"]));
        if let Some(nodes) = expected["nodes"].as_array() {
            assert!(tree.nodes().iter().copied().eq(nodes.iter().map(bytes)));
        }
        for (position, value) in leaves.iter().enumerate() {
            let proof: Vec<[u8; 32]> = each(&value["proof"]).iter().map(bytes).collect();
            assert!(claim::verify(&tree.root(), &hashes[position], &proof));
            assert_eq!(tree.proof(position), Some(proof));
        }
    }
}

#[test]
fn the_contract_hashes_leaves_and_checks_proofs_as_rust_does() {
    let mut world = World::new();
    world.fill_pot(1 << 40);
    for tree in each(&file()["trees"]) {
        let mut leaves: Vec<Leaf> = each(&tree["leaves"]).iter().map(leaf).collect();
        for (index, leaf) in leaves.iter_mut().enumerate() {
            let hash = world.chain.leaf_hash(leaf).expect("an answer");
            assert_eq!(Ok(hash), leaf.hash(&world.chain.deployment.domain()));
            let token = world.token();
            let cumulative = 1_000 + index as u128;
            leaf.lines = vec![Line {
                kind: LineKind::Pay,
                token,
                cumulative,
            }];
        }
        let (root, claims): ([u8; 32], Vec<Claim>) = world.claims_of(leaves);
        let epoch = world.post(root, 1 << 40);
        world.settle(epoch);
        let receipts = world
            .chain
            .claim_many(&world.anyone, epoch, &claims)
            .expect("claimed");
        assert!(
            world
                .chain
                .payments(&receipts)
                .iter()
                .all(|payment| payment.paid)
        );
        for claim in &claims {
            let expected = claim.leaf.lines[0].cumulative;
            assert!(world.balance(claim.leaf.account) >= expected);
        }
    }
}
