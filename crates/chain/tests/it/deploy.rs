//! Opening a chain: the same addresses every time, the same terms or none.

use chain::deployment::{Deployment, Terms};
use chain::error::ErrorKind;
use chain::{Chain, Devnet};

use crate::world::{START_S, refusal, terms, wallet};

#[test]
fn a_chain_opens_again_with_its_contracts_where_they_were() {
    let directory = tempfile::tempdir().expect("a place");
    let deployer = wallet(1);
    let first = Chain::open(directory.path(), &deployer, &terms(), START_S).expect("new");
    assert_eq!(first.deployment, Deployment::of(deployer.address()));
    let (height, hash) = (first.devnet.height(), first.devnet.head_hash());
    drop(first);
    let again = Chain::open(directory.path(), &deployer, &terms(), START_S + 5).expect("old");
    assert_eq!(
        (again.devnet.height(), again.devnet.head_hash()),
        (height, hash)
    );
    assert_eq!(again.devnet.time_s(), START_S + 5);
    let reader = Chain::open_readonly(directory.path(), deployer.address()).expect("read");
    assert_eq!(reader.terms().expect("an answer"), terms());
}

#[test]
fn other_code_under_a_contracts_name_is_noticed() {
    let directory = tempfile::tempdir().expect("a place");
    let mut chain = Chain::open(directory.path(), &wallet(1), &terms(), START_S).expect("new");
    chain.check_code().expect("its own contracts");
    let genuine = chain.deployment.clone();
    let other = [
        ("Settlement", genuine.token()),
        ("Escrow", genuine.settlement),
    ];
    for (name, place) in other {
        chain.deployment = genuine.clone();
        match name {
            "Settlement" => chain.deployment.settlement = place,
            _ => chain.deployment.escrow = place,
        }
        let error = chain.check_code().expect_err("another contract's code");
        assert_eq!(error.kind, ErrorKind::Corrupt);
        let what = format!("is not that of the {name} contract");
        assert!(error.to_string().ends_with(&what), "{error}");
    }
    chain.deployment.escrow = [9; 20];
    chain.check_code().expect_err("nothing stands there");
}

#[test]
fn other_terms_are_refused() {
    let directory = tempfile::tempdir().expect("a place");
    let deployer = wallet(1);
    Chain::open(directory.path(), &deployer, &terms(), START_S).expect("new");
    let longer = Terms {
        window_s: terms().window_s + 1,
        ..terms()
    };
    let error = Chain::open(directory.path(), &deployer, &longer, START_S).expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "cannot open the chain: it was deployed on other terms"
    );
}

#[test]
fn a_chain_opens_for_the_key_that_deployed_it() {
    let directory = tempfile::tempdir().expect("a place");
    let (deployer, other) = (wallet(1), wallet(9));
    Chain::open(directory.path(), &deployer, &terms(), START_S).expect("new");
    let error = Chain::open(directory.path(), &other, &terms(), START_S).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "cannot open the chain: another key deployed its contracts"
    );
    let error = Chain::open_readonly(directory.path(), other.address()).expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Invalid);
    let again = Chain::open_readonly(directory.path(), deployer.address()).expect("read");
    assert_eq!(again.devnet.height(), 3);
}

#[test]
fn a_crash_between_the_contracts_is_made_up_for() {
    let whole = tempfile::tempdir().expect("a place");
    let deployer = wallet(1);
    let hash = Chain::open(whole.path(), &deployer, &terms(), START_S)
        .expect("new")
        .devnet;
    let records = chain::transactions::read(whole.path()).expect("whole");
    for kept in 0..records.len() {
        let torn = tempfile::tempdir().expect("a place");
        let mut devnet = Devnet::open(torn.path()).expect("new");
        for record in &records[..kept] {
            devnet.set_time(record.time_s).expect("forward");
            devnet.send(&record.raw).expect("sent");
        }
        drop(devnet);
        let chain = Chain::open(torn.path(), &deployer, &terms(), START_S).expect("completed");
        assert_eq!(chain.devnet.head_hash(), hash.head_hash());
    }
}

#[test]
fn a_deployment_that_could_not_work_is_refused() {
    let deployer = wallet(1);
    let token = [7; 20];
    let deploy = |terms: Terms, tokens: &[[u8; 20]]| {
        let directory = tempfile::tempdir().expect("a place");
        let devnet = Devnet::open(directory.path()).expect("new");
        Chain::deploy(devnet, &deployer, &terms, tokens)
    };
    let cases = [
        deploy(
            Terms {
                window_s: 0,
                ..terms()
            },
            &[token],
        ),
        deploy(
            Terms {
                ruling_s: 0,
                ..terms()
            },
            &[token],
        ),
        deploy(terms(), &[]),
        deploy(terms(), &[[0; 20]]),
        deploy(terms(), &[token, token]),
        deploy(terms(), &(1..=9).map(|byte| [byte; 20]).collect::<Vec<_>>()),
    ];
    for case in cases {
        assert_eq!(refusal(case), "BadDeployment");
    }
    deploy(terms(), &(1..=8).map(|byte| [byte; 20]).collect::<Vec<_>>()).expect("eight tokens");
}
