//! Login with a wallet that is a contract, through the port to the chain.

use std::sync::{Arc, Mutex};

use proof::siwe;
use serde_json::Value;
use web::login::ContractWallets;

use crate::door::{Browser, House, message};
use crate::person::Person;
use crate::served::START_MS;

/// A wallet, a digest and a signature.
type Asked = ([u8; 20], [u8; 32], Vec<u8>);

/// What the chain was asked, and says.
struct Chain {
    asked: Mutex<Vec<Asked>>,
    says: Mutex<Result<bool, String>>,
}

impl ContractWallets for Chain {
    fn valid(&self, wallet: [u8; 20], digest: [u8; 32], signature: &[u8]) -> Result<bool, String> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((wallet, digest, signature.to_vec()));
        self.says.lock().unwrap().clone()
    }
}

#[test]
fn the_chain_is_asked_where_no_key_fits() {
    let dir = tempfile::tempdir().unwrap();
    let chain = Arc::new(Chain {
        asked: Mutex::default(),
        says: Mutex::new(Ok(true)),
    });
    let house = House::with(
        dir.path(),
        |settings| settings.logins.burst = 1_000,
        Some(chain.clone()),
    );
    let ann = Person::new(house.served.space, "ann");
    let enter = |signature: &[u8]| {
        let mut browser = Browser::default();
        let text = message(&browser.nonce(&house), &ann.wallet, START_MS);
        let reply = browser.show(&house, &text, signature, Value::Null);
        (reply.said(), siwe::digest(&text))
    };
    let long = vec![7; 200];
    let (said, digest) = enter(&long);
    assert_eq!(said, "200");
    let asked = std::mem::take(&mut *chain.asked.lock().unwrap());
    assert_eq!(asked, [(ann.wallet.address(), digest, long)]);
    *chain.says.lock().unwrap() = Ok(false);
    assert_eq!(enter(&[7; 65]).0, "401 bad_signature");
    assert_eq!(enter(&[]).0, "401 bad_signature");
    *chain.says.lock().unwrap() = Err("the chain is away".to_owned());
    assert_eq!(enter(&[7; 65]).0, "503 chain_unavailable");
    chain.asked.lock().unwrap().clear();
    // A key that fits needs no chain.
    let mut browser = Browser::default();
    let reply = browser.enter(&house, &ann.wallet, Value::Null);
    assert_eq!(reply.status, 200);
    assert!(chain.asked.lock().unwrap().is_empty());
    house.stop();
}
