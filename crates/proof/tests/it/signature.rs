//! Signatures: delegations as ethers signs them, RFC 8032, and malleable or weak ones refused.
use proof::authorization::{Authorization, TokenDomain};
use proof::eip712::{Delegation, delegation_digest};
use proof::signature::{SessionKey, WalletKey, recover, verify};
use proptest::prelude::*;

use crate::{array, vectors};

/// Order of secp256k1's group.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

#[test]
fn delegations_hash_and_sign_as_in_ethers() {
    for case in vectors()["delegation"]["cases"].as_array().unwrap() {
        let digest = delegation_digest(
            case["chain_id"].as_u64().unwrap(),
            &Delegation {
                space: array(&case["space"]),
                session_key: array(&case["session_key"]),
                scope: case["scope"].as_str().unwrap(),
                expires_at: case["expires_at"].as_str().unwrap().parse().unwrap(),
            },
        );
        assert_eq!(digest, array(&case["digest"]));
        let wallet = WalletKey::from_secret(&array(&case["secret"])).unwrap();
        assert_eq!(wallet.address(), array(&case["address"]));
        assert_eq!(wallet.sign(&digest), array::<65>(&case["signature"]));
        assert_eq!(
            recover(&digest, &array(&case["signature"])).unwrap(),
            wallet.address()
        );
    }
}

#[test]
fn rfc_8032_test_2_signs_and_verifies() {
    let array = |hex: &str| -> [u8; 32] { hex::decode(hex).unwrap().try_into().unwrap() };
    let seed = array("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let public = array("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let key = SessionKey::from_seed(&seed);
    assert_eq!(key.public(), public);
    let signature = key.sign(&[0x72]);
    assert_eq!(
        hex::encode(signature),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
    verify(&public, &[0x72], &signature).unwrap();
    assert!(verify(&public, &[0x73], &signature).is_err());
}

/// A key of small order signs everything at once; plain RFC 8032 verification lets it pass.
#[test]
fn a_key_of_small_order_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(verify(&identity, b"anything", &signature).is_err());
}

#[test]
fn malleable_and_malformed_wallet_signatures_are_refused() {
    let digest = [5; 32];
    let wallet = WalletKey::from_secret(&[1; 32]).unwrap();
    let good = wallet.sign(&digest);
    assert_eq!(recover(&digest, &good).unwrap(), wallet.address());
    let with = |change: &dyn Fn(&mut [u8; 65])| {
        let mut signature = good;
        change(&mut signature);
        recover(&digest, &signature)
    };
    for v in [0, 1, 26, 29, 30, 255] {
        assert_eq!(
            with(&|s| s[64] = v).unwrap_err().rule,
            "its last byte must be 27 or 28"
        );
    }
    assert_ne!(with(&|s| s[64] ^= 27 ^ 28), Ok(wallet.address()));
    let high = with(&|s| {
        let order = hex::decode(ORDER).unwrap();
        let mut borrow = 0;
        for at in (0..32).rev() {
            let digit = i16::from(order[at]) - i16::from(s[32 + at]) - borrow;
            borrow = i16::from(digit < 0);
            s[32 + at] = digit.rem_euclid(256) as u8;
        }
        s[64] ^= 27 ^ 28;
    });
    assert_eq!(
        high.unwrap_err().rule,
        "s must be in the lower half of the order"
    );
    assert!(with(&|s| s[..32].fill(0)).is_err());
    assert!(with(&|s| s[32..64].fill(0)).is_err());
    assert!(with(&|s| s[..32].fill(255)).is_err());
    assert!(WalletKey::from_secret(&[0; 32]).is_err());
    assert!(WalletKey::from_secret(&hex::decode(ORDER).unwrap().try_into().unwrap()).is_err());
}

proptest! {
    #[test]
    fn wallets_are_recovered_from_what_they_sign(secret in any::<[u8; 32]>(), digest: [u8; 32]) {
        let Ok(wallet) = WalletKey::from_secret(&secret) else { return Ok(()) };
        let signature = wallet.sign(&digest);
        prop_assert_eq!(recover(&digest, &signature), Ok(wallet.address()));
        let mut other = digest;
        other[31] ^= 1;
        prop_assert_ne!(recover(&other, &signature), Ok(wallet.address()));
    }

    #[test]
    fn any_flipped_bit_spoils_a_session_signature(
        seed: [u8; 32], text in prop::collection::vec(any::<u8>(), 1..99), at: usize, bit in 0u8..8,
    ) {
        let key = SessionKey::from_seed(&seed);
        let mut signature = key.sign(&text);
        prop_assert_eq!(verify(&key.public(), &text, &signature), Ok(()));
        signature[at % 64] ^= 1 << bit;
        prop_assert!(verify(&key.public(), &text, &signature).is_err());
    }
}

fn money() -> TokenDomain<'static> {
    TokenDomain {
        name: "Headwater test dollar",
        version: "1",
        chain_id: 412_348,
        token: [0x11; 20],
    }
}

fn transfer(wallet: &WalletKey) -> Authorization {
    Authorization {
        from: wallet.address(),
        to: [0x22; 20],
        value: 123_456_789_012_345_678_901,
        valid_after_s: 5,
        valid_before_s: 1_800_000_000,
        nonce: [0x33; 32],
    }
}

/// Digest and signature are those of viem 2.57 for the same typed data.
#[test]
fn transfers_hash_and_sign_as_in_viem() {
    let wallet = WalletKey::from_secret(&[7; 32]).unwrap();
    let digest = transfer(&wallet).digest(&money());
    assert_eq!(
        hex::encode(digest),
        "7fbf107b6b188919940c87701f678e6076c85c4bfa7d5758529e39f8a0990ef2"
    );
    assert_eq!(
        hex::encode(wallet.sign(&digest)),
        "ce141bd3225bbe9af0429f6b3c9a79a04fe6b54ae803c1366b663e99bf33ebfa\
         6e5fca999e491e6dd1877377b76654da827a6700f7fe8fef4942160dd7d00d391b"
    );
}

#[test]
fn nothing_in_a_signed_transfer_may_change() {
    let wallet = WalletKey::from_secret(&[7; 32]).unwrap();
    let signed = transfer(&wallet);
    let signature = wallet.sign(&signed.digest(&money()));
    signed.verify(&money(), &signature).unwrap();
    let changes: [fn(&mut Authorization); 6] = [
        |it| it.from = [1; 20],
        |it| it.to = [1; 20],
        |it| it.value = 1,
        |it| it.valid_after_s = 6,
        |it| it.valid_before_s = 6,
        |it| it.nonce = [1; 32],
    ];
    for change in changes {
        let mut changed = signed;
        change(&mut changed);
        assert!(changed.verify(&money(), &signature).is_err(), "{changed:?}");
    }
    let domains: [fn(&mut TokenDomain<'_>); 4] = [
        |it| it.name = "Tether",
        |it| it.version = "2",
        |it| it.chain_id = 1,
        |it| it.token = [1; 20],
    ];
    for change in domains {
        let mut domain = money();
        change(&mut domain);
        assert!(signed.verify(&domain, &signature).is_err(), "{domain:?}");
    }
}
