//! The watcher's own directory: what outlives a crash, and what is refused.

use crate::directory::Directory;
use chain::Statement;
use chain::objection::Signed;
use std::fs;
use std::io::{ErrorKind, Write as _};
use watch::Memory;
use watch::tree::Tree;

fn signed(epoch: u64, root: u8) -> Signed {
    Signed {
        statement: Statement {
            epoch,
            root: [root; 32].into(),
            ..Statement::default()
        },
        signature: vec![1; 65],
    }
}

#[test]
fn what_was_noted_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::open(folder.path()).unwrap();
    assert!(memory.learn(&signed(2, 1)).unwrap());
    assert!(!memory.learn(&signed(2, 1)).unwrap());
    assert!(memory.learn(&signed(2, 9)).unwrap());
    memory.agree(1, [4; 32], true).unwrap();
    memory.finish(2, "challenge", &[7; 32]).unwrap();
    assert!(memory.tell("2 epoch_root").unwrap());
    assert!(memory.tell("2 bond_lost").unwrap());
    drop(memory);
    let mut memory = Memory::open(folder.path()).unwrap();
    assert_eq!(memory.statements(2), [signed(2, 1), signed(2, 9)]);
    assert_eq!(
        (memory.first_open(), memory.has_agreed(1, &[4; 32])),
        (2, true)
    );
    assert!(
        !memory.has_agreed(1, &[5; 32]),
        "another post under the same id"
    );
    assert_eq!(memory.deeds(), [(2, "challenge".to_owned())]);
    assert_eq!(memory.lost().into_iter().collect::<Vec<_>>(), [2]);
    assert!(!memory.tell("2 epoch_root").unwrap());
}

#[test]
fn a_torn_last_line_is_cut_off_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::open(folder.path()).unwrap();
    memory.agree(1, [4; 32], true).unwrap();
    drop(memory);
    let path = folder.path().join("watch.jsonl");
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"agreed\":2,\"pos").unwrap();
    let mut memory = Memory::open(folder.path()).unwrap();
    assert_eq!(memory.first_open(), 2);
    memory.agree(2, [4; 32], true).unwrap();
    drop(memory);
    assert_eq!(Memory::open(folder.path()).unwrap().first_open(), 3);
    file.write_all(b"{\"agreed\":3}\n").unwrap();
    let error = Memory::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(error.to_string().starts_with("line 3 of "), "{error}");
}

#[test]
fn two_watchers_do_not_share_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let memory = Memory::open(folder.path()).unwrap();
    let error = Memory::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    drop(memory);
    Memory::open(folder.path()).unwrap();
}

/// Sizes on both sides of full tiles, so that partial ones are overtaken.
#[test]
fn the_hashes_of_a_growing_log_are_kept() {
    let entries: Vec<Vec<u8>> = (0..700_u32).map(|it| it.to_be_bytes().to_vec()).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::open(folder.path()).unwrap();
    let source = Directory::default();
    let mut roots = Vec::new();
    for size in [3, 200, 256, 300, 511, 700] {
        let head = source.publish(&entries[..size]);
        memory.keep(&source, head).unwrap();
        assert_eq!(memory.head(), Some(head));
        roots.push(head);
    }
    drop(memory);
    let memory = Memory::open(folder.path()).unwrap();
    let tiles = memory.tiles();
    let tree = Tree::new(700, &tiles);
    for head in roots {
        assert_eq!(tree.root_at(head.size), Some(head.root));
    }
    assert_eq!(tree.root_at(701), None);

    let mut other = entries.clone();
    other[517] = b"another".to_vec();
    let head = source.publish(&other[..650]);
    let read = |path: &str| source.files().get(&format!("log/{path}")).cloned();
    let shown = Tree::new(650, &read);
    let fork = tree.fork(700, &shown, 650).unwrap();
    assert_eq!(fork.index, 517);
    let (leaf, path) = &fork.other;
    proof::merkle::verify_inclusion(leaf, 517, 650, path, &head.root).unwrap();
    assert_eq!(
        tree.fork(500, &shown, 510),
        None,
        "they agree as far as both go"
    );
}
