//! What an audit has found: in words, as JSON, as a report on disk.

use crate::words::{Paint, count, money, plural};
use anyhow::{Context as _, Result};
use audit::report::{Fault, Report};
use protocol::{Address, Amount, Hash};
use serde_json::{Value, json};
use std::path::Path;

/// What has been asked of an audit, and how long it took.
pub struct Run<'a> {
    /// Where the log was read.
    pub log: &'a str,
    /// Seconds for the first full pass, reading included.
    pub seconds: f64,
    /// Entries of that pass.
    pub entries: u64,
}

/// A fault in one line: where, and what.
pub fn fault_line(fault: &Fault) -> String {
    let mut line = String::new();
    let named = |seq: u64| fault.what.starts_with(&format!("entry {seq} "));
    if let Some(seq) = fault.at.filter(|seq| !named(*seq)) {
        line.push_str(&format!("entry {seq}: "));
    }
    line.push_str(&fault.what);
    if let Some(file) = fault
        .file
        .as_ref()
        .filter(|file| !fault.what.contains(file.as_str()))
    {
        line.push_str(&format!(" (`{file}`)"));
    }
    line
}

/// A fault as JSON; the names of its fields are stable (`docs/spec/audit.md`).
pub fn fault_json(fault: &Fault) -> Value {
    json!({
        "audit": fault_line(fault), "code": fault.code, "entry": fault.at, "file": fault.file,
        "evidence": fault.evidence,
    })
}

/// A report as JSON; the names of its fields are stable (`docs/spec/audit.md`).
pub fn report_json(report: &Report, run: &Run<'_>) -> Value {
    let first = report.chains.first().cloned().unwrap_or_default();
    let chains = report.chains.iter().map(|it| {
        json!({
            "chain_id": it.chain_id,
            "checked": it.checked,
            "roots_matched": it.roots_matched,
            "vetoed": it.vetoed,
            "beside_checked": it.beside_checked,
            "beside_why": it.beside_why,
        })
    });
    let tokens = report.money.iter().map(|sums| {
        json!({
            "token": format!("0x{}", Address(sums.token)),
            "chain_id": sums.chain_id,
            "deposited": sums.deposited.to_string(),
            "in_purses": sums.in_purses.to_string(),
            "held": sums.held.to_string(),
            "payable": sums.payable.to_string(),
            "claimed": sums.claimed.map(|claimed| claimed.to_string()),
            "refunded": sums.refunded.to_string(),
            "slashed": sums.slashed.to_string(),
        })
    });
    json!({
        "audit": verdict(report),
        "log": run.log,
        "log_size": report.log_size,
        "root": Hash(report.log_root).to_string(),
        "signatures_checked": report.signatures_checked,
        "accounts": report.accounts,
        "wallets_disclosed": report.wallets_disclosed,
        "campaigns": report.campaigns,
        "answers": report.answers,
        "scores_recomputed": report.scores_recomputed,
        "scores_erased": report.scores_erased,
        "blocks_released": report.blocks_released,
        "blocks_rejected": report.blocks_rejected,
        "assets": report.assets,
        "segments": report.segments,
        "uses": report.uses,
        "epochs": report.epochs,
        "chain_checked": first.checked,
        "roots_matched": first.roots_matched,
        "vetoed": first.vetoed,
        "further_chains": report.chains.len().saturating_sub(1),
        "all_chains_checked": report.chains.iter().all(|it| it.checked),
        "chains": chains.collect::<Vec<_>>(),
        "state_roots_matched": report.state_roots_matched,
        "state_roots_erased": report.state_roots_erased,
        "witnesses_seen": report.witnesses_seen,
        "witnesses_unchecked": report.witnesses_unchecked,
        "erased": report.erased,
        "money": tokens.collect::<Vec<_>>(),
        "seconds": run.seconds,
        "entries_per_second": run.rate(),
    })
}

/// Writes a report or a fault for whoever comes later.
pub fn write(path: &Path, found: &Value) -> Result<()> {
    let text = format!("{found:#}\n");
    std::fs::write(path, text)
        .with_context(|| format!("cannot write the report `{}`", path.display()))
}

impl Run<'_> {
    fn rate(&self) -> u64 {
        (self.entries as f64 / self.seconds.max(1e-9)).round() as u64
    }
}

fn verdict(report: &Report) -> String {
    match report.erased {
        0 => "verified".to_owned(),
        erased => format!("verified except {erased} erased"),
    }
}

