//! `headwater audit`: an outsider's recomputation, in words or as JSON.

use super::public::Directory;
use crate::cli::{Audit, Failure};
use crate::progress::Bars;
use crate::words::{Paint, count, money, plural};
use anyhow::{Context as _, Result, bail};
use audit::report::{Fault, Options, Report, Stage};
use proof::note::VerifierKey;
use protocol::{Amount, Hash};
use serde_json::json;
use std::path::Path;

/// Audits a directory against the announced log key.
pub fn run(args: &Audit) -> Result<()> {
    let Some(key) = &args.log_key else {
        bail!(
            "cannot audit without the log key: a wholly replaced directory would pass\n\
             hint: give --log-key; the operator announces the key, `demo` and `replay` print it"
        );
    };
    let key: VerifierKey = key.parse().context(
        "cannot use the log key
hint: it has the form name+hash+base64; the operator announces it, \
         `demo` and `replay` print it",
    )?;
    if !args.data.is_dir() {
        bail!(
            "cannot audit `{}`: there is no such directory\n\
             hint: name the data directory of a node",
            args.data.display()
        );
    }
    let mut bars = Bars::new(args.json);
    let outcome = audit_directory(&args.data, &key, &mut bars);
    bars.finish();
    match (outcome, args.json) {
        (Ok(report), true) => println!("{}", report_json(&report)),
        (Ok(report), false) => print_report(&report),
        (Err(fault), true) => {
            println!("{}", fault_json(&fault));
            return Err(Failure::Check(fault_line(&fault)).into());
        }
        (Err(fault), false) => {
            return Err(Failure::Check(format!("not verified: {}", fault_line(&fault))).into());
        }
    }
    Ok(())
}

/// The audit of a directory with all signatures, on every core.
pub fn audit_directory(dir: &Path, key: &VerifierKey, bars: &mut Bars) -> Result<Report, Fault> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = Options {
        signatures: true,
        threads,
    };
    audit::audit(&Directory::open(dir), key, options, &mut |progress| {
        let step = match progress.stage {
            Stage::Log => "log, signatures, rules and scores",
            Stage::Chain => "epochs against the contracts",
        };
        bars.show(step, progress.done, progress.total);
    })
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

fn fault_json(fault: &Fault) -> serde_json::Value {
    json!({
        "audit": fault_line(fault), "code": fault.code, "entry": fault.at, "file": fault.file,
    })
}

fn report_json(report: &Report) -> serde_json::Value {
    json!({
        "audit": "verified",
        "log_size": report.log_size,
        "root": Hash(report.log_root).to_string(),
        "signatures_checked": report.signatures_checked,
        "accounts": report.accounts,
        "wallets_disclosed": report.wallets_disclosed,
        "campaigns": report.campaigns,
        "answers": report.answers,
        "scores_recomputed": report.scores_recomputed,
        "blocks_released": report.blocks_released,
        "blocks_rejected": report.blocks_rejected,
        "assets": report.assets,
        "segments": report.segments,
        "uses": report.uses,
        "epochs": report.epochs,
        "roots_matched": report.roots_matched,
    })
}

fn print_report(report: &Report) {
    let paint = Paint::new();
    println!(
        "{}  nothing in this log or on the chain contradicts it",
        paint.green("verified")
    );
    let n = |number: u64| count(u128::from(number));
    println!(
        "  log        {}, root {}",
        plural(report.log_size, "entry").replace("entrys", "entries"),
        Hash(report.log_root)
    );
    println!(
        "  signatures {} of session keys; {} wallets disclosed, {} accounts keep theirs sealed",
        n(report.signatures_checked),
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
    println!(
        "  chain      {} of {} posted with this root, these totals and this log",
        n(report.roots_matched),
        plural(report.epochs, "epoch")
    );
    for sums in &report.money {
        let money = |units: u128| Amount::new(units).map_or_else(|| count(units), money);
        println!(
            "  money      {} deposited, {} payable, {} claimed, {} refunded",
            money(sums.deposited),
            money(sums.payable),
            money(sums.claimed),
            money(sums.refunded)
        );
    }
}
