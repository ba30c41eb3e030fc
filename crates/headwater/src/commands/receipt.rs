//! `headwater receipt`: receipts of an entry, or of all entries of an account, to keep.

use crate::cli::node::Receipt as Args;
use anyhow::{Context as _, Result, bail, ensure};
use proof::Checkpoint;
use proof::note::VerifierKey;
use proof::receipt::Receipt;
use protocol::{AccountId, Address, Command, Entry, codec};
use std::path::Path;
use store::PublicLog;

/// Most bytes of a receipt: an entry in base64, its path, and a checkpoint with its cosignatures.
pub const MAX_RECEIPT_BYTES: u64 = 2 << 20;

/// Whose receipts are asked for.
enum What {
    Entry(u64),
    Account(u32),
    Wallet(Address),
}

/// Where receipts come from.
enum From {
    /// The log, and the keys of which one must have signed its checkpoint.
    Directory(PublicLog, Vec<VerifierKey>),
    Node(http::Site),
}

/// Writes the receipts that were asked for.
pub fn run(args: &Args) -> Result<()> {
    let what = parse(&args.what)?;
    let from = match &args.url {
        Some(url) => From::Node(http::Site::new(url)?),
        None => {
            let dir = super::session::existing(args.data.as_deref())?;
            From::Directory(PublicLog::open(&dir), super::key::known(&dir)?)
        }
    };
    if let What::Entry(index) = what {
        let text = from.receipt(index)?;
        let Some(path) = &args.output else {
            print!("{text}");
            return Ok(());
        };
        return write(path, &text);
    }
    let indexes = from.entries(&what)?;
    let dir = args.output.as_deref().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)
        .with_context(|| format!("cannot make the directory `{}`", dir.display()))?;
    for index in &indexes {
        let path = dir.join(format!("{index}.tlog-proof"));
        write(&path, &from.receipt(*index)?)?;
        println!("{}", path.display());
    }
    ensure!(
        !indexes.is_empty(),
        "the published log has no entry of `{}`",
        args.what
    );
    Ok(())
}

fn parse(what: &str) -> Result<What> {
    if let Some(number) = what.strip_prefix("account:") {
        let number = number.parse();
        return Ok(What::Account(number.with_context(|| {
            format!("`{what}` names no account\nhint: write it like account:7")
        })?));
    }
    if let Some(digits) = what.strip_prefix("0x") {
        let mut address = [0; 20];
        hex::decode_to_slice(digits, &mut address)
            .with_context(|| format!("`{what}` is no address of 20 bytes"))?;
        return Ok(What::Wallet(Address(address)));
    }
    let index = what.parse();
    Ok(What::Entry(index.with_context(|| {
        format!(
            "`{what}` names nothing in a log\n\
             hint: give an entry's index, account:NUMBER or a wallet's 0x address"
        )
    })?))
}

impl From {
    fn receipt(&self, index: u64) -> Result<String> {
        match self {
            Self::Directory(log, keys) => {
                let receipt = directory_receipt(log, index)?;
                check(&receipt, keys)?;
                Ok(receipt.text())
            }
            Self::Node(site) => {
                let path = format!("api/v1/receipt/{index}?wait=10000");
                let body = site.get(&path, MAX_RECEIPT_BYTES)?.body;
                String::from_utf8(body).context("the node's receipt is no text")
            }
        }
    }

    fn entries(&self, what: &What) -> Result<Vec<u64>> {
        match self {
            Self::Directory(log, _) => directory_entries(log, what),
            Self::Node(site) => node_entries(site, what),
        }
    }
}

/// A receipt that nobody could verify is worth nothing, and whoever keeps it finds out too late.
fn check(receipt: &Receipt, keys: &[VerifierKey]) -> Result<()> {
    let index = receipt.index;
    let note = receipt.checkpoint.as_bytes();
    let signed = keys.iter().find(|key| Checkpoint::open(note, key).is_ok());
    let Some(key) = signed else {
        bail!(
            "cannot give a receipt of entry {index}: no key of this node has signed \
             `log/checkpoint`, which is another log's or was changed\n\
             hint: restore `log/checkpoint` from a backup or a copy of the public log"
        );
    };
    let opened = receipt.open(key, None).map(drop);
    opened.with_context(|| {
        format!(
            "cannot give a receipt of entry {index}: the tiles do not lead to `log/checkpoint`\n\
             hint: `headwater scrub` writes damaged tiles anew from the journal"
        )
    })
}

/// The receipt of an entry in a directory's published log.
pub fn directory_receipt(log: &PublicLog, index: u64) -> Result<Receipt> {
    let size = log.checkpoint_unverified()?.head.size;
    if index >= size {
        bail!(
            "there is no entry {index}\nhint: the log has {size} entries, the last is {}",
            size.saturating_sub(1)
        );
    }
    Ok(log.receipt(index)?)
}

/// Accounts have their numbers in the order of the entries that open them, the operator's first.
fn directory_entries(log: &PublicLog, what: &What) -> Result<Vec<u64>> {
    let size = log.checkpoint_unverified()?.head.size;
    let mut opened = 0;
    let mut by_account: Vec<(u32, u64)> = Vec::new();
    let mut wanted = match what {
        What::Account(number) => Some(*number),
        _ => None,
    };
    for entry in log.entries(0..size, size) {
        let (index, bytes) = entry?;
        let entry: Entry =
            codec::decode(&bytes).with_context(|| format!("entry {index} does not decode"))?;
        let submission = &entry.signed.submission;
        let account = match submission.account {
            Some(AccountId(number)) => number,
            None => {
                opened += 1;
                opened - 1
            }
        };
        if let (Command::DiscloseWallet(disclosed), What::Wallet(wallet)) =
            (&submission.command, what)
            && disclosed.wallet == *wallet
        {
            wanted = Some(account);
        }
        by_account.push((account, index));
    }
    let Some(wanted) = wanted else {
        bail!("no account has disclosed this wallet\nhint: name the account, like account:7");
    };
    let of_account = by_account.into_iter().filter(|(own, _)| *own == wanted);
    Ok(of_account.map(|(_, index)| index).collect())
}

fn node_entries(site: &http::Site, what: &What) -> Result<Vec<u64>> {
    let who = match what {
        What::Account(number) => number.to_string(),
        What::Wallet(wallet) => format!("0x{wallet}"),
        What::Entry(index) => return Ok(vec![*index]),
    };
    let (mut indexes, mut part) = (Vec::new(), String::new());
    loop {
        let path = format!("api/v1/accounts/{who}/receipts{part}");
        let body = site.get(&path, 4 << 20)?.body;
        let page: serde_json::Value =
            serde_json::from_slice(&body).context("the node's list is no JSON")?;
        let receipts = page["receipts"].as_array().into_iter().flatten();
        indexes.extend(receipts.filter_map(|receipt| receipt["index"].as_u64()));
        match page["next"].as_str() {
            Some(cursor) if !part.ends_with(cursor) => part = format!("?cursor={cursor}"),
            _ => return Ok(indexes),
        }
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
