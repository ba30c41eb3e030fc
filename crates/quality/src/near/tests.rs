//! Tests of near-duplicates: sketches against exact similarity, clusters against all pairs.

use super::*;
use crate::parallel::Threads;
use crate::random::Random;
use crate::table::Error;
use proptest::prelude::*;

fn settings(threshold_ppm: u32) -> Settings {
    let threads = Threads::ONE;
    Settings {
        threshold_ppm,
        threads,
    }
}

/// Originals and, after each, copies of it with a share of the words replaced.
fn corpus(originals: u32, rates: &[f64], seed: u64) -> Vec<Vec<u64>> {
    let mut random = Random::new(seed, 0);
    let mut documents = Vec::new();
    for _ in 0..originals {
        let words: Vec<u32> = (0..60 + random.below(120))
            .map(|_| random.below(30_000))
            .collect();
        for rate in core::iter::once(&0.0).chain(rates) {
            let mut copy = words.clone();
            for word in &mut copy {
                if random.unit() < *rate {
                    *word = random.below(30_000);
                }
            }
            let text: Vec<String> = copy.iter().map(u32::to_string).collect();
            documents.push(shingles(&text.join(" "), 3));
        }
    }
    documents
}

#[test]
fn shingles_are_runs_of_words() {
    assert_eq!(shingles("", 3), []);
    assert_eq!(shingles("Hello,  WORLD!", 3), shingles("hello world", 3));
    assert_eq!(shingles("hello world", 3).len(), 1);
    assert_eq!(shingles("a b c d", 3).len(), 2);
    assert_eq!(shingles("a a a a a a", 3).len(), 1);
    assert_ne!(shingles("a b c", 3), shingles("b a c", 3));
    assert_eq!(shingles("É", 0), shingles("é", 1));
    let (one, other) = (shingles("a b c d e", 3), shingles("a b c d f", 3));
    assert_eq!(jaccard(&one, &other), 500_000);
    assert_eq!((jaccard(&one, &one), jaccard(&[], &[])), (1_000_000, 0));
}

#[test]
fn sketches_estimate_similarity() {
    let documents = corpus(60, &[0.02, 0.1, 0.25], 1);
    let sketches: Vec<Sketch> = documents.iter().map(|set| Sketch::new(set)).collect();
    let (mut bias, mut squares, mut count) = (0.0, 0.0, 0.0);
    for original in (0..documents.len()).step_by(4) {
        for copy in original + 1..original + 4 {
            let exact = f64::from(jaccard(&documents[original], &documents[copy])) / 1e6;
            let found = f64::from(sketches[original].similarity_ppm(&sketches[copy])) / 1e6;
            bias += found - exact;
            squares += (found - exact) * (found - exact);
            count += 1.0;
        }
    }
    // The standard error of one estimate is at most 0.044, of the mean of 180 at most 0.0033.
    assert!((bias / count).abs() < 0.012, "{}", bias / count);
    assert!(squares / count < 0.045 * 0.045, "{}", squares / count);
}

#[test]
fn bands_keep_their_promise() {
    assert_eq!(bands(500_000), (42, 3));
    assert_eq!(bands(1_000_000), (1, 128));
    assert_eq!(bands(1), (128, 1));
    for threshold in (50_000..1_000_000).step_by(50_000) {
        let (count, rows) = bands(threshold);
        assert!(count * rows <= SIZE);
        let shared = libm::pow(f64::from(threshold) / 1e6, rows as f64);
        assert!(rows == 1 || libm::pow(1.0 - shared, count as f64) <= 0.05);
    }
}

#[test]
fn recall_against_all_pairs() {
    let documents = corpus(150, &[0.02, 0.05, 0.1, 0.12], 2);
    let found = clusters(&documents, settings(500_000)).expect("valid");
    let (mut pairs, mut met) = (0, 0);
    for one in 0..documents.len() {
        for other in one + 1..documents.len() {
            if jaccard(&documents[one], &documents[other]) >= 500_000 {
                pairs += 1;
                met += usize::from(found.first[one] == found.first[other]);
            }
        }
    }
    assert!(pairs > 400, "{pairs}");
    assert!(met * 100 >= pairs * 99, "{met} of {pairs}");
    for joined in &found.joined {
        let exact = jaccard(
            &documents[joined.one as usize],
            &documents[joined.other as usize],
        );
        assert_eq!(exact, joined.similarity_ppm);
        assert!(joined.similarity_ppm >= 500_000);
    }
    for (document, first) in found.first.iter().enumerate() {
        assert_eq!(
            document / 5,
            *first as usize / 5,
            "originals have nothing in common"
        );
        assert!(*first as usize <= document);
    }
    let threads = Threads::new(8);
    let eight = Settings {
        threads,
        ..settings(500_000)
    };
    assert_eq!(clusters(&documents, eight).expect("valid"), found);
}

