//! From texts with labels to a classifier, measured on a fifth of them before it has seen all.

use std::collections::BTreeMap;

use crate::feature::{self, Scheme};
use crate::softmax::{Example, Shape, Softmax, Training, WHOLE_PPM};
use crate::{Classifier, Error};

/// Every so many-th example is kept for the measurement.
const HELD_OUT: usize = 5;

/// A classifier, and how good one of the same kind was that had seen a part of its examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// Has seen all examples; its classes are their labels in ascending order.
    pub classifier: Classifier,
    /// How many examples have a label.
    pub examples: usize,
    /// How many of them, every fifth, a model of the others was asked about.
    pub held: usize,
    /// How many of those it got right.
    pub right: usize,
}

/// Trains on pairs of text and label; those with an empty label are passed over. `bits` is the
/// number of buckets of hashed features, as a power of two from 1 to 20.
///
/// # Errors
/// [`Error::Shape`] for fewer than 2 labels or more than 256, and for other `bits`;
/// [`Error::Artefact`] for a label of more than 1,000 bytes.
pub fn learn(rows: &[(String, String)], bits: u8) -> Result<Learnt, Error> {
    let labelled = || rows.iter().filter(|(_, label)| !label.is_empty());
    let mut names: Vec<String> = labelled().map(|(_, label)| label.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let shape = Shape {
        scheme: Scheme::Text,
        bits,
        classes: u32::try_from(names.len()).unwrap_or(u32::MAX),
    };
    shape.check()?;
    let number: BTreeMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    let examples: Vec<Example> = labelled()
        .map(|(text, label)| Example {
            features: feature::text(text, bits),
            label: number[label.as_str()],
            weight_ppm: WHOLE_PPM,
        })
        .collect();
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    for (place, example) in examples.iter().enumerate() {
        if place % HELD_OUT == HELD_OUT - 1 {
            held.push(example);
        } else {
            kept.push(example.clone());
        }
    }
    let judged = Softmax::train(shape, &kept, &Training::default())?;
    let right = held
        .iter()
        .filter(|it| judged.label(&it.features) == it.label)
        .count();
    let softmax = Softmax::train(shape, &examples, &Training::default())?;
    Ok(Learnt {
        examples: examples.len(),
        held: held.len(),
        right,
        classifier: Classifier::new(names, softmax)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(all: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(text, label): &(&str, &str)| ((*text).to_owned(), (*label).to_owned());
        all.iter().map(own).collect()
    }

    #[test]
    fn a_fifth_is_asked_for_and_all_are_learnt() {
        let all = [
            ("late parcel", "delivery"),
            ("wrong invoice", "billing"),
            ("no label", ""),
        ];
        let learnt = learn(&rows(&all.repeat(10)), 8).unwrap();
        assert_eq!((learnt.examples, learnt.held, learnt.right), (20, 4, 4));
        assert_eq!(learnt.classifier.names(), ["billing", "delivery"]);
        assert_eq!(learnt.classifier.classify("the parcel").1, 1);
    }

    #[test]
    fn one_label_is_too_few_and_bits_have_bounds() {
        let one = rows(&[("late parcel", "delivery")]);
        let (classes, bits) = (1, 8);
        assert_eq!(learn(&one, 8), Err(Error::Shape { classes, bits }));
        let two = rows(&[("late parcel", "delivery"), ("wrong invoice", "billing")]);
        for bits in [0, 21] {
            let classes = 2;
            assert_eq!(learn(&two, bits), Err(Error::Shape { classes, bits }));
        }
    }
}
