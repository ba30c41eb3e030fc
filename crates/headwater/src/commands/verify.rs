//! `headwater verify`: receipts, promises and refusals, checked offline and told in words.

mod evidence;
mod receipt;
mod usage;

use super::rotation::LogKey;
use crate::cli::Failure;
use crate::cli::node::Verify;
use crate::words::complaint;
use anyhow::{Context as _, Result, bail};
use evidence::Evidence;
use node::clock::{Clock as _, SystemClock};
use proof::Checkpoint;
use proof::cosignature::{CosignerKey, Policy};
use proof::note::{self, VerifierKey};
use proof::promise::{Promise, Refusal};
use std::collections::BTreeSet;
use std::path::Path;

/// Options that name keys.
const LOG_KEY: &str = "--log-key";
const GATEWAY_KEY: &str = "--gateway-key";
const RECEIPT: &str = "c2sp.org/tlog-proof@v1\n";
const PROMISE: &str = "headwater/promise/v1\n";
const REFUSAL: &str = "headwater/refusal/v1\n";

/// Whose word counts.
struct Trust {
    /// The log's key that is trusted, and those that follow it; none without it.
    keys: Vec<LogKey>,
    policy: Option<Policy>,
}

impl Trust {
    /// The log's key that a note is held against.
    fn key_of(&self, note: &[u8]) -> Option<&VerifierKey> {
        key_of(&self.keys, note)
    }
}

/// The key that must have signed a note: a checkpoint's is that for its size, since whoever has
/// stolen one that was given up could sign any later one with it. Promises and refusals name no
/// size that is signed at a time, so that any of the keys may have signed them; if none has, the
/// first one says what is wrong.
fn key_of<'a>(keys: &'a [LogKey], note: &[u8]) -> Option<&'a VerifierKey> {
    let checkpoint = note::text_unverified(note).and_then(Checkpoint::parse_extended);
    let is_own = |it: &&LogKey| match &checkpoint {
        Ok((checkpoint, _)) => it.since <= checkpoint.head.size,
        Err(_) => note::open(note, std::slice::from_ref(&it.key)).is_ok(),
    };
    keys.iter().rfind(is_own).or(keys.first()).map(|it| &it.key)
}

