//! The people of an operator's log: accounts with wallets that they disclose.

use crate::operator::{FAR_MS, Operator, SPACE};
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use proof::hash::sha256;
use proof::signature::{SessionKey, WalletKey};
use protocol::command::{DiscloseWallet, OpenAccount};
use protocol::{Address, Command, Hash, Scope, WalletSignature};

impl Operator {
    pub fn open_account(&mut self, scope: Scope, number: u32) {
        let mut secret = sha256(&[b"session", &number.to_be_bytes()]);
        let key = SessionKey::from_seed(&secret);
        secret[0] ^= 0x55;
        let wallet = WalletKey::from_secret(&secret).unwrap();
        let delegation = Delegation {
            chain_id: chain::devnet::CHAIN_ID,
            space: SPACE,
            key: protocol::SessionKey(key.public()),
            scope,
            expires_ms: FAR_MS,
        };
        let binding = Binding {
            wallet: Address(wallet.address()),
            delegation: WalletSignature(wallet.sign(&delegation.digest())),
            salt: Hash([number as u8; 32]),
        };
        let private = commitment::binding(SPACE, delegation.key, &binding);
        let command = Command::OpenAccount(OpenAccount {
            scope,
            expires_ms: FAR_MS,
        });
        self.push_as(None, &key, command, Some(private));
        self.keys.push(key);
        self.bindings.push(Some(binding));
    }

    pub fn disclose(&mut self, account: u32) {
        let binding = self.bindings[account as usize].clone().unwrap();
        let disclosure = DiscloseWallet {
            wallet: binding.wallet,
            delegation: binding.delegation,
            salt: binding.salt,
        };
        self.push(account, Command::DiscloseWallet(disclosure));
    }
}
