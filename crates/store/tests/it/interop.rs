//! Foreign readers of a log: `signed_note`, Go's `sumdb`, and Python that shares no code with us.
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use proof::receipt::Receipt;
use proof::witness::AddCheckpoint;
use signed_note::{Note, StandardVerifier, VerifierList};
use store::PublicLog;

use crate::{filled, records, signer};

const INTEROP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/interop");
/// Where Debian puts the sources of `golang-golang-x-mod-dev`.
const GO_PATH: &str = "/usr/share/gocode";

fn key() -> String {
    signer().verifier().to_string()
}

/// Runs the Python verifier, or says on the terminal that there is no Python.
fn verify_in_python(what: &Path) -> Option<Output> {
    let mut python = Command::new("python3");
    python
        .arg(format!("{INTEROP}/verify.py"))
        .arg(what)
        .arg(key());
    let output = python.output();
    if output.is_err() {
        eprintln!("skipped: python3 is missing");
    }
    output.ok()
}

#[track_caller]
fn said(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Turns a bit of each file and expects that the verifier then refuses; puts the file back.
fn damaged(paths: &[PathBuf], accepts: impl Fn() -> bool) {
    for path in paths {
        let whole = fs::read(path).unwrap();
        let mut other = whole.clone();
        other[40] ^= 1;
        fs::write(path, other).unwrap();
        assert!(!accepts(), "{}", path.display());
        fs::write(path, whole).unwrap();
    }
    assert!(accepts());
}

/// Writes receipts of these entries and requests from these old sizes beside the log.
fn written(dir: &Path, indexes: &[u64], old_sizes: &[u64]) -> Vec<PathBuf> {
    let log = PublicLog::open(dir);
    let mut paths = Vec::new();
    let mut write = |name: String, text: String| {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        paths.push(path);
    };
    for index in indexes {
        let receipt: Receipt = log.receipt(*index).unwrap();
        write(format!("{index}.tlog-proof"), receipt.text());
    }
    let head = log.checkpoint_unverified().unwrap().head;
    let note = String::from_utf8(log.checkpoint_note().unwrap()).unwrap();
    for old in old_sizes {
        let proof = log.consistency(*old, &head).unwrap();
        let request = AddCheckpoint::new(*old, proof, note.clone()).unwrap();
        write(format!("{old}.add-checkpoint"), request.text());
    }
    paths
}

#[test]
fn signed_note_opens_our_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3]);
    let checkpoint = store.publish(&signer()).unwrap();
    let note = fs::read(dir.path().join("log/checkpoint")).unwrap();
    let verifier = StandardVerifier::new(&key()).unwrap();
    let note = Note::from_bytes(&note).unwrap();
    let (verified, _) = note
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .unwrap();
    assert_eq!(verified.len(), 1);
    assert_eq!(note.text(), checkpoint.text().as_bytes());
}

#[test]
fn python_recomputes_the_log_and_sees_damage() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[200, 700, 1]);
    let head = store.publish(&signer()).unwrap().head;
    let log = dir.path().join("log");
    let Some(output) = verify_in_python(&log) else {
        return;
    };
    let expected = format!("{} {}\n", head.size, hex::encode(head.root));
    assert_eq!(said(&output), expected);
    let paths = [
        "checkpoint",
        "tile/entries/001",
        "tile/0/003.p/133",
        "tile/1/000.p/3",
    ];
    damaged(&paths.map(|path| log.join(path)), || {
        verify_in_python(&log).unwrap().status.success()
    });
    let receipts = written(dir.path(), &[0, 255, 256, 899, 900], &[]);
    for (index, path) in [0, 255, 256, 899, 900].iter().zip(&receipts) {
        let output = verify_in_python(path).unwrap();
        assert_eq!(said(&output), format!("{index} {expected}"));
    }
    damaged(&receipts[..1], || {
        verify_in_python(&receipts[0]).unwrap().status.success()
    });
}

