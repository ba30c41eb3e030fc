//! Who is proven: families of tests in which any false proof has a bounded probability.

/// One worker's claim to be proven.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    /// The largest value that the product of the worker's evidence ever had.
    pub(super) peak: f64,
    /// Sum of the evidence's weights: the worker's part of what may go wrong.
    pub(super) weight: f64,
}

/// Weighted Holm procedure on e-values: proves whoever's peak, times its share of the weight of all
/// who are not yet proven, reaches `odds`. Returns whether anybody is new.
///
/// The probability that a content-free worker is among the new is at most 1 / `odds`: for the first
/// one, the weight of all content-free workers is still in the denominator.
pub(super) fn holm(proven: &mut [bool], claims: &[Claim], odds: f64) -> bool {
    let mut grown = false;
    loop {
        let open = claims.iter().zip(&*proven).filter(|(_, proven)| !**proven);
        let total: f64 = open.map(|(claim, _)| claim.weight).sum();
        let mut found = false;
        for (proven, claim) in proven.iter_mut().zip(claims) {
            if !*proven && claim.weight > 0.0 && claim.peak * claim.weight >= odds * total {
                *proven = true;
                found = true;
            }
        }
        if !found {
            return grown;
        }
        grown = true;
    }
}

/// Fallback procedure (Wiens and Dmitrienko 2005) on e-values, in an `order` that was found without
/// the evidence: the n-th of the order has the share 1 / (n (n + 1)) of what may go wrong, and who
/// is proven hands its share on to the next. Adds to `proven`; returns whether anybody is new.
///
/// The probability that a content-free worker is proven is at most 1 / `odds`.
pub(super) fn fallback(proven: &mut [bool], claims: &[Claim], order: &[u32], odds: f64) -> bool {
    let (mut grown, mut handed_on) = (false, 0.0);
    for (place, worker) in order.iter().enumerate() {
        let nth = place as f64 + 1.0;
        let level = handed_on + 1.0 / (nth * (nth + 1.0));
        let worker = *worker as usize;
        let enough = claims[worker].peak * level >= odds;
        handed_on = if enough { level } else { 0.0 };
        grown |= enough && !proven[worker];
        proven[worker] |= enough;
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(peaks: &[f64]) -> Vec<Claim> {
        let claim = |peak: &f64| Claim {
            peak: *peak,
            weight: 1.0,
        };
        peaks.iter().map(claim).collect()
    }

    #[test]
    fn proven_workers_leave_room_for_the_others() {
        let mut proven = [false; 4];
        // 40 suffices among four, then 30 among three, then 20 among two, then 10 alone.
        assert!(holm(&mut proven, &claims(&[30.0, 40.0, 9.0, 20.0]), 10.0));
        assert_eq!(proven, [true, true, false, true]);
        assert!(!holm(&mut proven, &claims(&[30.0, 40.0, 9.0, 20.0]), 10.0));
    }

    #[test]
    fn weightless_workers_take_nothing_and_get_nothing() {
        let mut proven = [false; 2];
        let mut claims = claims(&[1e9, 10.0]);
        claims[0].weight = 0.0;
        assert!(holm(&mut proven, &claims, 10.0));
        assert_eq!(proven, [false, true]);
    }

    #[test]
    fn a_share_is_handed_on_until_somebody_fails() {
        let mut proven = [false; 4];
        let order = [2, 0, 3, 1];
        // 1/2 for worker 2; 1/2 + 1/6 for worker 0; 3/4 for worker 3, who fails; 1/20 for worker 1.
        let found = claims(&[15.0, 199.0, 20.0, 13.0]);
        assert!(fallback(&mut proven, &found, &order, 10.0));
        assert_eq!(proven, [true, false, true, false]);
    }
}
