//! Promises and refusals that a log has signed: kept, broken, and what nobody can say.

use crate::script::build;
use crate::twin::{Directory, log_key, signer};
use crate::world::{Lie, World};
use audit::{Audit, Finding, Options, Sent, Trust, Verdict, Word};
use proof::cosignature::{Algorithm, Cosigner, Policy};
use proof::hash::sha256;
use proof::promise::{Promise, Refusal, submission};
use proof::receipt::Receipt;
use protocol::entry::{Entry, Signed};
use protocol::{Command, codec};
use std::sync::OnceLock;

const NOW_MS: u64 = 1_800_000_000_000;

struct Log {
    directory: Directory,
    entries: Vec<Entry>,
    /// The last account that was opened: its entry, and the body that came along.
    opened: (u64, Vec<u8>),
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let world: World = build(Lie::None);
        let decode = |bytes: &Vec<u8>| codec::decode(bytes).unwrap();
        let entries: Vec<Entry> = world.entries.iter().map(decode).collect();
        let opens = |it: &Entry| matches!(it.signed.submission.command, Command::OpenAccount(_));
        let opened = entries.iter().rposition(opens).unwrap() as u64;
        let body = codec::encode(world.bindings.last().unwrap().as_ref().unwrap());
        Log {
            directory: world.directory(),
            entries,
            opened: (opened, body),
        }
    })
}

impl Log {
    fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    fn signed(&self, seq: u64) -> &Signed {
        &self.entries[seq as usize].signed
    }
}

fn named(signed: &Signed) -> proof::Hash {
    submission(&signed.submission.signing_bytes(), &signed.signature.0)
}

fn sent(signed: &Signed, body: &[u8]) -> Sent {
    Sent {
        signed: codec::encode(signed),
        body: body.to_vec(),
        attachments: Vec::new(),
    }
}

fn promise(of: &Signed, index: u64, merged_by_ms: u64) -> Word {
    let origin = log_key().name().to_owned();
    let promise = Promise {
        origin,
        submission: named(of),
        index,
        arrived_ms: 1,
        merged_by_ms,
    };
    Word::Promise(promise.sign(&signer(99)).unwrap())
}

fn refusal(submission: proof::Hash, code: &str, size: u64, by: u8) -> Word {
    let refusal = Refusal {
        origin: log_key().name().to_owned(),
        submission,
        code: code.to_owned(),
        size,
        time_ms: log()
            .entries
            .get(size as usize)
            .map_or(NOW_MS, |entry| entry.time_ms),
    };
    Word::Refusal(refusal.sign(&signer(by)).unwrap())
}

fn check(words: Vec<Word>, sent: &[Sent]) -> Vec<Finding> {
    let options = Options::default();
    let mut audit = Audit::new(&log().directory, log_key().into(), options);
    audit.hold(words, sent).unwrap();
    audit.advance(&mut |_| ()).unwrap();
    audit.findings(NOW_MS).unwrap()
}

fn verdicts(findings: &[Finding]) -> Vec<Verdict> {
    findings.iter().map(|finding| finding.verdict).collect()
}

#[test]
fn promises_are_held_against_the_entries_and_the_size() {
    use Verdict::{Broken, Kept, Open};
    let log = log();
    let (first, last) = (log.signed(0), log.signed(log.size() - 1));
    let words = vec![
        promise(first, 0, 2),
        promise(last, log.size() - 1, 2),
        promise(last, 300, NOW_MS * 2),
        promise(first, log.size(), NOW_MS - 1),
        promise(first, log.size(), NOW_MS),
    ];
    let findings = check(words, &[]);
    assert_eq!(verdicts(&findings), [Kept, Kept, Broken, Broken, Open]);
    let other = &findings[2];
    assert!(other.what.contains("another entry stands"), "{other:?}");
    let [promised, receipt] = &other.evidence[..] else {
        panic!("{other:?}")
    };
    let promised = Promise::open(promised.as_bytes(), &log_key()).unwrap();
    let receipt = Receipt::parse(receipt).unwrap();
    assert_eq!(receipt.index, promised.index);
    let key = log_key();
    let proven: Entry = codec::decode(receipt.open(&key, None).unwrap().entry).unwrap();
    assert_ne!(named(&proven.signed), promised.submission);
    let late = &findings[3];
    assert!(late.what.contains("the log ends before"), "{late:?}");
    assert_eq!(
        late.evidence[1].as_bytes(),
        log.directory.files["log/checkpoint"]
    );
    let no_proof = [0, 1, 4].map(|at: usize| findings[at].evidence.len());
    assert_eq!(no_proof, [0, 0, 0]);
}

