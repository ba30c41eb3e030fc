//! Features: what a softmax sees of a text, or of the answers that a unit without text received.

/// Smallest and largest power of two for the number of buckets.
pub const BITS: core::ops::RangeInclusive<u8> = 1..=20;

/// How an artefact's features are made; it is part of the artefact, so a server cannot mix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// [`text`]: word 1- and 2-grams and character 3-grams.
    Text,
    /// [`answer_pattern`]: who answered what, and how often each label was given.
    AnswerPattern,
}

/// A sparse vector of unit length: `(bucket, value)`, buckets ascending and distinct.
///
/// Empty (and then of length zero) when there was nothing to see, as in a text of punctuation.
#[derive(Debug, Clone, PartialEq)]
pub struct Features(Vec<(u32, f32)>);

impl Features {
    /// `(bucket, value)` in ascending order of bucket.
    pub fn pairs(&self) -> &[(u32, f32)] {
        &self.0
    }

    /// Sums equal buckets, then scales to unit length. Counts are whole numbers, so that the order
    /// in which they came cannot change a sum.
    fn gather(mut counts: Vec<(u32, f64)>) -> Features {
        counts.sort_unstable_by_key(|&(bucket, _)| bucket);
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        let mut square = 0.0;
        for &(_, count) in &counts {
            square += count * count;
        }
        let length = square.sqrt();
        Features(
            counts
                .into_iter()
                .map(|(bucket, count)| (bucket, (count / length) as f32))
                .collect(),
        )
    }
}

/// Word 1-grams and 2-grams and character 3-grams of the lower-cased text, counted in `2^bits`
/// buckets.
///
/// A word is a maximal run of alphanumeric characters; 3-grams run over the words joined and
/// enclosed by single spaces, so that they know where a word begins and ends.
///
/// # Panics
/// If `bits` is outside [`BITS`].
pub fn text(text: &str, bits: u8) -> Features {
    let mut line = String::with_capacity(text.len() + 2);
    line.push(' ');
    for character in text.chars() {
        if character.is_alphanumeric() {
            line.extend(character.to_lowercase());
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
    }
    if !line.ends_with(' ') {
        line.push(' ');
    }
    let mut counts = Vec::with_capacity(line.len() + line.len() / 2);
    let mut previous = None;
    for word in line.split_ascii_whitespace() {
        counts.push((bucket(&[b"w", word.as_bytes()], bits), 1.0));
        if let Some(before) = previous.replace(word) {
            counts.push((
                bucket(&[b"b", before.as_bytes(), b" ", word.as_bytes()], bits),
                1.0,
            ));
        }
    }
    let starts: Vec<usize> = line
        .char_indices()
        .map(|(at, _)| at)
        .chain(core::iter::once(line.len()))
        .collect();
    for window in starts.windows(4) {
        counts.push((
            bucket(&[b"c", &line.as_bytes()[window[0]..window[3]]], bits),
            1.0,
        ));
    }
    Features::gather(counts)
}

/// The pattern of a unit's answers, given as `(contributor index, label index)` in any order: one
/// count for each pair and one for each label, in `2^bits` buckets.
///
/// # Panics
/// If `bits` is outside [`BITS`].
pub fn answer_pattern(answers: &[(u32, u32)], bits: u8) -> Features {
    let mut counts = Vec::with_capacity(answers.len() * 2);
    for (contributor, label) in answers {
        let pair = bucket(
            &[b"p", &contributor.to_le_bytes(), &label.to_le_bytes()],
            bits,
        );
        counts.push((pair, 1.0));
        counts.push((bucket(&[b"l", &label.to_le_bytes()], bits), 1.0));
    }
    Features::gather(counts)
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923), over the concatenated parts, its halves folded by
/// exclusive or and cut to `bits`.
fn bucket(parts: &[&[u8]], bits: u8) -> u32 {
    assert!(BITS.contains(&bits), "bucket bits `{bits}` outside 1 to 20");
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for &byte in *part {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    ((hash ^ (hash >> 32)) as u32) & ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // FNV-1a 64 of "foobar" is 0x85944171f73967e8 (test vectors of RFC 9923).
        assert_eq!(
            bucket(&[b"foo", b"bar"], 20),
            (0x8594_4171 ^ 0xf739_67e8) & 0xf_ffff
        );
    }

    #[test]
    fn case_and_punctuation_do_not_matter_but_word_order_does() {
        let bits = 20;
        assert_eq!(
            text("The  PARCEL, late!", bits),
            text("the parcel late", bits)
        );
        assert_ne!(text("late the parcel", bits), text("the parcel late", bits));
        assert!(text(" ,.!? ", bits).pairs().is_empty());
    }

    #[test]
    fn a_short_text_has_exactly_the_features_of_the_specification() {
        // " ab c ": words ab, c; pair "ab c"; 3-grams " ab", "ab ", "b c", " c ".
        let keys: [&[u8]; 7] = [b"wab", b"wc", b"bab c", b"c ab", b"cab ", b"cb c", b"c c "];
        let mut expected: Vec<u32> = keys.iter().map(|key| bucket(&[key], 20)).collect();
        expected.sort_unstable();
        let found: Vec<u32> = text("Ab c", 20).pairs().iter().map(|pair| pair.0).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pattern_ignores_the_order_of_answers() {
        let forward = answer_pattern(&[(3, 0), (9, 1), (4, 0)], 16);
        assert_eq!(forward, answer_pattern(&[(4, 0), (3, 0), (9, 1)], 16));
        assert_ne!(forward, answer_pattern(&[(3, 1), (9, 1), (4, 0)], 16));
        assert_eq!(forward.pairs().len(), 5);
    }
}
