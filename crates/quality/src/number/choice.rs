//! The choice between plain mean and precision weights, by the signal that they pass on.

use super::model::{Gains, Model, scale, standardised};
use super::{Estimate, Readings, mean, precision};

/// The default: precision weights where they pass on more of what varies between the units, the
/// mean everywhere else.
///
/// Small residuals can mean care, or that a worker rests at one value and does not respond to the
/// unit; weights that favour the second pull every value to the resting place. A model with a gain
/// per worker tells the two apart: [`precision`] is taken if its weights have the higher
/// signal-to-noise ratio under that model, a comparison that needs no gold and no constant. Ties
/// go to the mean, the scale on which workers agree on average.
pub fn choose(readings: &Readings) -> Estimate {
    let Some(scale) = scale(readings) else {
        return mean(readings);
    };
    let rows = standardised(readings, scale);
    let size = (readings.units() as usize, readings.workers as usize);
    let fitted = |gains| {
        let mut model = Model::new(size, &rows, gains);
        model.fit(&rows);
        model
    };
    let weights = fitted(Gains::One).precisions();
    let judge = fitted(Gains::Own);
    let plain = judge.signal(&rows, &vec![1.0; size.1]);
    let weighted = judge.signal(&rows, &weights);
    let mut chosen = if weighted > plain {
        precision(readings)
    } else {
        mean(readings)
    };
    chosen.signal = Some([plain, weighted]);
    chosen
}
