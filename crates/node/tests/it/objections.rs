//! What witnesses have against a log, which of them a node asks, and what of theirs it goes by.

use crate::space::{DEADLINE, accept, end, joins, lay_out, publish, quiet};
use crate::witnesses::{Mood, Stand, cosigners, start};
use crate::world::START_MS;
use node::{Answer, Host, Settings, Witness as _};
use protocol::Command;
use protocol::operation::SetWitnesses;
use store::Place;

#[test]
fn a_witness_that_is_wrong_is_named_and_may_be_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let (fair, liar) = (Stand::new("fair"), Stand::new("liar"));
    let running = start(&place, quiet(), &[&fair, &liar]).unwrap();
    let host = &running.host;
    accept(host, joins(1..2));
    assert_eq!(publish(host), 2);
    assert_eq!(host.health().problems, [""; 0]);
    liar.set(Mood::Ahead);
    accept(host, joins(2..3));
    publish(host);
    let objection = "witness `liar` does not cosign: it has seen 999999 entries";
    let of_witnesses = || {
        let ills = host.health().ills.into_iter();
        let told = ills.filter(|ill| ill.part == "witnesses");
        told.map(|ill| ill.told.to_string()).next()
    };
    assert!(of_witnesses().is_some_and(|told| told.starts_with(objection)));
    // It does not take back what it has said by saying nothing.
    liar.set(Mood::Down);
    accept(host, joins(3..4));
    publish(host);
    assert!(of_witnesses().is_some_and(|told| told.starts_with(objection)));
    liar.set(Mood::Fair);
    accept(host, joins(4..5));
    publish(host);
    assert_eq!(of_witnesses(), None);
    end(running);
    liar.set(Mood::Ahead);
    let refused = start(&place, quiet(), &[&fair, &liar]).err().unwrap();
    let refused = refused.to_string();
    assert!(
        refused.contains("the witness `liar` has seen 999999"),
        "{refused}"
    );
    assert!(
        refused.contains("1 of 2 witnesses know no newer log"),
        "{refused}"
    );
    let alone = start(&place, quiet(), &[&liar]).err().unwrap().to_string();
    assert!(!alone.contains("leave the one"), "{alone}");
    end(start(&place, quiet(), &[&fair]).unwrap());
}

#[test]
fn a_log_whose_time_needs_witnesses_that_nobody_asks_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let stand = Stand::new("one");
    let running = start(&place, quiet(), &[]).unwrap();
    let set = SetWitnesses {
        keys: vec![stand.key().to_string()],
        quorum: 1,
    };
    let set = running.host.operate(Command::SetWitnesses(set)).unwrap();
    assert_eq!(set.wait(DEADLINE).unwrap().unwrap(), Ok(1));
    publish(&running.host);
    assert!(running.host.wait_for(1, DEADLINE));
    publish(&running.host);
    let problems = running.host.health().problems;
    let said = "log time needs 1 of the 1 witnesses that the log names, and this node asks 0";
    assert!(
        problems.iter().any(|told| told.starts_with(said)),
        "{problems:?}"
    );
    end(running);
    let running = start(&place, quiet(), &[&stand]).unwrap();
    publish(&running.host);
    assert_eq!(running.host.health().problems, [""; 0]);
    end(running);
}

#[test]
fn a_checkpoint_from_before_the_quorum_is_cosigned_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let running = start(&place, quiet(), &[]).unwrap();
    publish(&running.host);
    end(running);
    let stand = Stand::new("one");
    let settings = Settings {
        quorum: 1,
        ..quiet()
    };
    let running = start(&place, settings, &[&stand]).unwrap();
    assert_eq!(publish(&running.host), 1, "without an entry in between");
    assert_eq!(cosigners(&running.host, &[&stand]), ["one"]);
    assert_eq!(running.host.durable(), 1);
    end(running);
}

#[test]
fn a_promise_names_no_time_that_a_witness_has_seen_pass() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let stand = Stand::new("one");
    let arrived_ms = |host: &Host, accounts| {
        let answers = host.submit(joins(accounts)).unwrap().wait(DEADLINE);
        let Answer::Accepted(accepted) = answers.unwrap().unwrap()[0] else {
            panic!("the joining of a person");
        };
        accepted.arrived_ms
    };
    let running = start(&place, quiet(), &[&stand]).unwrap();
    assert_eq!(arrived_ms(&running.host, 1..2), START_MS);
    publish(&running.host);
    // The witness is half a minute ahead, and goes on.
    let seen_ms = START_MS + 30_000;
    let first_ms = arrived_ms(&running.host, 2..3);
    assert!(
        (seen_ms..seen_ms + 20_000).contains(&first_ms),
        "{first_ms}"
    );
    end(running);
    stand.set(Mood::Down);
    let running = start(&place, quiet(), &[&stand]).unwrap();
    assert!(arrived_ms(&running.host, 3..4) >= seen_ms);
    end(running);
}