#[test]
fn python_says_in_one_line_what_it_cannot_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3]);
    store.publish(&signer()).unwrap();
    let receipt = written(dir.path(), &[1], &[]).remove(0);
    let Some(output) = verify_in_python(&receipt) else {
        return;
    };
    said(&output);
    let text = fs::read_to_string(&receipt).unwrap();
    let refused = |text: &str, key: &str| {
        fs::write(&receipt, text).unwrap();
        let mut python = Command::new("python3");
        python.arg(format!("{INTEROP}/verify.py")).arg(&receipt);
        let output = python.arg(key).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.starts_with("verify.py: "), "{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        complaint
    };
    let key = key();
    assert!(refused(&text, "nonsense").contains("name+id+key"));
    assert!(refused(&text, "a+b+$$").contains("base64"));
    assert!(refused("", &key).contains("empty or cut"));
    assert!(refused(&text.replace('\n', "\r\n"), &key).contains("CRLF"));
    for length in (0..text.len()).step_by(97) {
        refused(text.get(..length).unwrap_or("\u{2014}"), &key);
    }
}

/// Answers GET requests with the files of a directory until the test ends.
fn served(log: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            let path = line.split(' ').nth(1).unwrap().trim_start_matches('/');
            let (status, body) = match fs::read(log.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.0 {status}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
        }
    });
    format!("http://{address}/")
}

/// A log that grew on after its checkpoint may have lost the partial files of that size.
#[test]
fn python_reads_a_log_over_http_and_takes_full_files_for_lost_partial_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[300]);
    let head = store.publish(&signer()).unwrap().head;
    let log = dir.path().join("log");
    let old = fs::read(log.join("checkpoint")).unwrap();
    store.append(&records(300..600)).unwrap();
    store.publish(&signer()).unwrap();
    fs::write(log.join("checkpoint"), old).unwrap();
    for path in ["tile/0/001.p", "tile/entries/001.p"] {
        let path = log.join(path);
        if path.exists() {
            fs::remove_dir_all(path).unwrap();
        }
    }
    let url = served(log);
    if let Some(output) = verify_in_python(Path::new(&url)) {
        let expected = format!("{} {}\n", head.size, hex::encode(head.root));
        assert_eq!(said(&output), expected);
    }
}

/// More than 65,536 entries have tiles of three levels.
#[test]
fn python_recomputes_a_log_of_three_levels() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[65_536, 300]);
    let head = store.publish(&signer()).unwrap().head;
    if let Some(output) = verify_in_python(&dir.path().join("log")) {
        let expected = format!("{} {}\n", head.size, hex::encode(head.root));
        assert_eq!(said(&output), expected);
    }
}

#[test]
fn gos_checksum_database_reads_log_receipts_and_requests_and_sees_damage() {
    let sources = Path::new(GO_PATH).join("src/golang.org/x/mod/sumdb/tlog");
    if !sources.is_dir() || Command::new("go").arg("version").output().is_err() {
        eprintln!("skipped: `golang-go` or `golang-golang-x-mod-dev` is missing");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[200, 700, 1]);
    store.publish(&signer()).unwrap();
    let log = dir.path().join("log");
    let program = dir.path().join("check");
    let scratch = env!("CARGO_TARGET_TMPDIR");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg("main.go");
    build.current_dir(format!("{INTEROP}/go"));
    build.env("GO111MODULE", "off").env("GOPATH", GO_PATH);
    build
        .env("GOFLAGS", "")
        .env("GOCACHE", format!("{scratch}/go"));
    said(&build.output().unwrap());
    let check = |files: &[PathBuf]| {
        let mut check = Command::new(&program);
        check.arg(&log).arg(key()).args(files).output().unwrap()
    };
    let files = written(
        dir.path(),
        &[0, 1, 255, 256, 511, 767, 899, 900],
        &[1, 2, 255, 256, 257, 512, 768, 899, 900, 901],
    );
    assert_eq!(said(&check(&files)), "901 18\n");
    let paths = [
        "checkpoint",
        "tile/entries/000",
        "tile/0/001",
        "tile/0/003.p/133",
        "tile/1/000.p/3",
    ];
    damaged(&paths.map(|path| log.join(path)), || {
        check(&[]).status.success()
    });
    damaged(&files, || check(&files).status.success());
}
