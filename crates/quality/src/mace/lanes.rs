//! Arithmetic on one number of each of several runs.
//!
//! Arrays go by value: behind references the compiler would not see that one is not part of
//! another, and would compute number by number.

use core::array::from_fn;

/// `with` of each two numbers of the same run.
#[inline(always)]
pub(super) fn lanes<const L: usize>(
    one: [f64; L],
    other: [f64; L],
    with: impl Fn(f64, f64) -> f64,
) -> [f64; L] {
    from_fn(|lane| with(one[lane], other[lane]))
}

#[inline(always)]
pub(super) fn plus<const L: usize>(one: [f64; L], other: [f64; L]) -> [f64; L] {
    lanes(one, other, |one, other| one + other)
}

#[inline(always)]
pub(super) fn minus<const L: usize>(one: [f64; L], other: [f64; L]) -> [f64; L] {
    lanes(one, other, |one, other| one - other)
}

#[inline(always)]
pub(super) fn times<const L: usize>(one: [f64; L], other: [f64; L]) -> [f64; L] {
    lanes(one, other, |one, other| one * other)
}

#[inline(always)]
pub(super) fn over<const L: usize>(one: [f64; L], other: [f64; L]) -> [f64; L] {
    lanes(one, other, |one, other| one / other)
}
