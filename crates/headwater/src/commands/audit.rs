//! `headwater audit`: an outsider's recomputation, once or for as long as the log grows.

mod given;

use super::audited::{self, Run};
use super::public::Public;
use crate::cli::{self, Failure};
use crate::progress::Bars;
use crate::words::count;
use anyhow::{Context as _, Result, bail};
use audit::report::{Fault, Options, Progress, Report, Stage};
use audit::{Audit, Finding, Trust};
use given::Given;
use node::clock::{Clock as _, SystemClock};
use proof::cosignature::{CosignerKey, Policy};
use proof::note::VerifierKey;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Files on their way at once where each takes a way over the network.
pub(super) const REMOTE_THREADS: usize = 16;
/// Between two looks at the checkpoint with `--follow`.
const PAUSE: Duration = Duration::from_secs(1);

/// Audits the public files of a log against the announced log key.
pub fn run(args: &cli::Audit) -> Result<()> {
    let trust = trust("audit", &args.trusted)?;
    let source = Public::named(&args.log, args.chain.as_deref())?.with_servers(&args.rpc)?;
    let options = Options {
        signatures: true,
        threads: match args.threads {
            Some(threads) => threads.into(),
            None if source.is_remote() => REMOTE_THREADS.max(cores()),
            None => cores(),
        },
    };
    let mut audit = Audit::new(&source, trust, options);
    let given = Given::hold(args, &mut audit)?;
    let mut bars = Bars::new(args.json);
    let began = Instant::now();
    let outcome = audit.advance(&mut |progress| show(&mut bars, progress));
    bars.finish();
    let run = Run {
        log: &args.log,
        seconds: began.elapsed().as_secs_f64(),
        entries: *outcome.as_ref().unwrap_or(&0),
    };
    let outcome = match outcome {
        Ok(_) if args.follow => follow(&mut audit, &run, args, &given),
        Ok(_) => Ok(()),
        Err(fault) => Err(fault),
    };
    let found = outcome.and_then(|()| Ok((audit.report()?, findings(&audit)?)));
    match found {
        Ok((report, findings)) => tell(&report, &run, args, (&given, &findings)),
        Err(fault) => complain(&fault, args),
    }
}

/// What has come of the words that the log is held to, by now.
fn findings(audit: &Audit<'_>) -> Result<Vec<Finding>, Fault> {
    audit.findings(SystemClock.now_ms())
}

/// The audit of a directory with all signatures, on every core.
pub fn audit_directory(dir: &Path, key: &VerifierKey, bars: &mut Bars) -> Result<Report, Fault> {
    let options = Options {
        signatures: true,
        threads: cores(),
    };
    let source = Public::directory(dir, None);
    audit::audit(&source, key, options, &mut |progress| show(bars, progress))
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn show(bars: &mut Bars, progress: Progress) {
    let step = match progress.stage {
        Stage::Log => "log, signatures, rules and scores",
        Stage::Chain => "epochs against the contracts",
    };
    bars.show(step, progress.done, progress.total);
}

/// The keys that a command trusts; `doing` is what it cannot do without the log's.
pub(super) fn trust(doing: &str, trusted: &cli::Trusted) -> Result<Trust> {
    let Some(key) = &trusted.log_key else {
        bail!(
            "cannot {doing} without the log key: a wholly replaced log would pass\n\
             hint: give --log-key; the operator announces the key, `headwater key` prints it"
        );
    };
    let log_key: VerifierKey = key.parse().context(
        "cannot use the log key
hint: it has the form name+hash+base64; the operator announces it, `headwater key` prints it",
    )?;
    if trusted.witness.is_empty() {
        return Ok(log_key.into());
    }
    let cosigner = |text: &String| {
        text.parse::<CosignerKey>().with_context(|| {
            format!(
                "cannot use the witness key `{text}`\n\
                 hint: it has the form name+hash+base64; the witness announces it"
            )
        })
    };
    let witnesses = trusted.witness.iter().map(cosigner);
    let witnesses = witnesses.collect::<Result<Vec<_>>>()?;
    let quorum = trusted.quorum.unwrap_or(witnesses.len());
    let policy = Policy::new(witnesses, quorum).context("cannot ask for these witnesses")?;
    Ok(Trust {
        log_key,
        witnesses: Some(policy),
    })
}

/// Looks at the checkpoint again and again, until the first fault, a broken word, or a signal to
/// end.
fn follow(
    audit: &mut Audit<'_>,
    run: &Run<'_>,
    args: &cli::Audit,
    given: &Given,
) -> Result<(), Fault> {
    let ends = ends();
    if !args.json {
        eprintln!("  following  {}; ctrl-c ends", run.log);
    }
    let mut heard = Instant::now();
    loop {
        // Its time may run out while the log stands still.
        if !given.is_empty() && given::complaint(&findings(audit)?).is_some() {
            return Ok(());
        }
        match ends.recv_timeout(PAUSE) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return Ok(()),
        }
        match audit.advance(&mut |_| ()) {
            Ok(new) => {
                heard = Instant::now();
                if new > 0 && !args.json {
                    let [new, size] = [new, audit.report()?.log_size].map(u128::from);
                    let (new, size) = (count(new), count(size));
                    eprintln!("  verified   {new} more, {size} entries");
                }
            }
            // A server that does not answer proves nothing; it is asked again for a while. What
            // was begun upon a checkpoint cannot be, though.
            Err(fault) if is_silence(&fault) && heard.elapsed() < PATIENCE => {}
            Err(fault) => return Err(fault),
        }
    }
}

/// How long a server may be silent before `--follow` gives up. A look takes as long as it tries
/// again, so that looks are not counted.
const PATIENCE: Duration = Duration::from_secs(30);

fn is_silence(fault: &Fault) -> bool {
    fault.code == "unreadable" && fault.file.as_deref() == Some("log/checkpoint")
}

/// Says something when a signal asks the program to end.
pub(super) fn ends() -> Receiver<i32> {
    let (end, ends) = channel();
    match Signals::new([SIGINT, SIGTERM]) {
        Ok(mut signals) => {
            std::thread::spawn(move || signals.forever().try_for_each(|signal| end.send(signal)));
        }
        // Without it ctrl-c ends the program all the same, only without a summary.
        Err(_) => std::mem::forget(end),
    }
    ends
}

fn tell(
    report: &Report,
    run: &Run<'_>,
    args: &cli::Audit,
    (given, findings): (&Given, &[Finding]),
) -> Result<()> {
    let mut found = audited::report_json(report, run);
    let broken = given::complaint(findings);
    given.add_to(&mut found, findings);
    if let Some(path) = &args.report {
        audited::write(path, &found)?;
    }
    if args.json {
        println!("{found}");
    } else {
        audited::print(report);
        given.print(findings);
        if broken.is_none() {
            audited::print_pace(run);
        }
    }
    let hint = "hint: keep the files; they convict the log, see docs/operate/receipts.md";
    let failed = |broken| Err(Failure::Check(format!("{broken}\n{hint}")).into());
    broken.map_or(Ok(()), failed)
}

/// A source that cannot be read is the caller's to repair; everything else is a failed check.
fn complain(fault: &Fault, args: &cli::Audit) -> Result<()> {
    let (line, found) = (audited::fault_line(fault), audited::fault_json(fault));
    if let Some(path) = &args.report {
        audited::write(path, &found)?;
    }
    if fault.code == "unreadable" {
        bail!("cannot audit `{}`: {line}", args.log);
    }
    if args.json {
        println!("{found}");
        return Err(Failure::Check(line).into());
    }
    Err(Failure::Check(format!("not verified: {line}")).into())
}
