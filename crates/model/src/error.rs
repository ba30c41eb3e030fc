//! What can be wrong with a shape, an example or an artefact.

use core::fmt;

/// Why training or decoding was refused; nothing is half-trained or half-read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Classes outside 2 to 256, or bucket bits outside 1 to 20.
    Shape {
        /// Number of classes asked for.
        classes: u32,
        /// Power of two of the number of buckets asked for.
        bits: u8,
    },
    /// Training needs at least one example whose weight is above zero.
    NoExamples,
    /// An example does not fit the shape it is trained for.
    Example {
        /// Position in the slice given to training, from 0.
        index: usize,
        /// What is wrong, as the middle of a sentence.
        problem: String,
    },
    /// Bytes that are no softmax artefact of a version read here.
    Artefact {
        /// What is wrong, as the middle of a sentence.
        problem: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Shape { classes, bits } => write!(
                f,
                "no model has `{classes}` classes and `{bits}` bucket bits: \
                 use 2 to 256 classes and 1 to 20 bits"
            ),
            Error::NoExamples => {
                f.write_str("cannot train: no example has a weight above zero, label some units")
            }
            Error::Example { index, problem } => {
                write!(f, "cannot train on example `{index}`: {problem}")
            }
            Error::Artefact { problem } => {
                write!(
                    f,
                    "cannot read the model artefact: {problem}, fetch it again by its digest"
                )
            }
        }
    }
}

impl core::error::Error for Error {}
