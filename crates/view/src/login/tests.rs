//! What the login remembers, for how long, and for whom.

use super::*;
use protocol::{Hash, Role, Roles};

const NOW_MS: u64 = 1_767_603_600_000;
const HOUR_MS: u64 = 3_600_000;

fn opened(dir: &tempfile::TempDir) -> Login {
    Login::open(&dir.path().join("login.sqlite")).expect("it opens")
}

fn somebody(login: &mut Login, number: u8) -> PersonId {
    let arrived = login.arrive(&Subject::Wallet([number; 20]), NOW_MS);
    arrived.expect("it is noted").id
}

fn session(login: &mut Login, person: PersonId, token: u8, now_ms: u64) -> i64 {
    let new = NewSession {
        token: Hash([token; 32]),
        person,
        agent: "a browser",
        expires_ms: NOW_MS + 24 * HOUR_MS,
    };
    login.begin(new, now_ms).expect("it begins")
}

#[test]
fn a_person_is_known_again_and_has_one_account() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let (ann, bob) = (somebody(&mut login, 1), somebody(&mut login, 2));
    assert_ne!(ann, bob);
    assert!(login.settle(ann, AccountId(7), Some(b"body")).expect("ok"));
    assert!(!login.settle(ann, AccountId(8), None).expect("ok"));
    assert!(!login.settle(bob, AccountId(7), None).expect("ok"));
    drop(login);
    let mut login = opened(&dir);
    assert_eq!(somebody(&mut login, 1), ann);
    let known = login.person(ann).expect("ok").expect("known");
    assert_eq!(known.account, Some(AccountId(7)));
    assert_eq!(known.binding.as_deref(), Some(&b"body"[..]));
    assert_eq!(login.holder(AccountId(7)).expect("ok"), Some(known));
    assert_eq!(login.holder(AccountId(8)).expect("ok"), None);
    let passkey = Subject::Passkey(vec![1; 20]);
    let other = login.arrive(&passkey, NOW_MS).expect("ok");
    assert_ne!(other.id, ann);
    assert_eq!(other.subject, passkey);
}

#[test]
fn a_session_ends_by_its_owner_by_time_and_by_silence() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let (ann, bob) = (somebody(&mut login, 1), somebody(&mut login, 2));
    let id = session(&mut login, ann, 1, NOW_MS);
    let token = Hash([1; 32]);
    let mut at = |now_ms| login.session(token, now_ms, HOUR_MS).expect("ok");
    assert!(at(NOW_MS + HOUR_MS - 1).is_some());
    // It was seen just now, and the hour begins anew.
    assert!(at(NOW_MS + 2 * HOUR_MS - 2).is_some());
    assert!(at(NOW_MS + 3 * HOUR_MS - 2).is_none());
    assert!(
        login
            .session(token, NOW_MS + 24 * HOUR_MS, u64::MAX)
            .expect("ok")
            .is_none()
    );
    assert!(
        login
            .session(Hash([2; 32]), NOW_MS, HOUR_MS)
            .expect("ok")
            .is_none()
    );
    assert!(!login.end(bob, id).expect("ok"), "it is not bob's");
    assert!(login.end(ann, id).expect("ok"));
    assert!(login.session(token, NOW_MS, HOUR_MS).expect("ok").is_none());
}

/// What a commit waits for: 1 is nothing, 2 a sync.
fn synchronous(login: &Login) -> i64 {
    let connection = &login.database.connection;
    let read = connection.pragma_query_value(None, "synchronous", |row| row.get(0));
    read.expect("it is read")
}

#[test]
fn that_somebody_was_seen_waits_for_no_disk_and_all_else_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    assert_eq!(synchronous(&login), 2);
    let ann = somebody(&mut login, 1);
    session(&mut login, ann, 1, NOW_MS);
    let token = Hash([1; 32]);
    let later_ms = NOW_MS + HOUR_MS;
    let found = login.session(token, later_ms, 2 * HOUR_MS).expect("ok");
    assert!(found.is_some());
    assert_eq!(
        login.sessions(ann, NOW_MS).expect("ok")[0].seen_ms,
        later_ms
    );
    assert_eq!(synchronous(&login), 2, "a login after it is kept");
    let sql = "UPDATE nothing SET seen_ms = 1";
    assert!(login.change_unsynced("note", sql, []).is_err());
    assert_eq!(synchronous(&login), 2, "also after one that fails");
}

#[test]
fn the_session_unseen_for_longest_gives_way() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let ann = somebody(&mut login, 1);
    for token in 0..51 {
        session(&mut login, ann, token, NOW_MS + u64::from(token));
    }
    let kept = login.sessions(ann, NOW_MS).expect("ok");
    assert_eq!(kept.len(), 50);
    assert!(kept.iter().all(|kept| kept.created_ms > NOW_MS));
    assert_eq!(login.end_all(ann).expect("ok"), 50);
}