/// The summary.
pub fn print(report: &Report) {
    let n = |number: u64| count(u128::from(number));
    let checked = report.chains.iter().filter(|it| it.checked).count();
    let contradicts = match (checked, report.chains.len()) {
        (0, _) => "nothing in this log contradicts it",
        (1, 1) => "nothing in this log or on the chain contradicts it",
        (all, chains) if all == chains => "nothing in this log or on its chains contradicts it",
        _ => "nothing in this log, or on those of its chains that were given, contradicts it",
    };
    println!("{}  {contradicts}", Paint::new().green(&verdict(report)));
    println!(
        "  log        {}, root {}",
        plural(report.log_size, "entry").replace("entrys", "entries"),
        Hash(report.log_root)
    );
    println!(
        "  signatures {} of session keys",
        n(report.signatures_checked)
    );
    println!(
        "  accounts   {}; {} wallets disclosed, {} kept sealed",
        n(report.accounts),
        n(report.wallets_disclosed),
        n(report.wallets_undisclosed)
    );
    println!(
        "  work       {} in {}: {} released, {} rejected; {} recomputed, equal",
        plural(report.answers, "answer"),
        plural(report.campaigns, "campaign"),
        plural(report.blocks_released, "block"),
        n(report.blocks_rejected),
        plural(report.scores_recomputed, "score document")
    );
    println!(
        "  use        {} in {} of {}",
        plural(report.uses, "use"),
        plural(report.segments, "segment"),
        plural(report.assets, "asset")
    );
    print_chains(report);
    print_lines(report);
    print_beside(report);
    print_money(report);
}

/// One line for each chain.
fn print_chains(report: &Report) {
    for it in &report.chains {
        let alone = report.chains.len() == 1;
        if !it.checked {
            let which = match alone {
                true => "no chain".to_owned(),
                false => format!("chain {} was not", it.chain_id),
            };
            println!("  chain      not checked ({which} given)");
            continue;
        }
        let place = match alone {
            true => String::new(),
            false => format!(" (chain {})", it.chain_id),
        };
        println!(
            "  chain      {} of {} posted with this root, these totals and this log{place}",
            count(u128::from(it.roots_matched)),
            plural(report.epochs, "epoch")
        );
    }
}

/// Whether stakes and votes were looked for, where the log speaks of any.
fn print_lines(report: &Report) {
    let Some(first) = report.chains.first().filter(|_| report.names_beside) else {
        return;
    };
    match &first.beside_why {
        None => println!("  beside     stakes and votes are what their contracts hold and held"),
        Some(why) => println!("  beside     stakes and votes not checked: {why}"),
    }
}

/// One line for each token.
fn print_money(report: &Report) {
    for sums in &report.money {
        let money = |units: u128| Amount::new(units).map_or_else(|| count(units), money);
        let slashed = match sums.slashed {
            0 => String::new(),
            slashed => format!(", {} slashed", money(slashed)),
        };
        let claimed = sums.claimed.map(money);
        let claimed = claimed.unwrap_or_else(|| "nobody has looked what was".to_owned());
        let place = match report.money.len() {
            1 => String::new(),
            _ => format!(
                " (token 0x{} on chain {})",
                Address(sums.token),
                sums.chain_id
            ),
        };
        println!(
            "  money      {} deposited, {} payable, {claimed} claimed, {} refunded{slashed}{place}",
            money(sums.deposited),
            money(sums.payable),
            money(sums.refunded)
        );
    }
}

/// What stands beside the log's own entries.
fn print_beside(report: &Report) {
    let n = |number: u64| count(u128::from(number));
    if report.state_roots_matched + report.state_roots_erased > 0 {
        println!(
            "  state      {} of {} matched",
            n(report.state_roots_matched),
            plural(
                report.state_roots_matched + report.state_roots_erased,
                "state root"
            )
        );
    }
    print_witnesses(report);
    if report.erased > 0 {
        println!(
            "  erased     {} of openings, each with its tombstone; {} cannot be recomputed",
            plural(report.erased, "file"),
            plural(report.scores_erased, "score document")
        );
    }
}

/// Who has cosigned the checkpoint; what is not checked could be anybody's, and is said so.
fn print_witnesses(report: &Report) {
    let (seen, others) = (&report.witnesses_seen, &report.witnesses_unchecked);
    let seen = seen.join(", ");
    let others = others.join(", ");
    match (seen.is_empty(), others.is_empty()) {
        (true, true) => {}
        (false, true) => println!("  witnesses  {seen}"),
        (true, false) => println!(
            "  witnesses  none checked: {others} on the checkpoint, whose key no --witness gives"
        ),
        (false, false) => println!("  witnesses  {seen}; not checked: {others}"),
    }
}

/// How long it took, beside the summary: no two runs have it in common.
pub fn print_pace(run: &Run<'_>) {
    eprintln!(
        "  took       {:.1} s, {} entries/s",
        run.seconds,
        count(u128::from(run.rate()))
    );
}
