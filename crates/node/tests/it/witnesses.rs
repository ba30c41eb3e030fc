//! Checkpoints and the witnesses: cosigned, held back, late, lied to, and asked after a restore.

use crate::space::{DEADLINE, accept, copy, end, joins, lay_out, parts, publish, quiet};
use crate::world::START_MS;
use node::{Error, Host, Log, Running, Settings, Witness};
use proof::Checkpoint;
use proof::cosignature::{Algorithm, Cosigner, CosignerKey, Policy, verified};
use proof::merkle::Head;
use proof::note::VerifierKey;
use proof::witness::{AddCheckpoint, Answer, Refusal, judge};
use protocol::Command;
use protocol::operation::SetWitnesses;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use store::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Fair,
    Down,
    /// Signs another text than the one it was asked for.
    Lying,
    /// Says that it knows a longer log.
    Ahead,
    /// Answers when its mood has changed, however long that takes.
    Slow,
}

/// A witness in this process, which knows what it has cosigned of each log.
pub struct Stand {
    cosigner: Cosigner,
    pub logs: Mutex<Vec<VerifierKey>>,
    known: Mutex<BTreeMap<String, Head>>,
    mood: Mutex<Mood>,
    changed: Condvar,
}

impl std::fmt::Debug for Stand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.cosigner.key().name())
    }
}

impl Stand {
    pub fn new(name: &str) -> Arc<Self> {
        let seed = proof::hash::sha256(&[name.as_bytes()]);
        let cosigner = Cosigner::from_seed(name, Algorithm::Ed25519, &seed).unwrap();
        Arc::new(Self {
            cosigner,
            logs: Mutex::new(vec![crate::space::keys().log_key()]),
            known: Mutex::default(),
            mood: Mutex::new(Mood::Fair),
            changed: Condvar::new(),
        })
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }

    fn knows(&self, origin: &str) -> u64 {
        let known = self.known.lock().unwrap();
        known.get(origin).map_or(0, |head| head.size)
    }
}

impl Witness for Stand {
    fn key(&self) -> &CosignerKey {
        self.cosigner.key()
    }

    fn add_checkpoint(&self, request: &[u8], _: Duration) -> Result<Answer, String> {
        let mood = self.mood.lock().unwrap();
        let slow = |mood: &mut Mood| *mood == Mood::Slow;
        let mood = *self.changed.wait_while(mood, slow).unwrap();
        if mood == Mood::Down {
            return Err("connection refused".to_owned());
        }
        if mood == Mood::Ahead {
            return Ok(Answer::Refused(Refusal::OtherSize(999_999)));
        }
        let request = match AddCheckpoint::parse(request) {
            Ok(request) => request,
            Err(fault) => return Ok(Answer::Refused(Refusal::Malformed(fault.to_string()))),
        };
        let mut known = self.known.lock().unwrap();
        let before = known.get(request.origin());
        match judge(before, &self.logs.lock().unwrap(), &request) {
            Ok(accepted) if mood == Mood::Lying => {
                let text = accepted.text().replacen('\n', "\n1", 1);
                Ok(Answer::Cosigned(self.cosigner.cosign(&text, 7).unwrap()))
            }
            Ok(accepted) => {
                known.insert(request.origin().to_owned(), accepted.head);
                let time_s = START_MS / 1_000 + 30;
                let lines = self.cosigner.cosign(accepted.text(), time_s).unwrap();
                Ok(Answer::Cosigned(lines))
            }
            Err(refusal) => Ok(Answer::Refused(refusal)),
        }
    }
}

fn with(stands: &[&Arc<Stand>]) -> Vec<Arc<dyn Witness>> {
    let port = |stand: &&Arc<Stand>| Arc::clone(stand) as Arc<dyn Witness>;
    stands.iter().map(port).collect()
}

pub fn start(place: &Place, settings: Settings, stands: &[&Arc<Stand>]) -> Result<Running, Error> {
    let log = Log::open(place).unwrap().log;
    Host::start(log, parts(settings, with(stands)))
}

pub fn cosigners(host: &Host, stands: &[&Arc<Stand>]) -> Vec<String> {
    let note = host.public().checkpoint_note().unwrap();
    let keys: Vec<CosignerKey> = stands.iter().map(|stand| stand.key().clone()).collect();
    let found = verified(&note, &keys).unwrap();
    found
        .iter()
        .map(|it| it.witness.name().to_owned())
        .collect()
}

