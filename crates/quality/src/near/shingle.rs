//! A text as the set of its runs of words.

/// Hashes of all runs of `words` words, sorted, each once; a shorter text is one run. Words are
/// letters and digits in lower case, whatever stands between them. `words` of 0 counts as 1.
///
/// Two different runs share a hash with probability 2^-64 where nobody seeks it; the hash is not
/// made to withstand someone who does.
pub fn shingles(text: &str, words: u32) -> Vec<u64> {
    let words = words.max(1) as usize;
    let hashes = words_of(text);
    let mut runs: Vec<u64> = match hashes.len() {
        0 => Vec::new(),
        few if few < words => vec![run(&hashes)],
        _ => hashes.windows(words).map(run).collect(),
    };
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// One hash per word.
fn words_of(text: &str) -> Vec<u64> {
    const START: u64 = 0x51_7c_c1_b7_27_22_0a_95;
    let (mut hashes, mut word, mut open) = (Vec::new(), START, false);
    let add = |code: u32, word: &mut u64| {
        *word = (*word ^ u64::from(code)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *word ^= *word >> 29;
    };
    for sign in text.chars() {
        if sign.is_ascii_alphanumeric() {
            add(u32::from(sign.to_ascii_lowercase()), &mut word);
            open = true;
        } else if sign.is_alphanumeric() {
            sign.to_lowercase()
                .for_each(|sign| add(u32::from(sign), &mut word));
            open = true;
        } else if open {
            hashes.push(word);
            (word, open) = (START, false);
        }
    }
    if open {
        hashes.push(word);
    }
    hashes
}

/// Hash of a run of words in their order.
fn run(words: &[u64]) -> u64 {
    let mixed = words.iter().fold(words.len() as u64, |mixed, word| {
        let mixed = (mixed.rotate_left(23) ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    });
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 32)
}

/// Size of the intersection over size of the union of two sorted sets, in parts per million rounded
/// down; 0 if either is empty, so that empty documents are nobody's duplicates.
pub fn jaccard(one: &[u64], other: &[u64]) -> u32 {
    if one.is_empty() || other.is_empty() {
        return 0;
    }
    let (mut a, mut b, mut common) = (0, 0, 0_u64);
    while a < one.len() && b < other.len() {
        common += u64::from(one[a] == other[b]);
        let (next_a, next_b) = (one[a] <= other[b], other[b] <= one[a]);
        a += usize::from(next_a);
        b += usize::from(next_b);
    }
    let union = (one.len() + other.len()) as u64 - common;
    (common * 1_000_000 / union) as u32
}
