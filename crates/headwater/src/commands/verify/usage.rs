//! Receipts of the gateway: signed by its key, added up, and held against the segments of the log.

mod words;

use super::{GATEWAY_KEY, LOG_KEY, Trust, Verdict, receipt};
use crate::cli::Failure;
use crate::commands::inspect::time;
use crate::commands::rotation::LogKey;
use anyhow::{Context as _, Result, bail};
use gateway::Receipt;
use gateway::tree::{self, Node, Tree, Wrong};
use node::clock::{Clock as _, SystemClock};
use proof::Checkpoint;
use proof::cosignature::{Cosignature, Policy};
use proof::merkle::{self, Frontier, Head};
use protocol::command::PostSegment;
use protocol::market::AssetKind;
use protocol::service::ComposeAsset;
use protocol::{AssetId, Command, Entry, Hash, codec};
use std::collections::BTreeMap;
use std::path::Path;
use store::PublicLog;

/// What a copy of the public log that its key has signed says of receipts.
struct Seen<'a> {
    /// Keys of the gateway.
    keys: Vec<[u8; 32]>,
    /// Entry and place of each row that was found.
    found: BTreeMap<[u8; 32], (u64, usize)>,
    /// What was declared for the asset of the allowance when it was granted.
    declared: Option<ComposeAsset>,
    /// What each asset is, by its number.
    kinds: Vec<AssetKind>,
    /// How many entries there are.
    size: u64,
    /// Time of the newest of them, in milliseconds since 1970.
    newest_ms: u64,
    /// Which of the named witnesses have cosigned the copy's checkpoint.
    cosigned: Vec<Cosignature<'a>>,
}

impl Seen<'_> {
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

/// Checks one receipt, or all of one call. Of what is missing only a directory with the public log
/// convicts: it shows every segment. Whether it is the log's own is known by the log's key alone,
/// so that without that key it is not even read.
pub(super) fn check(
    text: &str,
    trust: &Trust,
    (key, against): (Option<&str>, Option<&str>),
) -> Result<Verdict> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let read = texts.iter().map(|text| Some(Receipt::read(text)?.0));
    let Some(receipts) = read.collect::<Option<Vec<_>>>() else {
        return failed(
            "the receipt's id does not follow from what it says\n\
             hint: it was changed or cut: take it from the gateway's answer as it was"
                .to_owned(),
        );
    };
    let seen = match against {
        Some(dir) if !trust.keys.is_empty() => {
            let whose = (&trust.keys[..], trust.policy.as_ref());
            Some(look((Path::new(dir), whose), top(&receipts), &receipts)?)
        }
        _ => None,
    };
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
        [one] => {
            let kinds: &[AssetKind] = seen.as_ref().map_or(&[][..], |seen| &seen.kinds);
            words::print(one.receipt, kinds.get(one.receipt.asset.index()).copied());
        }
        all => words::print_tree(all),
    }
    proven(&nodes, (signer, seen), (trust, against))
}

