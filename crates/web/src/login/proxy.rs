//! Which of the addresses in `X-Forwarded-For` are believed.

use std::net::IpAddr;

/// The proxies before a node. Each adds the address that it was asked from at the end; what a
/// client writes there itself stands before that and counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxies {
    /// So many, one behind the other; with none the peer is the client.
    Count(usize),
    /// Whatever comes from one of these networks.
    Networks(Vec<Network>),
}

/// A network: an address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Proxies {
    /// Reads a number, or networks as `10.0.0.0/8,fd00::/8`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(count) = text.parse::<usize>() {
            let fits = count <= 16;
            return fits.then_some(Self::Count(count)).ok_or_else(|| {
                format!("{count} proxies are more than a request passes; at most 16")
            });
        }
        let networks = text.split(',').map(|text| Network::parse(text.trim()));
        networks.collect::<Result<_, _>>().map(Self::Networks)
    }

    /// The client of a request from `peer` with these addresses in `X-Forwarded-For`.
    pub fn client(&self, peer: IpAddr, forwarded: &str) -> IpAddr {
        let mut named = forwarded.rsplit(',').map(|text| address(text.trim()));
        match self {
            Self::Count(0) => peer,
            Self::Count(count) => named.nth(count - 1).flatten().unwrap_or(peer),
            Self::Networks(networks) => {
                let is_proxy = |address: IpAddr| networks.iter().any(|own| own.holds(address));
                let mut client = peer;
                while is_proxy(client) {
                    let Some(Some(before)) = named.next() else {
                        break;
                    };
                    client = before;
                }
                client
            }
        }
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is neither a number nor a network\nhint: write it like 10.0.0.0/8")
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let (own, other) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let high = |four: std::net::Ipv4Addr| u128::from(four.to_bits()) << 96;
                (high(own), high(other))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits()),
            _ => return false,
        };
        (own ^ other).checked_shr(128 - self.bits).unwrap_or(0) == 0
    }
}

/// An address, perhaps with a port behind it as some proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<std::net::SocketAddr>().map(|it| it.ip());
    text.parse().ok().or_else(|| with_port().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &str) -> String {
        let proxies = Proxies::parse(proxies).unwrap();
        proxies.client(peer.parse().unwrap(), forwarded).to_string()
    }

    #[test]
    fn a_count_takes_the_address_that_the_first_of_them_has_seen() {
        let said = "6.6.6.6, 1.2.3.4, 10.0.0.2";
        assert_eq!(client("0", "10.0.0.1", said), "10.0.0.1");
        assert_eq!(client("1", "10.0.0.1", said), "10.0.0.2");
        assert_eq!(client("2", "10.0.0.1", said), "1.2.3.4");
        assert_eq!(client("9", "10.0.0.1", said), "10.0.0.1");
        assert_eq!(client("1", "10.0.0.1", ""), "10.0.0.1");
        assert_eq!(client("1", "10.0.0.1", "1.2.3.4:5678"), "1.2.3.4");
    }

    #[test]
    fn networks_are_believed_as_far_as_they_go() {
        let said = "6.6.6.6, 1.2.3.4, 10.0.0.2";
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", said), "1.2.3.4");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.1", said), "1.2.3.4");
        assert_eq!(client("10.0.0.1", "10.0.0.1", said), "10.0.0.2");
        assert_eq!(
            client("10.0.0.0/8", "9.9.9.9", said),
            "9.9.9.9",
            "it is no proxy"
        );
        assert_eq!(client("0.0.0.0/0", "10.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(
            client("10.0.0.0/8,fd00::/8", "fd00::1", "2001:db8::7"),
            "2001:db8::7"
        );
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", "junk"), "10.0.0.1");
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            "17",
            "-1",
            "10.0.0.0/33",
            "10.0.0.0/x",
            "example.org",
            "::/129",
        ] {
            assert!(Proxies::parse(text).is_err(), "{text}");
        }
    }
}
