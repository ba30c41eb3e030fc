//! Keys that everybody has: no chain with real money may be run with them.

use proof::signature::WalletKey;

/// Chains on which such keys are fine: those of anvil and hardhat, of geth's development mode, and
/// our own.
const DEVNETS: [u64; 3] = [31_337, 1_337, crate::devnet::CHAIN_ID];

/// The first ten accounts of the mnemonic `test test .. junk`, which anvil and hardhat start with.
const EVERYBODYS: [[u8; 20]; 10] = [
    account("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
    account("70997970c51812dc3a010c7d01b50e0d17dc79c8"),
    account("3c44cdddb6a900fa2b585dd299e03d12fa4293bc"),
    account("90f79bf6eb2c4f870365e785982e1f101e93b906"),
    account("15d34aaf54267db7d7c367839aaf71a00a2c6a65"),
    account("9965507d1a55bcc2695c58ba16fb37d819b0a4dc"),
    account("976ea74026e726554db657fa54763abd0c3a0aa9"),
    account("14dc79964da2c08b23698b3d3cc7ca32193d9955"),
    account("23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f"),
    account("a0ee7a142d267c1f36714e4a8f75612f20a79720"),
];

/// Whether a chain is one that holds play money only.
pub fn is_devnet(chain_id: u64) -> bool {
    DEVNETS.contains(&chain_id)
}

/// Whether everybody knows the key of an address: those of development chains, and secrets that
/// are a small number or one byte again and again, as in examples.
pub fn is_everybodys(address: [u8; 20]) -> bool {
    let small = (1_u8..=255).map(|number| {
        let mut secret = [0; 32];
        secret[31] = number;
        secret
    });
    let repeated = (1_u8..=254).map(|byte| [byte; 32]);
    EVERYBODYS.contains(&address)
        || small
            .chain(repeated)
            .filter_map(|secret| WalletKey::from_secret(&secret).ok())
            .any(|key| key.address() == address)
}

const fn account(digits: &str) -> [u8; 20] {
    const fn digit(letter: u8) -> u8 {
        match letter {
            b'0'..=b'9' => letter - b'0',
            _ => letter - b'a' + 10,
        }
    }
    let digits = digits.as_bytes();
    let (mut bytes, mut at) = ([0; 20], 0);
    while at < 20 {
        bytes[at] = digit(digits[2 * at]) * 16 + digit(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first secret of the mnemonic, as anvil prints it.
    const FIRST: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    #[test]
    fn keys_of_development_chains_are_known() {
        let secret: [u8; 32] = hex::decode(FIRST).unwrap().try_into().unwrap();
        let first = WalletKey::from_secret(&secret).unwrap().address();
        assert_eq!(first, EVERYBODYS[0]);
        assert!(is_everybodys(first));
        let small = WalletKey::from_secret(&[1; 32]).unwrap().address();
        assert!(is_everybodys(small));
        let own = proof::hash::sha256(&[b"a secret of one's own"]);
        assert!(!is_everybodys(
            WalletKey::from_secret(&own).unwrap().address()
        ));
        assert!(is_devnet(31_337) && !is_devnet(1) && !is_devnet(11_155_111));
    }
}