#[test]
fn many_equal_documents_and_one_huge_one() {
    let mut documents = vec![shingles("the same words again and again", 3); 20_000];
    documents.push((0..1_000_000).map(|shingle| shingle << 30).collect());
    documents.push(Vec::new());
    documents.push(Vec::new());
    let found = clusters(&documents, settings(800_000)).expect("valid");
    assert!(found.first[..20_000].iter().all(|first| *first == 0));
    assert_eq!(found.first[20_000..], [20_000, 20_001, 20_002]);
}

#[test]
fn simhash_of_alike_texts_is_near() {
    let documents = corpus(40, &[0.02], 3);
    let hashes: Vec<u64> = documents.iter().map(|set| simhash(set)).collect();
    for original in (0..hashes.len()).step_by(2) {
        assert!(apart(hashes[original], hashes[original + 1]) <= 16);
        let next = (original + 2) % hashes.len();
        assert!(apart(hashes[original], hashes[next]) > 16);
    }
    assert_eq!(simhash(&[]), 0);
    assert_eq!(simhash(&[5, 5, 2]), 5);
}

#[test]
fn pictures_by_hand() {
    let mut pixels = vec![0_u8; 72];
    // The second row rises to the right, the third falls, all else is flat.
    (0..9).for_each(|column| pixels[9 + column] = 10 * column as u8);
    (0..9).for_each(|column| pixels[18 + column] = 200 - 10 * column as u8);
    let hash = |pixels: &[u8], width, height| {
        dhash(Grey {
            pixels,
            width,
            height,
        })
    };
    assert_eq!(hash(&pixels, 9, 8), Ok(0xff00));
    // Thrice as wide and twice as high, brighter.
    let large = (0..16 * 27).map(|at| pixels[at / 27 / 2 * 9 + at % 27 / 3] + 30);
    assert_eq!(hash(&large.collect::<Vec<_>>(), 27, 16), Ok(0xff00));
    assert_eq!(hash(&[7], 1, 1), Ok(0));
    assert!(matches!(hash(&[7], 1, 2), Err(Error::Length { .. })));
    assert!(matches!(
        hash(&[], 0, 1),
        Err(Error::Setting { field: "width" })
    ));
}

#[test]
fn cut_pixels_count_by_their_part() {
    let mut random = Random::new(8, 0);
    for (width, height) in [(13, 11), (4, 3), (10, 8), (31, 5)] {
        let pixels: Vec<u8> = (0..width * height)
            .map(|_| random.below(256) as u8)
            .collect();
        // Nine times as wide and eight times as high, no pixel is cut.
        let (wide, high) = (9 * width, 8 * height);
        let large = (0..wide * high).map(|at| pixels[at / wide / 8 * width + at % wide / 9]);
        let large: Vec<u8> = large.collect();
        let hash = |pixels: &[u8], width: usize, height: usize| {
            let (width, height) = (width as u32, height as u32);
            dhash(Grey {
                pixels,
                width,
                height,
            })
        };
        assert_eq!(hash(&pixels, width, height), hash(&large, wide, high));
    }
}

proptest! {
    #[test]
    fn close_hashes_are_found(
        base: [u64; 3],
        flips in prop::collection::vec((0_usize..3, 0_u64..64, 0_u64..64), 0..12),
    ) {
        let mut hashes = base.to_vec();
        hashes.extend(flips.iter().map(|(of, one, other)| base[*of] ^ (1 << one) ^ (1 << other)));
        let found = close(&hashes, 2).expect("in range");
        for (place, (of, ..)) in flips.iter().enumerate() {
            prop_assert_eq!(found.first[3 + place], found.first[*of]);
        }
        for joined in &found.joined {
            prop_assert!(apart(hashes[joined.one as usize], hashes[joined.other as usize]) <= 2);
        }
    }

    #[test]
    fn any_documents_cluster(
        texts in prop::collection::vec("[a-c é.]{0,20}", 0..20),
        threshold in 1_u32..=1_000_000,
    ) {
        let documents: Vec<Vec<u64>> = texts.iter().map(|text| shingles(text, 2)).collect();
        let found = clusters(&documents, settings(threshold)).expect("valid");
        for (one, set) in documents.iter().enumerate() {
            let first = found.first[one] as usize;
            prop_assert!(first <= one && found.first[first] as usize == first);
            prop_assert!(!set.is_empty() || first == one);
            let equal = documents.iter().position(|other| other == set).expect("itself");
            prop_assert!(set.is_empty() || found.first[equal] as usize == first);
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    assert!(matches!(
        clusters(&[], settings(0)),
        Err(Error::Setting { .. })
    ));
    assert!(matches!(
        clusters(&[vec![2, 1]], settings(1)),
        Err(Error::Entry { row: 0, .. })
    ));
    assert!(matches!(close(&[], 16), Err(Error::Setting { .. })));
    assert_eq!(close(&[1, 1], 0).expect("in range").first, [0, 0]);
}
