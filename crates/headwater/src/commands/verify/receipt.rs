//! A receipt in words: what its entry says, when, in which log, and who vouches for it.

use super::{LOG_KEY, Trust, Verdict};
use crate::commands::inspect;
use anyhow::{Context as _, Result};
use proof::cosignature::Cosignature;
use proof::receipt::Receipt;
use proof::{Checkpoint, merkle, note};
use protocol::{Entry, codec};

/// Checks a receipt that holds its entry.
pub(super) fn check(text: &str, trust: &Trust) -> Result<Verdict> {
    let receipt = Receipt::parse(text)?;
    let Some(key) = trust.key_of(receipt.checkpoint.as_bytes()) else {
        return unproven(&receipt);
    };
    let verified = receipt.open(key, trust.policy.as_ref())?;
    print_entry(&receipt, verified.entry)?;
    print_log(&verified.checkpoint);
    println!("  signed by  {key}");
    let policy = trust.policy.as_ref();
    print_witnesses(
        &verified.cosignatures,
        policy.map_or(0, |policy| policy.quorum()),
    );
    Ok(Verdict::Good)
}

/// All that can be said without the log's key: the receipt fits itself.
fn unproven(receipt: &Receipt) -> Result<Verdict> {
    let text = note::text_unverified(receipt.checkpoint.as_bytes())?;
    let (checkpoint, _) = Checkpoint::parse_extended(text)?;
    let entry = receipt
        .extra
        .as_deref()
        .context("it does not hold its entry")?;
    let (head, leaf) = (&checkpoint.head, merkle::leaf_hash(entry));
    merkle::verify_inclusion(&leaf, receipt.index, head.size, &receipt.path, &head.root)?;
    print_entry(receipt, entry)?;
    print_log(&checkpoint);
    println!("  NOT PROVEN that a log has signed this: no --log-key; anybody could have made it");
    Ok(Verdict::Unproven(LOG_KEY))
}

fn print_entry(receipt: &Receipt, bytes: &[u8]) -> Result<()> {
    let entry: Entry = codec::decode(bytes).context("its entry is not of this kind of log")?;
    let submission = &entry.signed.submission;
    let who = submission
        .account
        .map_or("a new account".to_owned(), |id| format!("account {id}"));
    println!("  entry      {}", receipt.index);
    println!("  time       {}", inspect::time(entry.time_ms));
    println!(
        "  says       {who} {}",
        node::words::command(&submission.command)
    );
    let key = submission.key;
    match ledger::verify::verify_signed(&entry.signed) {
        Ok(()) => println!("  by key     {key}, whose signature is good"),
        Err(_) => println!("  by key     {key}, whose signature is WRONG"),
    }
    Ok(())
}

fn print_log(checkpoint: &Checkpoint) {
    let (origin, size) = (&checkpoint.origin, checkpoint.head.size);
    println!("  log        {origin}, {size} entries");
    println!("  root       {}", hex::encode(checkpoint.head.root));
}

pub(super) fn print_witnesses(cosignatures: &[Cosignature<'_>], quorum: usize) {
    for cosignature in cosignatures {
        let (name, time_s) = (cosignature.witness.name(), cosignature.time_s);
        println!(
            "  witness    {name}, {}",
            inspect::time(time_s.saturating_mul(1_000))
        );
    }
    if cosignatures.is_empty() {
        println!("  witness    none that you named: the log could show others another history");
    } else if quorum == 0 {
        println!("  quorum     none asked for with --quorum");
    }
}
