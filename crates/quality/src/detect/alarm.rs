//! Alarms over one worker's sequence: the same answer again and again, or answers in no time.

/// The longest run of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The answer.
    pub label: u32,
    /// How often in a row.
    pub length: u32,
    /// Logarithm of a bound on the chance of such a run anywhere in the sequence, were its answers
    /// in a random order, in millionths of a nat: n f^length at most, f the answer's share. 0 where
    /// the bound is above 1.
    pub chance_micronats: i64,
}

/// The run that is least to be expected, the earliest on a tie; `None` without answers.
///
/// A worker who always answers the same gives no alarm here (that answer's share is 1): see
/// [`super::entropy_micronats`].
pub fn longest_run(labels: &[u32]) -> Option<Run> {
    let mut counts = std::collections::BTreeMap::new();
    for label in labels {
        *counts.entry(*label).or_insert(0_u32) += 1;
    }
    let all = labels.len() as f64;
    let mut rarest: Option<Run> = None;
    for run in labels.chunk_by(|a, b| a == b) {
        let share = f64::from(counts[&run[0]]) / all;
        let bound = libm::log(all) + run.len() as f64 * libm::log(share);
        let found = Run {
            label: run[0],
            length: run.len() as u32,
            chance_micronats: libm::round(bound.min(0.0) * 1e6) as i64,
        };
        let rarer =
            |old: &Run| (found.chance_micronats, old.length) < (old.chance_micronats, found.length);
        if rarest.as_ref().is_none_or(rarer) {
            rarest = Some(found);
        }
    }
    rarest
}

/// How many of a worker's answers took less than `share_ppm` of the time that the median worker
/// needs for that unit. Pairs are (the worker's, the unit's median) in milliseconds.
///
/// On the one set with times, speed says next to nothing about quality (Spearman .06): an alarm
/// that raises the share of gold, nothing more.
pub fn too_fast(times_ms: &[(u32, u32)], share_ppm: u32) -> u32 {
    let fast = |(own, median): &&(u32, u32)| {
        u64::from(*own) * 1_000_000 < u64::from(*median) * u64::from(share_ppm)
    };
    times_ms.iter().filter(fast).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_judged_by_how_rare_its_answer_is() {
        // Four rare answers in a row say more than six frequent ones.
        let labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
        let run = longest_run(&labels).expect("answers");
        assert_eq!((run.label, run.length), (1, 4));
        let expected = (16.0 * 0.25_f64.powi(4)).ln();
        assert!((run.chance_micronats as f64 / 1e6 - expected).abs() < 1e-5);
        assert_eq!(longest_run(&[]), None);
        let same = longest_run(&[3; 50]).expect("answers");
        assert_eq!((same.length, same.chance_micronats), (50, 0));
    }

    #[test]
    fn fast_is_relative_to_the_unit() {
        let times = [(100, 1_000), (200, 1_000), (199, 1_000), (0, 0), (50, 100)];
        assert_eq!(too_fast(&times, 200_000), 2);
    }
}
