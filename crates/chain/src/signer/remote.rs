//! A signer elsewhere, by the `eth1` route of web3signer: `POST /api/v1/eth1/sign/{key}`.

use std::fmt;
use std::sync::Arc;

use serde_json::json;

use super::{Signer, is_of};
use crate::Error;
use crate::endpoint::{Transport, hexed};

/// Asks a signing service for each signature, and checks each one. The transport posts to the full
/// address of the key's route.
#[derive(Clone)]
pub struct RemoteSigner {
    transport: Arc<dyn Transport>,
    address: [u8; 20],
}

impl fmt::Debug for RemoteSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, server) = (hexed(&self.address), self.transport.server());
        write!(out, "RemoteSigner({address} at {server})")
    }
}

impl RemoteSigner {
    /// A signer whose signatures must be those of `address`.
    pub fn new(transport: Arc<dyn Transport>, address: [u8; 20]) -> Self {
        Self { transport, address }
    }
}

impl Signer for RemoteSigner {
    fn address(&self) -> [u8; 20] {
        self.address
    }

    fn sign_message(&self, message: &[u8]) -> Result<[u8; 65], Error> {
        let server = self.transport.server();
        let doing = format!("cannot get a signature of `{}`", hexed(&self.address));
        let body = json!({"data": hexed(message)}).to_string();
        let answer = self.transport.post(body.into_bytes());
        let answer = answer.map_err(|unanswered| {
            let why = format!("{doing}: `{server}` does not sign: {}", unanswered.why);
            match unanswered.passing {
                true => Error::busy(format!("{why}\nhint: nothing was sent; try later")),
                false => Error::invalid(format!("{why}\nhint: look at the signer's own log")),
            }
        })?;
        let text = String::from_utf8_lossy(&answer);
        let digits = text.trim().trim_matches('"');
        let bytes = hex::decode(digits.trim_start_matches("0x")).unwrap_or_default();
        let signature: Option<[u8; 65]> = bytes.try_into().ok();
        let signature = signature.map(|mut signature| {
            // Some services number v from 0, as the curve does.
            if signature[64] < 27 {
                signature[64] += 27;
            }
            signature
        });
        let signature = signature.filter(|signature| is_of(self.address, message, signature));
        signature.ok_or_else(|| {
            Error::invalid(format!(
                "{doing}: what `{server}` answers is no signature of that key\nhint: name the \
                 address of the key that the route signs with"
            ))
        })
    }
}
