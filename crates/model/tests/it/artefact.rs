//! The artefact: these bytes and no others, and every damage named.

use expect_test::expect;
use model::feature::{self, Scheme};
use model::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};
use proptest::prelude::*;

use super::trained;

/// FNV-1a, 64 bits.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn the_smallest_artefact_is_these_bytes() {
    let shape = Shape {
        scheme: Scheme::AnswerPattern,
        bits: 1,
        classes: 2,
    };
    let example = |label| Example {
        features: feature::answer_pattern(&[(0, label)], 1),
        label,
        weight_ppm: WHOLE_PPM,
    };
    let training = Training {
        epochs: 1,
        ..Training::default()
    };
    let model = Softmax::train(shape, &[example(0), example(1)], &training).unwrap();
    let bytes = model.to_bytes();
    let (header, weights) = bytes.split_at(26);
    let hex: String = weights.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header, b"headwater softmax 1\n\x02\x01\x02\x00\x00\x00");
    expect!["9a9999be9a99993e1666ab3d1666abbd6773543d677354bd"].assert_eq(&hex);
}

#[test]
fn the_same_artefact_on_every_machine() {
    let prints = [trained(12, 0), trained(12, 1), trained(8, 0)]
        .map(|model| format!("{:016x}", fingerprint(&model.to_bytes())));
    expect![[r#"
        738ac52a567480ad
        daaa77b70d0eac5b
        68c1c8d650711f9e
    "#]]
    .assert_eq(&(prints.join("\n") + "\n"));
}

/// A model that knows nothing but its bias.
fn biased(bias: &[f32]) -> Softmax {
    let mut bytes = b"headwater softmax 1\n\x01\x01".to_vec();
    bytes.extend((bias.len() as u32).to_le_bytes());
    bytes.extend(vec![0; bias.len() * 2 * 4]);
    bytes.extend(bias.iter().flat_map(|weight| weight.to_le_bytes()));
    Softmax::from_bytes(&bytes).expect("these bytes are an artefact")
}

#[test]
fn ties_go_to_the_lower_class_and_great_scores_do_not_overflow() {
    let nothing = feature::text("", 1);
    let three = biased(&[0.0; 3]);
    assert_eq!(three.predict_ppm(&nothing), [333_334, 333_333, 333_333]);
    assert_eq!(biased(&[-1.0, 0.0, 0.0, 0.0, 0.0]).label(&nothing), 1);
    assert_eq!(biased(&[0.0; 4]).label(&nothing), 0);
    let great = biased(&[-1e38, 3e38, 1e38]);
    assert_eq!(great.predict_ppm(&nothing), [0, 1_000_000, 0]);
}

#[test]
fn damage_is_named() {
    let bytes = trained(4, 0).to_bytes();
    let refusal = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut damaged = bytes.clone();
        change(&mut damaged);
        Softmax::from_bytes(&damaged).unwrap_err().to_string()
    };
    let lines = [
        refusal(&|bytes| bytes.clear()),
        refusal(&|bytes| bytes[18] = b'2'),
        refusal(&|bytes| bytes[20] = 9),
        refusal(&|bytes| bytes[21] = 0),
        refusal(&|bytes| bytes[25] = 1),
        refusal(&|bytes| bytes[22] = 4),
        refusal(&|bytes| bytes.push(0)),
        refusal(&|bytes| bytes[30..34].copy_from_slice(&f32::NAN.to_le_bytes())),
    ];
    expect![[r#"
        cannot read the model artefact:
          it does not begin with `headwater softmax 1`, fetch it again by its digest
        cannot read the model artefact:
          it does not begin with `headwater softmax 1`, fetch it again by its digest
        cannot read the model artefact:
          its feature scheme `9` is unknown, fetch it again by its digest
        no model has `3` classes and `0` bucket bits:
          use 2 to 256 classes and 1 to 20 bits
        no model has `16777219` classes and `4` bucket bits:
          use 2 to 256 classes and 1 to 20 bits
        cannot read the model artefact:
          it has `204` bytes of weights, not `272`, fetch it again by its digest
        cannot read the model artefact:
          it has `205` bytes of weights, not `204`, fetch it again by its digest
        cannot read the model artefact:
          weight `1` is not a finite number, fetch it again by its digest
    "#]]
    .assert_eq(&(lines.join("\n").replace(": ", ":\n  ") + "\n"));
}

proptest! {
    #[test]
    fn a_cut_artefact_is_refused(length in 0_usize..230) {
        let bytes = trained(4, 0).to_bytes();
        prop_assert_eq!(bytes.len(), 26 + 17 * 3 * 4);
        prop_assert!(Softmax::from_bytes(&bytes[..length]).is_err());
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_model(at in 0_usize..230, flip in 1..=255_u8) {
        let model = trained(4, 0);
        let mut bytes = model.to_bytes();
        bytes[at] ^= flip;
        if let Ok(other) = Softmax::from_bytes(&bytes) {
            prop_assert_eq!(other.to_bytes(), bytes);
            prop_assert_ne!(other.to_bytes(), model.to_bytes());
        }
    }
}
