//! Audits over HTTP, with witnesses, with a report, and following: what they say and how they end.

use crate::replayed::{Replayed, files, write_all};
use crate::run::{Ran, binary, headwater, text};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

const WITNESS: &str = "witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

/// Paths in the order in which they were asked for.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers GET requests with the files of a folder, or with one text for all of them, until the
/// test ends.
fn served(folder: Option<PathBuf>) -> String {
    counted(folder).0
}

/// The same, with the paths that were asked for.
fn counted(folder: Option<PathBuf>) -> (String, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (folder, log) = (folder.clone(), Arc::clone(&log));
            std::thread::spawn(move || answer(stream, folder.as_deref(), &log));
        }
    });
    (address, asked)
}

fn answer(mut stream: TcpStream, folder: Option<&Path>, asked: &Asked) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut request, mut line) = (String::new(), String::new());
    reader.read_line(&mut request)?;
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request
        .split(' ')
        .nth(1)
        .unwrap_or("/")
        .trim_start_matches('/');
    asked.lock().unwrap().push(path.to_owned());
    let body = match folder {
        Some(folder) => fs::read(folder.join(path)).ok(),
        None => Some(b"<html>a page, no log</html>".to_vec()),
    };
    let status = if body.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = body.unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

#[test]
fn a_log_over_http_and_what_is_none() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let url = served(Some(dir.clone()));
    let audit = |url: &str, more: &[&str]| -> Ran {
        headwater([&["audit", url, "--log-key", &it.log_key], more].concat())
    };
    let said = audit(&url, &[]).good();
    assert!(
        said.starts_with("verified  nothing in this log contradicts it\n"),
        "{said}"
    );
    assert!(
        said.contains("\n  chain      not checked (no chain given)\n"),
        "{said}"
    );
    let by_dir = it.audit(&dir).good();
    let said = audit(
        &url,
        &["--chain", text(&dir.join("chain")), "--threads", "3"],
    )
    .good();
    assert_eq!(said, by_dir);

    let err = audit(&served(None), &[]).bad(1);
    assert!(
        err.contains("not verified: the checkpoint does not read: "),
        "{err}"
    );
    let empty = tempfile::tempdir().unwrap();
    let err = audit(&served(Some(empty.path().to_owned())), &[]).bad(1);
    assert!(
        err.contains("there is no signed checkpoint: this is no log"),
        "{err}"
    );
    let err = audit("http://127.0.0.1:9", &[]).bad(2);
    assert!(
        err.contains("cannot audit `http://127.0.0.1:9`: cannot read"),
        "{err}"
    );
    assert!(err.contains("refused"), "{err}");
    let err = audit("ftp://127.0.0.1", &[]).bad(2);
    assert!(
        err.contains("nothing is known of `ftp://`\nhint: "),
        "{err}"
    );
}

/// Most of what a large log names is the content of assets, and hardly any of it is public.
#[test]
fn each_file_is_asked_for_once_also_one_that_is_not_there() {
    let it = Replayed::new("7");
    let asked_of = |folder: &Path| {
        let (url, asked) = counted(Some(folder.to_owned()));
        headwater(["audit", &url, "--log-key", &it.log_key]).good();
        let mut asked = asked.lock().unwrap().clone();
        asked.sort_unstable();
        // The end of the log is looked for once more before the chains are.
        asked.dedup_by(|path, before| path == before && path == "log/checkpoint");
        asked
    };
    let public = asked_of(&it.dir());
    let mut once = public.clone();
    once.dedup();
    assert_eq!(public, once);
    let is_missing = |path: &&String| !it.dir().join(path).exists();
    let missing: Vec<_> = public.iter().filter(is_missing).collect();
    assert_eq!(missing.len(), 0, "{missing:?}");

    // The model's weights are the only document that the rules do not need.
    let report = it.audit(&it.dir()).good();
    let is_needless = |path: &&String| {
        let copy = it.folder.path().join(path.rsplit('/').next().unwrap());
        let kept = fs::read(it.dir().join(path)).unwrap();
        fs::rename(it.dir().join(path), &copy).unwrap();
        let needless = it.audit(&it.dir()).code == Some(0);
        if !needless {
            fs::write(it.dir().join(path), kept).unwrap();
        }
        needless
    };
    let mut attachments = public
        .iter()
        .filter(|path| path.starts_with("attachments/"));
    let weights = attachments
        .find(is_needless)
        .expect("a model was registered");
    assert_eq!(it.audit(&it.dir()).good(), report);
    assert!(!it.dir().join(weights).exists());
    assert_eq!(asked_of(&it.dir()), public);
}