#[test]
fn a_checkpoint_carries_every_cosignature_that_is_true() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let stands = [Stand::new("fair"), Stand::new("liar"), Stand::new("down")];
    let all: Vec<&Arc<Stand>> = stands.iter().collect();
    stands[1].set(Mood::Lying);
    stands[2].set(Mood::Down);
    let running = start(&place, quiet(), &all).unwrap();
    let host = &running.host;
    accept(host, joins(1..4));
    assert_eq!(publish(host), 4);
    assert_eq!(cosigners(host, &all), ["fair"]);
    let health = host.health().witnesses;
    assert_eq!((health[0].size, health[0].problem.as_ref()), (4, None));
    assert_eq!(health[0].last_success_ms, Some(START_MS));
    for (sick, word) in [
        (1, "does not match the checkpoint"),
        (2, "connection refused"),
    ] {
        let problem = health[sick].problem.as_ref().unwrap().to_string();
        assert!(problem.contains(word), "{problem}");
    }
    // Whoever was away or lied is shown the way from where it stands.
    stands[1].set(Mood::Fair);
    stands[2].set(Mood::Fair);
    accept(host, joins(4..300));
    let size = publish(host);
    assert!(size >= 300);
    assert_eq!(cosigners(host, &all), ["fair", "liar", "down"]);
    let health = host.health().witnesses;
    assert!(
        health
            .iter()
            .all(|it| it.size == size && it.problem.is_none())
    );
    end(running);
}

#[test]
fn a_slow_witness_holds_nobody_up_and_is_asked_again_when_it_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let (fair, slow) = (Stand::new("fair"), Stand::new("slow"));
    let settings = Settings {
        witness_timeout_ms: 2_000,
        ..quiet()
    };
    let running = start(&place, settings, &[&fair, &slow]).unwrap();
    let host = &running.host;
    slow.set(Mood::Slow);
    for account in 1..3 {
        accept(host, joins(account..account + 1));
        assert_eq!(publish(host), u64::from(account) + 1);
        assert_eq!(cosigners(host, &[&fair, &slow]), ["fair"]);
    }
    let problem = host.health().witnesses[1].problem.clone().unwrap();
    let expected = "witness `slow` does not cosign: it still has an earlier checkpoint";
    assert_eq!(problem.to_string(), expected);
    slow.set(Mood::Fair);
    let deadline = Instant::now() + DEADLINE;
    for account in 3.. {
        accept(host, joins(account..account + 1));
        publish(host);
        if cosigners(host, &[&fair, &slow]).len() == 2 || Instant::now() > deadline {
            break;
        }
    }
    assert_eq!(cosigners(host, &[&fair, &slow]), ["fair", "slow"]);
    end(running);
}

#[test]
fn a_checkpoint_waits_for_its_quorum_unless_the_policy_lets_it_go() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let (one, two) = (Stand::new("one"), Stand::new("two"));
    let settings = Settings {
        quorum: 2,
        ..quiet()
    };
    let running = start(&place, settings.clone(), &[&one, &two]).unwrap();
    let host = running.host.clone();
    two.set(Mood::Down);
    accept(&host, joins(1..3));
    assert_eq!(publish(&host), 1, "the old checkpoint stands");
    let problems = host.health().problems;
    assert!(problems[0].contains("1 of 2 witnesses"), "{problems:?}");
    two.set(Mood::Fair);
    assert_eq!(publish(&host), 3);
    assert_eq!(host.health().problems, [""; 0]);
    assert_eq!(cosigners(&host, &[&one, &two]), ["one", "two"]);
    end(running);
    two.set(Mood::Down);
    let settings = Settings {
        publish_without_quorum: true,
        ..settings
    };
    let running = start(&place, settings, &[&one, &two]).unwrap();
    accept(&running.host, joins(3..4));
    assert_eq!(publish(&running.host), 4);
    let problems = running.host.health().problems;
    assert!(problems[0].contains("1 of 2 witnesses"), "{problems:?}");
    assert_eq!(cosigners(&running.host, &[&one, &two]), ["one"]);
    // The same checkpoint is asked for again until it has its quorum.
    two.set(Mood::Fair);
    assert_eq!(publish(&running.host), 4);
    assert_eq!(cosigners(&running.host, &[&one, &two]), ["one", "two"]);
    end(running);
}

