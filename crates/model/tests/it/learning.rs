//! Separable data is learned, from texts and from answer patterns, by weight and not by luck.

use expect_test::expect;
use model::feature::{self, Scheme};
use model::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};

use super::{NOTES, notes, trained};

#[test]
fn separable_texts_are_learned_and_new_words_in_old_company_too() {
    let model = trained(12, 0);
    for (text, label) in NOTES {
        assert_eq!(model.label(&feature::text(text, 12)), label, "{text}");
    }
    for (text, label) in [
        ("PARCEL?? late!", 0),
        ("wrong invoices", 1),
        ("it leaks, broken", 2),
    ] {
        assert_eq!(model.label(&feature::text(text, 12)), label, "{text}");
    }
}

/// Contributors 0 to 2 say the truth, contributor 3 always says the next class, 4 and 5 say 0.
fn pattern(truth: u32, classes: u32) -> Vec<(u32, u32)> {
    let liar = (3, (truth + 1) % classes);
    vec![(truth % 3, truth), liar, (4, 0), (5, 0)]
}

#[test]
fn answer_patterns_teach_whom_to_believe() {
    let shape = Shape {
        scheme: Scheme::AnswerPattern,
        bits: 10,
        classes: 5,
    };
    let examples: Vec<Example> = (0..200)
        .map(|at| Example {
            features: feature::answer_pattern(&pattern(at % 5, 5), shape.bits),
            label: at % 5,
            weight_ppm: WHOLE_PPM,
        })
        .collect();
    let model = Softmax::train(shape, &examples, &Training::default()).unwrap();
    for truth in 0..5 {
        let seen = feature::answer_pattern(&pattern(truth, 5), shape.bits);
        assert_eq!(model.label(&seen), truth);
        let liar_alone = feature::answer_pattern(&[(3, truth)], shape.bits);
        assert_eq!(
            model.label(&liar_alone),
            (truth + 4) % 5,
            "the liar means the class before"
        );
    }
}

#[test]
fn weight_decides_between_examples_that_contradict_each_other() {
    let mut examples = notes(12);
    for (at, example) in notes(12).into_iter().enumerate() {
        let label = (example.label + 1) % 3;
        examples.push(Example {
            label,
            weight_ppm: WHOLE_PPM / 4,
            ..example
        });
        examples[at].weight_ppm = WHOLE_PPM;
    }
    let shape = Shape {
        scheme: Scheme::Text,
        bits: 12,
        classes: 3,
    };
    let model = Softmax::train(shape, &examples, &Training::default()).unwrap();
    for (text, label) in NOTES {
        let ppm = model.predict_ppm(&feature::text(text, 12));
        let (own, next) = (ppm[label as usize], ppm[(label as usize + 1) % 3]);
        assert!(own > 600_000 && next > 100_000, "{text} {ppm:?}");
    }
}

#[test]
fn an_example_of_no_weight_is_as_if_it_were_not_there() {
    let mut examples = notes(12);
    let without = trained(12, 5);
    examples.push(Example {
        weight_ppm: 0,
        label: 2,
        ..examples[0].clone()
    });
    let shape = without.shape();
    let training = Training {
        seed: 5,
        ..Training::default()
    };
    assert_eq!(
        Softmax::train(shape, &examples, &training).unwrap(),
        without
    );
}

#[test]
fn a_stronger_penalty_makes_smaller_claims() {
    let shape = Shape {
        scheme: Scheme::Text,
        bits: 12,
        classes: 3,
    };
    let surest = |l2_ppm| {
        let training = Training {
            l2_ppm,
            epochs: 50,
            ..Training::default()
        };
        let model = Softmax::train(shape, &notes(12), &training).unwrap();
        NOTES.map(|(text, label)| model.predict_ppm(&feature::text(text, 12))[label as usize])
    };
    let (free, bound) = (surest(0), surest(200_000));
    assert!(
        free.iter().zip(bound).all(|(&free, bound)| free > bound),
        "{free:?} {bound:?}"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let shape = Shape {
        scheme: Scheme::Text,
        bits: 12,
        classes: 3,
    };
    let refusal = |shape, examples: &[Example]| {
        Softmax::train(shape, examples, &Training::default())
            .unwrap_err()
            .to_string()
    };
    let changed = |change: fn(&mut Example)| {
        let mut examples = notes(12);
        change(&mut examples[4]);
        examples
    };
    let lines = [
        refusal(shape, &[]),
        refusal(shape, &changed(|example| example.label = 3)),
        refusal(
            shape,
            &changed(|example| example.weight_ppm = WHOLE_PPM + 1),
        ),
        refusal(
            shape,
            &changed(|example| {
                example.features = feature::text("one bit too wide for this model", 13)
            }),
        ),
        refusal(
            Shape {
                classes: 1,
                ..shape
            },
            &notes(12),
        ),
        refusal(Shape { bits: 21, ..shape }, &notes(12)),
    ];
    expect![[r#"
        cannot train:
          no example has a weight above zero, label some units
        cannot train on example `4`:
          its label `3` is not below `3`
        cannot train on example `4`:
          its weight `1000001` is above `1000000` ppm
        cannot train on example `4`:
          its features were made with more than `12` bits
        no model has `1` classes and `12` bucket bits:
          use 2 to 256 classes and 1 to 20 bits
        no model has `3` classes and `21` bucket bits:
          use 2 to 256 classes and 1 to 20 bits
    "#]]
    .assert_eq(&(lines.join("\n").replace(": ", ":\n  ") + "\n"));
}
