//! Factors and inverses of small positive definite matrices, bit-equal on every machine.

/// An upper factor U of a symmetric positive definite matrix A = U'U, row by row.
pub(crate) struct Factor {
    size: usize,
    rows: Vec<f64>,
}

impl Factor {
    /// Factor of the matrix in `rows` (`size` x `size`, its upper half is read).
    ///
    /// None where a pivot is not above 1e-13 of its diagonal entry: not positive definite, or too
    /// near to it for a number that means something.
    pub(crate) fn new(mut rows: Vec<f64>, size: usize) -> Option<Self> {
        let least: Vec<f64> = (0..size).map(|i| rows[i * size + i] * 1e-13).collect();
        for pivot in 0..size {
            let (done, rest) = rows.split_at_mut((pivot + 1) * size);
            let row = &mut done[pivot * size..];
            // A NaN is not above anything.
            if row[pivot].partial_cmp(&least[pivot].max(0.0)) != Some(core::cmp::Ordering::Greater)
            {
                return None;
            }
            let root = row[pivot].sqrt();
            row[pivot..].iter_mut().for_each(|entry| *entry /= root);
            for other in pivot + 1..size {
                let by = row[other];
                if by != 0.0 {
                    let at = (other - pivot - 1) * size;
                    add(&mut rest[at + other..at + size], -by, &row[other..]);
                }
            }
        }
        Some(Self { size, rows })
    }

    /// The x of A x = `right`, in its place.
    pub(crate) fn solve(&self, right: &mut [f64]) {
        let size = self.size;
        for pivot in 0..size {
            let row = &self.rows[pivot * size..][..size];
            right[pivot] /= row[pivot];
            let by = right[pivot];
            add(&mut right[pivot + 1..], -by, &row[pivot + 1..]);
        }
        for pivot in (0..size).rev() {
            let row = &self.rows[pivot * size..][..size];
            let mut sum = right[pivot];
            for other in pivot + 1..size {
                sum -= row[other] * right[other];
            }
            right[pivot] = sum / row[pivot];
        }
    }

    /// The inverse of A, row by row.
    pub(crate) fn inverse(&self) -> Vec<f64> {
        let size = self.size;
        let mut inverse = vec![0.0; size * size];
        for pivot in 0..size {
            inverse[pivot * size + pivot] = 1.0;
            let row = &self.rows[pivot * size..][..size];
            let (done, rest) = inverse.split_at_mut((pivot + 1) * size);
            let own = &mut done[pivot * size..][..=pivot];
            own.iter_mut().for_each(|entry| *entry /= row[pivot]);
            for (below, by) in rest.chunks_exact_mut(size).zip(&row[pivot + 1..]) {
                add(&mut below[..=pivot], -by, own);
            }
        }
        for pivot in (0..size).rev() {
            let row = &self.rows[pivot * size..][..size];
            let (before, done) = inverse.split_at_mut((pivot + 1) * size);
            let own = &mut before[pivot * size..];
            for (after, by) in done.chunks_exact(size).zip(&row[pivot + 1..]) {
                add(own, -by, after);
            }
            own.iter_mut().for_each(|entry| *entry /= row[pivot]);
        }
        inverse
    }
}

/// `to` += `by` x `from`, entry by entry, so that vectors of any width give the same sums.
fn add(to: &mut [f64], by: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += by * from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn inverse_and_solution_undo_the_matrix() {
        let (size, mut random) = (17, Random::new(1, 1));
        let roots: Vec<f64> = (0..size * size).map(|_| random.unit() - 0.5).collect();
        let mut matrix = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..size {
                let dot: f64 = (0..size)
                    .map(|k| roots[k * size + i] * roots[k * size + j])
                    .sum();
                matrix[i * size + j] = dot + if i == j { 0.1 } else { 0.0 };
            }
        }
        let factor = Factor::new(matrix.clone(), size).expect("positive definite");
        let inverse = factor.inverse();
        let mut column: Vec<f64> = (0..size).map(|i| matrix[i * size + 3]).collect();
        factor.solve(&mut column);
        for i in 0..size {
            for j in 0..size {
                let cell: f64 = (0..size)
                    .map(|k| matrix[i * size + k] * inverse[k * size + j])
                    .sum();
                let expected = f64::from(u8::from(i == j));
                assert!((cell - expected).abs() < 1e-9, "{i} {j}: {cell}");
            }
            let expected = f64::from(u8::from(i == 3));
            assert!((column[i] - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn singular_matrices_have_none() {
        assert!(Factor::new(vec![1.0, 1.0, 1.0, 1.0], 2).is_none());
        assert!(Factor::new(vec![f64::NAN], 1).is_none());
        assert!(Factor::new(vec![-1.0], 1).is_none());
    }
}
