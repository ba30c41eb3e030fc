//! A softmax with the names of its classes: one file that says all a server needs.

use crate::Error;
use crate::feature::{self, Scheme};
use crate::softmax::Softmax;

/// First bytes of every file; the digit is the version of the layout.
const MAGIC: &[u8; 23] = b"headwater classifier 1\n";
/// Most bytes of a class's name.
const NAME_BYTES: usize = 1_000;

/// A text classifier that can be served.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    names: Vec<String>,
    softmax: Softmax,
}

/// Parts per million as the fractions of 1 that other people's formats have; no rule rests on them.
pub fn shares(ppm: &[u32]) -> Vec<f64> {
    ppm.iter().map(|ppm| f64::from(*ppm) / 1e6).collect()
}

impl Classifier {
    /// Names in the order of the softmax's classes.
    ///
    /// # Errors
    /// [`Error::Artefact`] if there are more or fewer names than classes, a name is empty or has
    /// more than 1,000 bytes, or the features are not those of texts.
    pub fn new(names: Vec<String>, softmax: Softmax) -> Result<Self, Error> {
        let shape = softmax.shape();
        if names.len() != shape.classes as usize {
            let (names, classes) = (names.len(), shape.classes);
            return Err(artefact(format!(
                "it has {names} names for {classes} classes"
            )));
        }
        if let Some(name) = names
            .iter()
            .find(|name| name.is_empty() || name.len() > NAME_BYTES)
        {
            return Err(artefact(format!(
                "the name `{name}` of a class has no good length"
            )));
        }
        if shape.scheme != Scheme::Text {
            return Err(artefact("its features are not those of texts".to_owned()));
        }
        Ok(Self { names, softmax })
    }

    /// Names of the classes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Probabilities of the classes in parts per million, which sum to a million, and the most
    /// probable one.
    pub fn classify(&self, text: &str) -> (Vec<u32>, usize) {
        let features = feature::text(text, self.softmax.shape().bits);
        let ppm = self.softmax.predict_ppm(&features);
        let label = self.softmax.label(&features) as usize;
        (ppm, label)
    }

    /// The file: names with their lengths, then the softmax's own artefact; little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.names.len() as u32).to_le_bytes());
        for name in &self.names {
            bytes.extend((name.len() as u32).to_le_bytes());
            bytes.extend(name.as_bytes());
        }
        bytes.extend(self.softmax.to_bytes());
        bytes
    }

    /// Whether bytes say that they are such a file.
    pub fn is_meant(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads a file back; every byte must be accounted for.
    ///
    /// # Errors
    /// [`Error::Artefact`] for other bytes, and all that [`Classifier::new`] refuses.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let short = || artefact("it ends too early".to_owned());
        let wrong = || artefact("it does not begin with `headwater classifier 1`".to_owned());
        let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(wrong)?;
        let count = number(&mut rest).ok_or_else(short)?;
        if count > 256 {
            return Err(artefact(format!("it has {count} classes")));
        }
        let mut names = Vec::new();
        for _ in 0..count {
            let length = number(&mut rest).ok_or_else(short)? as usize;
            let (name, after) = rest.split_at_checked(length).ok_or_else(short)?;
            let name = str::from_utf8(name);
            let name = name.map_err(|_| artefact("a name of a class is no text".to_owned()))?;
            names.push(name.to_owned());
            rest = after;
        }
        Self::new(names, Softmax::from_bytes(rest)?)
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_le_bytes(*head))
}

fn artefact(problem: String) -> Error {
    Error::Artefact { problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::softmax::{Example, Shape, Training};

    fn classifier() -> Classifier {
        let shape = Shape {
            scheme: Scheme::Text,
            bits: 8,
            classes: 2,
        };
        let example = |text, label| Example {
            features: feature::text(text, 8),
            label,
            weight_ppm: 1_000_000,
        };
        let examples = [example("late parcel", 0), example("wrong invoice", 1)];
        let softmax = Softmax::train(shape, &examples, &Training::default()).unwrap();
        Classifier::new(vec!["delivery".into(), "billing".into()], softmax).unwrap()
    }

    #[test]
    fn a_file_reads_back_and_answers_by_name() {
        let classifier = classifier();
        let read = Classifier::from_bytes(&classifier.to_bytes()).unwrap();
        assert_eq!(read, classifier);
        let (ppm, label) = read.classify("the invoice is wrong");
        assert_eq!(read.names()[label], "billing");
        assert_eq!(ppm.iter().sum::<u32>(), 1_000_000);
    }

    #[test]
    fn cut_and_bent_files_are_refused() {
        let bytes = classifier().to_bytes();
        for length in (0..bytes.len()).step_by(37) {
            assert!(Classifier::from_bytes(&bytes[..length]).is_err());
        }
        let mut many = bytes;
        many[MAGIC.len()..MAGIC.len() + 4].fill(0xff);
        assert!(Classifier::from_bytes(&many).is_err());
    }
}