/// How a file has turned out.
enum Verdict {
    Good,
    /// Nothing without the key that this option names.
    Unproven(&'static str),
    BrokenPromise,
}

/// Checks every file, and fails at the end if one of them proves nothing or too much.
pub fn run(args: &Verify) -> Result<()> {
    let trust = trust(args)?;
    let against = args.against.as_deref();
    let evidence = against.map(Evidence::parse).transpose()?;
    let (mut faulty, mut unproven, mut broken) = (Vec::new(), BTreeSet::new(), 0);
    for (place, path) in args.files.iter().enumerate() {
        if place > 0 {
            println!();
        }
        println!("{}", path.display());
        let checked = read(path).and_then(|text| match usage::is_meant(&text) {
            true => {
                usage::check(&text, &trust, (args.gateway_key.as_deref(), against)).map_err(bad)
            }
            false => check(&text, &trust, evidence.as_ref()),
        });
        match checked {
            Ok(Verdict::Good) => {}
            Ok(Verdict::Unproven(option)) => {
                unproven.insert(option);
            }
            Ok(Verdict::BrokenPromise) => broken += 1,
            Err(error) => {
                let name = format!("`{}`", path.display());
                if args.files.len() == 1 {
                    return Err(error.context(format!("cannot verify {name}")));
                }
                let said = complaint(&error);
                let said = said.replace("\nhint: ", "\n  hint       ");
                println!("  BAD        {said}");
                faulty.push(name);
            }
        }
    }
    verdict(args.files.len(), faulty, unproven, broken)
}

/// How all files together have turned out, where none of them ends the command by itself.
fn verdict(
    all: usize,
    faulty: Vec<String>,
    unproven: BTreeSet<&'static str>,
    broken: u32,
) -> Result<()> {
    let failure = |words: String| Err(Failure::Check(words).into());
    if broken > 0 {
        return failure(
            "the log has broken a promise\n\
             hint: keep this file and what it was held against; together they convict the log, \
             see docs/operate/receipts.md"
                .to_owned(),
        );
    }
    if !faulty.is_empty() {
        let bad = faulty.len();
        return failure(format!(
            "cannot verify {bad} of {all} files: {}\n\
             hint: what is wrong with each, and what to do, stands below its name",
            faulty.join(", ")
        ));
    }
    if !unproven.is_empty() {
        let whose = |option: &&str| match *option {
            GATEWAY_KEY => "the gateway's key",
            _ => "the log's key",
        };
        let keys: Vec<_> = unproven.iter().map(whose).collect();
        let options: Vec<_> = unproven.into_iter().collect();
        let (keys, options) = (keys.join(" and "), options.join(" and "));
        return failure(format!(
            "nothing is proven without {keys}\n\
             hint: give {keys} with {options}, from a source that is not this file"
        ));
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).context(
        "it cannot be read
hint: name a file that the node, `headwater receipt` or the gateway has given",
    )
}

fn trust(args: &Verify) -> Result<Trust> {
    let log_key = args.log_key.as_deref().map(|key| {
        let parsed = key.parse::<VerifierKey>();
        parsed.with_context(|| format!("`{key}` is no log's key"))
    });
    let witnesses: Result<Vec<CosignerKey>> = args
        .witness
        .iter()
        .map(|key| {
            let parsed = key.parse();
            parsed.with_context(|| format!("`{key}` is no witness's key"))
        })
        .collect();
    let witnesses = witnesses?;
    let policy = if witnesses.is_empty() && args.quorum == 0 {
        None
    } else {
        Some(Policy::new(witnesses, args.quorum).context("cannot trust these witnesses")?)
    };
    let statements = super::rotation::statements(&args.rotation)?;
    let keys = match log_key.transpose()? {
        Some(key) => super::rotation::keys(&key, statements, policy.as_ref())
            .context("cannot follow these rotation statements from the log's key")?,
        None => Vec::new(),
    };
    Ok(Trust { keys, policy })
}

fn check(text: &str, trust: &Trust, seen: Option<&Evidence>) -> Result<Verdict> {
    if text.starts_with(RECEIPT) {
        return receipt::check(text, trust).map_err(bad);
    }
    if text.starts_with(PROMISE) {
        return promise(text, trust, seen).map_err(bad);
    }
    if text.starts_with(REFUSAL) {
        return refusal(text, trust).map_err(bad);
    }
    bail!(
        "it is no receipt, promise or refusal\n\
         hint: its first line would say which; `headwater receipt` gets receipts to keep"
    )
}

/// What is wrong with a file is a failed check, not a failed program.
fn bad(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<proof::Fault>() {
        Ok(fault) => Failure::Check(format!("{fault}\nhint: {}", way_on(&fault))).into(),
        Err(error) => error,
    }
}

/// What to do about a file with which this is wrong.
fn way_on(fault: &proof::Fault) -> &'static str {
    match (fault.form, fault.rule) {
        (_, "no trusted key signed it") => {
            "if the log has changed its key since, name its statements with --rotation; else \
             compare --log-key with what the operator announces: it may be another log's"
        }
        ("witness policy", _) => {
            "name the witnesses that you trust with --witness, and how many must have cosigned \
             with --quorum"
        }
        _ => {
            "it, or what it is held against, was changed or cut: get it anew from the node, a \
             receipt with `headwater receipt INDEX --url URL -o FILE`"
        }
    }
}

