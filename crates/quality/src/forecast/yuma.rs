//! Yuma consensus: what scorers with stakes agree on, and what they earn by agreeing early.

use crate::consensus::PPM;
use crate::table::Error;

/// Steps of the fixed point in which shares are computed.
const ONE: u128 = 1 << 32;
/// Sum of all stakes at most.
pub const STAKE_LIMIT: u64 = 1 << 62;

/// One round: who has what at stake, how they weigh the scored, and their bonds so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scorers {
    /// Stake per scorer, in any unit.
    pub stakes: Vec<u64>,
    /// A row of non-negative weights per scorer, one for each of the scored; rows are taken as
    /// shares of their sum.
    pub weights: Vec<Vec<u32>>,
    /// Bonds of the round before, like `weights`, in units of 2^-32; empty in the first round.
    pub bonds: Vec<Vec<u64>>,
    /// Share of the stake that must give a weight at least as high, in parts per million, usually
    /// 500,000.
    pub kappa_ppm: u32,
    /// What of the new bonds enters the average, in parts per million, usually 100,000.
    pub alpha_ppm: u32,
}

/// What a round comes to; shares are rounded down, so that no more is given out than there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Highest weight of each scored that enough stake supports, in units of 2^-32.
    pub consensus: Vec<u64>,
    /// Share of each scored in the reward, in parts per million.
    pub incentive_ppm: Vec<u32>,
    /// Share of each scorer in the reward, in parts per million.
    pub dividend_ppm: Vec<u32>,
    /// Share of each scorer's weights that the consensus left, in parts per million.
    pub trust_ppm: Vec<u32>,
    /// Bonds for the next round.
    pub bonds: Vec<Vec<u64>>,
}

/// Clips every weight at the stake-weighted consensus, ranks the scored by what is left, and lets
/// bonds to them follow as a moving average (Opentensor's Yuma consensus, as its documentation has
/// it). All in integers.
///
/// # Errors
/// [`Error::Length`] for lists of other lengths; [`Error::Setting`] for shares above a million;
/// [`Error::TooLarge`] where the stakes sum to more than [`STAKE_LIMIT`]; [`Error::Entry`] for a
/// row of bonds with an entry above 2^32.
pub fn yuma(round: &Scorers) -> Result<Outcome, Error> {
    let scored = check(round)?;
    let total: u128 = round.stakes.iter().map(|stake| u128::from(*stake)).sum();
    let wide = |row: &Vec<u32>| normed(row.iter().map(|weight| u128::from(*weight)));
    let stakes = normed(round.stakes.iter().map(|stake| u128::from(*stake)));
    let weights: Vec<Vec<u128>> = round.weights.iter().map(wide).collect();
    let kappa = u128::from(round.kappa_ppm) * total;
    let agreed = |one: usize| {
        let column = weights.iter().zip(&round.stakes);
        supported(
            column.map(|(row, stake)| (row[one], *stake)).collect(),
            kappa,
        )
    };
    let consensus: Vec<u128> = (0..scored).map(agreed).collect();
    let clip = |row: &Vec<u128>| {
        let pairs = row.iter().zip(&consensus);
        pairs.map(|(weight, most)| *weight.min(most)).collect()
    };
    let clipped: Vec<Vec<u128>> = weights.iter().map(clip).collect();
    let rank = |one: usize| {
        let pairs = stakes.iter().zip(&clipped);
        pairs.map(|(stake, row)| stake * row[one]).sum::<u128>()
    };
    let ranks: Vec<u128> = (0..scored).map(rank).collect();
    let incentive = shares(&ranks);
    let bonds = bonds(round, &stakes, &clipped, &ranks);
    let earned = |row: &Vec<u128>| {
        let pairs = row.iter().zip(&incentive);
        pairs.map(|(bond, share)| bond * share).sum::<u128>()
    };
    let dividends = shares(&bonds.iter().map(earned).collect::<Vec<_>>());
    let left = |row: &Vec<u128>| ppm(row.iter().sum());
    let narrow = |row: &Vec<u128>| row.iter().map(|bond| *bond as u64).collect();
    Ok(Outcome {
        consensus: narrow(&consensus),
        incentive_ppm: incentive.iter().map(|share| ppm(*share)).collect(),
        dividend_ppm: dividends.iter().map(|share| ppm(*share)).collect(),
        trust_ppm: clipped.iter().map(left).collect(),
        bonds: bonds.iter().map(narrow).collect(),
    })
}

