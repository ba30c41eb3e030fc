//! Leaves of made-up trees and files: what is read of them, claimed, and held against them.

use super::*;
use proof::claim::LineKind;

const DOMAIN: Domain = Domain {
    chain_id: 1,
    contract: [3; 20],
};

fn leaves(rows: &[(u8, LineKind, u128)]) -> Leaves {
    let leaf = |&(account, kind, cumulative): &(u8, LineKind, u128)| Leaf {
        account: [account; 20],
        lines: vec![Line {
            kind,
            token: [9; 20],
            cumulative,
        }],
    };
    let leaves: Vec<Leaf> = rows.iter().map(leaf).collect();
    let none = Debits::default();
    Leaves::within([(&DOMAIN, &leaves[..], &none)].into_iter(), &DOMAIN).unwrap()
}

fn debits(rows: &[(u64, u128)]) -> Debits {
    let row = |&(id, cumulative): &(u64, u128)| Debit { id, cumulative };
    Debits {
        escrow: [4; 20],
        rows: rows.iter().map(row).collect(),
    }
}

#[test]
fn a_line_that_rises_or_stays_is_no_fault() {
    let before = leaves(&[(1, LineKind::Pay, 5), (2, LineKind::Pay, 7)]);
    let now = leaves(&[(2, LineKind::Pay, 7), (1, LineKind::Pay, 6)]);
    assert_eq!(now.decrease(&before), None);
    assert_eq!(now.duplicate(), None);
}

#[test]
fn a_line_that_falls_or_is_left_out_is_found_of_any_kind() {
    let before = leaves(&[(1, LineKind::Slash, 5), (2, LineKind::Pay, 7)]);
    let fallen = leaves(&[(1, LineKind::Slash, 4), (2, LineKind::Pay, 7)]);
    let (now, then) = fallen.decrease(&before).unwrap();
    assert_eq!((now.leaf.account, then.leaf.account), ([1; 20], [1; 20]));
    let other_kind = leaves(&[(1, LineKind::Pay, 5), (2, LineKind::Pay, 7)]);
    assert!(other_kind.decrease(&before).is_some());
    let without = leaves(&[(2, LineKind::Pay, 7)]);
    assert_eq!(without.decrease(&before), None, "absence has no proof");
}

#[test]
fn two_leaves_of_an_account_are_found_unless_they_are_equal() {
    let equal = leaves(&[(1, LineKind::Pay, 5), (1, LineKind::Pay, 5)]);
    assert_eq!(equal.duplicate(), None);
    let two = leaves(&[
        (1, LineKind::Pay, 5),
        (2, LineKind::Pay, 5),
        (1, LineKind::Pay, 6),
    ]);
    let (one, other) = two.duplicate().unwrap();
    assert_eq!(one.leaf.account, other.leaf.account);
    assert_ne!(one.leaf, other.leaf);
}

#[test]
fn leaves_of_another_chain_are_in_the_tree_and_no_duplicates() {
    let other = Domain {
        chain_id: 2,
        ..DOMAIN
    };
    let own = leaves(&[(1, LineKind::Pay, 5), (2, LineKind::Pay, 6)]).leaves;
    let theirs = leaves(&[(1, LineKind::Pay, 9)]).leaves;
    let (none, owed) = (Debits::default(), debits(&[(4, 5), (7, 6)]));
    let parts = || [(&DOMAIN, &own[..], &owed), (&other, &theirs[..], &owed)].into_iter();
    let (here, there) = (
        Leaves::within(parts(), &DOMAIN),
        Leaves::within(parts(), &other),
    );
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!(here.root(), there.root());
    assert_eq!((here.duplicate(), there.leaves.len()), (None, 1));
    for (tree, domain) in [(&here, DOMAIN), (&there, other)] {
        for place in 0..tree.leaves.len() {
            let claim = tree.claim(place).unwrap();
            let hash = claim.leaf.hash(&domain).unwrap();
            assert!(proof::claim::verify(&tree.root(), &hash, &claim.proof));
            assert_eq!(tree.claim_of(claim.leaf.account).as_ref(), Some(&claim));
            assert_eq!(tree.claims().nth(place), Some(claim));
        }
        assert_eq!(tree.claims().count(), tree.leaves.len());
        assert_eq!(tree.claim_of([9; 20]), None);
        for debit in &owed.rows {
            let (found, proof) = tree.debit_of(debit.id).unwrap();
            assert_eq!(found, *debit);
            let contract = owed.escrow;
            let hash = debit.hash(&Domain { contract, ..domain }).unwrap();
            assert!(proof::claim::verify(&tree.root(), &hash, &proof));
        }
        assert_eq!(tree.debit_of(5), None);
    }
    let twice = [(&DOMAIN, &own[..1], &none), (&DOMAIN, &theirs[..], &none)].into_iter();
    let twice = Leaves::within(twice, &DOMAIN).unwrap();
    assert!(twice.duplicate().is_some(), "hidden in a further part");
}

#[test]
fn a_file_is_read_of_all_its_chains_and_need_not_name_a_single_one() {
    let line = |cumulative: u32| {
        format!(
            "{{\"account\":\"0x{}\",\"lines\":[{{\"kind\":1,\"token\":\"0x{}\",\
             \"cumulative\":\"{cumulative}\"}}]}}",
            "01".repeat(20),
            "09".repeat(20)
        )
    };
    let named = |chain: u8| {
        let contract = "03".repeat(20);
        format!("\"chainId\":{chain},\"settlement\":\"0x{contract}\",")
    };
    let part =
        |name: &str, leaf: &str, behind: &str| format!("{{{name}\"leaves\":[{leaf}]{behind}}}");
    let read = |file: &str, chain_id| {
        let domain = Domain { chain_id, ..DOMAIN };
        Leaves::read(file.as_bytes(), &domain)
    };
    let further = format!(",\"further\":[{}]", part(&named(2), &line(9), ""));
    let file = part(&named(1), &line(5), &further);
    let [here, there] = [1, 2].map(|chain| read(&file, chain).unwrap());
    assert_eq!(here.root(), there.root());
    let own = leaves(&[(1, LineKind::Pay, 5)]);
    assert_eq!(here.leaves, own.leaves);
    assert_eq!(there.leaves, leaves(&[(1, LineKind::Pay, 9)]).leaves);
    let owed = format!(
        ",\"escrow\":\"0x{}\",\"debits\":[{{\"id\":4,\"cumulative\":\"5\"}}]",
        "04".repeat(20)
    );
    let alone = read(&part(&named(1), &line(5), &owed), 1).unwrap();
    let expected = debits(&[(4, 5)]);
    let parts = [(&DOMAIN, &own.leaves[..], &expected)].into_iter();
    assert_eq!(alone.root(), Leaves::within(parts, &DOMAIN).unwrap().root());
    assert_ne!(alone.root(), own.root());
    assert!(alone.debit_of(4).is_some());
    for name in [named(1), String::new()] {
        let alone = read(&part(&name, &line(5), ""), 1).unwrap();
        assert_eq!(alone.root(), own.root());
    }
    assert!(read(&part("", &line(5), &further), 1).is_none());
    assert!(read("{\"leaves\":7}", 1).is_none());
    assert_eq!(read("{\"leaves\":[]}", 1).unwrap().root(), [0; 32]);
}