fn promise(text: &str, trust: &Trust, evidence: Option<&Evidence>) -> Result<Verdict> {
    let Some(key) = trust.key_of(text.as_bytes()) else {
        let promise = Promise::parse(note::text_unverified(text.as_bytes())?)?;
        print_promise(&promise);
        println!("  NOT PROVEN that the log gave this promise: no --log-key");
        return Ok(Verdict::Unproven(LOG_KEY));
    };
    let promise = Promise::open(text.as_bytes(), key)?;
    print_promise(&promise);
    println!("  signed by  {key}");
    let Some(evidence) = evidence else {
        let now_ms = SystemClock.now_ms();
        let due = if now_ms > promise.merged_by_ms {
            "over"
        } else {
            "running"
        };
        println!("  time       {due}; hold it against the log with --against");
        return Ok(Verdict::Good);
    };
    let found = evidence.find(&promise, trust)?;
    let breach = promise.broken_by(&found.checkpoint, found.seen_ms, found.submission.as_ref())?;
    let size = found.checkpoint.head.size;
    match breach {
        Some(breach) => {
            println!("  BROKEN     {breach} ({size} entries)");
            Ok(Verdict::BrokenPromise)
        }
        None if found.submission.is_some() => {
            println!("  kept       the log's {size} entries hold it at its place");
            Ok(Verdict::Good)
        }
        None => {
            println!("  open       the log has {size} entries; its time is not over");
            Ok(Verdict::Good)
        }
    }
}

fn print_promise(promise: &Promise) {
    println!("  promise    of the log {}", promise.origin);
    println!("  submission {}", hex::encode(promise.submission));
    println!("  will be    entry {}", promise.index);
    println!("  arrived    {}", super::inspect::time(promise.arrived_ms));
    println!(
        "  merged by  {}",
        super::inspect::time(promise.merged_by_ms)
    );
}

fn refusal(text: &str, trust: &Trust) -> Result<Verdict> {
    let key = trust.key_of(text.as_bytes());
    let refusal = match key {
        Some(key) => Refusal::open(text.as_bytes(), key)?,
        None => Refusal::parse(note::text_unverified(text.as_bytes())?)?,
    };
    println!("  refusal    of the log {}", refusal.origin);
    println!("  submission {}", hex::encode(refusal.submission));
    println!("  code       {}", refusal.code);
    let (size, time) = (refusal.size, super::inspect::time(refusal.time_ms));
    println!("  decided    against the first {size} entries, {time}");
    if let Some(key) = key {
        println!("  signed by  {key}");
        return Ok(Verdict::Good);
    }
    println!("  NOT PROVEN that the log refused: no --log-key");
    Ok(Verdict::Unproven(LOG_KEY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::merkle::Head;
    use proof::note::Signer;

    #[test]
    fn a_key_that_was_given_up_signs_no_later_checkpoint() {
        let name = "example.org/log";
        let [old, new] = [1, 2].map(|seed| Signer::from_seed(name, &[seed; 32]).unwrap());
        let keys = [(&old, 0), (&new, 6)].map(|(signer, since)| LogKey {
            key: signer.verifier().clone(),
            since,
        });
        let checkpoint = |size, signer: &Signer| {
            let head = Head {
                size,
                root: [7; 32],
            };
            let origin = name.to_owned();
            Checkpoint { origin, head }.sign(signer).unwrap()
        };
        let opens = |note: &str| {
            let key = key_of(&keys, note.as_bytes()).unwrap();
            note::open(note.as_bytes(), std::slice::from_ref(key)).is_ok()
        };
        for (size, by_old) in [(0, true), (5, true), (6, false), (900, false)] {
            assert_eq!(opens(&checkpoint(size, &old)), by_old, "{size}");
            assert_eq!(opens(&checkpoint(size, &new)), !by_old, "{size}");
        }
        // Which names no size, and may be from before.
        let promise = Promise {
            origin: name.to_owned(),
            submission: [3; 32],
            index: 900,
            arrived_ms: 1,
            merged_by_ms: 2,
        };
        assert!(opens(&promise.sign(&old).unwrap()));
        assert!(opens(&promise.sign(&new).unwrap()));
        let stranger = Signer::from_seed(name, &[3; 32]).unwrap();
        assert!(!opens(&promise.sign(&stranger).unwrap()));
    }
}
