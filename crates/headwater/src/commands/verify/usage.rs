//! Receipts of the gateway: signed by its key, and held against the segments of the log.

use super::{GATEWAY_KEY, Verdict};
use crate::cli::Failure;
use crate::commands::inspect::time;
use anyhow::{Context as _, Result, bail};
use gateway::Receipt;
use node::clock::{Clock as _, SystemClock};
use protocol::{Command, Entry, Hash, codec};
use std::path::Path;
use store::PublicLog;

/// What the public log says of a receipt.
struct Seen {
    /// Keys of the gateway.
    keys: Vec<[u8; 32]>,
    /// Entry and place of the row.
    found: Option<(u64, usize)>,
    /// Time of the newest entry that was looked at, in milliseconds since 1970.
    newest_ms: u64,
}

/// Checks one receipt. Only a directory with the public log convicts: it shows every segment.
pub(super) fn check(text: &str, key: Option<&str>, against: Option<&str>) -> Result<Verdict> {
    let read = Receipt::read(text.trim());
    let Some((receipt, _)) = read else {
        let words = "the receipt's id does not follow from what it says".to_owned();
        return Err(Failure::Check(words).into());
    };
    print(&receipt);
    let seen = against.map(|dir| look(dir, &receipt)).transpose()?;
    let mut keys = seen
        .as_ref()
        .map_or_else(Vec::new, |seen| seen.keys.clone());
    if let Some(key) = key {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).context("--gateway-key is 64 hex digits")?;
        keys = vec![bytes];
    }
    if keys.is_empty() {
        let why = match seen {
            Some(_) => "this copy of the log names no gateway's key",
            None => "no --gateway-key, and no log that names it (--against)",
        };
        println!("  NOT PROVEN that a gateway has signed it: {why}");
        return Ok(Verdict::Unproven(GATEWAY_KEY));
    }
    let signer = keys
        .iter()
        .find(|key| Receipt::open(text.trim(), key).is_some());
    let Some(signer) = signer else {
        let words = "the receipt is not signed by the gateway's key".to_owned();
        return Err(Failure::Check(words).into());
    };
    println!("  signed by  {}", Hash(*signer));
    let Some(seen) = seen else {
        println!("  log        hold it against the log with --against DIR");
        return Ok(Verdict::Good);
    };
    held(&receipt, &seen)
}

/// What the log makes of a receipt that its gateway has signed.
fn held(receipt: &Receipt, seen: &Seen) -> Result<Verdict> {
    match seen.found {
        Some((entry, place)) => {
            println!("  in the log row {place} of the segment of entry {entry}");
            Ok(Verdict::Good)
        }
        None if seen.newest_ms > receipt.due_ms => {
            println!("  MISSING    no segment of the log has it, and its time is over");
            Ok(Verdict::BrokenPromise)
        }
        // An old copy says nothing of what came later.
        None if SystemClock.now_ms() > receipt.due_ms => {
            let words = format!(
                "the receipt was due by {}, but this copy of the log ends before\n\
                 hint: hold it against a copy with an entry that is newer",
                time(receipt.due_ms)
            );
            Err(Failure::Check(words).into())
        }
        None => {
            println!(
                "  log        not there yet; it is due by {}",
                time(receipt.due_ms)
            );
            Ok(Verdict::Good)
        }
    }
}

fn print(receipt: &Receipt) {
    let row = &receipt.row;
    println!(
        "  use of     asset {}, space {}",
        receipt.asset, receipt.space
    );
    println!(
        "  paid by    account {}, use {}",
        receipt.payer, receipt.counter
    );
    println!("  time       {}", time(row.time_ms));
    println!(
        "  cost       {} units of allowance {}",
        row.amount_units, row.allowance
    );
    if let Some(tokens) = row.tokens {
        let (input, output, source) = (tokens.input, tokens.output, tokens.source.word());
        println!("  tokens     {input} asked, {output} answered ({source})");
    }
    if !receipt.whole {
        println!("  answer     broke off; what had come was paid");
    }
    println!("  id         {}", Hash(row.receipt));
}

/// Reads every entry of a directory's public log.
fn look(dir: &str, receipt: &Receipt) -> Result<Seen> {
    let path = Path::new(dir);
    if !path.is_dir() {
        bail!("a use's receipt is held against a directory with the public log, not `{dir}`");
    }
    let log = PublicLog::open(path);
    let size = log.checkpoint_unverified()?.head.size;
    let (mut keys, mut found, mut newest_ms) = (Vec::new(), None, 0);
    for index in 0..size {
        let bytes = log.entry(index, size)?;
        let entry: Entry =
            codec::decode(&bytes).map_err(|_| anyhow::anyhow!("entry {index} does not decode"))?;
        newest_ms = entry.time_ms;
        let submission = &entry.signed.submission;
        anyhow::ensure!(
            submission.space == receipt.space,
            "it is a receipt of another log"
        );
        match &submission.command {
            Command::SetGateway(set) => keys.push(set.key.0),
            Command::PostSegment(post) if post.asset == receipt.asset => {
                let bytes = log.attachments().read(&post.rows.0)?;
                let rows = node::meter::read(bytes);
                let rows =
                    rows.with_context(|| format!("the rows of entry {index} do not read"))?;
                let place = rows.iter().position(|row| *row == receipt.row);
                found = found.or(place.map(|place| (index, place)));
            }
            _ => {}
        }
    }
    Ok(Seen {
        keys,
        found,
        newest_ms,
    })
}
