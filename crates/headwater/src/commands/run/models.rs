//! The gateway of a running writer: models in service, their keys, and the way into the log.

use anyhow::{Context as _, Result, anyhow};
use gateway::{Config, Gateway, Till};
use http::Address;
use node::Host;
use node::service::{GatewayParts, Labels, SharedKeys, StewardCashier};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use store::Place;

/// What answers below `/v1`, and the thread that posts what it has served.
pub struct Models {
    till: Arc<Till>,
    gateway: Arc<Gateway>,
    keys: Arc<SharedKeys>,
    poster: JoinHandle<Result<(), node::Error>>,
}

/// Reads the operator's file; without one, built-in models are served alone.
pub fn config(path: Option<&Path>) -> Result<Config> {
    let Some(path) = path else {
        return Ok(Config::default());
    };
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
    let config = Config::parse(&text);
    let config = config.map_err(|why| anyhow!("cannot use `{shown}`: {why}"))?;
    for upstream in &config.upstreams {
        if let Some(name) = &upstream.secret_env {
            let (own, url) = (&upstream.name, &upstream.base_url);
            let secret = std::env::var(name).with_context(|| {
                format!("upstream `{own}` wants the environment variable `{name}`")
            })?;
            Address::read(url, Some(&secret))
                .with_context(|| format!("cannot use `{name}` for the upstream `{own}`"))?;
        }
    }
    Ok(config)
}

impl Models {
    /// Opens what lies in the node's directory and starts the thread; `labels` makes the rows of
    /// label sets.
    pub fn open(
        host: &Host,
        (place, labels): (&Place, Labels),
        merge_delay_ms: u64,
        config: Config,
    ) -> Result<Self, node::Error> {
        let GatewayParts {
            till,
            books,
            keys,
            poster,
        } = GatewayParts::open(host, (place, labels), merge_delay_ms)?;
        let secret = |name: &str| std::env::var(name).ok();
        let known = Arc::clone(&keys) as Arc<dyn gateway::Keys>;
        let gateway = Gateway::new((books, known), Arc::clone(&till), config, &secret);
        let own = host.clone();
        let poster = std::thread::spawn(move || {
            let ended = poster.run(|milliseconds| own.pause(milliseconds));
            // Uses that nobody posts any more would be given away.
            own.stop();
            ended
        });
        Ok(Self {
            till,
            gateway,
            keys,
            poster,
        })
    }

    /// What answers below `/v1`.
    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&self.gateway)
    }

    /// Keeps the vouchers by which calls are paid.
    pub fn till(&self) -> Arc<Till> {
        Arc::clone(&self.till)
    }

    /// The gateway's keys.
    pub fn keys(&self) -> Arc<SharedKeys> {
        Arc::clone(&self.keys)
    }

    /// Calls may bring payments, which the steward takes; `origin` is where callers reach the node.
    pub fn take_payments(&self, cashier: StewardCashier, origin: String) {
        self.gateway.take_payments(Arc::new(cashier), origin);
    }

    /// What a server answers below `/v1` and where callers manage their own keys.
    pub fn routes(&self, host: &Host) -> web::Router {
        web::gateway::routes(web::gateway::Parts {
            host: host.clone(),
            gateway: Arc::clone(&self.gateway),
            keys: Arc::clone(&self.keys),
        })
    }

    /// Waits for the thread, which ends with the node.
    pub fn stop(self) -> Result<()> {
        let ended = self.poster.join();
        let ended = ended.map_err(|_| anyhow!("the gateway's thread has panicked"))?;
        ended.context("the gateway has stopped")
    }
}
