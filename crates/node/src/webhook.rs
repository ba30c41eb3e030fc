//! Telling others of entries: signed deliveries, in log order, at least once, with patience.

use crate::{Bulletin, Host};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::hash::hmac_sha256;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use view::Webhooks;
use view::webhook::{Delivery, NewWebhook, Then, Webhook};

/// Webhooks, shared by those who set them up and those who tell.
pub type SharedWebhooks = Arc<Mutex<Webhooks>>;

/// What carries a delivery: the network, or a test.
pub trait Courier: Send + Sync {
    /// Whether a URL is one that deliveries may go to, and why not.
    fn check(&self, url: &str) -> Result<(), String>;

    /// Posts once and gives the status of the answer, or why there was none.
    fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<u16, String>;
}

/// How long to wait after each failure in a row, in seconds. After the last one the webhook is
/// given up: that is a day and four hours after the first.
pub const PAUSES_S: &[u64] = &[5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200];

/// Entries that one webhook is told before others get a turn.
const TURN: usize = 32;
/// Entries that are looked at together.
const PART: usize = 256;
/// How often it is looked whether there is something to tell, in milliseconds.
const LOOK_MS: u64 = 250;

/// Tells of entries, on threads of its own.
pub struct Teller {
    threads: Vec<JoinHandle<()>>,
}

/// What the threads share.
struct Shared {
    host: Host,
    hooks: SharedWebhooks,
    turns: Mutex<Turns>,
}

/// Whose turn it is.
#[derive(Default)]
struct Turns {
    /// Webhooks that a thread is busy with.
    busy: BTreeSet<u64>,
    /// The one that had the last turn: those behind it come before it is asked again.
    last: u64,
}

impl Teller {
    /// Starts a thread for each courier. They end with the node.
    pub fn start(host: &Host, hooks: &SharedWebhooks, couriers: Vec<Arc<dyn Courier>>) -> Self {
        let shared = Arc::new(Shared {
            host: host.clone(),
            hooks: Arc::clone(hooks),
            turns: Mutex::default(),
        });
        let thread = |courier: Arc<dyn Courier>| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.run(&*courier))
        };
        Self {
            threads: couriers.into_iter().map(thread).collect(),
        }
    }

    /// Waits for the threads, which the node's end ends.
    pub fn wait(self) {
        for thread in self.threads {
            // One that has panicked has been reported by its own words.
            thread.join().ok();
        }
    }
}

impl Shared {
    fn run(&self, courier: &dyn Courier) {
        loop {
            let turned = self.turn(courier);
            let problem = turned.as_ref().err().map(|why| format!("webhooks: {why}"));
            self.host.report("webhooks", problem);
            let wait_ms = if matches!(turned, Ok(true)) {
                0
            } else {
                LOOK_MS
            };
            if self.host.pause(wait_ms) {
                return;
            }
        }
    }

    fn hooks(&self) -> MutexGuard<'_, Webhooks> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a webhook that has something to hear and tells it; false where there is none.
    fn turn(&self, courier: &dyn Courier) -> Result<bool, String> {
        let Some(webhook) = self.take()? else {
            return Ok(false);
        };
        let id = webhook.id;
        let told = self.tell(webhook, courier);
        self.turns().busy.remove(&id);
        told
    }

    fn take(&self) -> Result<Option<Webhook>, String> {
        let through = self.host.applied_through();
        // Held while they are read: one whose turn has just ended is seen as that turn has left it.
        let mut turns = self.turns();
        let due = self.hooks().due(self.host.now_ms());
        let mut free = due.map_err(|error| error.to_string())?;
        free.retain(|own| own.wish.next < through && !turns.busy.contains(&own.id));
        let place = free.iter().position(|own| own.id > turns.last);
        let found = free.into_iter().nth(place.unwrap_or(0));
        if let Some(webhook) = &found {
            turns.busy.insert(webhook.id);
            turns.last = webhook.id;
        }
        Ok(found)
    }

