//! How many units a labelling gets right.

use super::Dataset;

/// Units right of units judged, as integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accuracy {
    /// Units whose label is the gold one.
    pub right: u64,
    /// Units that have a gold label, labelled or not.
    pub total: u64,
}

impl Accuracy {
    /// Judges `labels`, one per unit of the data set, on the named units. A unit without gold is
    /// passed over; a unit without a label is wrong, so that labellings have the same total.
    pub fn over(dataset: &Dataset, units: &[u32], labels: &[Option<u16>]) -> Accuracy {
        let mut accuracy = Accuracy::default();
        for &unit in units {
            let unit = unit as usize;
            if dataset.gold[unit].is_some() {
                accuracy.total += 1;
                accuracy.right += u64::from(dataset.gold[unit] == labels[unit]);
            }
        }
        accuracy
    }

    /// The right share in parts per million, rounded half up; none if nothing was judged.
    pub fn ppm(self) -> Option<u32> {
        let (right, total) = (u128::from(self.right), u128::from(self.total));
        let ppm = (right * 2_000_000 + total).checked_div(total * 2)?;
        Some(u32::try_from(ppm).expect("no more is right than is judged"))
    }
}
