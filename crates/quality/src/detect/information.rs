//! What a worker's answers tell about the truth, from a confusion matrix.

use crate::dawid_skene::DawidSkene;

/// Mutual information I(truth; answer) in nats of one answer of `worker`, 0 ..= ln K.
///
/// From the model's class frequencies and the worker's smoothed confusion matrix; answers that the
/// worker never gave count as one, so that K classes cost K per answer in use. 0 for a worker whose
/// answers are the same whatever the truth, however often they are right (Shannon 1948).
pub fn information(fit: &DawidSkene, worker: u32) -> f64 {
    let priors = fit.priors();
    let mut information = 0.0;
    let mut rest: Vec<f64> = vec![1.0; priors.len()];
    let mut row = vec![0.0; priors.len()];
    let mut add = |row: &[f64]| {
        let expected: f64 = row.iter().zip(priors).map(|(p, prior)| p * prior).sum();
        for (p, prior) in row.iter().zip(priors) {
            if *p > 0.0 && *prior > 0.0 && expected > 0.0 {
                information += prior * p * libm::log(p / expected);
            }
        }
    };
    for answer in fit.used(worker) {
        for (truth, (p, rest)) in row.iter_mut().zip(&mut rest).enumerate() {
            *p = fit.confusion(worker, truth as u32, answer);
            *rest = (*rest - *p).max(0.0);
        }
        add(&row);
    }
    add(&rest);
    information.max(0.0)
}

/// Spammer score of Raykar and Yu (2012): half the mean squared distance between two rows of the
/// confusion matrix, 0 for a worker whose answers do not depend on the truth, at most 1.
pub fn spammer_score(fit: &DawidSkene, worker: u32) -> f64 {
    let width = fit.priors().len();
    if width < 2 {
        return 0.0;
    }
    // Sum over pairs of rows of (a - b)^2 is K sum a^2 - (sum a)^2, column by column.
    let mut total = 0.0;
    let mut rest = vec![1.0; width];
    let mut add = |column: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut squares) = (0.0, 0.0);
        for p in column {
            sum += p;
            squares += p * p;
        }
        total += width as f64 * squares - sum * sum;
    };
    for answer in fit.used(worker) {
        let column: Vec<f64> = (0..width)
            .map(|truth| fit.confusion(worker, truth as u32, answer))
            .collect();
        rest.iter_mut()
            .zip(&column)
            .for_each(|(rest, p)| *rest = (*rest - p).max(0.0));
        add(&mut column.into_iter());
    }
    add(&mut rest.into_iter());
    (total / (width as f64 * (width as f64 - 1.0))).clamp(0.0, 1.0)
}
