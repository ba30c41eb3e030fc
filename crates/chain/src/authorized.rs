//! Transfers of the devnet's token that a payer has signed and the operator sends (EIP-3009).

use alloy_primitives::U256;
use proof::authorization::{Authorization, TokenDomain};

use crate::backend::Backend;
use crate::contract::{self, TestToken};
use crate::devnet::{CHAIN_ID, Receipt};
use crate::token::units;
use crate::{Chain, Error, Wallet};

/// The test token's name, in its EIP-712 domain too.
pub const TOKEN_NAME: &str = "Headwater test dollar";
/// The version in that domain.
pub const TOKEN_VERSION: &str = "1";

/// An authorised transfer that has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Who has paid.
    pub from: [u8; 20],
    /// The authorisation's nonce.
    pub nonce: [u8; 32],
    /// Base units.
    pub value: u128,
    /// Hash of the transaction.
    pub tx_hash: [u8; 32],
    /// Time of its block, in unix seconds.
    pub time_s: u64,
}

/// What has become of an authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Nothing: it may still be sent.
    Not,
    /// It has paid whom it was asked for.
    Here(Moved),
    /// Its nonce is used, and that has not paid them.
    Elsewhere,
}

impl<B: Backend> Chain<B> {
    /// The domain in which transfers of the devnet's token are signed.
    pub fn token_domain(&self) -> TokenDomain<'static> {
        TokenDomain {
            name: TOKEN_NAME,
            version: TOKEN_VERSION,
            chain_id: CHAIN_ID,
            token: self.deployment.token(),
        }
    }

    /// What has become of a payer's nonce, asked for those who are paid.
    pub fn spent(&self, from: [u8; 20], nonce: [u8; 32], to: [u8; 20]) -> Result<Spent, Error> {
        let call = TestToken::authorizationStateCall {
            authorizer: from.into(),
            nonce: nonce.into(),
        };
        if !self.ask(self.deployment.token(), &call)? {
            return Ok(Spent::Not);
        }
        let receipts = self.devnet.local()?.receipts().iter().rev();
        let own = |moved: &Moved| moved.from == from && moved.nonce == nonce;
        let found = receipts
            .flat_map(|receipt| self.moved_in(receipt, to))
            .find(own);
        Ok(found.map_or(Spent::Elsewhere, Spent::Here))
    }

    /// All authorised transfers to somebody, oldest first.
    pub fn moved_to(&self, to: [u8; 20]) -> Result<Vec<Moved>, Error> {
        let receipts = self.devnet.local()?.receipts().iter();
        let moved = receipts.flat_map(|receipt| self.moved_in(receipt, to));
        Ok(moved.collect())
    }

    /// Sends a transfer that its payer has signed. It is tried before it is sent, so that one that
    /// cannot be leaves no trace.
    ///
    /// # Errors
    /// `Invalid` where the token refuses it, with the token's word; nothing has moved then.
    pub fn move_authorized(
        &mut self,
        wallet: &Wallet,
        signed: &Authorization,
        signature: &[u8; 65],
    ) -> Result<Moved, Error> {
        let token = self.deployment.token();
        let call = transfer(signed, signature);
        self.ask(token, &call)?;
        let receipt = self.act(wallet, token, &call)?;
        Ok(Moved {
            from: signed.from,
            nonce: signed.nonce,
            value: signed.value,
            tx_hash: receipt.tx_hash,
            time_s: receipt.time_s,
        })
    }

    /// The token says that a nonce is used, and next what that has moved.
    fn moved_in(&self, receipt: &Receipt, to: [u8; 20]) -> Vec<Moved> {
        let token = self.deployment.token();
        let logs: Vec<_> = receipt
            .logs
            .iter()
            .filter(|log| log.address == token)
            .collect();
        let pairs = logs.windows(2).filter_map(|pair| {
            let used = contract::event::<TestToken::AuthorizationUsed>(pair[0])?;
            let moved = contract::event::<TestToken::Transfer>(pair[1])?;
            let is_meant = moved.from == used.authorizer && moved.to == to;
            let value = units(moved.value).ok()?;
            is_meant.then(|| Moved {
                from: used.authorizer.into(),
                nonce: used.nonce.into(),
                value,
                tx_hash: receipt.tx_hash,
                time_s: receipt.time_s,
            })
        });
        pairs.collect()
    }
}

fn transfer(
    signed: &Authorization,
    signature: &[u8; 65],
) -> TestToken::transferWithAuthorizationCall {
    let word = |at: usize| {
        let mut word = [0; 32];
        word.copy_from_slice(&signature[at..at + 32]);
        word.into()
    };
    TestToken::transferWithAuthorizationCall {
        from: signed.from.into(),
        to: signed.to.into(),
        value: U256::from(signed.value),
        validAfter: U256::from(signed.valid_after_s),
        validBefore: U256::from(signed.valid_before_s),
        nonce: signed.nonce.into(),
        v: signature[64],
        r: word(0),
        s: word(32),
    }
}
