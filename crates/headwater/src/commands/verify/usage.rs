//! Receipts of the gateway: signed by its key, added up, and held against the segments of the log.

use super::{GATEWAY_KEY, Trust, Verdict};
use crate::cli::Failure;
use crate::commands::inspect::time;
use anyhow::{Context as _, Result, bail};
use gateway::Receipt;
use gateway::tree::{self, Node, Tree, Wrong};
use node::clock::{Clock as _, SystemClock};
use proof::Checkpoint;
use proof::merkle::{self, Frontier, Head};
use proof::note::VerifierKey;
use protocol::command::PostSegment;
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
    /// How many entries there are.
    size: u64,
    /// Time of the newest of them, in milliseconds since 1970.
    newest_ms: u64,
}

impl Seen {
    /// Looks for receipts among the rows of the segment that an entry posts.
    fn find(
        &mut self,
        receipts: &[Receipt],
        post: &PostSegment,
        (index, log): (u64, &PublicLog),
    ) -> Result<()> {
        let mut own = receipts
            .iter()
            .filter(|it| it.asset == post.asset)
            .peekable();
        if own.peek().is_none() {
            return Ok(());
        }
        let rows = node::meter::read(log.attachments().read(&post.rows.0)?);
        let rows = rows.with_context(|| format!("the rows of entry {index} do not read"))?;
        for receipt in own {
            if let Some(place) = rows.iter().position(|row| *row == receipt.row) {
                let id = receipt.row.receipt;
                self.found.entry(id).or_insert((index, place));
            }
        }
        Ok(())
    }
}

/// Whether a text is one receipt, or those of one call.
pub(super) fn is_meant(text: &str) -> bool {
    let mut words = text.split_whitespace().peekable();
    words.peek().is_some() && words.all(Receipt::is_meant)
}

/// Checks one receipt, or all of one call. Only a directory with the public log convicts: it shows
/// every segment. Whether it is the log's own is known by the log's key alone.
pub(super) fn check(
    text: &str,
    trust: &Trust,
    (key, against): (Option<&str>, Option<&str>),
) -> Result<Verdict> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let read = texts.iter().map(|text| Some(Receipt::read(text)?.0));
    let Some(receipts) = read.collect::<Option<Vec<Receipt>>>() else {
        return failed("the receipt's id does not follow from what it says".to_owned());
    };
    let log_key = trust.log_key.as_ref();
    let seen = against.map(|dir| look((dir, log_key), top(&receipts), &receipts));
    let seen = seen.transpose()?;
    let signer = signer(&texts, key, seen.as_ref())?;
    let nodes = match tree(&receipts) {
        Ok(nodes) => nodes,
        // Anybody can write receipts that contradict each other; only a gateway signs them.
        Err(Wrong::Contradiction(words)) if signer.is_some() => {
            println!("  CONVICTS   the gateway, which has signed all of them: {words}");
            return Ok(Verdict::BrokenPromise);
        }
        Err(wrong) => return failed(wrong.to_string()),
    };
    match &nodes[..] {
        [one] => print(one.receipt),
        all => print_tree(all),
    }
    let Some(signer) = signer else {
        let why = match seen {
            Some(_) => "this copy of the log names no gateway's key",
            None => "no --gateway-key, and no log that names it (--against)",
        };
        println!("  NOT PROVEN that a gateway has signed it: {why}");
        return Ok(Verdict::Unproven(GATEWAY_KEY));
    };
    println!("  signed by  {}", Hash(signer));
    let Some(seen) = seen else {
        println!("  log        hold it against the log with --against DIR");
        return Ok(Verdict::Good);
    };
    let size = seen.size;
    match log_key {
        Some(_) => println!("  copy       {size} entries, signed by the log's key"),
        None => println!("  copy       {size} entries, believed as they are: no --log-key"),
    }
    allowed(&nodes, &seen)?;
    held(&nodes, &seen)
}

/// One receipt, or those of one call.
fn tree(receipts: &[Receipt]) -> Result<Vec<Node<'_>>, Wrong> {
    match receipts {
        [receipt] => Ok(vec![Node { depth: 0, receipt }]),
        all => tree::check(all),
    }
}

/// The receipt of the whole call, if it is there; the last one else.
fn top(receipts: &[Receipt]) -> &Receipt {
    let whole = |it: &&Receipt| it.tree.is_none_or(|tree| tree.within.is_none());
    let found = receipts.iter().find(whole).or(receipts.last());
    found.expect("a text that is meant has one")
}