#[test]
fn an_old_backup_is_refused_by_who_has_seen_more_and_goes_on_under_another_name() {
    let dir = tempfile::tempdir().unwrap();
    let (live, backup) = (dir.path().join("live"), dir.path().join("backup"));
    let place = Place::directory(&live);
    lay_out(&place);
    let stand = Stand::new("one");
    let running = start(&place, quiet(), &[&stand]).unwrap();
    accept(&running.host, joins(1..3));
    publish(&running.host);
    end(running);
    copy(&live, &backup);
    let running = start(&place, quiet(), &[&stand]).unwrap();
    accept(&running.host, joins(3..5));
    assert_eq!(publish(&running.host), 5);
    end(running);

    let old = Place::directory(&backup);
    let note = std::fs::read(backup.join("log/checkpoint")).unwrap();
    let refused = start(&old, quiet(), &[&stand]).err().unwrap().to_string();
    assert!(refused.contains("seen 5 entries, here are 3"), "{refused}");
    assert!(refused.contains("--accept-rollback"), "{refused}");
    assert_eq!(std::fs::read(backup.join("log/checkpoint")).unwrap(), note);

    let settings = Settings {
        accept_rollback: true,
        ..quiet()
    };
    let running = start(&old, settings, &[&stand]).unwrap();
    let host = &running.host;
    assert_eq!(
        host.origin(),
        format!("{}/1", crate::space::keys().origin())
    );
    assert!(host.health().problems[0].contains("another key"));
    stand.logs.lock().unwrap().push(host.log_key());
    assert_eq!(host.durable(), 4, "an entry names the new key");
    accept(host, joins(3..4));
    assert_eq!(publish(host), 5);
    assert_eq!(cosigners(host, &[&stand]), ["one"]);
    let note = host.public().checkpoint_note().unwrap();
    assert!(Checkpoint::open(&note, &crate::space::keys().log_key()).is_err());
    let key = host.log_key();
    end(running);
    // The new name stays, and needs no permission any more.
    let running = start(&old, quiet(), &[&stand]).unwrap();
    assert_eq!(running.host.log_key(), key);
    assert_eq!(running.host.durable(), 5);
    end(running);
    assert_eq!(stand.knows(&crate::space::keys().origin()), 5);
}

#[test]
fn a_restored_directory_needs_somebodys_word() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let marker = dir.path().join("restored");
    std::fs::write(&marker, "").unwrap();
    let refused = start(&place, quiet(), &[]).err().unwrap().to_string();
    assert!(refused.contains("no witness is named"), "{refused}");
    let stands = [Stand::new("one"), Stand::new("two")];
    let all = [&stands[0], &stands[1]];
    all.iter().for_each(|stand| stand.set(Mood::Down));
    let refused = start(&place, quiet(), &all).err().unwrap().to_string();
    assert!(
        refused.contains("no witness confirms (2 asked)"),
        "{refused}"
    );
    // One that was away knows of nothing newer, whatever the quorum.
    stands[0].set(Mood::Fair);
    for quorum in 0..3 {
        let settings = Settings { quorum, ..quiet() };
        let refused = start(&place, settings, &all).err().unwrap().to_string();
        assert!(
            refused.contains("only 1 of 2 witnesses confirm"),
            "{refused}"
        );
    }
    assert!(marker.exists());
    stands[1].set(Mood::Fair);
    let running = start(&place, quiet(), &all).unwrap();
    assert_eq!(running.host.log_key(), crate::space::keys().log_key());
    assert!(!marker.exists());
    end(running);
}

#[test]
fn the_log_is_told_the_time_that_its_witnesses_have_seen_and_not_about_that_entry_again() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let stand = Stand::new("one");
    let settings = Settings {
        note_witness_every_ms: 0,
        ..quiet()
    };
    let running = start(&place, settings, &[&stand]).unwrap();
    let host = &running.host;
    let set = SetWitnesses {
        keys: vec![stand.key().to_string()],
        quorum: 1,
    };
    let set = host
        .operate(Command::SetWitnesses(set))
        .unwrap()
        .wait(DEADLINE);
    assert_eq!(set.unwrap().unwrap(), Ok(1));
    assert_eq!(publish(host), 2);
    assert!(host.wait_for(2, DEADLINE));
    let witnessed = host.read(|state| state.witnessed.clone()).unwrap();
    assert_eq!((witnessed.size, witnessed.time_ms), (2, START_MS + 30_000));
    publish(host);
    publish(host);
    assert_eq!(host.durable(), 3, "no entry about the entry");
    let policy = Policy::new(vec![stand.key().clone()], 1).unwrap();
    let receipt = host.receipt(2).unwrap();
    assert_eq!(
        receipt
            .open(&host.log_key(), Some(&policy))
            .unwrap()
            .cosignatures
            .len(),
        1
    );
    end(running);
}
