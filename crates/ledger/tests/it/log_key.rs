//! The log's own keys: one after the other, all of one name.

use crate::keeping::cosigner;
use crate::world::{SPACE, World, genesis, log_signer};
use protocol::{Command, Rejection};

#[test]
fn log_keys_are_of_the_logs_name_and_used_once() {
    let mut world = World::new(1);
    let size = world.state.size;
    let key = |number| log_signer(number).verifier().to_string();
    assert_eq!(world.rotate_log(0), Err(Rejection::LogKeyUsed));
    assert_eq!(world.rotate_log(1), Ok(()));
    assert_eq!(world.rotate_log(0), Err(Rejection::LogKeyUsed));
    assert_eq!(world.state.log_key(size), Some(&*key(0)));
    assert_eq!(world.state.log_key(size + 1), Some(&*key(1)));
    assert_eq!(world.state.log_key(u64::MAX), Some(&*key(1)));
    let mut unopened = World::new(1);
    unopened.state = ledger::State::new(SPACE);
    unopened.actor("operator").account = None;
    let mut bent = genesis(1);
    bent.log_key.push('!');
    let opens = unopened.ask("operator", Command::Genesis(bent));
    assert_eq!(opens, Err(Rejection::BadKey));
    let other = proof::note::Signer::from_seed("other.example/log", &[1; 32]).unwrap();
    let named = |name: &str| {
        let signer = proof::note::Signer::from_seed(name, &[1; 32]).unwrap();
        signer.verifier().to_string()
    };
    let name = log_signer(0).verifier().name().to_owned();
    let wrong = [
        (named(&format!("{name}/")), Rejection::OtherOrigin),
        (named(&format!("{name}/0")), Rejection::OtherOrigin),
        (named(&format!("{name}/01")), Rejection::OtherOrigin),
        (named(&format!("{name}/x")), Rejection::OtherOrigin),
        (named(&format!("{name}/1/1")), Rejection::OtherOrigin),
        (named(&format!("{name}1")), Rejection::OtherOrigin),
        (other.verifier().to_string(), Rejection::OtherOrigin),
        (cosigner('a').key().to_string(), Rejection::BadKey),
        (
            key(2).replace("headwater.", "Headwater."),
            Rejection::BadKey,
        ),
        ("".to_owned(), Rejection::BadKey),
    ];
    for (key, refused) in wrong {
        let rotate = protocol::operation::RotateLogKey { key };
        let asked = world.ask("operator", Command::RotateLogKey(rotate));
        assert_eq!(asked, Err(refused));
    }
}

#[test]
fn a_log_that_lost_its_end_takes_later_names_and_never_an_earlier_one() {
    let mut world = World::new(1);
    let name = log_signer(0).verifier().name().to_owned();
    let rotate = |world: &mut World, name: &str, seed: u8| {
        let signer = proof::note::Signer::from_seed(name, &[seed; 32]).unwrap();
        let key = signer.verifier().to_string();
        let receipt = world.state.next_rotation(&key);
        let rotate = protocol::operation::RotateLogKey { key };
        let asked = world.ask("operator", Command::RotateLogKey(rotate));
        asked.map(|_| receipt)
    };
    let (second, third) = (format!("{name}/1"), format!("{name}/3"));
    assert_eq!(rotate(&mut world, &name, 1), Ok(Some(1)));
    assert_eq!(rotate(&mut world, &second, 2), Ok(None));
    let since = world.state.size;
    assert_eq!(
        rotate(&mut world, &name, 3),
        Err(Rejection::OtherOrigin),
        "the first name is over"
    );
    assert_eq!(rotate(&mut world, &second, 4), Ok(Some(2)));
    assert_eq!(rotate(&mut world, &third, 5), Ok(None));
    assert_eq!(
        rotate(&mut world, &second, 6),
        Err(Rejection::OtherOrigin),
        "so is the second"
    );
    let receipts: Vec<_> = (0..5).map(|at| world.state.rotation(at)).collect();
    assert_eq!(receipts, [None, Some(1), None, Some(2), None]);
    assert_eq!(world.state.rotation(5), None);
    let key = world.state.log_key(since).unwrap();
    assert!(key.starts_with(&format!("{second}+")), "{key}");
}
