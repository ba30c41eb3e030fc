//! Clusters of near-duplicates: candidates that share a band, joined if they are as alike as asked.

use super::minhash::{Family, bands};
use super::{apart, jaccard};
use crate::parallel::Threads;
use crate::table::Error;

/// Earlier documents of a bucket that each document is compared with at most.
const COMPARED: usize = 32;
/// Documents in one portion of work.
const PORTION: usize = 256;

/// What counts as a near-duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Least Jaccard similarity in parts per million, 1 to 1,000,000.
    pub threshold_ppm: u32,
    /// Threads for the sketches.
    pub threads: Threads,
}

/// Why a document is in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The earlier document.
    pub one: u32,
    /// The later one.
    pub other: u32,
    /// Their exact similarity in parts per million.
    pub similarity_ppm: u32,
}

/// Documents in clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// Per document the first document of its cluster, itself if it is alone: who came first.
    pub first: Vec<u32>,
    /// The pairs that made the clusters, in the order in which they were found; enough to connect
    /// every cluster, not all pairs in it.
    pub joined: Vec<Joined>,
}

/// Clusters of documents given as sorted sets of shingles, connected by exact similarities.
///
/// Candidates share one of the [`bands`] of their MinHash sketches, which pairs at the threshold do
/// with a probability of 0.95 and more. In a bucket of thousands each document is compared with the
/// 32 first only, so time stays linear whatever comes in.
///
/// # Errors
/// [`Error::Setting`] for a threshold outside its range; [`Error::Entry`] for shingles that are not
/// sorted or not unique; [`Error::TooLarge`] beyond 2^32 documents.
pub fn clusters(documents: &[Vec<u64>], settings: Settings) -> Result<Clusters, Error> {
    if !(1..=1_000_000).contains(&settings.threshold_ppm) {
        return Err(Error::Setting {
            field: "threshold_ppm",
        });
    }
    if u32::try_from(documents.len()).is_err() {
        let cells = documents.len() as u64;
        return Err(Error::TooLarge { cells });
    }
    let unsorted = |set: &Vec<u64>| set.windows(2).any(|two| two[0] >= two[1]);
    if let Some(row) = documents.iter().position(unsorted) {
        let rule = "is no set of shingles in ascending order";
        return Err(Error::Entry { row, rule });
    }
    let (count, rows) = bands(settings.threshold_ppm);
    let family = Family::new();
    let portions = settings
        .threads
        .map(documents.len().div_ceil(PORTION), |portion| {
            let range = portion * PORTION..((portion + 1) * PORTION).min(documents.len());
            let sketches = documents[range].iter().map(|set| family.sketch(set));
            let hashes = sketches.flat_map(|sketch| {
                (0..count)
                    .map(|band| sketch.band(band, rows))
                    .collect::<Vec<_>>()
            });
            hashes.collect::<Vec<u64>>()
        });
    let hashes = portions.concat();
    let mut forest = Forest::new(documents.len());
    for band in 0..count {
        let of = |(document, set): (usize, &Vec<u64>)| {
            (!set.is_empty()).then(|| (hashes[document * count + band], document as u32))
        };
        let keyed = documents.iter().enumerate().filter_map(of).collect();
        forest.join(keyed, |one, other| {
            let similarity = jaccard(&documents[one as usize], &documents[other as usize]);
            (similarity >= settings.threshold_ppm).then_some(similarity)
        });
    }
    Ok(forest.clusters())
}

/// Clusters of 64-bit hashes ([`super::simhash`], [`super::dhash`]) connected by pairs that differ
/// in `distance` bits and fewer; similarity is the share of equal bits.
///
/// Complete but for buckets of more than 32: of `distance + 1` parts of a hash, one is equal.
///
/// # Errors
/// [`Error::Setting`] for a distance above 15; [`Error::TooLarge`] beyond 2^32 hashes.
pub fn close(hashes: &[u64], distance: u32) -> Result<Clusters, Error> {
    if distance > 15 {
        return Err(Error::Setting { field: "distance" });
    }
    if u32::try_from(hashes.len()).is_err() {
        let cells = hashes.len() as u64;
        return Err(Error::TooLarge { cells });
    }
    let parts = distance + 1;
    let mut forest = Forest::new(hashes.len());
    for part in 0..parts {
        let (from, to) = (64 * part / parts, 64 * (part + 1) / parts);
        let mask = if to - from == 64 {
            u64::MAX
        } else {
            ((1 << (to - from)) - 1) << from
        };
        let keyed = hashes
            .iter()
            .zip(0..)
            .map(|(hash, place)| (hash & mask, place))
            .collect();
        forest.join(keyed, |one, other| {
            let bits = apart(hashes[one as usize], hashes[other as usize]);
            (bits <= distance).then(|| (64 - bits) * 1_000_000 / 64)
        });
    }
    Ok(forest.clusters())
}

/// Disjoint sets whose root is the smallest member.
struct Forest {
    parents: Vec<u32>,
    joined: Vec<Joined>,
}

impl Forest {
    fn new(count: usize) -> Self {
        Self {
            parents: (0..count as u32).collect(),
            joined: Vec::new(),
        }
    }

    fn root(&mut self, mut one: u32) -> u32 {
        while self.parents[one as usize] != one {
            let above = self.parents[self.parents[one as usize] as usize];
            self.parents[one as usize] = above;
            one = above;
        }
        one
    }

    /// Joins documents of equal key for which `alike` gives a similarity.
    fn join(&mut self, mut keyed: Vec<(u64, u32)>, alike: impl Fn(u32, u32) -> Option<u32>) {
        keyed.sort_unstable();
        for bucket in keyed.chunk_by(|a, b| a.0 == b.0) {
            for (place, (_, other)) in bucket.iter().enumerate() {
                for (_, one) in &bucket[..place.min(COMPARED)] {
                    let (low, high) = (self.root(*one), self.root(*other));
                    if low == high {
                        continue;
                    }
                    if let Some(similarity_ppm) = alike(*one, *other) {
                        self.parents[low.max(high) as usize] = low.min(high);
                        self.joined.push(Joined {
                            one: *one,
                            other: *other,
                            similarity_ppm,
                        });
                    }
                }
            }
        }
    }

    fn clusters(mut self) -> Clusters {
        let first = (0..self.parents.len() as u32)
            .map(|one| self.root(one))
            .collect();
        Clusters {
            first,
            joined: self.joined,
        }
    }
}
