//! The suite that every namespace of files passes: bucket or directory, twin or server.
use std::collections::BTreeSet;
use std::io;

use store::files::Created;
use store::lease::{Lease, Watch};
use store::{Bucket, Directory, Files, Kind, probe};

/// Everything that is promised of [`Files`].
pub fn check_files(files: &dyn Files) {
    check_creation(files);
    check_replacement(files);
    check_listing(files);
    check_lease(files);
    probe::probe(files).unwrap();
    assert_eq!(files.list("probe/", "", 10).unwrap(), [""; 0]);
}

fn check_creation(files: &dyn Files) {
    assert_eq!(files.read("made/a").unwrap(), None);
    assert_eq!(files.create("made/a", b"one").unwrap(), Created::New);
    assert_eq!(files.create("made/a", b"two").unwrap(), Created::Exists);
    assert_eq!(files.create("made/a", b"one").unwrap(), Created::Exists);
    assert_eq!(files.read("made/a").unwrap().unwrap(), b"one");
    files.remove("made/a").unwrap();
    files.remove("made/a").unwrap();
    assert_eq!(files.read("made/a").unwrap(), None);
    assert_eq!(files.create("made/a", b"").unwrap(), Created::New);
    assert_eq!(files.read("made/a").unwrap().unwrap(), b"");
    let large: Vec<u8> = (0..5_000_000u32).map(|at| (at % 251) as u8).collect();
    assert_eq!(files.create("made/large", &large).unwrap(), Created::New);
    assert!(files.read("made/large").unwrap().unwrap() == large);
    files.remove("made/a").unwrap();
    files.remove("made/large").unwrap();
    check_pieces(files, &large);
    for name in ["", "/a", "a/", "a//b", "../a", "a b"] {
        assert_eq!(
            files.create(name, b"").unwrap_err().kind,
            Kind::Invalid,
            "{name}"
        );
        assert_eq!(files.read(name).unwrap_err().kind, Kind::Invalid, "{name}");
    }
}

/// A file that is made while it is written, and read again piece by piece.
fn check_pieces(files: &dyn Files, bytes: &[u8]) {
    let pieces = |bytes: &[u8]| {
        files.create_from("made/pieces", &|out| {
            let mut pieces = bytes.chunks(999);
            pieces.try_for_each(|piece| out.write_all(piece))
        })
    };
    let mut read = Vec::new();
    let mut take = |piece: &[u8]| read.extend_from_slice(piece);
    assert!(!files.each_piece("made/pieces", &mut take).unwrap());
    assert_eq!(pieces(bytes).unwrap(), Created::New);
    assert!(files.each_piece("made/pieces", &mut take).unwrap());
    assert!(read == bytes);
    assert_eq!(pieces(b"other").unwrap(), Created::Exists);
    assert!(files.read("made/pieces").unwrap().unwrap() == bytes);
    files.remove("made/pieces").unwrap();
    // What cannot be made is not there.
    let failed = files.create_from("made/pieces", &|out| {
        out.write_all(bytes)?;
        Err(io::Error::other("no more"))
    });
    let error = failed.unwrap_err();
    assert!(error.to_string().contains("no more"), "{error}");
    assert_eq!(files.list("made/pieces", "", 9).unwrap(), [""; 0]);
}

fn check_replacement(files: &dyn Files) {
    files.put("put/a", b"one").unwrap();
    files.put("put/a", b"another").unwrap();
    assert_eq!(files.read("put/a").unwrap().unwrap(), b"another");
    let name = |at: u64| format!("put/x{:03}/{at}", at % 10);
    for at in 0..150 {
        files.stage(&name(at), name(at).as_bytes()).unwrap();
    }
    files.sync().unwrap();
    for at in 0..150 {
        assert_eq!(files.read(&name(at)).unwrap().unwrap(), name(at).as_bytes());
        files.remove(&name(at)).unwrap();
    }
    files.remove("put/a").unwrap();
    assert_eq!(files.list("put/", "", 10).unwrap(), [""; 0]);
}

fn check_listing(files: &dyn Files) {
    let names = [
        "list/a",
        "list/a.b",
        "list/a.c/b",
        "list/aa",
        "list/b",
        "list-",
        "lis/t",
    ];
    for name in names {
        files.put(name, name.as_bytes()).unwrap();
    }
    let sorted: Vec<&str> = BTreeSet::from(names).into_iter().collect();
    for prefix in ["list/", "list/a", "list/a.c/", "list", "list/c", "list/aa"] {
        for after in ["", "list", "list/a", "list/a.b", "list/a.c/c", "list/zz"] {
            for limit in [1, 2, 10] {
                let expected = sorted.iter().filter(|name| name.starts_with(prefix));
                let expected = expected.filter(|name| **name > after).take(limit);
                let expected: Vec<&str> = expected.copied().collect();
                let listed = files.list(prefix, after, limit).unwrap();
                assert_eq!(listed, expected, "{prefix} after {after}, at most {limit}");
            }
        }
    }
    for name in names {
        files.remove(name).unwrap();
    }
}

fn check_lease(files: &dyn Files) {
    let mut watch = Watch::default();
    assert_eq!((watch.look(files).unwrap(), watch.lease()), (1, None));
    let lease = |beat| Lease {
        epoch: 3,
        beat,
        address: "http://127.0.0.1:8080".to_owned(),
    };
    lease(1).write(files).unwrap();
    assert_eq!(watch.look(files).unwrap(), 0);
    assert_eq!(watch.look(files).unwrap(), 1);
    assert_eq!(watch.look(files).unwrap(), 2);
    lease(2).write(files).unwrap();
    assert_eq!(watch.look(files).unwrap(), 0);
    assert_eq!(watch.lease(), Some(&lease(2)));
    files.put("lease", b"headwater/lease/v2\n").unwrap();
    let error = watch.look(files).unwrap_err();
    assert!(error.to_string().contains("it is not a lease"), "{error}");
    files.remove("lease").unwrap();
}

#[test]
fn a_bucket_in_memory_keeps_the_promises() {
    check_files(&Bucket::reading("memory://log", []).unwrap());
    check_files(&Bucket::reading("memory://log/under/a/prefix", []).unwrap());
}

#[test]
fn a_directory_keeps_the_promises() {
    let dir = tempfile::tempdir().unwrap();
    check_files(&Directory::at(dir.path()));
}

#[test]
fn a_bucket_works_for_threads_that_run_asynchronous_tasks() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let bucket = Bucket::reading("memory://log", []).unwrap();
    runtime.block_on(async move {
        assert_eq!(bucket.create("a", b"1").unwrap(), Created::New);
        assert_eq!(bucket.read("a").unwrap().unwrap(), b"1");
    });
}

#[test]
fn a_url_that_names_no_bucket_is_refused_with_the_form_it_must_have() {
    for (url, said) in [
        ("bucket", "it is not a URL"),
        (
            "ftp://bucket",
            "`ftp` is none of `s3`, `gs`, `az`, `memory`",
        ),
        ("s3://bucket/a//b", "its path cannot be a prefix"),
    ] {
        let error = Bucket::reading(url, []).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.to_string().contains(said), "{error}");
    }
}
