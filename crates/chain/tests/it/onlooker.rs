//! A chain behind a server, read once by whoever audits it.

use std::cell::Cell;
use std::sync::Arc;

use chain::error::ErrorKind;
use chain::onlooker::Onlooker;
use chain::{Backend as _, Chain, Deployment, Error};
use serde_json::json;

use crate::elsewhere::deposit;
use crate::endpoint::refusal;
use crate::fake::{Fake, says};

/// What is asked about the chain behind a server.
fn look<T>(
    fake: &Arc<Fake>,
    (settlement, from): ([u8; 20], u64),
    asked: impl Fn(&Chain<Onlooker>) -> Result<T, Error>,
) -> Result<T, Error> {
    Chain::look(fake.endpoint(), (settlement, from), &[], asked)
}

fn amounts(chain: &Chain<Onlooker>) -> Result<Vec<u128>, Error> {
    let deposits = chain.deposits()?;
    Ok(deposits.iter().map(|it| it.opening.amount).collect())
}

/// Two deposits, and a server that shows them.
pub fn funded() -> (Arc<Fake>, Deployment) {
    let (fake, deployment) = Fake::new();
    deposit(&fake, &deployment, 500);
    deposit(&fake, &deployment, 700);
    (fake, deployment)
}

#[test]
fn all_that_stands_at_the_newest_block_is_read() {
    let (fake, deployment) = funded();
    let end = json!(format!("{:#x}", fake.height()));
    let found = look(&fake, (deployment.settlement, 0), |chain| {
        assert_eq!(chain.deployment, deployment);
        let end = end.clone();
        fake.before(move |request| {
            // Every question names that block.
            let at = request["params"].as_array()?.last()?;
            assert!(request["method"] != "eth_call" || *at == end, "{request}");
            None
        });
        assert!(chain.payouts()?.is_empty());
        Ok((amounts(chain)?, chain.last_id()?))
    });
    assert_eq!(found.unwrap(), (vec![500, 700], 0));
}

#[test]
fn a_chain_that_goes_on_meanwhile_is_asked_anew() {
    let (fake, deployment) = funded();
    let looks = Cell::new(0);
    let found = look(&fake, (deployment.settlement, 1), |chain| {
        looks.set(looks.get() + 1);
        if looks.get() == 1 {
            let old = json!(format!("{:#x}", fake.height()));
            deposit(&fake, &deployment, 900);
            // The server keeps the newest state alone.
            fake.before(move |request| {
                let at = request["params"].as_array()?.last()?;
                let is_old = request["method"] == "eth_call" && *at == old;
                is_old.then(|| refusal(request, -32_000, "missing trie node"))?
            });
        }
        amounts(chain)
    });
    assert_eq!((found.unwrap(), looks.get()), (vec![500, 700, 900], 2));
    looks.set(0);
    let found = look(&fake, (deployment.settlement, 1), |chain| {
        looks.set(looks.get() + 1);
        let found = amounts(chain)?;
        if looks.get() == 1 {
            // What was asked about is taken back.
            fake.reorg(4);
        }
        Ok(found)
    });
    assert_eq!(
        found.unwrap().len() as u64,
        3 - taken_back(&fake, &deployment)
    );
    assert_eq!(looks.get(), 2);
}

/// How many deposits the chain no longer has.
fn taken_back(fake: &Arc<Fake>, deployment: &Deployment) -> u64 {
    3 - look(fake, (deployment.settlement, 1), Chain::last_deposit).unwrap()
}

#[test]
fn what_is_left_out_is_noticed() {
    let (fake, deployment) = funded();
    let refused = |from| {
        let error = look(&fake, (deployment.settlement, from), amounts).unwrap_err();
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
    assert!(look(&fake, (deployment.settlement, 1), amounts).is_ok());
}

#[test]
fn other_code_and_a_chain_that_never_rests_are_refused() {
    let (fake, deployment) = funded();
    let error = look(&fake, (deployment.token(), 0), amounts);
    let words = error.unwrap_err().to_string();
    assert!(words.contains("other code stands at"), "{words}");
    let (height, mut looks) = (fake.height(), 0);
    fake.before(move |request| {
        if request["method"] != "eth_getBlockByNumber" {
            return None;
        }
        looks += 1;
        let block = json!({
            "number": format!("{height:#x}"),
            "hash": format!("0x{looks:064x}"),
            "parentHash": format!("0x{:064x}", 0),
            "timestamp": "0x1",
        });
        says(request, &block)
    });
    let error = look(&fake, (deployment.settlement, 0), amounts);
    let words = error.unwrap_err().to_string();
    assert!(words.contains("changed while it was read"), "{words}");
}

#[test]
fn nothing_is_sent() {
    let (fake, deployment) = funded();
    let sent = || {
        let asked = fake.asked.lock().unwrap();
        asked
            .iter()
            .filter(|it| *it == "eth_sendRawTransaction")
            .count()
    };
    let before = sent();
    let acted = Cell::new(None);
    let kept = look(&fake, (deployment.settlement, 0), |chain| {
        acted.set(chain.devnet.earlier([0; 20], "post 1"));
        Ok(chain.devnet.chain_id())
    });
    assert_eq!(kept.unwrap(), chain::devnet::CHAIN_ID);
    assert_eq!((acted.take(), sent()), (None, before));
}
