//! The weighted-score wagering mechanism: stakes are shared out by how well each forecast scored.

use crate::consensus::PPM;
use crate::table::Error;

/// Sum of all stakes at most, so that every product fits.
pub const STAKE_LIMIT: u64 = 1 << 62;

/// A stake on a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wager {
    /// Money put at stake, in the smallest unit.
    pub stake: u64,
    /// Score of the forecast, larger is better, 0 to 1,000,000: for a Brier loss b over classes,
    /// `1 - b / 2` in parts per million.
    pub score_ppm: u32,
}

/// What the wagers get back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Money per wager, in the smallest unit.
    pub shares: Vec<u64>,
    /// What rounding down left over, less than one unit per wager: whoever holds the stakes keeps
    /// it.
    pub dust: u64,
}

/// Pays `stake_i (1 + score_i - mean score)`, the mean weighted by stakes (Lambert et al. 2008),
/// rounded down.
///
/// Nobody gets less than nothing; shares and dust sum to the stakes; two wagers with one score get
/// together what one of their sum gets, but for rounding, so that splitting gains nothing: each
/// part is rounded down by itself.
///
/// # Errors
/// [`Error::Entry`] for a score above a million; [`Error::TooLarge`] where the stakes sum to more
/// than [`STAKE_LIMIT`].
pub fn settle(wagers: &[Wager]) -> Result<Payout, Error> {
    if let Some(row) = wagers.iter().position(|wager| wager.score_ppm > PPM) {
        let rule = "has a score above one million";
        return Err(Error::Entry { row, rule });
    }
    let total: u128 = wagers.iter().map(|wager| u128::from(wager.stake)).sum();
    if total > u128::from(STAKE_LIMIT) {
        let cells = u64::try_from(total).unwrap_or(u64::MAX);
        return Err(Error::TooLarge { cells });
    }
    let scored = wagers
        .iter()
        .map(|w| u128::from(w.stake) * u128::from(w.score_ppm));
    let scored: u128 = scored.sum();
    let share = |wager: &Wager| {
        if total == 0 {
            return 0;
        }
        // stake (1 + s) - stake * scored / total over a million, in one exact fraction: below 2^62
        // * 2^21, its numerator split so that no product passes 2^128.
        let stake = u128::from(wager.stake);
        let gross = stake * u128::from(PPM + wager.score_ppm);
        let (whole, rest) = (scored / total, scored % total);
        // Rounded up, so that what is paid is rounded down.
        let mean = stake * whole + (stake * rest).div_ceil(total);
        ((gross - mean) / u128::from(PPM)) as u64
    };
    let shares: Vec<u64> = wagers.iter().map(share).collect();
    let paid: u128 = shares.iter().map(|share| u128::from(*share)).sum();
    let dust = (total - paid) as u64;
    Ok(Payout { shares, dust })
}
