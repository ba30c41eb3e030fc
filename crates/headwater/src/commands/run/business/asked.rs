//! Who answers questions about a node's chain: the embedded one here, others where they are.

use super::Business;
use node::office::Settling;
use node::steward::Ask;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use web::login::ContractWallets;

/// How long a transaction that was sent through `/rpc` may take until it is durable.
const RELAY_PATIENCE: Duration = Duration::from_secs(30);

/// Contracts of the embedded chain that are wallets.
struct OnChain(chain::Reader);

impl ContractWallets for OnChain {
    fn valid(&self, wallet: [u8; 20], digest: [u8; 32], signature: &[u8]) -> Result<bool, String> {
        let signature = signature.to_vec();
        let asked = self
            .0
            .ask(move |devnet| devnet.wallet_accepts(wallet, digest, &signature));
        let answer = asked.and_then(|answer| answer);
        answer.map_err(|error| error.to_string())
    }
}

/// Contracts of another's chain that are wallets.
struct Elsewhere(chain::Endpoint);

impl ContractWallets for Elsewhere {
    fn valid(&self, wallet: [u8; 20], digest: [u8; 32], signature: &[u8]) -> Result<bool, String> {
        let answer = self.0.wallet_accepts(wallet, digest, signature);
        answer.map_err(|error| error.to_string())
    }
}

/// Who answers questions about the chain.
pub(super) enum Asked {
    Here(chain::Reader),
    Elsewhere(chain::Endpoint),
    Nobody,
}

impl Asked {
    pub(super) fn of(chain: &mut Settling) -> Self {
        match &mut chain.devnet {
            chain::Ground::Devnet(devnet) => Self::Here(devnet.reader()),
            chain::Ground::Remote(remote) => Self::Elsewhere(remote.endpoint().clone()),
            chain::Ground::Away(_) => Self::Nobody,
        }
    }

    pub(super) fn wallets(&self) -> Arc<dyn ContractWallets> {
        match self {
            Self::Here(reader) => Arc::new(OnChain(reader.clone())),
            Self::Elsewhere(endpoint) => Arc::new(Elsewhere(endpoint.clone())),
            Self::Nobody => Arc::new(NoWallets),
        }
    }
}

/// No chain can be asked: no contract has signed.
struct NoWallets;

impl ContractWallets for NoWallets {
    fn valid(&self, _: [u8; 20], _: [u8; 32], _: &[u8]) -> Result<bool, String> {
        Ok(false)
    }
}

/// The embedded chain as wallets know one. What changes it goes to the steward.
struct Rpc(chain::rpc::Face);

impl web::rpc::ChainFace for Rpc {
    fn answer(&self, body: &[u8], may: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
        self.0.answer(body, may)
    }
}

/// None where the chain is another's: wallets have their own way to it.
pub(super) fn face(business: &Business) -> Option<Arc<dyn web::rpc::ChainFace>> {
    let Asked::Here(reader) = &business.chain else {
        return None;
    };
    let steward = Mutex::new(business.steward.clone());
    let most_minted = business.faucet_units;
    let send = move |raw| {
        let (reply, sent) = node::ticket::ticket();
        let steward = steward.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = steward.send(Ask::Relay {
            raw,
            most_minted,
            reply,
        });
        drop(steward);
        asked.map_err(|_| "the node is ending".to_owned())?;
        match sent.wait(RELAY_PATIENCE) {
            Some(Ok(sent)) => sent,
            Some(Err(why)) => Err(why.to_string()),
            None => Err("the chain is busy; look for the receipt later".to_owned()),
        }
    };
    let face = chain::rpc::Face::new(reader.clone(), Box::new(send));
    Some(Arc::new(Rpc(face)))
}
