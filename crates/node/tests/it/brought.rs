//! Contents of models: served for whoever has uploaded them, and for nobody who knows a hash.

use crate::service::Running;
use crate::world::{Person, World, asset};
use node::content::{Contents, Upload};
use proof::hash::sha256;
use protocol::market::{Listing, RegisterAsset};
use protocol::service::ServeAsset;
use protocol::{AccountId, AssetId, Command, Hash, Scope};
use std::path::Path;
use std::sync::Arc;

/// A world that accounts 3 and 4, who publish, have joined.
fn joined(dir: &Path) -> (World, [Person; 2]) {
    let mut world = World::new(dir);
    let space = world.developer.space();
    let mut people = [3, 4].map(|account| Person::new(space, account, Scope::PUBLISH));
    let joins = people.iter_mut().map(Person::join).collect();
    world.accept(joins);
    (world, people)
}

/// Puts a model with these bytes into service, as asset `id`, with what comes along.
fn serve(world: &mut World, person: &mut Person, (id, bytes): (u32, &[u8]), along: &[&[u8]]) {
    let register = RegisterAsset {
        content: Hash(sha256(&[bytes])),
        ..asset()
    };
    let mut register = person.sign(Command::RegisterAsset(register));
    register.attachments = along.iter().map(|bytes| bytes.to_vec()).collect();
    let (asset, tokens) = (AssetId(id), None);
    let serve = person.sign(Command::ServeAsset(ServeAsset { asset, tokens }));
    world.accept(vec![register, serve]);
}

#[test]
fn nobody_serves_what_only_another_has_brought() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, [mut maker, mut thief]) = joined(dir.path());
    let (uploaded, attached) = (&b"uploaded"[..], &b"attached"[..]);
    serve(&mut world, &mut maker, (0, uploaded), &[]);
    serve(&mut world, &mut maker, (1, attached), &[attached]);
    serve(&mut world, &mut thief, (2, uploaded), &[]);
    // What was attached once is everybody's to attach again.
    serve(&mut world, &mut thief, (3, attached), &[attached]);
    drop(world);
    let contents = Contents::open(&dir.path().join("content")).unwrap();
    let upload = |by, mut bytes: &[u8]| contents.put(AccountId(by), &mut bytes, 100).unwrap();
    upload(3, uploaded);
    let mut node = Running::start(dir.path());
    node.turn(0);
    let books = Arc::clone(&node.service.books);
    let served = books.served();
    let read = |asset: usize| books.content(&served[asset]);
    assert_eq!(read(0).as_deref(), Some(uploaded));
    assert_eq!(read(1).as_deref(), Some(attached));
    for asset in [2, 3] {
        assert_eq!(read(asset), None, "of asset {asset}");
        let why = books.absence(served[asset].asset).unwrap();
        assert!(why.starts_with("its owner, account 4, has not"), "{why}");
        assert!(why.contains("hint: as account 4, send"), "{why}");
    }
    assert_eq!(books.absence(AssetId(0)), None);
    assert_eq!(books.absence(AssetId(9)), None, "it is not in service");
    // Whoever has all of its bytes may serve it, too.
    upload(4, uploaded);
    assert_eq!(read(2).as_deref(), Some(uploaded));
    assert_eq!((books.absence(AssetId(2)), read(3)), (None, None));
    node.stop();
}

#[test]
fn what_was_kept_before_there_were_marks_goes_to_whoever_has_registered_it_first() {
    let dir = tempfile::tempdir().unwrap();
    let (mut world, [mut maker, mut thief]) = joined(dir.path());
    let texts = [&b"content"[..], b"card"];
    let [content, card] = texts.map(|bytes| Hash(sha256(&[bytes])));
    let listing = Listing {
        card: Some(card),
        ..Listing::default()
    };
    let register = |content, listing| {
        Command::RegisterAsset(RegisterAsset {
            content,
            listing,
            ..asset()
        })
    };
    let listed = maker.sign(register(content, Some(Box::new(listing))));
    let copies = [content, card].map(|hash| thief.sign(register(hash, None)));
    world.accept(vec![listed]);
    world.accept(copies.into());
    drop(world);
    let folder = dir.path().join("content");
    let contents = Contents::open(&folder).unwrap();
    for bytes in texts {
        contents.put(AccountId(9), &mut &bytes[..], 100).unwrap();
    }
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().ends_with("-9") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let node = Running::start(dir.path());
    for hash in [content, card] {
        let has = |by| {
            let by = AccountId(by);
            contents.get(Upload { by, hash }).unwrap().is_some()
        };
        assert_eq!((has(3), has(4)), (true, false));
    }
    node.stop();
}
