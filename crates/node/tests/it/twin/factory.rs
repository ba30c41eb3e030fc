//! The factory of other chains on a twin, where it stands at another address, as do its contracts.

use super::{Twin, bytes, hexed, wallet};
use chain::suite::FACTORY;
use chain::{Devnet, Wallet};
use proof::hash::keccak256;

/// What the factory is made with on every chain, and its code.
const CODE: &str = "0x604580600e600039806000f350fe\
    7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0\
    3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

fn place(factory: [u8; 20], code: &[u8]) -> [u8; 20] {
    let hash = keccak256(&[&[0xff], &factory, &[0; 32], &keccak256(&[code])]);
    hash[12..].try_into().unwrap()
}

fn send(devnet: &mut Devnet, wallet: &Wallet, to: Option<[u8; 20]>, data: Vec<u8>) -> [u8; 20] {
    let raw = wallet.sign(devnet.nonce(wallet.address()), to, data);
    let sent = devnet.send_many(&[raw]).unwrap().remove(0);
    assert!(sent.success, "{:?}", sent.revert);
    sent.created.unwrap_or_default()
}

fn call(function: &str, words: &[&[u8]]) -> Vec<u8> {
    let mut calldata = keccak256(&[function.as_bytes()])[..4].to_vec();
    for word in words {
        calldata.resize(calldata.len() + 32 - word.len(), 0);
        calldata.extend(*word);
    }
    calldata
}

impl Twin {
    /// The factory stands there from now on.
    pub fn with_factory(&self) {
        let mut devnet = self.devnet.lock().unwrap();
        let place = send(&mut devnet, &wallet(97), None, bytes(CODE));
        self.name(&FACTORY, &place);
    }

    /// It leaves all events out of its answers, or none.
    pub fn hides(&self, hides: bool) {
        *self.hides.lock().unwrap() = hides;
    }

    /// Base units go into a Stake contract, from a wallet that had none.
    pub fn stake(&self, staker: &Wallet, contract: [u8; 20], units: u64) {
        let (token, here) = (self.deployment.token(), self.here(contract, &[]).0);
        let units = units.to_be_bytes();
        let calls = [
            (
                token,
                call("mint(address,uint256)", &[&staker.address(), &units]),
            ),
            (token, call("approve(address,uint256)", &[&here, &units])),
            (here, call("stake(uint96)", &[&units])),
        ];
        let mut devnet = self.devnet.lock().unwrap();
        for (to, calldata) in calls {
            send(&mut devnet, staker, Some(to), calldata);
        }
    }

    /// A part of a stake is asked for.
    pub fn request_exit(&self, staker: &Wallet, contract: [u8; 20], units: u64) {
        let here = self.here(contract, &[]).0;
        let calldata = call("requestExit(uint96)", &[&units.to_be_bytes()]);
        send(
            &mut self.devnet.lock().unwrap(),
            staker,
            Some(here),
            calldata,
        );
    }

    /// What is called, as the devnet has it.
    pub(super) fn here(&self, to: [u8; 20], calldata: &[u8]) -> ([u8; 20], Vec<u8>) {
        let translated = |bytes: &[u8]| {
            let mut text = hexed(bytes);
            for (theirs, ours) in self.names.lock().unwrap().iter() {
                text = text.replace(theirs, ours);
            }
            self::bytes(&text)
        };
        let here: [u8; 20] = translated(&to).try_into().unwrap();
        if to == FACTORY {
            let code = &calldata[32..];
            self.name(&place(FACTORY, code), &place(here, code));
        }
        (here, translated(calldata))
    }

    pub(super) fn name(&self, theirs: &[u8], ours: &[u8]) {
        let digits = |bytes: &[u8]| hexed(bytes).split_off(2);
        let names = (digits(theirs), digits(ours));
        self.names.lock().unwrap().push(names);
    }
}
