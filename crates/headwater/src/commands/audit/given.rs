//! Promises and refusals that an audit holds the log to: from files, and what came of them.

use crate::cli;
use crate::words::Paint;
use anyhow::{Context as _, Result, anyhow};
use audit::{Finding, Sent, Verdict, Word};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The files that were given, in the order of their words.
pub struct Given {
    files: Vec<PathBuf>,
    promises: usize,
}

impl Given {
    /// Reads the files and gives their words to an audit that has read nothing yet.
    pub fn hold(args: &cli::Audit, audit: &mut audit::Audit<'_>) -> Result<Self> {
        let given = Self {
            files: args.promise.iter().chain(&args.refusal).cloned().collect(),
            promises: args.promise.len(),
        };
        let words = given.files.iter().enumerate().map(|(at, path)| {
            let text = fs::read_to_string(path).with_context(|| unread(path))?;
            let promise = at < given.promises;
            Ok(if promise {
                Word::Promise(text)
            } else {
                Word::Refusal(text)
            })
        });
        let words: Result<Vec<Word>> = words.collect();
        let mut sent = Vec::new();
        for path in &args.sent {
            sent.extend(read_sent(path)?);
        }
        let held = audit.hold(words?, &sent);
        held.map_err(|(at, fault)| anyhow!("cannot use `{}`: {fault}", given.files[at].display()))?;
        Ok(given)
    }

    /// True if the log is held to nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Adds to a report what came of each; the names of the fields are stable
    /// (`docs/spec/audit.md`).
    pub fn add_to(&self, report: &mut Value, findings: &[Finding]) {
        let one = |(path, finding): (&PathBuf, &Finding)| {
            json!({
                "file": path.display().to_string(),
                "verdict": word(finding.verdict),
                "what": finding.what,
                "evidence": finding.evidence,
            })
        };
        let all: Vec<Value> = self.files.iter().zip(findings).map(one).collect();
        let (promises, refusals) = all.split_at(self.promises);
        report["promises"] = json!(promises);
        report["refusals"] = json!(refusals);
        if let Some(broken) = complaint(findings) {
            report["audit"] = json!(broken);
        }
    }

    /// A line for each.
    pub fn print(&self, findings: &[Finding]) {
        for (at, (path, finding)) in self.files.iter().zip(findings).enumerate() {
            let kind = if at < self.promises {
                "promise"
            } else {
                "refusal"
            };
            let said = format!("{}: {}", word(finding.verdict), finding.what);
            let said = match finding.verdict {
                Verdict::Broken => Paint::new().yellow(&said),
                _ => said,
            };
            println!("  {kind}    `{}`: {said}", path.display());
        }
    }
}

/// A sentence if the log has signed what is not so.
pub fn complaint(findings: &[Finding]) -> Option<String> {
    let broken = findings.iter().filter(|it| it.verdict == Verdict::Broken);
    match broken.count() {
        0 => None,
        1 => Some("the log has broken its word".to_owned()),
        count => Some(format!("the log has broken its word {count} times")),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Open => "open",
        Verdict::Broken => "broken",
    }
}

/// The body of a request to `POST /api/v1/submit`.
fn read_sent(path: &Path) -> Result<Vec<Sent>> {
    let bytes = fs::read(path).with_context(|| unread(path))?;
    let text = bytes.trim_ascii_start().first() == Some(&b'[');
    let read = if text {
        web::wire::decode_json
    } else {
        web::wire::decode
    };
    let sent = read(&bytes).map_err(|why| anyhow!("cannot use `{}`: {why}", path.display()))?;
    let plain = |sent: web::wire::Sent| Sent {
        signed: sent.signed.into(),
        body: sent.body.map_or_else(Vec::new, Into::into),
        attachments: (sent.attachments.into_iter().flatten())
            .map(Into::into)
            .collect(),
    };
    Ok(sent.into_iter().map(plain).collect())
}

fn unread(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}
