//! What is there when a view is opened: nothing, one that goes on, one that does not, another file.

use std::fs;
use std::path::Path;
use view::Projection;
use view::error::Kind;

fn open(path: &Path) -> (u64, Option<String>) {
    let opened = Projection::open(path).unwrap();
    (opened.projection.through(), opened.notice)
}

#[test]
fn a_view_is_made_once_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    assert_eq!(open(&path), (0, None));
    assert_eq!(open(&path), (0, None));
    assert!(!dir.path().join("view.sqlite.aside").exists());
}

#[test]
fn what_is_no_view_is_moved_aside_with_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    let foreign = dir.path().join("foreign");
    view::Database::open(
        &foreign,
        view::database::Durability::Process,
        &["CREATE TABLE other (x)"],
    )
    .unwrap();
    for content in [
        vec![7; 4_096],
        b"no database".to_vec(),
        fs::read(&foreign).unwrap(),
    ] {
        fs::write(&path, &content).unwrap();
        let (through, notice) = open(&path);
        assert_eq!(through, 0);
        assert!(notice.unwrap().contains("view.sqlite.aside"));
        assert_eq!(
            fs::read(dir.path().join("view.sqlite.aside")).unwrap(),
            content
        );
        assert_eq!(open(&path), (0, None), "the new one is whole");
    }
}

#[test]
fn a_damaged_view_is_moved_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    open(&path);
    let mut bytes = fs::read(&path).unwrap();
    let (start, end) = (3 * 4_096, 6 * 4_096);
    bytes[start..end].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let (through, notice) = open(&path);
    assert_eq!(through, 0);
    assert!(notice.unwrap().contains("filled again"));
}

#[test]
fn another_schema_is_filled_again_without_being_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("view.sqlite");
    open(&path);
    let mut bytes = fs::read(&path).unwrap();
    // The header's `user_version` (SQLite's file format, section 1.3).
    bytes[60..64].copy_from_slice(&1_u32.to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    let (through, notice) = open(&path);
    assert_eq!(through, 0);
    assert!(notice.unwrap().contains("another schema"));
    assert!(!dir.path().join("view.sqlite.aside").exists());
}

#[test]
fn one_projection_at_a_time_keeps_a_view() {
    let dir = tempfile::tempdir().unwrap();
    // A reader's directory is made when it is first used.
    let path = dir.path().join("new/reader/view.sqlite");
    let first = Projection::open(&path).unwrap();
    let second = Projection::open(&path).unwrap_err();
    assert_eq!(second.kind, Kind::Unavailable);
    assert!(second.to_string().contains("--data"), "{second}");
    drop(first);
    assert!(Projection::open(&path).is_ok());
}