    /// Tells what is next, until there is nothing more, something fails, the node ends, or it is
    /// the next one's turn. True for the last alone.
    fn tell(&self, mut webhook: Webhook, courier: &dyn Courier) -> Result<bool, String> {
        let (mut left, wish) = (TURN, webhook.wish.clone());
        // Parts that nobody wants to hear of end a turn too.
        for _ in 0..TURN {
            let from = webhook.wish.next;
            let part = self.host.bulletins(from, PART);
            let part = part.map_err(|error| error.to_string())?;
            let Some(last) = part.last() else {
                return Ok(false);
            };
            for bulletin in part.iter().filter(|it| wants(&wish, it)) {
                if left == 0 {
                    return Ok(true);
                }
                if self.host.pause(0) || !self.attempt(&webhook, bulletin, courier)? {
                    return Ok(false);
                }
                left -= 1;
                webhook.wish.next = bulletin.index + 1;
                webhook.failures = 0;
            }
            let next = last.index + 1;
            let passed = self.hooks().pass(webhook.id, webhook.wish.next, next);
            passed.map_err(|error| error.to_string())?;
            webhook.wish.next = next;
        }
        Ok(true)
    }

    /// Tells one entry; false if it must be told again, or the webhook was moved meanwhile.
    fn attempt(
        &self,
        webhook: &Webhook,
        bulletin: &Bulletin,
        courier: &dyn Courier,
    ) -> Result<bool, String> {
        let at_ms = self.host.now_ms();
        let message = Message::new(webhook, bulletin, at_ms / 1_000);
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", &*message.id),
            ("webhook-timestamp", &*message.time),
            ("webhook-signature", &*message.signature),
        ];
        let answered = courier.post(&webhook.wish.url, &headers, message.body);
        let ended_ms = self.host.now_ms();
        let (status, why) = match answered {
            Ok(status @ 200..300) => (Some(status), None),
            Ok(status) => (Some(status), Some(format!("the receiver answers {status}"))),
            Err(why) => (None, Some(why)),
        };
        let then = follows(webhook, status, why.as_deref(), ended_ms);
        let delivery = Delivery {
            id: 0,
            entry: bulletin.index,
            status,
            why,
            took_ms: ended_ms.saturating_sub(at_ms),
            at_ms,
        };
        let noted = self.hooks().attempted(webhook, &delivery, &then);
        let stood = noted.map_err(|error| error.to_string())?;
        Ok(stood && then == Then::Told)
    }
}

fn wants(wish: &NewWebhook, bulletin: &Bulletin) -> bool {
    let kind = wish.kinds.is_empty() || wish.kinds.iter().any(|own| own == bulletin.kind);
    kind && wish
        .campaign
        .is_none_or(|own| bulletin.campaign == Some(own))
}

/// What follows from an attempt that ended so.
fn follows(webhook: &Webhook, status: Option<u16>, why: Option<&str>, now_ms: u64) -> Then {
    let Some(why) = why else {
        return Then::Told;
    };
    if status == Some(410) {
        return Then::Disabled("the receiver says that it is gone for good".to_owned());
    }
    match PAUSES_S.get(webhook.failures as usize) {
        Some(pause_s) => Then::Again(now_ms.saturating_add(pause_s * 1_000)),
        None => Then::Disabled(format!(
            "{} attempts have failed, at last: {why}",
            PAUSES_S.len() + 1
        )),
    }
}

/// A delivery as Standard Webhooks has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: the same for each attempt, so that a receiver tells repetitions apart.
    pub id: String,
    /// `webhook-timestamp`: of this attempt, in seconds since 1970.
    pub time: String,
    /// `webhook-signature`: `v1,` and the code in base64.
    pub signature: String,
    /// The body that is signed.
    pub body: Vec<u8>,
}

impl Message {
    /// The message about an entry for a webhook, signed at this time.
    pub fn new(webhook: &Webhook, bulletin: &Bulletin, time_s: u64) -> Self {
        let body = serde_json::json!({"type": bulletin.kind, "data": bulletin.shown()});
        let body = body.to_string().into_bytes();
        let id = format!("wh{}-{}", webhook.id, bulletin.index);
        let time = time_s.to_string();
        let signature = signature(&webhook.wish.secret, &id, &time, &body);
        Self {
            id,
            time,
            signature,
            body,
        }
    }
}

/// The `webhook-signature` of a delivery: HMAC-SHA-256 over `ID.TIMESTAMP.BODY`.
pub fn signature(secret: &[u8], id: &str, time: &str, body: &[u8]) -> String {
    let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let code = hmac_sha256(secret, &signed);
    format!("v1,{}", BASE64.encode(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pair that other implementations of Standard Webhooks are tested with.
    #[test]
    fn a_published_signature() {
        let secret = BASE64
            .decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
            .expect("base64");
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let id = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        let signed = signature(&secret, id, "1649367553", body);
        assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }
}
