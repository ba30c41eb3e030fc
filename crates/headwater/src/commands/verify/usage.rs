//! Receipts of the gateway: signed by its key, added up, and held against the segments of the log.

use super::{GATEWAY_KEY, Verdict};
use crate::cli::Failure;
use crate::commands::inspect::time;
use anyhow::{Context as _, Result, bail};
use gateway::Receipt;
use gateway::tree::{self, Node};
use node::clock::{Clock as _, SystemClock};
use protocol::service::ComposeAsset;
use protocol::{AssetId, Command, Entry, Hash, codec};
use std::collections::BTreeMap;
use std::path::Path;
use store::PublicLog;

/// What the public log says of receipts.
struct Seen {
    /// Keys of the gateway.
    keys: Vec<[u8; 32]>,
    /// Entry and place of each row that was found.
    found: BTreeMap<[u8; 32], (u64, usize)>,
    /// What was declared for the asset of the allowance when it was granted.
    declared: Option<ComposeAsset>,
    /// Time of the newest entry that was looked at, in milliseconds since 1970.
    newest_ms: u64,
}

/// Whether a text is one receipt, or those of one call.
pub(super) fn is_meant(text: &str) -> bool {
    let mut words = text.split_whitespace().peekable();
    words.peek().is_some() && words.all(Receipt::is_meant)
}

/// Checks one receipt, or all of one call. Only a directory with the public log convicts: it shows
/// every segment.
pub(super) fn check(text: &str, key: Option<&str>, against: Option<&str>) -> Result<Verdict> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let read = texts.iter().map(|text| Some(Receipt::read(text)?.0));
    let Some(receipts) = read.collect::<Option<Vec<Receipt>>>() else {
        return failed("the receipt's id does not follow from what it says".to_owned());
    };
    let nodes = match &receipts[..] {
        [one] => vec![Node {
            depth: 0,
            receipt: one,
        }],
        all => tree::check(all).map_err(Failure::Check)?,
    };
    match &nodes[..] {
        [one] => print(one.receipt),
        all => print_tree(all),
    }
    let seen = against.map(|dir| look(dir, nodes[0].receipt, &receipts));
    let seen = seen.transpose()?;
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
    let has_signed = |key: &&[u8; 32]| texts.iter().all(|text| Receipt::open(text, key).is_some());
    let Some(signer) = keys.iter().find(has_signed) else {
        return failed("the receipt is not signed by the gateway's key".to_owned());
    };
    println!("  signed by  {}", Hash(*signer));
    let Some(seen) = seen else {
        println!("  log        hold it against the log with --against DIR");
        return Ok(Verdict::Good);
    };
    allowed(&nodes, &seen)?;
    held(&nodes, &seen)
}

fn failed(words: String) -> Result<Verdict> {
    Err(Failure::Check(words).into())
}