/// What is proven of receipts that fit each other; `against` names a copy of the log.
fn proven(
    nodes: &[Node<'_>],
    (signer, seen): (Option<[u8; 32]>, Option<Seen<'_>>),
    (trust, against): (&Trust, Option<&str>),
) -> Result<Verdict> {
    if let Some(signer) = signer {
        println!("  signed by  {}", Hash(signer));
    }
    let unproven = |what: &str, option| {
        println!("  NOT PROVEN that {what}");
        Ok(Verdict::Unproven(option))
    };
    match (seen, signer) {
        (None, _) if against.is_some() => unproven("this copy is the log's: no --log-key", LOG_KEY),
        (None, None) => unproven(
            "a gateway has signed it: no --gateway-key, and no log that names it (--against)",
            GATEWAY_KEY,
        ),
        (Some(_), None) => unproven(
            "a gateway has signed it: this copy of the log names no gateway's key",
            GATEWAY_KEY,
        ),
        (None, Some(_)) => {
            println!("  log        hold it against the log with --against DIR --log-key KEY");
            Ok(Verdict::Good)
        }
        (Some(seen), Some(_)) => {
            println!(
                "  copy       {} entries, signed by the log's key",
                seen.size
            );
            let quorum = trust.policy.as_ref().map_or(0, Policy::quorum);
            receipt::print_witnesses(&seen.cosigned, quorum);
            allowed(nodes, &seen)?;
            held(nodes, &seen)
        }
    }
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
fn signer(texts: &[&str], key: Option<&str>, seen: Option<&Seen<'_>>) -> Result<Option<[u8; 32]>> {
    let mut keys = seen.map_or_else(Vec::new, |seen| seen.keys.clone());
    if let Some(key) = key {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).context("--gateway-key is 64 hex digits")?;
        // Anybody can sign uses with a key of their own, and no log has those.
        if seen.is_some() && !keys.contains(&bytes) {
            return failed(
                "--gateway-key is none that this copy of the log names, so that the log answers \
                 for nothing that it has signed\n\
                 hint: without --gateway-key the log's own entries name it; if this copy is older \
                 than the key, hold it against a newer one"
                    .to_owned(),
            );
        }
        keys = vec![bytes];
    }
    if keys.is_empty() {
        return Ok(None);
    }
    let has_signed = |key: &&[u8; 32]| texts.iter().all(|text| Receipt::open(text, key).is_some());
    match keys.iter().find(has_signed) {
        Some(signer) => Ok(Some(*signer)),
        None => failed(
            "the receipt is not signed by the gateway's key\n\
             hint: compare the key with the one that the log's entries name, `gateway` in \
             `GET /api/v1/space`; else the receipt was changed, or is another gateway's"
                .to_owned(),
        ),
    }
}

fn failed<T>(words: String) -> Result<T> {
    Err(Failure::Check(words).into())
}

/// Whether the call has used only what was declared for it, and for no more.
fn allowed(nodes: &[Node<'_>], seen: &Seen<'_>) -> Result<()> {
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
        ));
    };
    let named = |asset: &AssetId| declared.components.contains(asset);
    if let Some(other) = below.iter().find(|it| !named(&it.receipt.asset)) {
        let asset = other.receipt.asset;
        return failed(format!(
            "asset {asset} is not among what the call was declared to use"
        ));
    }
    let (spent, most) = (tree.children_units, declared.most_units.units());
    if spent > most {
        return failed(format!(
            "the call has spent {spent} units on others, more than the {most} declared"
        ));
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
fn held(nodes: &[Node<'_>], seen: &Seen<'_>) -> Result<Verdict> {
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

/// Reads every entry of a directory's public log, and holds all of them against its checkpoint,
/// which the log's key must have signed and enough witnesses cosigned; `top` is the receipt of the
/// whole call.
fn look<'a>(
    (path, (log_keys, policy)): (&Path, (&[LogKey], Option<&'a Policy>)),
    top: &Receipt,
    receipts: &[Receipt],
) -> Result<Seen<'a>> {
    if !path.is_dir() {
        let dir = path.display();
        bail!("a use's receipt is held against a directory with the public log, not `{dir}`");
    }
    let log = PublicLog::open(path);
    let note = log.checkpoint_note()?;
    let log_key = super::key_of(log_keys, &note).context("no log's key")?;
    let Head { size, root } = Checkpoint::open(&note, log_key)?.head;
    let cosigned = policy.map(|policy| policy.check(&note)).transpose()?;
    let (mut allowances, mut newest) = (0, None);
    let mut tree = Frontier::default();
    let mut seen = Seen {
        keys: Vec::new(),
        found: BTreeMap::new(),
        declared: None,
        kinds: Vec::new(),
        size,
        newest_ms: 0,
        cosigned: cosigned.unwrap_or_default(),
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
        seen.kinds.extend(AssetKind::made_by(&submission.command));
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
        return failed(words.to_owned());
    }
    Ok(seen)
}

#[cfg(test)]
mod tests;
