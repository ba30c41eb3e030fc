//! Wealth of version 2: four bettors, blocks that wait in line, and payment when it is affordable.

use super::bets::{EXPERTS, SHARES};

/// Wealth above this is thrown away (which can only make the rule stricter), so that no product
/// overflows.
const CEILING: f64 = 1e100;
/// A worker carries at most this many blocks' worth of wealth past a payment.
const CARRY: f64 = 1.0;

/// Wealth by bettor.
#[derive(Clone, Copy, Default)]
pub(super) struct Wealth([f64; EXPERTS]);

impl Wealth {
    /// Adds fresh wealth, spread by the shares.
    pub(super) fn bring_in(&mut self, amount: f64) {
        for (part, share) in self.0.iter_mut().zip(SHARES) {
            *part += amount * share;
        }
    }

    /// Multiplies each bettor's part by its likelihood ratio.
    pub(super) fn bet(&mut self, ratios: &[f64; EXPERTS]) {
        for (part, ratio) in self.0.iter_mut().zip(ratios) {
            *part *= ratio;
        }
        self.keep_at_most(CEILING);
    }

    /// Throws away what exceeds `limit`, from all parts in proportion.
    pub(super) fn keep_at_most(&mut self, limit: f64) {
        let total = self.total();
        if total > limit {
            self.0.iter_mut().for_each(|part| *part *= limit / total);
        }
    }

    /// The sum over all bettors.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }
}

/// A worker's wealth with the blocks that wait for it, oldest first.
pub(super) struct Account {
    pub(super) wealth: Wealth,
    /// What the release of a block of full length costs.
    price: f64,
    /// Sizes of the blocks so far; the first `paid` of them are paid for.
    sizes: Vec<f64>,
    paid: usize,
}

impl Account {
    /// Starts with `tank` full blocks' worth of wealth.
    pub(super) fn new(price: f64, tank: f64) -> Self {
        let mut wealth = Wealth::default();
        wealth.bring_in(tank.min(CARRY) * price);
        Self {
            wealth,
            price,
            sizes: Vec::new(),
            paid: 0,
        }
    }

    /// Puts a block of `size` full blocks in line.
    pub(super) fn hand_in(&mut self, size: f64) {
        self.sizes.push(size);
    }

    /// How many blocks are paid for, counted from the first.
    pub(super) fn paid(&self) -> usize {
        self.paid
    }

    /// Pays for all that waits, if a full tank is left afterwards: what is spent early no longer
    /// grows.
    pub(super) fn settle_early(&mut self) {
        let waiting: f64 = self.sizes[self.paid..].iter().sum();
        if self.wealth.total() >= (waiting + CARRY) * self.price {
            self.paid = self.sizes.len();
            self.wealth.keep_at_most(CARRY * self.price);
        }
    }

    /// Pays for as many blocks as the wealth allows, oldest first, and keeps at most a full tank.
    pub(super) fn settle(&mut self) {
        while let Some(size) = self.sizes.get(self.paid) {
            let left = self.wealth.total() - size * self.price;
            if left < 0.0 {
                return;
            }
            self.wealth.keep_at_most(left);
            self.paid += 1;
        }
        self.wealth.keep_at_most(CARRY * self.price);
    }

    /// What is left, as a share of the cost of a full block.
    pub(super) fn left(&self) -> f64 {
        self.wealth.total() / self.price
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_blocks_are_paid_first_as_far_as_wealth_goes() {
        let mut account = Account::new(10.0, 0.0);
        for size in [1.0, 1.0, 0.5, 1.0] {
            account.hand_in(size);
        }
        account.wealth.bring_in(26.0);
        account.settle_early();
        assert_eq!(account.paid(), 0, "45 would be needed");
        account.settle();
        assert_eq!(account.paid(), 3);
        assert!((account.wealth.total() - 1.0).abs() < 1e-12);
        account.wealth.bring_in(100.0);
        account.settle_early();
        assert_eq!(account.paid(), 4);
        assert!((account.left() - CARRY).abs() < 1e-12);
    }

    #[test]
    fn wealth_stays_finite() {
        let mut wealth = Wealth::default();
        wealth.bring_in(1.0);
        (0..10_000).for_each(|_| wealth.bet(&[65_535.0; EXPERTS]));
        assert!(wealth.total() <= CEILING * 1.000_001, "{}", wealth.total());
    }
}
