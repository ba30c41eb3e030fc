//! Webhooks told by a running node: in order, signed, again after a failure, given up and replayed.

use crate::space::{DEADLINE, Hand, accept, end, joins, lay_out, quiet};
use crate::world::START_MS;
use node::host::Parts;
use node::webhook::{Courier, PAUSES_S, SharedWebhooks, Teller, signature};
use node::{Host, Log, Running};
use protocol::operation::SetRoles;
use protocol::{AccountId, Command, Role, Roles};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use store::Place;
use view::Webhooks;
use view::webhook::{NewWebhook, Webhook};

const ANN: AccountId = AccountId(1);
const SECRET: &[u8] = b"a secret of thirty-two bytes....";

/// A delivery as it has come: the entry, and its headers with the body.
type Got = (u64, Vec<(String, String)>, Vec<u8>);

/// A receiver that answers by a script, and 200 after its end.
#[derive(Default)]
struct Receiver {
    script: Mutex<VecDeque<Result<u16, String>>>,
    got: Mutex<Vec<Got>>,
    came: Condvar,
}

impl Receiver {
    fn answers(script: &[u16]) -> Arc<Self> {
        let script = script.iter().map(|status| Ok(*status)).collect();
        Arc::new(Self {
            script: Mutex::new(script),
            ..Self::default()
        })
    }

    /// Waits for so many deliveries and names their entries.
    fn wait(&self, count: usize) -> Vec<u64> {
        let got = self.got.lock().unwrap();
        let less = |got: &mut Vec<Got>| got.len() < count;
        let (got, waited) = self.came.wait_timeout_while(got, DEADLINE, less).unwrap();
        assert!(
            !waited.timed_out(),
            "only {} deliveries have come",
            got.len()
        );
        got.iter().map(|(entry, ..)| *entry).collect()
    }
}

impl Courier for Receiver {
    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn post(&self, _: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<u16, String> {
        let said: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(said["type"], said["data"]["kind"]);
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let index = said["data"]["index"].as_u64().unwrap();
        self.got
            .lock()
            .unwrap()
            .push((index, headers.collect(), body));
        self.came.notify_all();
        self.script.lock().unwrap().pop_front().unwrap_or(Ok(200))
    }
}

struct Telling {
    running: Running,
    hooks: SharedWebhooks,
    teller: Teller,
    clock: Arc<Hand>,
}

impl Telling {
    fn start(dir: &Path, receiver: &Arc<Receiver>) -> Self {
        let clock = Hand::at(START_MS);
        let log = Log::open(&Place::directory(dir)).unwrap().log;
        let parts = Parts {
            settings: quiet(),
            clock: clock.clone(),
            witnesses: Vec::new(),
        };
        let running = Host::start(log, parts).unwrap();
        let hooks = Webhooks::open(&dir.join("webhooks.sqlite")).unwrap();
        let hooks = Arc::new(Mutex::new(hooks));
        let couriers = vec![receiver.clone() as Arc<dyn Courier>, receiver.clone()];
        let teller = Teller::start(&running.host, &hooks, couriers);
        Self {
            running,
            hooks,
            teller,
            clock,
        }
    }

