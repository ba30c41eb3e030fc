//! Witnesses as `--witness` names them, reached over HTTP.

use anyhow::{Context as _, Result};
use node::Witness;
use proof::cosignature::CosignerKey;
use proof::witness::Answer;
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of an answer: some signature lines.
const MAX_ANSWER_BYTES: u64 = 64 << 10;

/// A witness behind an address.
#[derive(Debug)]
pub struct RemoteWitness {
    key: CosignerKey,
    site: http::Site,
}

impl RemoteWitness {
    /// As the node holds it.
    pub fn shared(self) -> Arc<dyn Witness> {
        Arc::new(self)
    }
}

/// Reads `VKEY=URL` of each witness.
pub fn witnesses(named: &[String], timeout_ms: u64) -> Result<Vec<RemoteWitness>> {
    named
        .iter()
        .map(|named| witness(named, timeout_ms))
        .collect()
}

fn witness(named: &str, timeout_ms: u64) -> Result<RemoteWitness> {
    // A key in base64 may itself end in `=`.
    let place = named.find("=http://").or_else(|| named.find("=https://"));
    let (vkey, url) = place
        .map(|place| (&named[..place], &named[place + 1..]))
        .with_context(|| {
            format!("`{named}` names no witness\nhint: write it like NAME+ID+KEY=https://w.example")
        })?;
    let key = vkey
        .parse()
        .with_context(|| format!("`{vkey}` is no witness's key"))?;
    let settings = http::Settings {
        connect_ms: timeout_ms,
        request_ms: timeout_ms,
        ..http::Settings::default()
    };
    Ok(RemoteWitness {
        key,
        site: http::Site::with(url, settings)?,
    })
}

impl Witness for RemoteWitness {
    fn key(&self) -> &CosignerKey {
        &self.key
    }

    fn add_checkpoint(&self, request: &[u8], _: Duration) -> Result<Answer, String> {
        // The client's own time limit is the same setting.
        let (path, kind) = ("add-checkpoint", "text/plain; charset=utf-8");
        let answer = self
            .site
            .post(path, kind, request.to_vec(), MAX_ANSWER_BYTES);
        let answer = answer.map_err(|error| error.to_string())?;
        let kind = answer.header("content-type").unwrap_or_default();
        Answer::read(answer.status, kind, &answer.body).map_err(|fault| fault.to_string())
    }
}
