//! A chain behind a server, read once by whoever audits it.

use std::sync::Arc;

use chain::error::ErrorKind;
use chain::onlooker::Onlooker;
use chain::{Backend as _, Chain, Deployment, Error};
use serde_json::{Value, json};

use crate::elsewhere::deposit;
use crate::fake::{Fake, says};
use crate::world::wallet;

fn look(fake: &Arc<Fake>, deployment: &Deployment, from: u64) -> Result<Chain<Onlooker>, Error> {
    Chain::look(fake.endpoint(), deployment.settlement, from)
}

/// Two deposits, and a server that shows them.
fn funded() -> (Arc<Fake>, Deployment) {
    let (fake, deployment) = Fake::new();
    deposit(&fake, &deployment, 500);
    deposit(&fake, &deployment, 700);
    (fake, deployment)
}

#[test]
fn all_that_stands_at_the_newest_block_is_read_and_nothing_later() {
    let (fake, deployment) = funded();
    let chain = look(&fake, &deployment, 0).unwrap();
    assert_eq!(chain.deployment, deployment);
    let end = format!("{:#x}", fake.height());
    fake.before(move |request| {
        // Every question names that block.
        let at = request["params"].as_array()?.last()?;
        assert_eq!(*at, json!(end), "{request}");
        None
    });
    let amounts: Vec<u128> = chain
        .deposits()
        .unwrap()
        .iter()
        .map(|it| it.opening.amount)
        .collect();
    assert_eq!(amounts, [500, 700]);
    assert_eq!(chain.last_id().unwrap(), 0);
    assert!(chain.payouts().unwrap().is_empty());
}

#[test]
fn what_is_left_out_is_noticed() {
    let (fake, deployment) = funded();
    let refused = |from| {
        let error = look(&fake, &deployment, from).map(drop).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let words = error.to_string();
        assert!(
            words.contains("leaves out events of the contracts"),
            "{words}"
        );
    };
    for end in [true, false] {
        fake.after(move |method, mut answer| {
            if method == "eth_getLogs"
                && let Some(logs) = answer["result"].as_array_mut()
                && let Some(place) = logs.len().checked_sub(1)
            {
                logs.remove(if end { place } else { 0 });
            }
            Some(answer)
        });
        refused(0);
    }
    fake.well();
    refused(fake.height());
    assert!(look(&fake, &deployment, 1).is_ok());
}

#[test]
fn other_code_and_a_chain_that_changes_are_refused() {
    let (fake, deployment) = funded();
    let error = Chain::look(fake.endpoint(), deployment.token(), 0).map(drop);
    let words = error.unwrap_err().to_string();
    assert!(words.contains("other code stands at"), "{words}");
    fake.after(|method, mut answer| {
        // The block that was the newest has another hash when it is asked for again.
        if method == "eth_getLogs" {
            answer["result"] = json!([]);
        }
        Some(answer)
    });
    let mut looks = 0;
    fake.before(move |request: &Value| {
        if request["method"] != "eth_getBlockByNumber" {
            return None;
        }
        looks += 1;
        let block = json!({
            "number": "0x9", "hash": format!("0x{looks:064x}"),
            "parentHash": format!("0x{:064x}", 0), "timestamp": "0x1",
        });
        says(request, &block)
    });
    let error = look(&fake, &deployment, 0).map(drop).unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
}

#[test]
fn nothing_is_sent() {
    let (fake, deployment) = funded();
    let mut chain = look(&fake, &deployment, 0).unwrap();
    let before = fake.asked.lock().unwrap().len();
    let error = chain.refund(&wallet(7), &[1]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(fake.asked.lock().unwrap().len(), before);
    assert_eq!(chain.devnet.earlier([0; 20], "post 1"), None);
}
