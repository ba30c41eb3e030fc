//! Cosignatures of a checkpoint by witnesses whom the auditor trusts.

use crate::script::honest;
use crate::twin::log_key;
use audit::{Audit, Fault, Options, Report, Trust};
use proof::cosignature::{Algorithm, Cosigner, Policy};

fn witness(number: u8) -> Cosigner {
    let name = format!("witness.example/{number}");
    Cosigner::from_seed(&name, Algorithm::Ed25519, &[number; 32]).unwrap()
}

/// An audit of a log that these have cosigned, by somebody who trusts 1, 2 and 3.
fn check(cosigners: &[Cosigner], quorum: usize) -> Result<Report, Fault> {
    let mut directory = honest().clone();
    let note = directory.files.get_mut("log/checkpoint").unwrap();
    let text = proof::note::text_unverified(note).unwrap().to_owned();
    for cosigner in cosigners {
        let line = cosigner.cosign(&text, 1_700_000_000).unwrap();
        note.extend_from_slice(line.as_bytes());
    }
    let keys = [1, 2, 3].map(|number| witness(number).key().clone());
    let trust = Trust {
        log_key: log_key(),
        witnesses: Some(Policy::new(keys.to_vec(), quorum).unwrap()),
    };
    let options = Options {
        signatures: false,
        threads: 1,
    };
    let mut audit = Audit::new(&directory, trust, options);
    audit.advance(&mut |_| ())?;
    audit.report()
}

#[test]
fn a_quorum_is_named() {
    let report = check(&[witness(3), witness(1), witness(9)], 2).unwrap();
    assert_eq!(
        report.witnesses_seen,
        ["witness.example/1", "witness.example/3"]
    );
    assert_eq!(report.witnesses_unchecked, ["witness.example/9"]);
    assert!(check(&[], 0).unwrap().witnesses_seen.is_empty());
}

#[test]
fn too_few_or_others_are_a_fault_of_the_checkpoint() {
    let other = Cosigner::from_seed("witness.example/1", Algorithm::Ed25519, &[8; 32]).unwrap();
    for cosigners in [&[witness(3)][..], &[witness(3), other, witness(9)], &[]] {
        let fault = check(cosigners, 2).unwrap_err();
        assert_eq!(fault.code, "witnesses_missing");
        assert_eq!(fault.file.as_deref(), Some("log/checkpoint"));
        assert!(
            fault
                .what
                .ends_with("of the trusted witnesses, 2 are needed"),
            "{fault}"
        );
    }
}

#[test]
fn a_wrong_cosignature_of_a_trusted_witness_is_not_passed_over() {
    let mut directory = honest().clone();
    let note = directory.files.get_mut("log/checkpoint").unwrap();
    let line = witness(1).cosign(
        "another/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        9,
    );
    note.extend_from_slice(line.unwrap().as_bytes());
    let policy = Policy::new(vec![witness(1).key().clone()], 0).unwrap();
    let trust = Trust {
        log_key: log_key(),
        witnesses: Some(policy),
    };
    let mut audit = Audit::new(&directory, trust, Options::default());
    let fault = audit.advance(&mut |_| ()).unwrap_err();
    assert_eq!(fault.code, "cosignature_forged");
}
