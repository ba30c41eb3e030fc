//! How often somebody may ask: token buckets in memory, of bounded number.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::problem::Problem;

/// Most buckets of one kind; beyond them those that are full again are forgotten, and then the one
/// that was not asked for the longest time.
const MOST_BUCKETS: usize = 65_536;

/// How much may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once, after a pause; at least 1.
    pub burst: u32,
    /// How long until one more may be asked, in milliseconds; at least 1.
    pub every_ms: u64,
}

/// Buckets of one kind.
#[derive(Debug)]
pub struct Limit<K> {
    rate: Rate,
    /// When each bucket will be full again, in milliseconds since 1970: all there is to know of it.
    full_ms: Mutex<BTreeMap<K, u64>>,
}

impl<K: Ord + Clone> Limit<K> {
    /// All buckets are full.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_ms: Mutex::default(),
        }
    }

    /// Takes one, or says how long to wait.
    pub fn take(&self, who: K, now_ms: u64) -> Result<(), Problem> {
        let every_ms = self.rate.every_ms.max(1);
        let deep_ms = every_ms.saturating_mul(u64::from(self.rate.burst.max(1)));
        let mut buckets = self.full_ms.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that went back must not lock anybody out for longer than an empty bucket does.
        let known_ms = buckets.get(&who).copied().unwrap_or(0);
        let full_ms = known_ms.clamp(now_ms, now_ms.saturating_add(deep_ms));
        let next_ms = full_ms.saturating_add(every_ms);
        let over_ms = next_ms.saturating_sub(now_ms.saturating_add(deep_ms));
        if over_ms > 0 {
            buckets.insert(who, full_ms);
            return Err(Problem::too_often(over_ms.div_ceil(1_000)));
        }
        if !buckets.contains_key(&who) && buckets.len() >= MOST_BUCKETS {
            make_room(&mut buckets, now_ms);
        }
        buckets.insert(who, next_ms);
        Ok(())
    }
}

fn make_room<K: Ord + Clone>(buckets: &mut BTreeMap<K, u64>, now_ms: u64) {
    buckets.retain(|_, full_ms| *full_ms > now_ms);
    if buckets.len() >= MOST_BUCKETS {
        let first = buckets.iter().min_by_key(|(_, full_ms)| **full_ms);
        if let Some(who) = first.map(|(who, _)| who.clone()) {
            buckets.remove(&who);
        }
    }
}

/// The part of an address that one party holds: all of an IPv4 address, 64 bits of an IPv6 one.
pub fn party(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        every_ms: 1_000,
    };

    #[test]
    fn a_burst_then_one_at_a_time() {
        let limit = Limit::new(RATE);
        let take = |who, now_ms| limit.take(who, now_ms).is_ok();
        assert_eq!(
            [1, 2, 3, 4].map(|_| take("ann", 10_000)),
            [true, true, true, false]
        );
        assert!(take("bob", 10_000));
        assert_eq!([1, 2].map(|_| take("ann", 11_000)), [true, false]);
        assert_eq!(
            [1, 2, 3, 4].map(|_| take("ann", 20_000)),
            [true, true, true, false]
        );
        // The clock went back by a day.
        assert!(!take("ann", 1_000));
        assert!(take("ann", 2_000));
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let limit = Limit::new(RATE);
        for who in 0..MOST_BUCKETS + 100 {
            limit.take(who, 10_000).unwrap();
        }
        let held = |limit: &Limit<usize>| limit.full_ms.lock().unwrap().len();
        assert_eq!(held(&limit), MOST_BUCKETS);
        limit.take(usize::MAX, 60_000).unwrap();
        assert_eq!(held(&limit), 1);
    }

    #[test]
    fn a_party_is_an_ipv4_address_or_a_network_of_ipv6() {
        let party = |text: &str| party(text.parse().unwrap()).to_string();
        assert_eq!(party("192.0.2.7"), "192.0.2.7");
        assert_eq!(party("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(party("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
