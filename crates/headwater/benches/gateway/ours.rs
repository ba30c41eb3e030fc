//! Our node before the mock: a model in service, somebody who pays, and a key.

use crate::peer::Gateway;
use anyhow::{Context as _, Result, bail};
use headwater::load::{Connection, Process};
use headwater::trader::Trader;
use protocol::command::GrantAllowance;
use protocol::service::ServeAsset;
use protocol::{Amount, AssetId, Command, FundId};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// More money than any load spends.
const MONEY_UNITS: u64 = 1_000_000_000_000;
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a receipt may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The node and its caller.
pub struct Ours {
    node: Process,
    key: String,
    client: http::Client,
    /// Kept until the node has ended.
    _dir: tempfile::TempDir,
}

impl Ours {
    /// Registers a model that the upstream answers for, serves it, and sets money aside.
    pub fn start(upstream: &str) -> Result<Self> {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let config = dir.path().join("gateway.toml");
        fs::write(&config, settings(upstream))?;
        let faucet = MONEY_UNITS.to_string();
        let config = config.to_str().context("the path is text")?;
        let more = ["--faucet", &faucet, "--gateway", config];
        let binary = Path::new(env!("CARGO_BIN_EXE_headwater"));
        let node = Process::start(binary, &dir.path().join("node"), Process::port()?, &more)?;
        let mut trader = Trader::open(&node.url(), &dir.path().join("keys"))?;
        let (content, _) = trader.upload(b"what the upstream answers with".to_vec())?;
        let draft = json!({
            "kind": "model", "title": "mock", "content": content, "purposes": ["inference"],
            "price_units": "1",
        });
        let drawn = trader.ask("POST", "api/v1/assets", Some(&draft))?;
        trader.enter(&drawn)?;
        let (asset, tokens) = (AssetId(0), None);
        trader.hand_in(Command::ServeAsset(ServeAsset { asset, tokens }))?;
        let given = trader.ask("POST", "api/v1/me/deposits", Some(&json!({})))?;
        let expires = SystemTime::now().duration_since(UNIX_EPOCH)? + HOUR;
        let allowed = trader.hand_in(Command::GrantAllowance(GrantAllowance {
            asset,
            fund: FundId(given["fund"].as_u64().context("no deposit was made")?),
            cap_units: Amount::new(MONEY_UNITS.into()).context("it is no supply")?,
            expires_ms: u64::try_from(expires.as_millis())?,
        }))?;
        let wait = format!("api/v1/accounts/0?at_least={allowed}&wait=30000");
        trader.ask("GET", &wait, None)?;
        let wish = json!({"name": "bench"});
        let made = trader.ask("POST", "api/v1/me/model-keys", Some(&wish))?;
        let key = made["key"].as_str().context("no key was made")?.to_owned();
        let ours = Self {
            node,
            key,
            client: http::Client::new(http::Settings::default()),
            _dir: dir,
        };
        ours.serves()?;
        Ok(ours)
    }

    /// How it is asked.
    pub fn gateway(&self) -> Gateway {
        Gateway {
            name: "ours",
            address: self.node.address.clone(),
            path: "/v1/chat/completions",
            body: "body",
            headers: vec![format!("Authorization: Bearer {}", self.key)],
            process: self.node.id(),
        }
    }

    /// Milliseconds from an answer to its row in the log, with its proof.
    pub fn receipt_ms(&self) -> Result<f64> {
        let (_, receipt) = self.call()?;
        let start = Instant::now();
        let mut connection = Connection::new(&self.node.address);
        let header = self.header();
        loop {
            let path = format!("/v1/receipts/{receipt}");
            let reply = connection.ask(("GET", &path), &header, ("", b""))?;
            if reply.status == 200 && reply.json()?["segment"].is_object() {
                return Ok(start.elapsed().as_secs_f64() * 1_000.0);
            }
            if start.elapsed() > PATIENCE {
                bail!("the receipt does not come: {}", reply.status);
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn header(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.key)
    }

    /// Waits until the model is in service: the poster names its key in the log first.
    fn serves(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let (status, _) = self.call()?;
            if status == 200 {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("the model is not served: {status}");
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    fn call(&self) -> Result<(u16, String)> {
        let url = format!("{}/v1/chat/completions", self.node.url());
        let bearer = format!("Bearer {}", self.key);
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &*bearer),
        ];
        let body = json!({
            "model": "mock-model", "messages": [{"role": "user", "content": "hello"}],
        });
        let reply =
            self.client
                .post_with(&url, &headers, body.to_string().into_bytes(), 1 << 20)?;
        let receipt = reply.header("x-headwater-receipt").unwrap_or_default();
        Ok((reply.status, receipt.to_owned()))
    }
}

fn settings(upstream: &str) -> String {
    format!(
        "[[upstream]]\nname = \"mock\"\nbase_url = \"http://{upstream}/v1\"\n\n\
         [[model]]\nasset = 0\nname = \"mock-model\"\nupstream = \"mock\"\nmodel = \"mock-model\"\n"
    )
}
