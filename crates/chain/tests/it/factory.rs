//! The factory of other chains on our devnet, which takes no transaction without its own number.
//!
//! It stands at another address here, and so does all that it makes: names are exchanged between
//! the node and the server, and what is sent to such a place is signed anew.

use std::sync::Mutex;

use alloy_consensus::transaction::SignerRecoverable as _;
use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Decodable2718 as _;
use alloy_primitives::{Address, B256, keccak256};
use chain::suite::FACTORY;
use chain::{Devnet, Wallet};
use serde_json::{Value, json};

use crate::world::wallet;

/// What the factory is made with on every chain, and its code.
const CODE: &str = "604580600e600039806000f350fe\
    7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0\
    3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";
/// Gas of what is signed anew.
const GAS: u64 = 5_000_000;

#[derive(Default)]
pub struct Factory {
    /// Addresses and hashes as the node knows them, and as the devnet does.
    names: Mutex<Vec<(String, String)>>,
}

impl Factory {
    pub fn put(&self, devnet: &mut Devnet) {
        let maker = wallet(97);
        let raw = maker.sign(devnet.nonce(maker.address()), None, bytes(CODE));
        let place = devnet.send_many(&[raw]).unwrap()[0].created.unwrap();
        self.name(&FACTORY, &place);
    }

    /// Where the devnet has what stands at an address elsewhere.
    pub fn here(&self, there: [u8; 20]) -> [u8; 20] {
        bytes(&self.translated(hex::encode(there), false))
            .try_into()
            .unwrap()
    }

    pub fn inwards(&self, mut request: Value) -> Vec<u8> {
        if request["method"] == "eth_sendRawTransaction" {
            let raw = request["params"][0].as_str().unwrap().to_owned();
            request["params"][0] = json!(self.signed_anew(&raw));
            return request.to_string().into_bytes();
        }
        self.translated(request.to_string(), false).into_bytes()
    }

    pub fn outwards(&self, answer: Vec<u8>) -> Vec<u8> {
        let answer = String::from_utf8(answer).unwrap();
        self.translated(answer, true).into_bytes()
    }

    fn name(&self, there: &[u8], here: &[u8]) {
        let names = (hex::encode(there), hex::encode(here));
        self.names.lock().unwrap().push(names);
    }

    fn translated(&self, mut text: String, out: bool) -> String {
        for (there, here) in self.names.lock().unwrap().iter() {
            text = match out {
                true => text.replace(here, there),
                false => text.replace(there, here),
            };
        }
        text
    }

    fn signed_anew(&self, raw: &str) -> String {
        let bytes_of = bytes(raw.trim_start_matches("0x"));
        let sent = TxEnvelope::decode_2718_exact(&bytes_of).unwrap();
        let to: [u8; 20] = sent.to().unwrap().into();
        let here = self.here(to);
        if here == to {
            return raw.to_owned();
        }
        if to == FACTORY {
            let code = keccak256(&sent.input()[32..]);
            let made = |by: [u8; 20]| Address::from(by).create2(B256::ZERO, code);
            self.name(made(FACTORY).as_slice(), made(here).as_slice());
        }
        let signer: [u8; 20] = sent.recover_signer().unwrap().into();
        let known: Vec<Wallet> = [2, 5, 6, 7].map(wallet).to_vec();
        let signer = known.iter().find(|it| it.address() == signer).unwrap();
        let calldata = self.translated(hex::encode(sent.input()), false);
        let anew = signer.sign_for(sent.nonce(), Some(here), bytes(&calldata), GAS);
        self.name(sent.tx_hash().as_slice(), keccak256(&anew).as_slice());
        format!("0x{}", hex::encode(anew))
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}
