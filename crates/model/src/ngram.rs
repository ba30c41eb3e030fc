//! An n-gram language model: the next word by the two before it, with backing off.

use crate::Error;
use crate::random::SplitMix;
use std::collections::BTreeMap;

/// First bytes of every file; the digit is the version of the layout.
const MAGIC: &[u8; 18] = b"headwater ngram 1\n";
/// The word that stands before and behind every line.
const EDGE: u32 = 0;

/// Words, and how often each followed two others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ngram {
    /// By number; the first is the edge, an empty word.
    words: Vec<String>,
    three: BTreeMap<(u32, u32), Vec<(u32, u32)>>,
    two: BTreeMap<u32, Vec<(u32, u32)>>,
    numbers: BTreeMap<String, u32>,
}

/// A text as it is continued, word by word.
pub struct Continued<'a> {
    model: &'a Ngram,
    before: (u32, u32),
    random: SplitMix,
}

impl Ngram {
    /// Learns from lines; words are what spaces part.
    ///
    /// # Errors
    /// [`Error::NoExamples`] if there is no word.
    pub fn train<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut words = vec![String::new()];
        let mut numbers = BTreeMap::new();
        let mut counts: BTreeMap<(u32, u32, u32), u32> = BTreeMap::new();
        for line in lines {
            let mut before = (EDGE, EDGE);
            for word in line.split_whitespace() {
                let next = match numbers.get(word) {
                    Some(number) => *number,
                    None => {
                        let number = words.len() as u32;
                        words.push(word.to_owned());
                        numbers.insert(word.to_owned(), number);
                        number
                    }
                };
                *counts.entry((before.0, before.1, next)).or_default() += 1;
                before = (before.1, next);
            }
            if before.1 != EDGE {
                *counts.entry((before.0, before.1, EDGE)).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Err(Error::NoExamples);
        }
        Ok(Self::of(words, counts))
    }

    fn of(words: Vec<String>, counts: BTreeMap<(u32, u32, u32), u32>) -> Self {
        let mut three: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut pairs: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for ((first, second, next), count) in counts {
            three
                .entry((first, second))
                .or_default()
                .push((next, count));
            let pair = pairs.entry((second, next)).or_default();
            *pair = pair.saturating_add(count);
        }
        let mut two: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for ((second, next), count) in pairs {
            two.entry(second).or_default().push((next, count));
        }
        let numbers = (0..).zip(&words).skip(1);
        let numbers = numbers
            .map(|(number, word)| (word.clone(), number))
            .collect();
        Self {
            words,
            three,
            two,
            numbers,
        }
    }

    /// Goes on after a text; the same seed goes on the same way. It ends where a line would end.
    pub fn continues(&self, text: &str, seed: u64) -> Continued<'_> {
        let number = |word: &str| self.numbers.get(word).copied().unwrap_or(EDGE);
        let mut last = text.split_whitespace().rev().map(number);
        let second = last.next().unwrap_or(EDGE);
        let first = last.next().unwrap_or(EDGE);
        let seed = text.bytes().fold(seed, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Continued {
            model: self,
            before: (first, second),
            random: SplitMix(seed),
        }
    }

    /// The file: words with their lengths, then the counts ascending; little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.words.len() as u32 - 1).to_le_bytes());
        for word in &self.words[1..] {
            bytes.extend((word.len() as u32).to_le_bytes());
            bytes.extend(word.as_bytes());
        }
        for ((first, second), nexts) in &self.three {
            for (next, count) in nexts {
                for number in [first, second, next, count] {
                    bytes.extend(number.to_le_bytes());
                }
            }
        }
        bytes
    }

    /// Whether bytes say that they are such a file.
    pub fn is_meant(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads a file back.
    ///
    /// # Errors
    /// [`Error::Artefact`] for other bytes: cut, with words that are no words or come twice, or
    /// with counts that are zero, out of order or of unknown words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = || artefact("it is no `headwater ngram 1` of whole words and counts");
        let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(wrong)?;
        let mut words = vec![String::new()];
        let mut seen = BTreeMap::new();
        for number in 1..=take(&mut rest).ok_or_else(wrong)? {
            let length = take(&mut rest).ok_or_else(wrong)? as usize;
            let (word, after) = rest.split_at_checked(length).ok_or_else(wrong)?;
            let word = str::from_utf8(word).map_err(|_| wrong())?;
            let plain = !word.is_empty() && !word.contains(char::is_whitespace);
            if !plain || seen.insert(word, number).is_some() {
                return Err(wrong());
            }
            words.push(word.to_owned());
            rest = after;
        }
        let mut counts = BTreeMap::new();
        while !rest.is_empty() {
            let mut next = || take(&mut rest).ok_or_else(wrong);
            let (key, count) = ((next()?, next()?, next()?), next()?);
            let known = [key.0, key.1, key.2]
                .iter()
                .all(|it| (*it as usize) < words.len());
            let after = counts.last_key_value().is_none_or(|(last, _)| *last < key);
            if !known || !after || count == 0 {
                return Err(wrong());
            }
            counts.insert(key, count);
        }
        if counts.is_empty() {
            return Err(wrong());
        }
        Ok(Self::of(words, counts))
    }
}

impl Iterator for Continued<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let model = self.model;
        let known = model.three.get(&self.before);
        let backed = || {
            model
                .two
                .get(&self.before.1)
                .or_else(|| model.two.get(&EDGE))
        };
        let nexts = known.or_else(backed)?;
        let total: u64 = nexts.iter().map(|(_, count)| u64::from(*count)).sum();
        let mut place = self.random.bits() % total;
        let mut found = EDGE;
        for (next, count) in nexts {
            if place < u64::from(*count) {
                found = *next;
                break;
            }
            place -= u64::from(*count);
        }
        self.before = (self.before.1, found);
        (found != EDGE).then(|| model.words[found as usize].clone())
    }
}

fn take(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_le_bytes(*head))
}

fn artefact(problem: &str) -> Error {
    Error::Artefact {
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 3] = [
        "the parcel is late",
        "the parcel is here",
        "a letter is late",
    ];

    #[test]
    fn it_goes_on_as_it_has_read_and_the_same_way_again() {
        let model = Ngram::train(LINES).unwrap();
        let said = |seed| model.continues("the", seed).collect::<Vec<_>>().join(" ");
        for seed in 0..20 {
            assert!(["parcel is late", "parcel is here"].contains(&said(seed).as_str()));
            assert_eq!(said(seed), said(seed));
        }
        assert!((0..20).any(|seed| said(seed) != said(0)));
    }

    #[test]
    fn a_file_reads_back_and_bent_ones_are_refused() {
        let model = Ngram::train(LINES).unwrap();
        let bytes = model.to_bytes();
        assert_eq!(Ngram::from_bytes(&bytes).unwrap(), model);
        for length in 0..bytes.len() {
            let whole = (bytes.len() - length).is_multiple_of(16);
            let read = Ngram::from_bytes(&bytes[..length]);
            assert!(read.is_err() || whole && read.unwrap() != model);
        }
        assert_eq!(Ngram::train(["", " "]), Err(Error::NoExamples));
    }
}
