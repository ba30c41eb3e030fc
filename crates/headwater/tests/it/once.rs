//! Work over HTTP while the node is killed: nothing is lost, given twice or answered twice.
//!
//! At full scale it is a row of `cargo xtask bench work`.

use headwater::load::once::Once;
use std::path::Path;

#[test]
fn no_kill_loses_an_answer_or_gives_a_task_twice() {
    let folder = tempfile::tempdir().unwrap();
    let once = Once {
        binary: Path::new(env!("CARGO_BIN_EXE_headwater")),
        dir: &folder.path().join("node"),
        units: 3_000,
        clients: 16,
        kills: 2,
    };
    let verdict = once.run().unwrap();
    let played = &verdict.played;
    assert_eq!(played.refused, Vec::<String>::new());
    assert_eq!(verdict.given_twice, 0);
    assert_eq!((verdict.answered, verdict.answered_twice), (3_000, 0));
    assert_eq!((played.acknowledged.len(), verdict.lost), (3_000, 0));
}