/// The gateway's key that has signed all of them; none where nobody says which key is the
/// gateway's.
fn signer(texts: &[&str], key: Option<&str>, seen: Option<&Seen>) -> Result<Option<[u8; 32]>> {
    let mut keys = seen.map_or_else(Vec::new, |seen| seen.keys.clone());
    if let Some(key) = key {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).context("--gateway-key is 64 hex digits")?;
        keys = vec![bytes];
    }
    if keys.is_empty() {
        return Ok(None);
    }
    let has_signed = |key: &&[u8; 32]| texts.iter().all(|text| Receipt::open(text, key).is_some());
    match keys.iter().find(has_signed) {
        Some(signer) => Ok(Some(*signer)),
        None => {
            let words = "the receipt is not signed by the gateway's key".to_owned();
            Err(Failure::Check(words).into())
        }
    }
}

fn failed(words: String) -> Result<Verdict> {
    Err(Failure::Check(words).into())
}

/// Whether the call has used only what was declared for it, and for no more.
fn allowed(nodes: &[Node<'_>], seen: &Seen) -> Result<()> {
    let [top, below @ ..] = nodes else {
        return Ok(());
    };
    // A use that was made in another call says nothing of what that call may use.
    let whole = |tree: &Tree| tree.within.is_none() && tree.children > 0;
    let Some(tree) = top.receipt.tree.filter(whole) else {
        return Ok(());
    };
    let Some(declared) = &seen.declared else {
        let asset = top.receipt.asset;
        return failed(format!(
            "the call has used others, and nothing was declared for asset {asset} when its \
             allowance was granted\n\
             hint: if this copy of the log ends before that, hold it against a newer one"
        ))
        .map(drop);
    };
    let named = |asset: &AssetId| declared.components.contains(asset);
    if let Some(other) = below.iter().find(|it| !named(&it.receipt.asset)) {
        let asset = other.receipt.asset;
        failed(format!(
            "asset {asset} is not among what the call was declared to use"
        ))?;
    }
    let (spent, most) = (tree.children_units, declared.most_units.units());
    if spent > most {
        failed(format!(
            "the call has spent {spent} units on others, more than the {most} declared"
        ))?;
    }
    match below.is_empty() {
        true => println!("  declared   for at most {most} units; on what, its uses' receipts say"),
        false => println!(
            "  declared   all of it is what the log lets the call use, for at most {most} units"
        ),
    }
    Ok(())
}

/// What the log makes of receipts that its gateway has signed.
fn held(nodes: &[Node<'_>], seen: &Seen) -> Result<Verdict> {
    let mut verdict = Verdict::Good;
    for Node { receipt, .. } in nodes {
        // What has come to nothing is charged nothing, and stands in no segment.
        if receipt.failed() {
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
    match receipt.failed() {
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
        let told = match (receipt.failed(), receipt.whole) {
            (true, _) => ", came to nothing",
            (false, false) => ", broke off",
            (false, true) => "",
        };
        let (asset, indent) = (format!("asset {}", receipt.asset), "  ".repeat(*depth));
        println!("    {own:>12}  {indent}{asset}, use {counter}{told}");
    }
    println!("  id         {}", Hash(top.row.receipt));
}

/// Reads every entry of a directory's public log, and holds all of them against its checkpoint;
/// `top` is the receipt of the whole call.
fn look(
    (dir, log_key): (&str, Option<&VerifierKey>),
    top: &Receipt,
    receipts: &[Receipt],
) -> Result<Seen> {
    let path = Path::new(dir);
    if !path.is_dir() {
        bail!("a use's receipt is held against a directory with the public log, not `{dir}`");
    }
    let log = PublicLog::open(path);
    let Head { size, root } = head(&log, log_key)?;
    let (mut allowances, mut newest) = (0, None);
    let mut tree = Frontier::default();
    let mut seen = Seen {
        keys: Vec::new(),
        found: BTreeMap::new(),
        declared: None,
        size,
        newest_ms: 0,
    };
    for read in log.entries(0..size, size) {
        let (index, bytes) = read?;
        tree.append(merkle::leaf_hash(&bytes));
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
            Command::PostSegment(post) => seen.find(receipts, &post, (index, &log))?,
            _ => {}
        }
    }
    if tree.root() != root {
        let words = "this copy of the log has other entries than its checkpoint covers";
        return Err(Failure::Check(words.to_owned()).into());
    }
    Ok(seen)
}

/// What the checkpoint of a copy covers; with the log's key, it must have signed that.
fn head(log: &PublicLog, log_key: Option<&VerifierKey>) -> Result<Head> {
    let Some(log_key) = log_key else {
        return Ok(log.checkpoint_unverified()?.head);
    };
    match Checkpoint::open(&log.checkpoint_note()?, log_key) {
        Ok(checkpoint) => Ok(checkpoint.head),
        Err(fault) => Err(Failure::Check(fault.to_string()).into()),
    }
}

#[cfg(test)]
mod tests;
