//! Rows of matrices, for widths that the compiler knows and for all others.

/// A buffer of K cells, which says how wide the rows of a matrix are: where its type says so,
/// sums stay in registers and a row costs one check of bounds.
pub(super) trait Cells: AsMut<[f64]> {
    /// Row `at` of a row-major matrix.
    fn row<'a>(&self, matrix: &'a [f64], at: usize) -> &'a [f64];

    /// The same, to be changed.
    fn row_mut<'a>(&self, matrix: &'a mut [f64], at: usize) -> &'a mut [f64];
}

impl<const K: usize> Cells for [f64; K] {
    #[inline(always)]
    fn row<'a>(&self, matrix: &'a [f64], at: usize) -> &'a [f64] {
        &matrix.as_chunks::<K>().0[at]
    }

    #[inline(always)]
    fn row_mut<'a>(&self, matrix: &'a mut [f64], at: usize) -> &'a mut [f64] {
        &mut matrix.as_chunks_mut::<K>().0[at]
    }
}

impl Cells for Vec<f64> {
    #[inline(always)]
    fn row<'a>(&self, matrix: &'a [f64], at: usize) -> &'a [f64] {
        &matrix[at * self.len()..][..self.len()]
    }

    #[inline(always)]
    fn row_mut<'a>(&self, matrix: &'a mut [f64], at: usize) -> &'a mut [f64] {
        &mut matrix[at * self.len()..][..self.len()]
    }
}
