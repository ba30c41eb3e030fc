//! Deliveries of webhooks over HTTP.

use node::webhook::Courier;
use std::sync::Arc;

/// Most bytes of a receiver's answer; its status is all that counts.
const MAX_ANSWER_BYTES: u64 = 64 << 10;
/// How long a receiver may take, in milliseconds.
const PATIENCE_MS: u64 = 10_000;
/// Deliveries that may be under way at a time.
const COURIERS: usize = 4;

/// A client of its own, so that one slow look-up of a name holds up no other.
struct RemoteCourier(http::Client);

/// One that carries to wherever its owner has chosen.
pub fn own() -> Arc<dyn Courier> {
    let settings = http::Settings {
        request_ms: PATIENCE_MS,
        ..http::Settings::default()
    };
    Arc::new(RemoteCourier(http::Client::new(settings)))
}

/// As many as carry deliveries at a time.
pub fn couriers(reach: http::Reach) -> Vec<Arc<dyn Courier>> {
    let settings = http::Settings {
        request_ms: PATIENCE_MS,
        reach,
        ..http::Settings::default()
    };
    let courier = |_| {
        let client = http::Client::new(settings.clone());
        Arc::new(RemoteCourier(client)) as Arc<dyn Courier>
    };
    (0..COURIERS).map(courier).collect()
}

impl Courier for RemoteCourier {
    fn check(&self, url: &str) -> Result<(), String> {
        self.0.check(url).map_err(|error| error.to_string())
    }

    fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<u16, String> {
        let answer = self.0.post_with(url, headers, body, MAX_ANSWER_BYTES);
        answer
            .map(|answer| answer.status)
            .map_err(|error| error.to_string())
    }
}
