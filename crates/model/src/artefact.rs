//! The bytes of a trained softmax: written one way only, read strictly.

use crate::Error;
use crate::feature::Scheme;
use crate::softmax::{Shape, Softmax};

/// First bytes of every artefact; the digit is the version of the layout.
const MAGIC: &[u8; 20] = b"headwater softmax 1\n";
/// Magic, scheme (1 byte), bucket bits (1 byte), classes (4 bytes).
const HEADER_LENGTH: usize = MAGIC.len() + 6;

impl Softmax {
    /// The artefact: header, then the weights as `f32`, everything little endian.
    ///
    /// Equal models give equal bytes, and equal bytes are equal models.
    pub fn to_bytes(&self) -> Vec<u8> {
        let shape = self.shape();
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + self.weights().len() * 4);
        bytes.extend_from_slice(MAGIC);
        bytes.push(match shape.scheme {
            Scheme::Text => 1,
            Scheme::AnswerPattern => 2,
        });
        bytes.push(shape.bits);
        bytes.extend_from_slice(&shape.classes.to_le_bytes());
        for weight in self.weights() {
            bytes.extend_from_slice(&weight.to_le_bytes());
        }
        bytes
    }

    /// Reads an artefact back; every byte must be accounted for and every weight finite.
    ///
    /// # Errors
    /// [`Error::Artefact`] for another magic or scheme, a length that is not the shape's, or a
    /// weight that is not a finite number; [`Error::Shape`] for a shape outside the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Softmax, Error> {
        let (header, body) = bytes
            .split_at_checked(HEADER_LENGTH)
            .filter(|(header, _)| header.starts_with(MAGIC))
            .ok_or_else(|| artefact("it does not begin with `headwater softmax 1`"))?;
        let [scheme, bits, c0, c1, c2, c3] = header[MAGIC.len()..] else {
            unreachable!("the header was cut to its length")
        };
        let scheme = match scheme {
            1 => Scheme::Text,
            2 => Scheme::AnswerPattern,
            other => {
                return Err(artefact(&format!(
                    "its feature scheme `{other}` is unknown"
                )));
            }
        };
        let shape = Shape {
            scheme,
            bits,
            classes: u32::from_le_bytes([c0, c1, c2, c3]),
        };
        shape.check()?;
        let expected = shape.weight_count() * 4;
        if body.len() != expected {
            let problem = format!("it has `{}` bytes of weights, not `{expected}`", body.len());
            return Err(artefact(&problem));
        }
        let (chunks, _) = body.as_chunks::<4>();
        let weights: Vec<f32> = chunks
            .iter()
            .map(|chunk| f32::from_le_bytes(*chunk))
            .collect();
        if let Some(index) = weights.iter().position(|weight| !weight.is_finite()) {
            return Err(artefact(&format!(
                "weight `{index}` is not a finite number"
            )));
        }
        Ok(Softmax::from_weights(shape, weights))
    }
}

fn artefact(problem: &str) -> Error {
    Error::Artefact {
        problem: problem.to_owned(),
    }
}