#[test]
fn a_file_behind_the_checkpoint_is_missing_over_http() {
    let it = Replayed::new("7");
    let mut public = files(&it.dir());
    let bundle = public
        .keys()
        .find(|path| path.starts_with("log/tile/entries/000.p/65"));
    let bundle = bundle.unwrap().clone();
    public.remove(&bundle);
    let copy = it.folder.path().join("copy");
    write_all(&copy, &public);
    let url = served(Some(copy));
    let err = headwater(["audit", &url, "--log-key", &it.log_key]).bad(1);
    assert!(
        err.contains(&format!("the entry bundle `{}` is missing", &bundle[4..])),
        "{err}"
    );
}

#[test]
fn witnesses_that_have_not_cosigned_or_are_no_keys() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let audit = ["audit", text(&dir), "--log-key", &it.log_key, "--witness"];
    let with = |more: &[&str]| headwater([&audit[..], more].concat());
    let err = with(&[WITNESS]).bad(1);
    assert!(
        err.contains("the checkpoint is cosigned by 0 of the trusted witnesses, 1 are needed"),
        "{err}"
    );
    let err = with(&[&WITNESS.replace("w1", "w2")]).bad(2);
    assert!(err.contains("cannot use the witness key"), "{err}");
    assert!(err.contains("\nhint: "), "{err}");
    let err = with(&[WITNESS, "--quorum", "2"]).bad(2);
    assert!(
        err.contains("the quorum must not exceed the number of witnesses"),
        "{err}"
    );
}

#[test]
fn a_report_holds_the_counts_or_the_fault() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let path = it.folder.path().join("report.json");
    let key = it.log_key.as_str();
    let audit = [
        "audit",
        text(&dir),
        "--report",
        text(&path),
        "--log-key",
        key,
    ];
    headwater(audit).good();
    let report =
        || -> serde_json::Value { serde_json::from_slice(&fs::read(&path).unwrap()).unwrap() };
    assert_eq!(report()["audit"], "verified");
    assert_eq!(report()["log_size"], 65);
    assert!(report()["seconds"].as_f64().unwrap() > 0.0);
    let claims = dir.join("claims/1.json");
    fs::write(&claims, "[]").unwrap();
    headwater(audit).bad(1);
    assert_eq!(report()["code"], "claims_changed");
    assert_eq!(report()["file"], "claims/1.json");
}

fn following(it: &Replayed, dir: &Path) -> Child {
    let mut child = binary()
        .args(["audit", text(dir), "--log-key", &it.log_key, "--follow"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    // Bytes that are read ahead are lost, but what follows comes only after the test goes on.
    let mut said = BufReader::with_capacity(1, child.stderr.as_mut().unwrap());
    said.read_line(&mut first).unwrap();
    assert!(first.starts_with("  following  "), "{first}");
    child
}

#[test]
fn following_ends_by_a_signal_with_the_summary() {
    let it = Replayed::new("7");
    let child = following(&it, &it.dir());
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, it.audit(&it.dir()).good());
}

#[test]
fn following_ends_by_the_first_fault() {
    let it = Replayed::new("7");
    let stranger = Replayed::new("8");
    let mut child = following(&it, &it.dir());
    let other = fs::read(stranger.dir().join("log/checkpoint")).unwrap();
    fs::write(it.dir().join("log/checkpoint"), other).unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(
        said.contains("error: not verified: the checkpoint is not signed"),
        "{said}"
    );
}
