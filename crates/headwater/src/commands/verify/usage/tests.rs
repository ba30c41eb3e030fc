//! Receipts of one call that belong together, and such as convict whoever has signed them.

use super::*;
use gateway::tree::children_root;
use proof::signature::SessionKey;
use protocol::usage::{TokenSource, Tokens};
use protocol::{AccountId, Space, UsageRow};

const CALL: [u8; 32] = [6; 32];

fn receipt(counter: u64, tree: Tree) -> Receipt {
    let row = UsageRow {
        receipt: [0; 32],
        allowance: 2,
        purpose: 0,
        time_ms: 1_000,
        amount_units: 7,
        input: [3; 32],
        output: [4; 32],
        tokens: Some(Tokens {
            input: 1,
            output: 1,
            source: TokenSource::Counted,
        }),
    };
    Receipt {
        space: Space([7; 16]),
        asset: AssetId(4),
        payer: AccountId(9),
        counter,
        whole: true,
        due_ms: 61_000,
        row,
        tree: Some(tree),
    }
    .numbered()
}

fn child(counter: u64) -> Receipt {
    let tree = Tree {
        within: Some(CALL),
        call: None,
        children: 0,
        children_units: 0,
        children_root: [0; 32],
        failed: false,
    };
    receipt(counter, tree)
}

/// The call that names one use.
fn call_of(named: &Receipt) -> Receipt {
    let tree = Tree {
        within: None,
        call: Some(CALL),
        children: 1,
        children_units: 7,
        children_root: children_root(&[named.row.receipt]),
        failed: false,
    };
    receipt(3, tree)
}

#[test]
fn a_use_that_its_call_does_not_name_convicts_whoever_has_signed_both() {
    let (own, other) = (
        SessionKey::from_seed(&[1; 32]),
        SessionKey::from_seed(&[2; 32]),
    );
    let named = child(1);
    let whole = call_of(&named);
    let key = hex::encode(own.public());
    let checks = |receipts: &[(Receipt, &SessionKey)], key: Option<&str>| {
        let texts = receipts.iter().map(|(receipt, key)| receipt.sign(key));
        let nobody = Trust {
            keys: Vec::new(),
            policy: None,
        };
        check(&texts.collect::<Vec<_>>().join("\n"), &nobody, (key, None))
    };
    let hidden = child(2);
    let all = [(named, &own), (hidden, &own), (whole, &own)];
    let verdict = checks(&all, Some(&key)).unwrap();
    assert!(matches!(verdict, Verdict::BrokenPromise));
    // The use alone in the place of the named one is as bad.
    let verdict = checks(&all[1..], Some(&key)).unwrap();
    assert!(matches!(verdict, Verdict::BrokenPromise));
    let good = [(named, &own), (whole, &own)];
    assert!(matches!(checks(&good, Some(&key)).unwrap(), Verdict::Good));
    assert!(matches!(checks(&good, None).unwrap(), Verdict::Unproven(_)));
    // What somebody else has written convicts nobody, nor what nobody is said to have signed.
    let forged = [(named, &own), (hidden, &other), (whole, &own)];
    let refused = checks(&forged, Some(&key)).map(drop).unwrap_err();
    assert!(refused.to_string().contains("not signed"), "{refused}");
    let refused = checks(&all, None).map(drop).unwrap_err();
    assert!(refused.to_string().contains("names 1 uses"), "{refused}");
    let fewer = checks(&good[1..], Some(&key)).unwrap();
    assert!(
        matches!(fewer, Verdict::Good),
        "one receipt stands for itself"
    );
}

/// A log that says this of what the call's asset may use.
fn says(declared: Option<ComposeAsset>) -> Seen<'static> {
    Seen {
        keys: Vec::new(),
        found: BTreeMap::new(),
        declared,
        kinds: Vec::new(),
        size: 0,
        newest_ms: 0,
        cosigned: Vec::new(),
    }
}

#[test]
fn a_call_that_has_used_others_fails_where_nothing_was_declared() {
    let named = child(1);
    let whole = call_of(&named);
    let checked = |receipts: &[Receipt], declared| {
        let nodes = tree(receipts).unwrap();
        allowed(&nodes, &says(declared)).map_err(|error| error.downcast::<Failure>().unwrap())
    };
    for receipts in [&[named, whole][..], &[whole]] {
        let Failure::Check(words) = checked(receipts, None).unwrap_err();
        assert!(words.contains("nothing was declared"), "{words}");
    }
    let declared = |units| ComposeAsset {
        asset: AssetId(4),
        components: vec![AssetId(4)],
        most_units: protocol::Amount::new(units).unwrap(),
    };
    let Failure::Check(words) = checked(&[whole], Some(declared(6))).unwrap_err();
    assert!(words.contains("more than the 6 declared"), "{words}");
    for receipts in [&[named, whole][..], &[whole]] {
        checked(receipts, Some(declared(7))).unwrap();
    }
    checked(&[named], None).unwrap();
}

/// The words of a check that has failed.
fn refusal<T>(checked: Result<T>) -> String {
    let Failure::Check(words) = checked.map(drop).unwrap_err().downcast().unwrap();
    words
}

#[test]
fn a_key_that_the_log_does_not_name_convicts_it_of_nothing() {
    let (own, other) = (
        SessionKey::from_seed(&[1; 32]),
        SessionKey::from_seed(&[2; 32]),
    );
    let key = hex::encode(own.public());
    let text = child(1).sign(&own);
    let copy = |keys| Seen { keys, ..says(None) };
    for keys in [Vec::new(), vec![other.public()]] {
        let words = refusal(signer(&[&text], Some(&key), Some(&copy(keys))));
        assert!(words.contains("this copy of the log names"), "{words}");
    }
    let named = copy(vec![other.public(), own.public()]);
    for key in [None, Some(&key[..])] {
        let signer = signer(&[&text], key, Some(&named)).unwrap();
        assert_eq!(signer, Some(own.public()));
    }
    let words = refusal(signer(&[&text], None, Some(&copy(vec![other.public()]))));
    assert!(words.contains("not signed"), "{words}");
}

#[test]
fn a_copy_of_the_log_counts_for_nothing_without_the_logs_key() {
    let own = SessionKey::from_seed(&[1; 32]);
    let (text, key) = (child(1).sign(&own), hex::encode(own.public()));
    let nobody = Trust {
        keys: Vec::new(),
        policy: None,
    };
    for key in [None, Some(&key[..])] {
        let verdict = check(&text, &nobody, (key, Some("any"))).unwrap();
        assert!(matches!(verdict, Verdict::Unproven(LOG_KEY)));
    }
}

#[test]
fn a_use_that_is_not_there_convicts_by_a_newer_copy_alone() {
    let receipts = [child(1)];
    let nodes = tree(&receipts).unwrap();
    let copy = |newest_ms| Seen {
        newest_ms,
        ..says(None)
    };
    let due_ms = receipts[0].due_ms;
    let verdict = held(&nodes, &copy(due_ms + 1)).unwrap();
    assert!(matches!(verdict, Verdict::BrokenPromise));
    let words = refusal(held(&nodes, &copy(due_ms)));
    assert!(
        words.contains("this copy of the log ends before"),
        "{words}"
    );
    let mut whole = copy(due_ms + 1);
    whole.found.insert(receipts[0].row.receipt, (5, 0));
    assert!(matches!(held(&nodes, &whole).unwrap(), Verdict::Good));
}
