//! Parsers of outside bytes: mutated inputs never panic, and what is read is written back.
use proof::Checkpoint;
use proof::cosignature::{Algorithm, CosignerKey};
use proof::note::{self, Note, VerifierKey};
use proof::promise::{Promise, Refusal};
use proof::receipt::Receipt;
use proof::tile;
use proof::witness::{AddCheckpoint, Answer};

use crate::world::{LOG, World, cosigner};

const INPUTS: u64 = 20_000;

/// SplitMix64, so that a failure comes back with its number.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut roll = self.0;
        roll = (roll ^ (roll >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        roll = (roll ^ (roll >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((roll ^ (roll >> 31)) % limit.max(1) as u64) as usize
    }

    /// One to four changes: a bit, a byte that means something, a piece cut, doubled or moved.
    fn mutate(&mut self, valid: &[u8]) -> Vec<u8> {
        const TELLING: &[u8] = b"\n\n \0+-0=9A\xe2\x80\x94\xff";
        let mut bytes = valid.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = at + self.below((bytes.len() - at).min(40));
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = TELLING[self.below(TELLING.len())],
                2 => bytes.insert(at, TELLING[self.below(TELLING.len())]),
                3 => drop(bytes.drain(at..end)),
                4 => {
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => bytes.truncate(bytes.len() - self.below(bytes.len().min(8))),
            }
        }
        bytes
    }
}

/// `read` gives what it has read as it would be written, or `None` for refused bytes.
fn check(valid: &[&[u8]], read: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    for valid in valid {
        assert_eq!(
            read(valid).as_deref(),
            Some(*valid),
            "{}",
            valid.escape_ascii()
        );
    }
    for seed in 0..INPUTS {
        let mut dice = Dice(seed);
        let start = dice.below(valid.len());
        let mutated = dice.mutate(valid[start]);
        if let Some(written) = read(&mutated) {
            assert_eq!(written, mutated, "{seed}: {}", mutated.escape_ascii());
        }
    }
}

/// The same for parsers of texts; other bytes never reach them.
fn check_text(valid: &[&str], read: impl Fn(&str) -> Option<String>) {
    let bytes: Vec<&[u8]> = valid.iter().map(|text| text.as_bytes()).collect();
    check(&bytes, |bytes| {
        let written = read(str::from_utf8(bytes).ok()?)?;
        Some(written.into_bytes())
    });
}

#[test]
fn keys_are_written_as_they_are_read() {
    let log = World::new().key().to_string();
    check_text(&[&log], |text| {
        Some(text.parse::<VerifierKey>().ok()?.to_string())
    });
    let [ed25519, ml_dsa] = [Algorithm::Ed25519, Algorithm::MlDsa44]
        .map(|algorithm| cosigner("w.example/1", algorithm, 1).key().to_string());
    let read = |text: &str| Some(text.parse::<CosignerKey>().ok()?.to_string());
    check_text(&[&ed25519, &ml_dsa], read);
}

#[test]
fn checkpoints_notes_and_statements_are_written_as_they_are_read() {
    let world = World::new();
    let text = world.checkpoint(7).text();
    check_text(&[&text], |text| Some(Checkpoint::parse(text).ok()?.text()));
    let extended = format!("{text}one\ntwo\n");
    check_text(&[&text, &extended], |text| {
        let (checkpoint, extension) = Checkpoint::parse_extended(text).ok()?;
        Some(format!("{}{extension}", checkpoint.text()))
    });
    let line = cosigner("w", Algorithm::Ed25519, 1)
        .cosign(&text, 5)
        .unwrap();
    let cosigned = note::append(&world.note(7), &line).unwrap();
    check(&[world.note(7).as_bytes(), cosigned.as_bytes()], |bytes| {
        Some(Note::parse(bytes).ok()?.keeping(|_| true).into_bytes())
    });
    let promise = Promise {
        origin: LOG.into(),
        submission: [0xab; 32],
        index: 17,
        arrived_ms: 1_000,
        merged_by_ms: 2_000,
    };
    check_text(&[&promise.text()], |text| {
        Some(Promise::parse(text).ok()?.text())
    });
    let refusal = Refusal {
        origin: LOG.into(),
        submission: [0xab; 32],
        code: "round_closed".into(),
        size: 17,
        time_ms: 1_000,
    };
    check_text(&[&refusal.text()], |text| {
        Some(Refusal::parse(text).ok()?.text())
    });
}

#[test]
fn receipts_requests_and_answers_are_written_as_they_are_read() {
    let world = World::new();
    let mut bare = world.receipt(22, 23);
    bare.extra = None;
    let texts = [
        world.receipt(4, 9).text(),
        world.receipt(0, 1).text(),
        bare.text(),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    check_text(&texts, |text| Some(Receipt::parse(text).ok()?.text()));
    let bodies = [world.request(3, 7).text(), world.request(0, 7).text()];
    check(&[bodies[0].as_bytes(), bodies[1].as_bytes()], |body| {
        Some(AddCheckpoint::parse(body).ok()?.text().into_bytes())
    });
    check(&[b"20852163\n"], |body| {
        Some(
            Answer::read(409, "text/x.tlog.size", body)
                .ok()?
                .body()
                .into_bytes(),
        )
    });
    let line = cosigner("w", Algorithm::Ed25519, 1).cosign(&world.checkpoint(7).text(), 5);
    check(&[line.unwrap().as_bytes()], |body| {
        Some(
            Answer::read(200, "text/plain", body)
                .ok()?
                .body()
                .into_bytes(),
        )
    });
}

#[test]
fn bundles_are_written_as_they_are_read() {
    let mut bundle = Vec::new();
    for entry in [&b"one"[..], b"", b"three"] {
        tile::push_entry(&mut bundle, entry).unwrap();
    }
    check(&[&bundle], |bytes| {
        let mut written = Vec::new();
        for entry in tile::entries(bytes, 3).ok()? {
            tile::push_entry(&mut written, entry).unwrap();
        }
        Some(written)
    });
}