    fn ask(&self, kinds: &[&str]) -> u64 {
        let new = NewWebhook {
            owner: ANN,
            url: "https://example.org/in".to_owned(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            campaign: None,
            secret: SECRET.to_vec(),
            next: 1,
        };
        self.hooks
            .lock()
            .unwrap()
            .create(&new, START_MS)
            .unwrap()
            .unwrap()
    }

    /// The webhook, once it is as `wanted` says.
    fn once(&self, id: u64, wanted: impl Fn(&Webhook) -> bool) -> Webhook {
        let end = std::time::Instant::now() + DEADLINE;
        loop {
            let webhook = self.hooks.lock().unwrap().one(ANN, id).unwrap().unwrap();
            if wanted(&webhook) {
                return webhook;
            }
            assert!(std::time::Instant::now() < end, "{webhook:?}");
            std::thread::yield_now();
        }
    }

    fn stop(self) {
        end(self.running);
        self.teller.wait();
    }
}

#[test]
fn entries_are_told_in_order_and_signed() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let receiver = Receiver::answers(&[]);
    let telling = Telling::start(dir.path(), &receiver);
    telling.ask(&["open_account"]);
    let host = &telling.running.host;
    let mut asked = accept(host, joins(1..20));
    // Something else comes in between; nobody has asked for it.
    let set = SetRoles {
        account: Some(ANN),
        roles: Roles::of(&[Role::Contributor]),
    };
    let set = host.operate(Command::SetRoles(set)).unwrap();
    let set = set.wait(DEADLINE).unwrap().unwrap();
    let set = set.expect("the operator may");
    asked.extend(accept(host, joins(20..23)));
    let told = receiver.wait(asked.len());
    assert!(told.is_sorted_by(|one, next| one < next), "{told:?}");
    assert_eq!(told, asked);
    assert!(told[0] < set && set < told[told.len() - 1]);
    for (entry, headers, body) in receiver.got.lock().unwrap().iter() {
        let header = |name: &str| {
            let found = headers.iter().find(|(own, _)| own == name);
            found.unwrap().1.as_str()
        };
        assert_eq!(header("webhook-id"), format!("wh1-{entry}"));
        let time = header("webhook-timestamp");
        assert_eq!(time, (START_MS / 1_000).to_string());
        let signed = signature(SECRET, header("webhook-id"), time, body);
        assert_eq!(header("webhook-signature"), signed);
    }
    telling.stop();
}

#[test]
fn a_failure_is_tried_again_later_and_then_given_up() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let receiver = Receiver::answers(&vec![500; PAUSES_S.len() + 1]);
    let telling = Telling::start(dir.path(), &receiver);
    let id = telling.ask(&[]);
    accept(&telling.running.host, joins(1..3));
    let mut now_ms = START_MS;
    for (place, pause_s) in PAUSES_S.iter().enumerate() {
        receiver.wait(place + 1);
        let waiting = telling.once(id, |it| it.failures as usize == place + 1);
        assert_eq!(waiting.due_ms, now_ms + pause_s * 1_000);
        assert_eq!(
            waiting.wish.next, 1,
            "an entry that was not taken is not passed over"
        );
        now_ms = waiting.due_ms;
        telling.clock.set(now_ms);
    }
    let gone = telling.once(id, |it| it.disabled.is_some());
    assert_eq!(gone.wish.next, 1);
    let log = telling
        .hooks
        .lock()
        .unwrap()
        .deliveries(id, u64::MAX / 2, 100)
        .unwrap();
    assert_eq!(log.len(), PAUSES_S.len() + 1);
    assert!(log.iter().all(|it| it.entry == 1 && it.status == Some(500)));
    assert!(telling.hooks.lock().unwrap().replay(ANN, id, 1).unwrap());
    let told = receiver.wait(PAUSES_S.len() + 3);
    assert_eq!(told[told.len() - 2..], [1, 2]);
    telling.stop();
}

#[test]
fn a_success_begins_the_pauses_anew() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let receiver = Receiver::answers(&[500, 200, 500]);
    let telling = Telling::start(dir.path(), &receiver);
    let id = telling.ask(&[]);
    accept(&telling.running.host, joins(1..3));
    telling.once(id, |it| it.failures == 1);
    let now_ms = START_MS + PAUSES_S[0] * 1_000;
    telling.clock.set(now_ms);
    // Both entries are told in one turn, whose first success counts for the second.
    let waiting = telling.once(id, |it| it.wish.next == 2 && it.failures == 1);
    assert_eq!(waiting.due_ms, now_ms + PAUSES_S[0] * 1_000);
    telling.stop();
}

#[test]
fn who_is_gone_is_told_nothing_and_others_do_not_wait() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let receiver = Receiver::answers(&[410]);
    let telling = Telling::start(dir.path(), &receiver);
    let first = telling.ask(&[]);
    accept(&telling.running.host, joins(1..2));
    telling.once(first, |it| it.disabled.is_some());
    let second = telling.ask(&[]);
    telling.once(second, |it| it.wish.next == 2);
    assert_eq!(receiver.wait(2), [1, 1]);
    telling.stop();
    // What a process before has not told, the next one tells.
    let telling = Telling::start(dir.path(), &receiver);
    telling.hooks.lock().unwrap().replay(ANN, first, 1).unwrap();
    accept(&telling.running.host, joins(2..3));
    crate::space::publish(&telling.running.host);
    telling.once(first, |it| it.wish.next == 3);
    telling.once(second, |it| it.wish.next == 3);
    let mut told = receiver.wait(5)[2..].to_vec();
    told.sort_unstable();
    assert_eq!(told, [1, 2, 2]);
    telling.stop();
}