/// Whether the call has used only what was declared for it, and for no more.
fn allowed(nodes: &[Node<'_>], seen: &Seen) -> Result<()> {
    let [top, below @ ..] = nodes else {
        return Ok(());
    };
    if below.is_empty() {
        return Ok(());
    }
    let Some(declared) = &seen.declared else {
        let asset = top.receipt.asset;
        bail!("the log has no declaration of what asset {asset} uses");
    };
    let named = |asset: &AssetId| declared.components.contains(asset);
    if let Some(other) = below.iter().find(|it| !named(&it.receipt.asset)) {
        let asset = other.receipt.asset;
        failed(format!(
            "asset {asset} is not among what the call was declared to use"
        ))?;
    }
    let spent = top.receipt.tree.map_or(0, |tree| tree.children_units);
    let most = declared.most_units.units();
    if spent > most {
        failed(format!(
            "the call has spent {spent} units on others, more than the {most} declared"
        ))?;
    }
    println!("  declared   all of it is what the log lets the call use, for at most {most} units");
    Ok(())
}

/// What the log makes of receipts that its gateway has signed.
fn held(nodes: &[Node<'_>], seen: &Seen) -> Result<Verdict> {
    let mut verdict = Verdict::Good;
    for Node { receipt, .. } in nodes {
        // What has come to nothing is charged nothing, and stands in no segment.
        if receipt.tree.is_some_and(|tree| tree.failed) {
            continue;
        }
        let counter = receipt.counter;
        match seen.found.get(&receipt.row.receipt) {
            Some((entry, place)) => {
                println!("  in the log use {counter}: row {place} of the segment of entry {entry}");
            }
            None if seen.newest_ms > receipt.due_ms => {
                println!("  MISSING    use {counter}: no segment has it, and its time is over");
                verdict = Verdict::BrokenPromise;
            }
            // An old copy says nothing of what came later.
            None if SystemClock.now_ms() > receipt.due_ms => {
                return failed(format!(
                    "the receipt was due by {}, but this copy of the log ends before\n\
                     hint: hold it against a copy with an entry that is newer",
                    time(receipt.due_ms)
                ));
            }
            None => {
                let due = time(receipt.due_ms);
                println!("  log        use {counter}: not there yet; it is due by {due}");
            }
        }
    }
    Ok(verdict)
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
    if let Some(tree) = &receipt.tree {
        let (children, units) = (tree.children, tree.children_units);
        if children > 0 {
            println!(
                "  uses       {children} others for {units} units, whose receipts are not here"
            );
        }
        if tree.within.is_some() {
            println!("  made in    another call, whose receipt names this one");
        }
    }
    if let Some(tokens) = row.tokens {
        let (input, output, source) = (tokens.input, tokens.output, tokens.source.word());
        println!("  tokens     {input} asked, {output} answered ({source})");
    }
    match receipt.tree.is_some_and(|tree| tree.failed) {
        true => println!("  answer     none; what was used in it is paid"),
        false if !receipt.whole => println!("  answer     broke off; what had come was paid"),
        false => {}
    }
    println!("  id         {}", Hash(row.receipt));
}

/// The whole call, each use with what was used in it.
fn print_tree(nodes: &[Node<'_>]) {
    let Some(Node { receipt: top, .. }) = nodes.first() else {
        return;
    };
    println!("  call of    asset {}, space {}", top.asset, top.space);
    println!("  paid by    account {}", top.payer);
    println!("  time       {}", time(top.row.time_ms));
    let (cost, allowance) = (top.whole_units(), top.row.allowance);
    println!("  cost       {cost} units of allowance {allowance}, which are:");
    for Node { depth, receipt } in nodes {
        let (own, counter) = (receipt.row.amount_units, receipt.counter);
        let told = match (receipt.tree.is_some_and(|it| it.failed), receipt.whole) {
            (true, _) => ", came to nothing",
            (false, false) => ", broke off",
            (false, true) => "",
        };
        let (asset, indent) = (format!("asset {}", receipt.asset), "  ".repeat(*depth));
        println!("    {own:>12}  {indent}{asset}, use {counter}{told}");
    }
    println!("  id         {}", Hash(top.row.receipt));
}

/// Reads every entry of a directory's public log; `top` is the receipt of the whole call.
fn look(dir: &str, top: &Receipt, receipts: &[Receipt]) -> Result<Seen> {
    let path = Path::new(dir);
    if !path.is_dir() {
        bail!("a use's receipt is held against a directory with the public log, not `{dir}`");
    }
    let log = PublicLog::open(path);
    let size = log.checkpoint_unverified()?.head.size;
    let (mut allowances, mut newest) = (0, None);
    let mut seen = Seen {
        keys: Vec::new(),
        found: BTreeMap::new(),
        declared: None,
        newest_ms: 0,
    };
    for index in 0..size {
        let bytes = log.entry(index, size)?;
        let entry: Entry =
            codec::decode(&bytes).map_err(|_| anyhow::anyhow!("entry {index} does not decode"))?;
        seen.newest_ms = entry.time_ms;
        let submission = entry.signed.submission;
        anyhow::ensure!(
            submission.space == top.space,
            "it is a receipt of another log"
        );
        match submission.command {
            Command::SetGateway(set) => seen.keys.push(set.key.0),
            Command::ComposeAsset(compose) if compose.asset == top.asset => newest = Some(compose),
            Command::GrantAllowance(_) => {
                if allowances == top.row.allowance {
                    seen.declared.clone_from(&newest);
                }
                allowances += 1;
            }
            Command::PostSegment(post) if receipts.iter().any(|it| it.asset == post.asset) => {
                let rows = node::meter::read(log.attachments().read(&post.rows.0)?);
                let rows =
                    rows.with_context(|| format!("the rows of entry {index} do not read"))?;
                for receipt in receipts.iter().filter(|it| it.asset == post.asset) {
                    if let Some(place) = rows.iter().position(|row| *row == receipt.row) {
                        let id = receipt.row.receipt;
                        seen.found.entry(id).or_insert((index, place));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(seen)
}
