//! Exponentials and logarithms of many numbers at once, each with the very bits of `libm`.
//!
//! The steps are those of `libm` 0.2 (FreeBSD's `e_exp.c` and `e_log.c`) in their order, with
//! selections in place of branches, so that the compiler computes several numbers side by side.
//! What a step does not cover goes to `libm` itself.

use crate::wide::wide;

/// Numbers that are computed side by side.
const LANES: usize = 16;

/// exp of each of `values`, fast from -708 to 0; `into` is as long.
pub(crate) fn exp(values: &[f64], into: &mut [f64]) {
    let near = |x: f64| (-708.0..=0.0).contains(&x);
    wide(
        #[inline(always)]
        || each(values, into, near, exp_near, libm::exp),
    );
}

/// ln of each of `values`, fast for normal numbers above 0; `into` is as long.
pub(crate) fn log(values: &[f64], into: &mut [f64]) {
    let near = |x: f64| (f64::MIN_POSITIVE..=f64::MAX).contains(&x);
    wide(
        #[inline(always)]
        || each(values, into, near, log_near, libm::log),
    );
}

/// `fast` of each value where all of its neighbours are `near`, `slow` elsewhere.
#[inline(always)]
fn each(
    values: &[f64],
    into: &mut [f64],
    near: impl Fn(f64) -> bool,
    fast: impl Fn(f64) -> f64,
    slow: impl Fn(f64) -> f64,
) {
    let (values, last) = values.as_chunks::<LANES>();
    let (into, rest) = into.as_chunks_mut::<LANES>();
    for (values, into) in values.iter().zip(into) {
        if values.iter().fold(true, |all, x| all & near(*x)) {
            for (into, x) in into.iter_mut().zip(values) {
                *into = fast(*x);
            }
        } else {
            for (into, x) in into.iter_mut().zip(values) {
                *into = slow(*x);
            }
        }
    }
    for (into, x) in rest.iter_mut().zip(last) {
        *into = slow(*x);
    }
}

/// exp of a number from -708 to 0.
#[inline(always)]
fn exp_near(x: f64) -> f64 {
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const P1: f64 = 0.166_666_666_666_666_02;
    const P2: f64 = -0.002_777_777_777_701_559_3;
    const P3: f64 = 6.613_756_321_437_934e-5;
    const P4: f64 = -1.653_390_220_546_525_2e-6;
    const P5: f64 = 4.138_136_797_057_238_5e-8;
    /// Added and taken away again it rounds to a whole number, which its last bits then hold.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    // `libm` compares the high words only.
    let half_ln2 = -f64::from_bits(0x3fd6_2e43_0000_0000);
    let tiny = -f64::from_bits(0x3e30_0001_0000_0000);
    let scaled = core::f64::consts::LOG2_E * x - 0.5;
    let rounded = (scaled + WHOLE) - WHOLE;
    let above = if rounded < scaled { 1.0 } else { 0.0 };
    let power = if x <= half_ln2 { rounded + above } else { 0.0 };
    let high = x - power * LN2_HIGH;
    let low = power * LN2_LOW;
    let rest = high - low;
    let square = rest * rest;
    let c = rest - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
    let value = 1.0 + (rest * c / (2.0 - c) - low + high);
    let bits = (power + WHOLE).to_bits().wrapping_add(1_023) << 52;
    let value = value * f64::from_bits(bits);
    if x > tiny { 1.0 + x } else { value }
}

/// ln of a normal number above 0.
#[inline(always)]
fn log_near(x: f64) -> f64 {
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const L1: f64 = 0.666_666_666_666_673_5;
    const L2: f64 = 0.399_999_999_994_094_2;
    const L3: f64 = 0.285_714_287_436_623_9;
    const L4: f64 = 0.222_221_984_321_497_84;
    const L5: f64 = 0.181_835_721_616_180_5;
    const L6: f64 = 0.153_138_376_992_093_73;
    const L7: f64 = 0.147_981_986_051_165_86;
    /// Bits of sqrt(1/2) in the high word, and how far they are below those of 1.
    const ROOT: u64 = 0x3fe6_a09e << 32;
    const BELOW: u64 = (0x3ff0_0000 << 32) - ROOT;
    /// 2^52, whose last bits hold a whole number; plus the exponent's bias.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let bits = x.to_bits().wrapping_add(BELOW);
    let power = f64::from_bits(WHOLE.to_bits() | (bits >> 52)) - (WHOLE + 1_023.0);
    let f = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(ROOT)) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (L2 + w * (L4 + w * L6));
    let odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
    let r = odd + even;
    s * (half_square + r) + power * LN2_LOW - half_square + f + power * LN2_HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Numbers of every size, and the neighbours of all places where a branch of `libm` begins.
    fn numbers() -> Vec<f64> {
        let mut random = Random::new(1, 0);
        let mut numbers = Vec::new();
        let places: [u64; 12] = [
            0x3fd6_2e42_0000_0000,
            0x3fd6_2e42_fefa_39ef,
            0x3fd6_2e43_0000_0000,
            0x3ff0_a2b2_0000_0000,
            0x3ff0_a2b2_3f3b_ab73,
            0x3e30_0000_0000_0000,
            0x3e30_0001_0000_0000,
            0x4086_232b_0000_0000,
            0x3fe6_a09e_0000_0000,
            0x3ff0_0000_0000_0000,
            708.0_f64.to_bits(),
            745.2_f64.to_bits(),
        ];
        for place in places {
            numbers.extend((0..200).map(|off| f64::from_bits(place - 100 + off)));
        }
        for _ in 0..200_000 {
            let exponent = 1_023 - 60 + u64::from(random.below(71));
            numbers.push(f64::from_bits(exponent << 52 | random.next() >> 12));
        }
        // Halves of ln 2, where rounding to a power of two turns.
        for half in 0..2_044 {
            let turn = f64::from(half) * 0.5 * core::f64::consts::LN_2;
            numbers.extend((0..40).map(|off| f64::from_bits((turn.to_bits() + off).max(20) - 20)));
        }
        numbers.extend((0..300_000).map(|_| 710.0 * random.unit()));
        numbers.extend((0..100_000).map(|_| 4.0 * random.unit()));
        numbers.extend([
            0.0,
            f64::MIN_POSITIVE,
            1e-320,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ]);
        numbers
    }

    fn check(values: &[f64], batch: fn(&[f64], &mut [f64]), one: fn(f64) -> f64) {
        let mut found = vec![0.0; values.len()];
        batch(values, &mut found);
        for (x, found) in values.iter().zip(found) {
            let expected = one(*x).to_bits();
            assert_eq!(found.to_bits(), expected, "{x:e}, {:x}", x.to_bits());
        }
    }

    #[test]
    fn bits_are_those_of_libm() {
        let numbers = numbers();
        let below: Vec<f64> = numbers.iter().map(|x| -x).collect();
        check(&below, exp, libm::exp);
        check(&numbers, exp, libm::exp);
        check(&numbers, log, libm::log);
        check(&below, log, libm::log);
        // Without neighbours beyond the fast range.
        let near: Vec<f64> = below.into_iter().filter(|x| *x >= -708.0).collect();
        check(&near, exp, libm::exp);
    }
}
