//! What holds for any examples: probabilities, renamed classes, equal bytes.

use model::feature::{self, Features, Scheme};
use model::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};
use proptest::prelude::*;

const BITS: u8 = 8;

/// Patterns of up to six answers by ten contributors, with labels below `classes`.
fn features(classes: u32) -> impl Strategy<Value = Features> {
    proptest::collection::vec((0..10_u32, 0..classes), 0..6)
        .prop_map(|answers| feature::answer_pattern(&answers, BITS))
}

fn examples(classes: u32) -> impl Strategy<Value = Vec<Example>> {
    let example =
        (features(classes), 0..classes, 1..=WHOLE_PPM).prop_map(|(features, label, weight_ppm)| {
            Example {
                features,
                label,
                weight_ppm,
            }
        });
    proptest::collection::vec(example, 1..30)
}

fn training() -> impl Strategy<Value = Training> {
    (1..5_u32, 1..5_000_000_u32, 0..1_000_000_u32, any::<u64>()).prop_map(
        |(epochs, rate_ppm, l2_ppm, seed)| Training {
            epochs,
            rate_ppm,
            l2_ppm,
            seed,
        },
    )
}

/// Classes, what to train on, how, and what to ask.
fn cases() -> impl Strategy<Value = (u32, Vec<Example>, Training, Features)> {
    (2..6_u32).prop_flat_map(|n| (Just(n), examples(n), training(), features(n)))
}

fn shape(classes: u32) -> Shape {
    Shape {
        scheme: Scheme::AnswerPattern,
        bits: BITS,
        classes,
    }
}

proptest! {
    #[test]
    fn probabilities_sum_to_one_and_their_integers_exactly(
        (classes, examples, training, asked) in cases()
    ) {
        let model = Softmax::train(shape(classes), &examples, &training).unwrap();
        let (exact, ppm) = (model.predict(&asked), model.predict_ppm(&asked));
        prop_assert_eq!(exact.len(), classes as usize);
        prop_assert!((exact.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert_eq!(ppm.iter().sum::<u32>(), WHOLE_PPM);
        let (mut raised, mut floored) = (vec![1.0], vec![0.0]);
        for (p, ppm) in exact.iter().zip(&ppm) {
            let (part, whole) = (p * 1e6, f64::from(*ppm));
            prop_assert!((part - whole).abs() < 1.0);
            if whole > part { &mut raised } else { &mut floored }.push(part.fract());
        }
        raised.sort_by(f64::total_cmp);
        floored.sort_by(f64::total_cmp);
        prop_assert!(Some(&raised[0]) >= floored.last(), "{:?} {:?}", exact, ppm);
        prop_assert_eq!(Some(&ppm[model.label(&asked) as usize]), ppm.iter().max());
    }

    #[test]
    fn renaming_classes_renames_probabilities(
        (classes, examples, training, asked) in cases(),
        turn in 1..5_u32,
    ) {
        let renamed: Vec<Example> = examples
            .iter()
            .map(|example| Example { label: (example.label + turn) % classes, ..example.clone() })
            .collect();
        let one = Softmax::train(shape(classes), &examples, &training).unwrap().predict(&asked);
        let other = Softmax::train(shape(classes), &renamed, &training).unwrap().predict(&asked);
        for (class, p) in one.iter().enumerate() {
            let moved = other[(class + turn as usize) % classes as usize];
            // Sums over classes run in another order, so the last bits may differ.
            prop_assert!((p - moved).abs() < 1e-4, "{} {}", p, moved);
        }
    }

    #[test]
    fn training_again_gives_the_same_bytes_and_bytes_give_the_model_back(
        (classes, examples, training, asked) in cases()
    ) {
        let model = Softmax::train(shape(classes), &examples, &training).unwrap();
        let bytes = model.to_bytes();
        let again = Softmax::train(shape(classes), &examples, &training).unwrap();
        prop_assert_eq!(&again.to_bytes(), &bytes);
        let read = Softmax::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &model);
        prop_assert_eq!(read.predict(&asked), model.predict(&asked));
        prop_assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn any_text_has_features_of_unit_length_in_order(text in ".{0,80}", bits in 1..=20_u8) {
        let features = feature::text(&text, bits);
        let pairs = features.pairs();
        prop_assert!(pairs.is_sorted_by(|a, b| a.0 < b.0));
        prop_assert!(pairs.iter().all(|&(bucket, value)| bucket >> bits == 0 && value > 0.0));
        let square: f64 = pairs.iter().map(|pair| f64::from(pair.1) * f64::from(pair.1)).sum();
        prop_assert!(pairs.is_empty() || (square - 1.0).abs() < 1e-5, "{}", square);
        prop_assert_eq!(pairs.is_empty(), !text.contains(char::is_alphanumeric));
    }
}