/// Whoever trusts witnesses need not trust that what he was shown is the newest.
#[test]
fn a_checkpoint_is_as_new_as_a_quorum_of_its_witnesses_says() {
    let log = log();
    let cosigner = |name, seed| Cosigner::from_seed(name, Algorithm::Ed25519, &[seed; 32]);
    let witnesses = [("w.example", 4), ("x.example", 5)];
    let witnesses = witnesses.map(|(name, seed)| cosigner(name, seed).unwrap());
    let mut directory = log.directory.clone();
    let note = directory.files.get_mut("log/checkpoint").unwrap();
    let text = proof::note::text_unverified(note).unwrap().to_owned();
    // The clock of one is a day ahead.
    for (witness, time_s) in witnesses
        .iter()
        .zip([NOW_MS / 1_000 - 60, NOW_MS / 1_000 + 86_400])
    {
        let line = witness.cosign(&text, time_s).unwrap();
        note.extend_from_slice(line.as_bytes());
    }
    let keys = witnesses.map(|witness| witness.key().clone());
    let trust = Trust {
        log_key: log_key(),
        witnesses: Some(Policy::new(keys.to_vec(), 2).unwrap()),
    };
    let mut audit = Audit::new(&directory, trust, Options::default());
    let seen_ms = NOW_MS - 60_000;
    let words = [seen_ms - 1, seen_ms].map(|due| promise(log.signed(0), log.size(), due));
    audit.hold(words.to_vec(), &[]).unwrap();
    audit.advance(&mut |_| ()).unwrap();
    let findings = audit.findings(NOW_MS).unwrap();
    assert_eq!(verdicts(&findings), [Verdict::Broken, Verdict::Open]);
}

#[test]
fn refusals_are_decided_again_where_they_were_given() {
    use Verdict::{Broken, Kept, Open};
    let log = log();
    let (seq, body) = &log.opened;
    let signed = log.signed(*seq);
    let of = |code: &str, size: u64| refusal(named(signed), code, size, 99);
    let bare = check(
        vec![
            of("binding_mismatch", *seq),
            of("unknown_account", *seq),
            of("binding_mismatch", log.size() + 1),
            refusal(named(signed), "binding_mismatch", *seq, 98),
        ],
        &[sent(signed, b"")],
    );
    assert_eq!(verdicts(&bare), [Kept, Broken, Open, Open]);
    assert!(bare[1].what.contains("refuse it by `binding_mismatch`"));
    assert!(bare[3].what.contains("no key of this log"));
    let whole = check(
        vec![
            of("binding_mismatch", *seq),
            // It stands in the log by then, and sent again it would be found there.
            of("binding_mismatch", log.size()),
        ],
        &[sent(signed, body)],
    );
    assert_eq!(verdicts(&whole), [Broken, Broken]);
    let what = format!("after {seq} entries the rules accept it");
    assert!(whole[0].what.contains(&what), "{:?}", whole[0]);
    let refused = Refusal::open(whole[0].evidence[0].as_bytes(), &log_key()).unwrap();
    assert_eq!(refused.size, *seq);
}

#[test]
fn refusals_of_what_is_too_large_or_no_submission() {
    use Verdict::{Broken, Kept};
    let (seq, body) = &log().opened;
    let signed = log().signed(*seq);
    let readable = codec::encode(signed);
    let (junk, long) = (b"junk".to_vec(), vec![7; 65_536]);
    let large = vec![0; (1 << 20) + 1];
    for (bytes, body, code, verdict) in [
        (&junk, body, "malformed", Kept),
        (&junk, body, "too_large", Broken),
        (&long, body, "too_large", Kept),
        (&long, body, "malformed", Broken),
        (&readable, body, "malformed", Broken),
    ] {
        let sent = Sent {
            signed: bytes.clone(),
            body: body.clone(),
            attachments: Vec::new(),
        };
        let words = vec![refusal(sha256(&[bytes]), code, *seq, 99)];
        let findings = check(words, &[sent]);
        assert_eq!(verdicts(&findings), [verdict], "{code}: {findings:?}");
    }
    let word = refusal(named(signed), "too_large", *seq, 99);
    let findings = check(vec![word.clone()], &[sent(signed, &large)]);
    assert_eq!(verdicts(&findings), [Kept]);
    let findings = check(vec![word], &[sent(signed, body)]);
    assert_eq!(verdicts(&findings), [Broken]);
}

/// The document is there now; whether it was then, no log says.
#[test]
fn a_document_that_may_have_come_later_convicts_nobody() {
    let log = log();
    let opens = |it: &&Entry| matches!(it.signed.submission.command, Command::OpenCampaign(_));
    let entry = log.entries.iter().find(opens).unwrap();
    let word = refusal(named(&entry.signed), "missing_document", entry.seq, 99);
    let findings = check(vec![word.clone()], &[sent(&entry.signed, b"")]);
    assert_eq!(verdicts(&findings), [Verdict::Open]);
    let Command::OpenCampaign(spec) = &entry.signed.submission.command else {
        panic!("it opens a campaign")
    };
    let path = format!(
        "attachments/{}/{}",
        &spec.units.to_string()[..2],
        spec.units
    );
    let mut offered = sent(&entry.signed, b"");
    offered.attachments = vec![log.directory.files[&path].clone()];
    let findings = check(vec![word], &[offered]);
    assert_eq!(verdicts(&findings), [Verdict::Broken]);
}

#[test]
fn a_word_that_does_not_read_is_named_by_its_place() {
    let (seq, _) = log().opened;
    let mut audit = Audit::new(&log().directory, log_key().into(), Options::default());
    let good = promise(log().signed(0), 0, 2);
    let lonely = refusal(named(log().signed(seq)), "expired", seq, 99);
    let others = [sent(log().signed(0), b"")];
    let (at, fault) = audit.hold(vec![good.clone(), lonely], &others).unwrap_err();
    assert_eq!(
        (at, fault.rule),
        (1, "what it refuses must be among what was sent")
    );
    let bent = Word::Promise("headwater/promise/v2\n".to_owned());
    assert_eq!(audit.hold(vec![good, bent], &[]).unwrap_err().0, 1);
}