/// Shares of the sum of at most 2^64 in units of 2^-32, rounded down; zeros where there is nothing.
fn normed(parts: impl Iterator<Item = u128> + Clone) -> Vec<u128> {
    let sum: u128 = parts.clone().sum();
    parts.map(|part| share(part, sum)).collect()
}

fn share(part: u128, of: u128) -> u128 {
    (part * ONE).checked_div(of).unwrap_or(0)
}

/// Each scorer's share in what stands behind each scored, averaged with the bonds so far.
fn bonds(
    round: &Scorers,
    stakes: &[u128],
    clipped: &[Vec<u128>],
    ranks: &[u128],
) -> Vec<Vec<u128>> {
    let (alpha, whole) = (u128::from(round.alpha_ppm), u128::from(PPM));
    let row = |(scorer, (stake, row)): (usize, (&u128, &Vec<u128>))| {
        let before = round.bonds.get(scorer);
        let bond = |(one, weight): (usize, &u128)| {
            let fresh = share(stake * weight, ranks[one]);
            let average = |before: &Vec<u64>| {
                (alpha * fresh + (whole - alpha) * u128::from(before[one])) / whole
            };
            before.map_or(fresh, average)
        };
        row.iter().enumerate().map(bond).collect()
    };
    stakes.iter().zip(clipped).enumerate().map(row).collect()
}

/// Number of scored, after all checks.
fn check(round: &Scorers) -> Result<usize, Error> {
    let length = |list, found, needed| {
        if found == needed {
            Ok(())
        } else {
            Err(Error::Length {
                list,
                found,
                needed,
            })
        }
    };
    let scored = round.weights.first().map_or(0, Vec::len);
    length("weights", round.weights.len(), round.stakes.len())?;
    for row in &round.weights {
        length("weights of one scorer", row.len(), scored)?;
    }
    if !round.bonds.is_empty() {
        length("bonds", round.bonds.len(), round.stakes.len())?;
    }
    for (place, row) in round.bonds.iter().enumerate() {
        length("bonds of one scorer", row.len(), scored)?;
        if row.iter().any(|bond| u128::from(*bond) > ONE) {
            let rule = "has a bond above 2^32";
            return Err(Error::Entry { row: place, rule });
        }
    }
    if round.kappa_ppm > PPM {
        return Err(Error::Setting { field: "kappa_ppm" });
    }
    if round.alpha_ppm > PPM {
        return Err(Error::Setting { field: "alpha_ppm" });
    }
    let total: u128 = round.stakes.iter().map(|stake| u128::from(*stake)).sum();
    if total > u128::from(STAKE_LIMIT) {
        let cells = u64::try_from(total).unwrap_or(u64::MAX);
        return Err(Error::TooLarge { cells });
    }
    Ok(scored)
}

/// The highest weight that scorers with `kappa` millionths of the stake give or exceed; 0 without
/// any stake.
fn supported(mut column: Vec<(u128, u64)>, kappa: u128) -> u128 {
    column.retain(|(_, stake)| *stake > 0);
    column.sort_unstable_by(|a, b| b.cmp(a));
    let mut behind = 0;
    for (weight, stake) in column {
        behind += u128::from(stake) * u128::from(PPM);
        if behind >= kappa {
            return weight;
        }
    }
    0
}

/// Shares of the sum in units of 2^-32, rounded down; zeros where there is nothing.
fn shares(parts: &[u128]) -> Vec<u128> {
    let sum: u128 = parts.iter().sum();
    // Parts are products of at most three shares: 2^96 times 2^32 would not fit.
    let shift = (128 - sum.leading_zeros()).saturating_sub(90);
    let of = (sum >> shift).max(1);
    parts
        .iter()
        .map(|part| ((part >> shift) * ONE / of).min(ONE))
        .collect()
}

fn ppm(share: u128) -> u32 {
    (share * u128::from(PPM) / ONE).min(u128::from(PPM)) as u32
}
