//! Hash embeddings: texts as points by which words and letters they share, without training.

use crate::feature;

/// First bytes of every file; the digit is the version of the rule.
const MAGIC: &[u8; 22] = b"headwater embedding 1\n";
/// Numbers of a point.
pub const DIMENSIONS: usize = 256;
/// Buckets of the features before they are folded, as a power of two.
const BITS: u8 = 20;

/// The file of the rule; it has no weights.
pub fn to_bytes() -> Vec<u8> {
    MAGIC.to_vec()
}

/// Whether bytes are that file.
pub fn is_meant(bytes: &[u8]) -> bool {
    bytes == MAGIC
}

/// A point of unit length, or of zeros where a text has no letter or digit: each feature of
/// [`feature::text`] is added to one number or taken off it. Signed feature hashing of Weinberger
/// et al., "Feature Hashing for Large Scale Multitask Learning" (2009). Near means alike in
/// letters and words, not in meaning.
pub fn embed(text: &str) -> Vec<f32> {
    let mut point = vec![0.0_f64; DIMENSIONS];
    for &(bucket, value) in feature::text(text, BITS).pairs() {
        let sign = if bucket >> 8 & 1 == 0 { 1.0 } else { -1.0 };
        point[bucket as usize % DIMENSIONS] += sign * f64::from(value);
    }
    let mut square = 0.0;
    for number in &point {
        square += number * number;
    }
    let length = if square > 0.0 { square.sqrt() } else { 1.0 };
    point
        .iter()
        .map(|number| (number / length) as f32)
        .collect()
}

/// A point as OpenAI packs one before base64: 32 bits a number, low byte first.
pub fn packed(point: &[f32]) -> Vec<u8> {
    let bytes = point.iter().flat_map(|number| number.to_le_bytes());
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(a: &str, b: &str) -> f32 {
        embed(a).iter().zip(embed(b)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_that_share_words_are_near() {
        let near = product("my parcel is late", "the parcel came late");
        let far = product("my parcel is late", "wrong bank account");
        assert!(near > 0.3 && far < 0.2, "{near} {far}");
        assert!((product("same", "Same!") - 1.0).abs() < 1e-5);
        assert!(embed("...").iter().all(|number| *number == 0.0));
    }
}
