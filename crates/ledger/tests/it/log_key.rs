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
    let wrong = [
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
