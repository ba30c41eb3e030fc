//! Work that is compiled for wide registers, too, and runs there where the processor has them.
//!
//! Only the number of numbers per instruction differs: each is computed by the same steps in the
//! same order, products and sums are never fused, so that every processor finds the same bits.

/// Runs `work`, on x86 with AVX2 where that is found when the program runs. All that `work` calls
/// and that is to profit must be inlined into it, and itself be `#[inline(always)]`.
#[inline(always)]
pub(crate) fn wide<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        use fearless_simd::{Level, Simd};
        if let Some(registers) = Level::new().as_avx2() {
            return registers.vectorize(work);
        }
    }
    work()
}
