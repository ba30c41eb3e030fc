//! The tree against its definition: every proof leads to the root and nothing else does.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const DOMAIN: Domain = Domain {
    chain_id: 1,
    contract: [7; 20],
};

fn leaf(account: u8, amounts: &[(u8, u128)]) -> Leaf {
    let line = |&(token, cumulative): &(u8, u128)| Line {
        kind: LineKind::Pay,
        token: [token; 20],
        cumulative,
    };
    Leaf {
        account: [account; 20],
        lines: amounts.iter().map(line).collect(),
    }
}

#[test]
fn a_leaf_that_the_contract_would_refuse_has_no_hash() {
    let many: Vec<(u8, u128)> = (1..=9).map(|token| (token, 1)).collect();
    assert_eq!(leaf(1, &many).hash(&DOMAIN), Err(LeafFault::TooManyLines));
    assert!(leaf(1, &many[..8]).hash(&DOMAIN).is_ok());
    assert_eq!(
        leaf(1, &[(2, 1), (1, 1)]).hash(&DOMAIN),
        Err(LeafFault::LinesNotAscending)
    );
    assert_eq!(
        leaf(1, &[(2, 1), (2, 1)]).hash(&DOMAIN),
        Err(LeafFault::LinesNotAscending)
    );
    assert_eq!(
        leaf(1, &[(2, 1 << 96)]).hash(&DOMAIN),
        Err(LeafFault::CumulativeTooLarge)
    );
    assert!(leaf(1, &[(2, LARGEST_CUMULATIVE)]).hash(&DOMAIN).is_ok());
}

#[test]
fn every_field_of_a_debit_is_in_its_hash_and_too_much_has_none() {
    let debit = |id, cumulative| Debit { id, cumulative };
    let hash = |debit: Debit, domain: Domain| debit.hash(&domain).expect("a good debit");
    let plain = hash(debit(1, 2), DOMAIN);
    let (chain_id, contract) = (2, [8; 20]);
    let others = [
        hash(debit(2, 2), DOMAIN),
        hash(debit(1, 3), DOMAIN),
        hash(debit(1, 2), Domain { chain_id, ..DOMAIN }),
        hash(debit(1, 2), Domain { contract, ..DOMAIN }),
    ];
    assert!(!others.contains(&plain));
    assert!(debit(1, LARGEST_CUMULATIVE).hash(&DOMAIN).is_ok());
    let too_much = debit(1, LARGEST_CUMULATIVE + 1).hash(&DOMAIN);
    assert_eq!(too_much, Err(LeafFault::CumulativeTooLarge));
}

#[test]
fn every_field_of_a_leaf_is_in_its_hash() {
    let hash = |leaf: Leaf, domain: Domain| leaf.hash(&domain).expect("a good leaf");
    let plain = hash(leaf(1, &[(2, 3)]), DOMAIN);
    let others = [
        hash(leaf(9, &[(2, 3)]), DOMAIN),
        hash(leaf(1, &[(9, 3)]), DOMAIN),
        hash(leaf(1, &[(2, 9)]), DOMAIN),
        hash(leaf(1, &[]), DOMAIN),
        hash(leaf(1, &[(2, 3), (3, 0)]), DOMAIN),
        hash(
            leaf(1, &[(2, 3)]),
            Domain {
                chain_id: 2,
                ..DOMAIN
            },
        ),
        hash(
            leaf(1, &[(2, 3)]),
            Domain {
                contract: [8; 20],
                ..DOMAIN
            },
        ),
    ];
    assert!(others.iter().all(|other| *other != plain));
}

#[test]
fn a_tree_without_leaves_has_a_zero_root_and_no_proof() {
    let tree = Tree::new(Vec::new());
    assert_eq!(
        (tree.root(), tree.proof(0), tree.is_empty()),
        ([0; 32], None, true)
    );
    assert_eq!(root(Vec::new()), tree.root());
}

/// As [`Tree`] is defined: node by node from behind.
fn nodes_one_by_one(mut hashes: Vec<[u8; 32]>) -> Vec<[u8; 32]> {
    hashes.sort_unstable();
    let inner = hashes.len() - 1;
    let mut nodes = vec![[0; 32]; inner];
    nodes.extend(hashes.into_iter().rev());
    for place in (0..inner).rev() {
        nodes[place] = pair(&nodes[2 * place + 1], &nodes[2 * place + 2]);
    }
    nodes
}

proptest! {
    #[test]
    fn hashes_made_together_are_those_made_alone(
        leaves in prop::collection::vec(
            (any::<u8>(), prop::collection::vec(any::<u128>(), 0..10)),
            0..60,
        ),
    ) {
        let amounts = |amounts: &[u128]| -> Vec<(u8, u128)> {
            (0u8..).zip(amounts.iter().map(|amount| amount >> 31)).collect()
        };
        let (mut together, mut alone) = (Hashes::new(), Vec::new());
        for (account, lines) in &leaves {
            let leaf = leaf(*account, &amounts(lines));
            match leaf.hash(&DOMAIN) {
                Ok(hash) => alone.push(hash),
                Err(fault) => {
                    prop_assert_eq!(together.push(&leaf, &DOMAIN), Err(fault));
                    continue;
                }
            }
            prop_assert_eq!(together.push(&leaf, &DOMAIN), Ok(()));
            prop_assert_eq!((together.len(), together.is_empty()), (alone.len(), false));
        }
        prop_assert_eq!(together.finish(), alone);
    }

    #[test]
    fn nodes_made_together_are_those_made_alone(
        hashes in prop::collection::vec(any::<[u8; 32]>(), 1..200),
    ) {
        let tree = Tree::new(hashes.clone());
        prop_assert_eq!(root(hashes.clone()), tree.root());
        prop_assert_eq!(tree.nodes(), nodes_one_by_one(hashes));
    }

    #[test]
    fn each_leaf_proves_itself_and_no_other_hash(
        hashes in prop::collection::vec(any::<[u8; 32]>(), 1..70),
        stranger: [u8; 32],
        flip in (any::<prop::sample::Index>(), 0..32_usize, 0..8_u32),
    ) {
        let tree = Tree::new(hashes.clone());
        prop_assert_eq!(root(hashes.clone()), tree.root());
        prop_assert_eq!(tree.len(), hashes.len());
        prop_assert_eq!(tree.proof(hashes.len()), None);
        for (position, hash) in hashes.iter().enumerate() {
            let mut proof = tree.proof(position).expect("the position exists");
            prop_assert!(verify(&tree.root(), hash, &proof));
            prop_assert!(!verify(&tree.root(), &stranger, &proof));
            if !proof.is_empty() {
                let at = flip.0.index(proof.len());
                proof[at][flip.1] ^= 1 << flip.2;
                prop_assert!(!verify(&tree.root(), hash, &proof));
            }
        }
    }

    #[test]
    fn the_order_of_leaves_does_not_move_the_root(
        mut hashes in prop::collection::vec(any::<[u8; 32]>(), 0..40),
    ) {
        let forward = Tree::new(hashes.clone());
        hashes.reverse();
        let backward = Tree::new(hashes);
        prop_assert_eq!(forward.nodes(), backward.nodes());
    }
}
