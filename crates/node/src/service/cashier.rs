//! The gateway's cashier: payments go to the steward, who alone has the chain.

use super::payer::PAYMENTS;
use crate::steward::Ask;
use crate::ticket::{Reply, ticket};
use crate::{Error, Host, Keyring};
use chain::authorized::{TOKEN_NAME, TOKEN_VERSION};
use gateway::payment::{Cashier, Paid, Payment, Terms, Unpaid};
use gateway::till::Backing;
use proof::authorization::TokenDomain;
use protocol::{AssetId, TokenId};
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a payment may take before its caller is told to ask again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes payments in the test token of the node's own chain.
pub struct StewardCashier {
    terms: Terms,
    steward: Mutex<Sender<Ask>>,
}

impl StewardCashier {
    /// The cashier of a node's directory.
    ///
    /// # Errors
    /// Where its keys do not read, or the log has no first entry.
    pub fn open(host: &Host, dir: &Path, steward: Sender<Ask>) -> Result<Self, Error> {
        let genesis = host.read(|state| state.genesis.clone());
        let genesis = genesis.ok_or_else(|| Error::Corrupt("the log is empty".to_owned()))?;
        let token = TokenId(0);
        let Some(address) = genesis.tokens.first() else {
            return Err(Error::Corrupt("the log names no token".to_owned()));
        };
        let domain = TokenDomain {
            name: TOKEN_NAME,
            version: TOKEN_VERSION,
            chain_id: genesis.chain_id,
            token: address.0,
        };
        Ok(Self {
            terms: Terms {
                domain,
                token,
                pay_to: Keyring::open(dir)?.wallet(PAYMENTS).address(),
                escrow: genesis.escrow.0,
            },
            steward: Mutex::new(steward),
        })
    }
}

impl Cashier for StewardCashier {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn take(&self, payment: &Payment, asset: AssetId, least_units: u128) -> Result<Paid, Unpaid> {
        self.ask(|reply| Ask::Pay {
            payment: Box::new(*payment),
            asset,
            least_units,
            reply,
        })
    }

    fn credit(
        &self,
        payer: [u8; 20],
        keys: &[[u8; 20]],
        asset: AssetId,
    ) -> Result<Backing, Unpaid> {
        self.ask(|reply| Ask::Credit {
            payer,
            keys: keys.to_vec(),
            asset,
            reply,
        })
    }
}

impl StewardCashier {
    fn ask<T>(&self, ask: impl FnOnce(Reply<Result<T, Unpaid>>) -> Ask) -> Result<T, Unpaid> {
        let (reply, taken) = ticket();
        let steward = self.steward.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = steward.send(ask(reply));
        drop(steward);
        let unknown = |why: &str| Unpaid::Unknown(why.to_owned());
        asked.map_err(|_| unknown("the node is ending"))?;
        match taken.wait(PATIENCE) {
            Some(Ok(taken)) => taken,
            Some(Err(why)) => Err(unknown(&why.to_string())),
            None => Err(unknown("the chain is busy")),
        }
    }
}
