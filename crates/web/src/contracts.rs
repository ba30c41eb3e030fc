//! What the contracts say of epochs and money, asked through the node's own face of the chain.

use proof::hash::keccak256;
use serde_json::{Value, json};

use crate::rpc::ChainFace;

/// An epoch as the Settlement contract has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnChain {
    /// Its number.
    pub(crate) epoch: u64,
    /// `unknown`, `open`, `halted`, `vetoed` or `final`.
    pub(crate) status: &'static str,
    /// The root that pays, in hex; nothing before it is final.
    pub(crate) root: Option<String>,
    /// When its window ends, seconds since 1970; 0 for one that was never posted.
    pub(crate) ready_at_s: u64,
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contracts {
    /// In the order in which they were asked for.
    pub(crate) epochs: Vec<OnChain>,
    /// What the contract has paid in each token, base units.
    pub(crate) paid: Vec<u128>,
    /// The chain's newest block.
    pub(crate) height: u64,
}

/// Words for the contract's numbers of a status.
pub(crate) const STATUS: [&str; 5] = ["unknown", "open", "halted", "vetoed", "final"];
/// Most requests in one batch.
const BATCH: usize = 40;

/// Asks the Settlement contract about epochs and what it has paid in tokens.
///
/// # Errors
/// The key of why, where the chain gives no answer that can be read.
pub(crate) fn ask(
    face: &dyn ChainFace,
    settlement: &str,
    epochs: &[u64],
    tokens: &[String],
) -> Result<Contracts, &'static str> {
    let mut calls: Vec<(&str, String)> = Vec::new();
    for epoch in epochs {
        let number = format!("{epoch:064x}");
        for name in ["status(uint64)", "readyAt(uint64)", "finalRoot(uint64)"] {
            calls.push((name, number.clone()));
        }
    }
    calls.extend(
        tokens
            .iter()
            .map(|token| ("paid(address)", format!("{token:0>64}"))),
    );
    let mut asked = vec![json!({"method": "eth_blockNumber", "params": []})];
    asked.extend(calls.iter().map(|(name, argument)| {
        let data = format!("0x{}{argument}", selector(name));
        let call = json!({"to": settlement, "data": data});
        json!({"method": "eth_call", "params": [call, "latest"]})
    }));
    let mut words = Vec::new();
    for part in asked.chunks(BATCH) {
        words.extend(batch(face, part)?);
    }
    let mut words = words.into_iter();
    let mut next = || words.next().flatten();
    let height = next().map_or(0, |word| small(&word));
    let epochs = epochs.iter().map(|epoch| {
        let (status, ready, root) = (next(), next(), next());
        let place = status.map_or(0, |word| small(&word));
        OnChain {
            epoch: *epoch,
            status: STATUS.get(place as usize).copied().unwrap_or("unknown"),
            ready_at_s: ready.map_or(0, |word| small(&word)),
            root: root.filter(|word| word.bytes().any(|digit| digit != b'0')),
        }
    });
    let epochs = epochs.collect();
    let paid = tokens.iter().map(|_| next().map_or(0, |word| large(&word)));
    Ok(Contracts {
        epochs,
        paid: paid.collect(),
        height,
    })
}

/// First four bytes of the hash of a function's name and types, in hex.
fn selector(name: &str) -> String {
    let hash = keccak256(&[name.as_bytes()]);
    hash[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Results of a batch, in its order, in hex digits; `None` where a call was refused.
fn batch(face: &dyn ChainFace, asked: &[Value]) -> Result<Vec<Option<String>>, &'static str> {
    let numbered = asked.iter().enumerate().map(|(id, request)| {
        let mut request = request.clone();
        request["jsonrpc"] = json!("2.0");
        request["id"] = json!(id);
        request
    });
    let body = Value::from(numbered.collect::<Vec<_>>()).to_string();
    const UNREAD: &str = "common.the-chain-gives-no";
    let answer = face.answer(body.as_bytes(), &|_| true).ok_or(UNREAD)?;
    let answers: Value = serde_json::from_slice(&answer).map_err(|_| UNREAD)?;
    let answers = answers.as_array().ok_or(UNREAD)?;
    let mut found = vec![None; asked.len()];
    for answer in answers {
        let place = answer["id"]
            .as_u64()
            .and_then(|id| usize::try_from(id).ok());
        let digits = answer["result"]
            .as_str()
            .and_then(|hex| hex.strip_prefix("0x"));
        if let (Some(place), Some(digits)) = (place, digits)
            && let Some(slot) = found.get_mut(place)
        {
            *slot = Some(digits.to_owned());
        }
    }
    match found.first() {
        Some(None) => Err("common.the-chain-does-not"),
        _ => Ok(found),
    }
}

fn large(word: &str) -> u128 {
    let digits = word
        .get(word.len().saturating_sub(32)..)
        .unwrap_or_default();
    u128::from_str_radix(digits, 16).unwrap_or(0)
}

fn small(word: &str) -> u64 {
    u64::try_from(large(word)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain that answers each call with the same word, but those it does not know.
    struct Says(&'static str);

    impl ChainFace for Says {
        fn answer(&self, body: &[u8], may: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
            assert!(may("eth_call"));
            let asked: Value = serde_json::from_slice(body).unwrap();
            let asked = asked.as_array().unwrap();
            assert!(asked.len() <= 50, "a face takes 50 at a time");
            let answer = |request: &Value| {
                let data = request["params"][0]["data"].as_str().unwrap_or_default();
                if request["method"] == "eth_blockNumber" {
                    return json!({"id": request["id"], "result": "0x1f"});
                }
                if data.starts_with(&format!("0x{}", selector("finalRoot(uint64)"))) {
                    return json!({"id": request["id"], "error": {"code": 3}});
                }
                json!({"id": request["id"], "result": self.0})
            };
            let answers: Vec<Value> = asked.iter().rev().map(answer).collect();
            Some(Value::from(answers).to_string().into_bytes())
        }
    }

    #[test]
    fn selectors_are_those_of_the_contract() {
        assert_eq!(selector("transfer(address,uint256)"), "a9059cbb");
    }

    #[test]
    fn answers_are_put_together_whatever_their_order() {
        let word = "0x0000000000000000000000000000000000000000000000000000000000000004";
        let epochs: Vec<u64> = (1..=30).collect();
        let found = ask(&Says(word), "0x00", &epochs, &["ab".to_owned()]).unwrap();
        assert_eq!((found.height, found.paid), (31, vec![4]));
        assert_eq!(found.epochs.len(), 30);
        let last = found.epochs.last().unwrap();
        assert_eq!((last.epoch, last.status, last.ready_at_s), (30, "final", 4));
        assert_eq!(last.root, None, "what the contract refuses is not there");
        let strange = ask(&Says("0xzz"), "0x00", &[1], &[]).unwrap();
        assert_eq!(strange.epochs[0].status, "unknown");
    }

    #[test]
    fn no_chain_is_said() {
        struct Silent;
        impl ChainFace for Silent {
            fn answer(&self, _: &[u8], _: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
                None
            }
        }
        assert!(ask(&Silent, "0x00", &[1], &[]).is_err());
    }
}