#[test]
fn a_key_is_worth_something_until_it_expires_or_is_revoked() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let (ann, bob) = (somebody(&mut login, 1), somebody(&mut login, 2));
    let new = NewKey {
        hash: Hash([9; 32]),
        shown: "hw_abc",
        person: ann,
        name: "export",
        rights: Rights {
            roles: Roles::of(&[Role::Requester]),
            writes: false,
        },
        expires_ms: NOW_MS + HOUR_MS,
    };
    let id = login.issue(new, NOW_MS).expect("it is made");
    let found = login.key(new.hash, NOW_MS + 1).expect("ok").expect("good");
    assert_eq!((found.id, found.rights), (id, new.rights));
    assert_eq!(
        login.keys(ann, NOW_MS).expect("ok")[0].used_ms,
        Some(NOW_MS + 1)
    );
    assert!(login.key(new.hash, NOW_MS + HOUR_MS).expect("ok").is_none());
    assert!(!login.revoke(bob, id, NOW_MS).expect("ok"));
    assert!(login.revoke(ann, id, NOW_MS).expect("ok"));
    assert!(!login.revoke(ann, id, NOW_MS).expect("ok"));
    assert!(login.key(new.hash, NOW_MS).expect("ok").is_none());
    assert!(login.keys(ann, NOW_MS).expect("ok").is_empty());
    for number in 10..60 {
        let hash = Hash([number; 32]);
        login.issue(NewKey { hash, ..new }, NOW_MS).expect("ok");
    }
    let hash = Hash([200; 32]);
    let refused = login.issue(NewKey { hash, ..new }, NOW_MS);
    assert_eq!(
        refused.expect_err("too many").kind,
        crate::error::Kind::Invalid
    );
}

#[test]
fn a_challenge_is_answered_once_in_time_and_by_its_own_browser() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let (hash, own, other) = (Hash([1; 32]), Hash([2; 32]), Hash([3; 32]));
    let mut ask = |browser, now_ms| {
        login.challenge(hash, own, NOW_MS + 10).expect("ok");
        [
            login.answer(hash, browser, now_ms).expect("ok"),
            login.answer(hash, own, NOW_MS).expect("ok"),
        ]
    };
    assert_eq!(ask(own, NOW_MS), [true, false]);
    assert_eq!(ask(other, NOW_MS), [false, false]);
    assert_eq!(ask(own, NOW_MS + 10), [false, false]);
    assert!(login.use_once(hash, NOW_MS + 10).expect("ok"));
    assert!(!login.use_once(hash, NOW_MS + 10).expect("ok"));
    login.sweep(NOW_MS + 10).expect("ok");
    assert!(login.use_once(hash, NOW_MS + 20).expect("ok"));
}

#[test]
fn nothing_in_the_file_is_a_token() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let columns = login.many(
        "list columns",
        "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND c.name IN ('token', 'hash', 'browser') ORDER BY 1",
        [],
        |row| row.get::<_, String>(0),
    );
    // Each of them is taken as a `Hash` by the functions above, 32 bytes and no text.
    assert_eq!(
        columns.expect("ok"),
        [
            "api_keys.hash",
            "challenges.browser",
            "challenges.hash",
            "sessions.token",
            "used.hash"
        ]
    );
    let ann = somebody(&mut login, 1);
    session(&mut login, ann, 1, NOW_MS);
    let lengths = login.many(
        "read",
        "SELECT length(token) FROM sessions WHERE typeof(token) = 'blob'",
        [],
        |row| row.get::<_, i64>(0),
    );
    assert_eq!(lengths.expect("ok"), [32]);
}

fn new_passkey(person: PersonId, credential: u8) -> NewPasskey {
    NewPasskey {
        person,
        credential: vec![credential; 16],
        party: "data.example.org".to_owned(),
        point: ([1; 32], [2; 32]),
        counter: 0,
        name: "laptop".to_owned(),
        backed_up: true,
    }
}

#[test]
fn passkeys_are_added_once_counted_renamed_and_removed_by_their_owner() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut login = opened(&dir);
    let (ann, bob) = (somebody(&mut login, 1), somebody(&mut login, 2));
    let mut add = |person, credential| {
        let new = new_passkey(person, credential);
        login.add_passkey(&new, NOW_MS).expect("ok")
    };
    let first = add(ann, 1).expect("new");
    assert_eq!(add(bob, 1), None, "an id is somebody's alone");
    let second = add(ann, 2).expect("new");
    for credential in 3..=20 {
        assert!(add(ann, credential).is_some());
    }
    assert_eq!(add(ann, 21), None, "twenty are enough");
    // One that does not count stays at zero; one that counts goes up.
    let mut used = |counter| login.use_passkey(first, counter, NOW_MS + 1).expect("ok");
    let counts = [0, 0, 5, 5, 4, 0, 6].map(&mut used);
    assert_eq!(counts, [true, true, true, false, false, false, true]);
    assert!(!login.rename_passkey(bob, first, "stolen").expect("ok"));
    assert!(login.rename_passkey(ann, first, "phone").expect("ok"));
    let found = login.passkey(&[1; 16]).expect("ok").expect("known");
    assert_eq!((found.person, found.name.as_str()), (ann, "phone"));
    assert_eq!((found.counter, found.used_ms), (6, Some(NOW_MS + 1)));
    assert_eq!(
        (found.x, found.y, found.backed_up),
        ([1; 32], [2; 32], true)
    );
    assert!(!login.remove_passkey(bob, second).expect("ok"));
    assert!(login.remove_passkey(ann, second).expect("ok"));
    assert_eq!(login.passkey(&[2; 16]).expect("ok"), None);
    assert_eq!(login.passkeys(ann).expect("ok").len(), 19);
    assert!(login.knows(&Subject::Wallet([1; 20])).expect("ok"));
    assert!(!login.knows(&Subject::Passkey(vec![1; 20])).expect("ok"));
}
