//! Telling people and programs: a line each, and a signed delivery where a webhook is named.

use crate::cli::watch::Watch;
use crate::commands::pipe::say;
use crate::commands::run::courier;
use crate::words::Paint;
use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use node::clock::{Clock as _, SystemClock};
use node::webhook::{self, Courier};
use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Arc;
use watch::{Alert, Level};

/// Most alerts that wait for a receiver that does not answer.
const MOST_WAITING: usize = 1_000;
/// Times that a delivery is tried before the program ends.
const LAST_TRIES: u32 = 3;

/// Where alerts go.
pub struct Alarm {
    json: bool,
    hook: Option<Hook>,
}

struct Hook {
    url: String,
    secret: Vec<u8>,
    courier: Arc<dyn Courier>,
    waiting: VecDeque<(String, Vec<u8>)>,
}

impl Alarm {
    /// As the flags say.
    ///
    /// # Errors
    /// For a URL that is none, or a secret that is missing or does not read.
    pub fn new(args: &Watch) -> Result<Alarm> {
        let hook = args.webhook.as_ref().map(|url| {
            let courier = courier::own();
            let usable = courier.check(url);
            usable.map_err(|why| anyhow!("cannot use the webhook: {why}"))?;
            let name = args.webhook_secret_env.as_deref().unwrap_or_default();
            Ok(Hook {
                url: url.clone(),
                secret: secret(name)?,
                courier,
                waiting: VecDeque::new(),
            })
        });
        Ok(Alarm {
            json: args.json,
            hook: hook.transpose().map_err(|error: anyhow::Error| error)?,
        })
    }

    /// Prints alerts and delivers them, with those that could not be delivered before.
    pub fn raise(&mut self, alerts: &[Alert]) {
        for alert in alerts {
            if self.json {
                say(alert.json());
            } else {
                print(alert);
            }
        }
        if let Some(hook) = &mut self.hook {
            hook.take(alerts);
            hook.deliver();
        }
    }

    /// Tries once more to deliver what waits, and says what is lost.
    pub fn finish(&mut self) {
        let Some(hook) = &mut self.hook else {
            return;
        };
        for _ in 0..LAST_TRIES {
            hook.deliver();
        }
        if !hook.waiting.is_empty() {
            let lost = hook.waiting.len();
            eprintln!("warning: {lost} alerts were not delivered to the webhook");
        }
    }
}

impl Hook {
    fn take(&mut self, alerts: &[Alert]) {
        for alert in alerts {
            let now_ms = SystemClock.now_ms();
            let epoch = alert.epoch.unwrap_or(0);
            let id = format!("watch-{epoch}-{}-{now_ms}", alert.code);
            let kind = format!("watch.{}", alert.level.name());
            let body = serde_json::json!({"type": kind, "data": alert.json()});
            if self.waiting.len() == MOST_WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back((id, body.to_string().into_bytes()));
        }
    }

    /// In order, until one fails: it and those behind it come again.
    fn deliver(&mut self) {
        while let Some((id, body)) = self.waiting.front() {
            let time = (SystemClock.now_ms() / 1_000).to_string();
            let signature = webhook::signature(&self.secret, id, &time, body);
            let headers = [
                ("content-type", "application/json"),
                ("webhook-id", id.as_str()),
                ("webhook-timestamp", &time),
                ("webhook-signature", &signature),
            ];
            let answered = self.courier.post(&self.url, &headers, body.clone());
            match answered {
                Ok(200..300) => drop(self.waiting.pop_front()),
                Ok(status) => return complain(&format!("it answers {status}")),
                Err(why) => return complain(&why),
            }
        }
    }
}

fn complain(why: &str) {
    writeln!(
        std::io::stderr(),
        "warning: the webhook was not told yet: {why}"
    )
    .ok();
}

fn print(alert: &Alert) {
    let level = alert.level.name();
    let place = alert
        .epoch
        .map_or(String::new(), |id| format!("epoch {id}: "));
    let line = format!("{level:<8} {place}{} ({})", alert.what, alert.code);
    match alert.level {
        Level::Note => say(line),
        Level::Warning | Level::Fault => say(Paint::new().yellow(&line)),
    }
}

/// The bytes behind `whsec_` in a variable.
fn secret(name: &str) -> Result<Vec<u8>> {
    let text = std::env::var(name).with_context(|| format!("the variable `{name}` is not set"))?;
    let secret = text.trim().strip_prefix("whsec_");
    let secret = secret.and_then(|text| BASE64_STANDARD.decode(text).ok());
    secret.with_context(|| {
        format!("`{name}` holds no webhook's secret\nhint: whsec_ and base64, as for the node's")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A receiver that refuses the first deliveries and keeps what it takes.
    struct Receiver {
        refuses: Mutex<u32>,
        took: Mutex<Vec<(String, String, Vec<u8>)>>,
    }

    impl Courier for Receiver {
        fn check(&self, _: &str) -> Result<(), String> {
            Ok(())
        }

        fn post(&self, _: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<u16, String> {
            let mut refuses = self.refuses.lock().expect("no panic");
            if *refuses > 0 {
                *refuses -= 1;
                return Ok(503);
            }
            let header = |name: &str| {
                let found = headers.iter().find(|(key, _)| *key == name);
                found.expect("it is sent").1.to_owned()
            };
            let signed = webhook::signature(
                b"secret",
                &header("webhook-id"),
                &header("webhook-timestamp"),
                &body,
            );
            assert_eq!(header("webhook-signature"), signed);
            let kind = header("content-type");
            let mut took = self.took.lock().expect("no panic");
            took.push((header("webhook-id"), kind, body));
            Ok(204)
        }
    }

    #[test]
    fn alerts_are_delivered_signed_and_in_order_when_the_receiver_is_back() {
        let receiver = Arc::new(Receiver {
            refuses: Mutex::new(2),
            took: Mutex::default(),
        });
        let mut alarm = Alarm {
            json: true,
            hook: Some(Hook {
                url: "https://alarm.example".to_owned(),
                secret: b"secret".to_vec(),
                courier: Arc::clone(&receiver) as Arc<dyn Courier>,
                waiting: VecDeque::new(),
            }),
        };
        let alert = |code: &str| Alert::new(Level::Fault, code, Some(3), "words");
        alarm.raise(&[alert("one"), alert("two")]);
        alarm.raise(&[alert("three")]);
        assert!(receiver.took.lock().expect("no panic").is_empty());
        alarm.finish();
        let took = receiver.took.lock().expect("no panic");
        let codes: Vec<String> = took
            .iter()
            .map(|(_, _, body)| {
                let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
                assert_eq!(body["type"], "watch.fault");
                assert_eq!(
                    (&body["data"]["epoch"], &body["data"]["level"]),
                    (&3.into(), &"fault".into())
                );
                body["data"]["code"].as_str().expect("a word").to_owned()
            })
            .collect();
        assert_eq!(codes, ["one", "two", "three"]);
        assert!(took.iter().all(|(_, kind, _)| kind == "application/json"));
    }
}
