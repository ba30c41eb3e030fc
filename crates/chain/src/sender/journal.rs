//! The file of what one key has signed: a JSON object a line, synced before anything is sent.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Fee, Order};
use crate::Error;
use crate::endpoint::{answer, hexed};

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub order: Order,
    pub nonce: u64,
    pub gas: u64,
    pub fee: Fee,
    /// What `eth_sendRawTransaction` takes.
    pub raw: Vec<u8>,
    /// Keccak of it.
    pub hash: [u8; 32],
    /// When it was signed, by the caller's clock.
    pub time_ms: u64,
}

/// What a journal says is not over.
#[derive(Default)]
pub(super) struct Kept {
    /// On their way, in the order in which they were signed.
    pub signed: Vec<Signed>,
    /// By label: what failed for good and may be sent again as it was.
    pub failed: BTreeMap<String, Order>,
}

pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Where the last write failed, nobody knows what the file holds.
    broken: bool,
}

impl Journal {
    /// Reads the file, drops what is over, and writes the rest anew. A last line that was cut off
    /// was never sent, and is dropped too.
    pub(super) fn open(path: &Path, chain_id: u64) -> Result<(Self, Kept), Error> {
        let kept = read(path, chain_id)?;
        let doing = || format!("cannot write `{}`", path.display());
        let mut text = line(&json!({"chain": chain_id}));
        for order in kept.failed.values() {
            text += &line(&json!({"failed": shown(order)}));
        }
        for signed in &kept.signed {
            text += &line(&signed_line(signed));
        }
        let draft = path.with_extension("new");
        let parent = path.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(parent).and_then(|()| {
            let mut file = File::create(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, path)?;
            File::open(parent)?.sync_all()?;
            OpenOptions::new().append(true).open(path)
        });
        let file = written.map_err(Error::unavailable(doing()))?;
        let (path, broken) = (path.to_owned(), false);
        Ok((Self { file, path, broken }, kept))
    }

    /// Durable on return; only then may the transaction be sent.
    pub(super) fn sign(&mut self, signed: &Signed) -> Result<(), Error> {
        self.append(&signed_line(signed))
    }

    /// Notes that a nonce is done with, and what of it came to nothing.
    pub(super) fn finish(&mut self, nonce: u64, failed: Option<&Order>) -> Result<(), Error> {
        let mut line = json!({"done": nonce});
        if let Some(order) = failed {
            line["failed"] = shown(order);
        }
        self.append(&line)
    }

    fn append(&mut self, value: &Value) -> Result<(), Error> {
        let doing = format!("cannot append to `{}`", self.path.display());
        if self.broken {
            let hint = "free space on the disk and start again";
            return Err(Error::invalid(format!(
                "{doing} after a failed write\nhint: {hint}"
            )));
        }
        let text = line(value);
        let written = self.file.write_all(text.as_bytes());
        let written = written.and_then(|()| self.file.sync_data());
        self.broken = written.is_err();
        written.map_err(Error::unavailable(doing))
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

fn read(path: &Path, chain_id: u64) -> Result<Kept, Error> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => {
            let doing = format!("cannot read `{}`", path.display());
            text.map_err(Error::unavailable(doing))?
        }
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let mut kept = Kept::default();
    for (number, line) in whole.lines().enumerate() {
        let taken = serde_json::from_str(line).ok();
        let taken = taken.and_then(|value: Value| take(&mut kept, &value, chain_id));
        if taken.is_none() {
            let (path, number) = (path.display(), number + 1);
            return Err(Error::corrupt(format!(
                "line {number} of `{path}` is not what was written for chain `{chain_id}`\n\
                 hint: restore the file; without it a transaction may be signed twice"
            )));
        }
    }
    Ok(kept)
}

fn take(kept: &mut Kept, value: &Value, chain_id: u64) -> Option<()> {
    if let Some(chain) = value.get("chain") {
        return (chain.as_u64()? == chain_id).then_some(());
    }
    if let Some(failed) = value.get("failed") {
        let order = order(failed)?;
        kept.failed.insert(order.label.clone(), order);
    }
    if let Some(done) = value.get("done") {
        let nonce = done.as_u64()?;
        kept.signed.retain(|signed| signed.nonce != nonce);
    } else if value.get("raw").is_some() {
        let signed = signed(value)?;
        kept.failed.remove(&signed.order.label);
        kept.signed.push(signed);
    }
    Some(())
}

fn shown(order: &Order) -> Value {
    json!({
        "label": order.label,
        "to": order.to.map(|to| hexed(&to)),
        "calldata": hexed(&order.calldata),
    })
}

fn order(value: &Value) -> Option<Order> {
    let to = match &value["to"] {
        Value::Null => None,
        to => Some(answer::bytes(to)?.try_into().ok()?),
    };
    Some(Order {
        label: value["label"].as_str()?.to_owned(),
        to,
        calldata: answer::bytes(&value["calldata"])?,
    })
}

/// Wei stand as text: JSON's numbers end before them.
fn signed_line(signed: &Signed) -> Value {
    let fee = match signed.fee {
        Fee::Market { most, tip } => json!({"most": most.to_string(), "tip": tip.to_string()}),
        Fee::Price(price) => json!({"price": price.to_string()}),
    };
    json!({
        "order": shown(&signed.order),
        "nonce": signed.nonce,
        "gas": signed.gas,
        "fee": fee,
        "raw": hexed(&signed.raw),
        "time_ms": signed.time_ms,
    })
}

fn signed(value: &Value) -> Option<Signed> {
    let wei = |value: &Value| value.as_str()?.parse::<u128>().ok();
    let fee = match value["fee"].get("price") {
        Some(price) => Fee::Price(wei(price)?),
        None => Fee::Market {
            most: wei(&value["fee"]["most"])?,
            tip: wei(&value["fee"]["tip"])?,
        },
    };
    let raw = answer::bytes(&value["raw"])?;
    Some(Signed {
        order: order(&value["order"])?,
        nonce: value["nonce"].as_u64()?,
        gas: value["gas"].as_u64()?,
        fee,
        hash: alloy_primitives::keccak256(&raw).0,
        raw,
        time_ms: value["time_ms"].as_u64()?,
    })
}
