//! The crate from outside: what it learns, what it promises of probabilities, what it refuses.

mod artefact;
mod learning;
mod promise;

use model::feature::{self, Scheme};
use model::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};

/// Short notes of three kinds, four of each.
const NOTES: [(&str, u32); 12] = [
    ("the parcel is late", 0),
    ("where is my parcel", 0),
    ("the driver lost the parcel", 0),
    ("late again, says the driver", 0),
    ("I was charged twice", 1),
    ("the invoice is wrong", 1),
    ("refund the invoice please", 1),
    ("charged on the wrong card", 1),
    ("the kettle is broken", 2),
    ("my kettle leaks", 2),
    ("broken after a week", 2),
    ("the lid leaks and is broken", 2),
];

fn notes(bits: u8) -> Vec<Example> {
    let example = |(text, label)| Example {
        features: feature::text(text, bits),
        label,
        weight_ppm: WHOLE_PPM,
    };
    NOTES.map(example).to_vec()
}

fn trained(bits: u8, seed: u64) -> Softmax {
    let shape = Shape {
        scheme: Scheme::Text,
        bits,
        classes: 3,
    };
    Softmax::train(
        shape,
        &notes(bits),
        &Training {
            seed,
            ..Training::default()
        },
    )
    .expect("the notes fit their shape")
}
