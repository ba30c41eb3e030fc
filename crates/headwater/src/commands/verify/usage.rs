//! Receipts of the gateway: signed by its key, added up, and held against the segments of the log.

use super::{GATEWAY_KEY, Verdict};
use crate::cli::Failure;
use crate::commands::inspect::time;
use anyhow::{Context as _, Result, bail};
use gateway::Receipt;
use gateway::tree::{self, Node, Wrong};
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
    let seen = against.map(|dir| look(dir, top(&receipts), &receipts));
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

#[cfg(test)]
mod tests {
    use super::*;
    use gateway::tree::{Tree, children_root};
    use proof::signature::SessionKey;
    use protocol::usage::{TokenSource, Tokens};
    use protocol::{AccountId, Space, UsageRow};

    const CALL: [u8; 32] = [6; 32];

    fn receipt(counter: u64, tree: Tree) -> Receipt {
        let row = UsageRow {
            receipt: [0; 32],
            allowance: 2,
            purpose: 0,
            time_ms: 1_000,
            amount_units: 7,
            input: [3; 32],
            output: [4; 32],
            tokens: Some(Tokens {
                input: 1,
                output: 1,
                source: TokenSource::Counted,
            }),
        };
        Receipt {
            space: Space([7; 16]),
            asset: AssetId(4),
            payer: AccountId(9),
            counter,
            whole: true,
            due_ms: 61_000,
            row,
            tree: Some(tree),
        }
        .numbered()
    }

    fn child(counter: u64) -> Receipt {
        let tree = Tree {
            within: Some(CALL),
            call: None,
            children: 0,
            children_units: 0,
            children_root: [0; 32],
            failed: false,
        };
        receipt(counter, tree)
    }

    #[test]
    fn a_use_that_its_call_does_not_name_convicts_whoever_has_signed_both() {
        let (own, other) = (
            SessionKey::from_seed(&[1; 32]),
            SessionKey::from_seed(&[2; 32]),
        );
        let named = child(1);
        let whole = receipt(
            3,
            Tree {
                within: None,
                call: Some(CALL),
                children: 1,
                children_units: 7,
                children_root: children_root(&[named.row.receipt]),
                failed: false,
            },
        );
        let key = hex::encode(own.public());
        let checks = |receipts: &[(Receipt, &SessionKey)], key: Option<&str>| {
            let texts = receipts.iter().map(|(receipt, key)| receipt.sign(key));
            check(&texts.collect::<Vec<_>>().join("\n"), key, None)
        };
        let hidden = child(2);
        let all = [(named, &own), (hidden, &own), (whole, &own)];
        let verdict = checks(&all, Some(&key)).unwrap();
        assert!(matches!(verdict, Verdict::BrokenPromise));
        // The use alone in the place of the named one is as bad.
        let verdict = checks(&all[1..], Some(&key)).unwrap();
        assert!(matches!(verdict, Verdict::BrokenPromise));
        let good = [(named, &own), (whole, &own)];
        assert!(matches!(checks(&good, Some(&key)).unwrap(), Verdict::Good));
        assert!(matches!(checks(&good, None).unwrap(), Verdict::Unproven(_)));
        // What somebody else has written convicts nobody, nor what nobody is said to have signed.
        let forged = [(named, &own), (hidden, &other), (whole, &own)];
        let refused = checks(&forged, Some(&key)).map(drop).unwrap_err();
        assert!(refused.to_string().contains("not signed"), "{refused}");
        let refused = checks(&all, None).map(drop).unwrap_err();
        assert!(refused.to_string().contains("names 1 uses"), "{refused}");
        let fewer = checks(&good[1..], Some(&key)).unwrap();
        assert!(
            matches!(fewer, Verdict::Good),
            "one receipt stands for itself"
        );
    }
}
