//! A chain behind a server, read once by whoever audits it.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use chain::error::ErrorKind;
use chain::onlooker::{Onlooker, Pace, Step};
use chain::remote::Time as _;
use chain::{Backend as _, Chain, Deployment, Error};
use serde_json::json;

use crate::elsewhere::deposit;
use crate::endpoint::refusal;
use crate::fake::{Fake, Still, away, says};

/// What is asked about the chain behind a server.
fn look<T>(
    fake: &Arc<Fake>,
    (settlement, from): ([u8; 20], u64),
    asked: impl Fn(&Chain<Onlooker>) -> Result<T, Error>,
) -> Result<T, Error> {
    Chain::look(fake.endpoint(), (settlement, from), &[], unhurried(), asked)
}

/// Nobody waits.
pub fn unhurried() -> Pace {
    Pace::new(Arc::new(Still::default()), |_| ())
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

/// Each answer takes 25 seconds, and has the events of ten blocks at most.
fn slow(fake: &Arc<Fake>, answers: usize) -> Arc<Still> {
    let (clock, mut left) = (Arc::new(Still::default()), answers);
    let own = Arc::clone(&clock);
    fake.before(move |request| {
        own.pause(25_000);
        let height = |name: &str| {
            let text = request["params"][0][name].as_str().unwrap_or("0x0");
            u64::from_str_radix(&text[2..], 16).unwrap()
        };
        if request["method"] != "eth_getLogs" {
            return None;
        }
        if height("toBlock") - height("fromBlock") >= 10 {
            return refusal(request, -32_602, "block range is too large");
        }
        left = left.saturating_sub(1);
        (left == 0).then(|| Err(away()))
    });
    clock
}

#[test]
fn a_slow_server_is_read_part_by_part_and_it_is_told_how_far() {
    let (fake, deployment) = funded();
    fake.mine(150);
    let told = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&told);
    let clock = slow(&fake, usize::MAX);
    let pace = Pace::new(clock, move |step| own.lock().unwrap().push(step));
    let place = (deployment.settlement, 0);
    let found = Chain::look(fake.endpoint(), place, &[], pace, amounts);
    assert_eq!(found.unwrap(), [500, 700]);
    let told = std::mem::take(&mut *told.lock().unwrap());
    let events = told.iter().filter_map(|step| match step {
        Step::Events { read, last } => Some((*read, *last)),
        Step::Answers(_) => None,
    });
    let events: Vec<(u64, u64)> = events.collect();
    // Three answers are a part; the history is read once, and its newest blocks once more.
    assert!(events.len() > 4, "{told:?}");
    assert!(
        events
            .iter()
            .all(|(read, last)| read < last && *last == fake.height())
    );
    assert!(events[..4].is_sorted(), "{told:?}");
}

#[test]
fn it_is_said_what_a_slow_server_did_not_show() {
    let (fake, deployment) = funded();
    fake.mine(150);
    let pace = Pace::new(slow(&fake, 8), |_| ());
    let place = (deployment.settlement, 0);
    let error = Chain::look(fake.endpoint(), place, &[], pace, amounts).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let words = error.to_string();
    let end = fake.height();
    let parts = [
        "the contracts' events from block `",
        &format!(
            "` to `{end}` could not be read: cannot ask `eth_getLogs` of `http://fake`: \
                  connection refused\nhint: try again later, or use another server"
        ),
    ];
    assert!(parts.iter().all(|part| words.contains(part)), "{words}");
    assert!(!words.contains("from block `0`"), "{words}");
    assert_eq!(words.matches("hint:").count(), 1, "{words}");
}

/// No events to speak of, but many questions.
#[test]
fn it_is_told_that_a_slow_server_still_answers() {
    let (fake, deployment) = funded();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&answers);
    let pace = Pace::new(slow(&fake, usize::MAX), move |step| {
        if let Step::Answers(answers) = step {
            own.lock().unwrap().push(answers);
        }
    });
    let place = (deployment.settlement, 0);
    let ask = |chain: &Chain<Onlooker>| (0..9).try_for_each(|_| chain.last_id().map(drop));
    Chain::look(fake.endpoint(), place, &[], pace, ask).unwrap();
    assert!(answers.lock().unwrap().is_sorted());
    assert!(answers.lock().unwrap().len() > 1);
}
