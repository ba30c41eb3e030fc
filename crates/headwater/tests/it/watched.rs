//! `headwater watch` as people run it: against the chain that a node of its own serves.

use crate::replayed::Replayed;
use crate::run::{Ran, binary, text};
use crate::served::Process;
use std::fs;
use std::path::Path;

/// One look; an own key in the environment, whether it is named or not.
fn watch(node: &Process, (log, key): (&str, &str), memory: &Path, more: &[&str]) -> Ran {
    let rpc = format!("{}/rpc", node.told("address"));
    let mut command = binary();
    let args = ["watch", "--once", "--json", "--rpc", &rpc, "--log", log];
    command
        .args(args)
        .args(["--log-key", key, "--memory", text(memory)]);
    command.args(more).env("WATCH_KEY", "5f".repeat(31) + "77");
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The codes of what was told.
fn codes(ran: &Ran) -> Vec<String> {
    let lines = ran.out.lines();
    let alert = |line: &str| -> serde_json::Value { serde_json::from_str(line).unwrap() };
    lines
        .map(|line| alert(line)["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_honest_node_is_watched_over_http() {
    let it = Replayed::new("7");
    let node = Process::node(&it.dir(), &[]);
    let address = node.told("address").to_owned();
    let memory = it.folder.path().join("watch");
    let log = (address.as_str(), it.log_key.as_str());
    for _ in 0..2 {
        let ran = watch(&node, log, &memory, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    }
    assert!(memory.join("watch.jsonl").is_file());
    // The node's own chain takes no objections of others, and the watcher says so.
    let ran = watch(&node, log, &memory, &["--key-env", "WATCH_KEY"]);
    assert_eq!(
        (ran.code, codes(&ran)),
        (Some(0), vec!["devnet_of_the_operator".to_owned()])
    );
    // From the files instead, one of which is not what was posted any more.
    let file = it.dir().join("claims/2.json");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[1..]).unwrap();
    let dir = it.dir();
    let fresh = it.folder.path().join("fresh");
    let ran = watch(&node, (text(&dir), &it.log_key), &fresh, &[]);
    assert_eq!(codes(&ran), ["window_missed"]);
    assert!(ran.bad(2).contains("not everything could be checked"));
    assert_eq!(node.stop(), Some(0));
}

/// One look is enough for what was stated elsewhere: which contracts stand there, the log says.
#[test]
fn one_look_takes_in_the_statements_of_another_chain() {
    let (it, other) = (Replayed::new("7"), Replayed::new("8"));
    let node = Process::node(&it.dir(), &[]);
    let there = Process::node(&other.dir(), &[]);
    let log = (node.told("address").to_owned(), it.log_key.clone());
    let learned = |memory: &str, more: &[&str]| {
        let memory = it.folder.path().join(memory);
        let ran = watch(&node, (&log.0, &log.1), &memory, more);
        let kept = fs::read_to_string(memory.join("watch.jsonl")).unwrap();
        (ran, kept.matches("{\"statement\"").count())
    };
    let (ran, own) = learned("alone", &[]);
    assert_eq!((ran.code, own > 0), (Some(0), true), "{}", ran.err);
    let server = format!("{}/rpc", there.told("address"));
    let (ran, both) = learned("both", &["--also-rpc", &format!("{server}#1")]);
    assert!(
        both > own,
        "{both} statements, {own} of one chain: {}",
        ran.out
    );
    let (ran, _) = learned("odd", &["--also-rpc", &format!("{server}#first")]);
    let words = ran.bad(2);
    assert!(words.contains("`first` behind"), "{words}");
}

#[test]
fn a_watcher_that_cannot_read_says_so() {
    let it = Replayed::new("7");
    let node = Process::node(&it.dir(), &[]);
    let memory = it.folder.path().join("watch");
    let dir = it.dir();
    let log = (text(&dir), it.log_key.as_str());
    let elsewhere = format!("0x{}", "09".repeat(20));
    let ran = watch(&node, log, &memory, &["--settlement", &elsewhere]);
    assert_eq!(codes(&ran), ["chain_unreadable"]);
    assert!(
        ran.out.contains("there is no Settlement contract at"),
        "{}",
        ran.out
    );
    ran.bad(2);
    let ran = watch(&node, log, &memory, &["--settlement", "0x12"]);
    assert!(ran.bad(2).contains("`0x12` is no address"));
    let ran = watch(&node, log, &memory, &["--key-env", "NOBODY_SET_THIS"]);
    assert!(ran.bad(2).contains("`NOBODY_SET_THIS` is not set"));
    let missing = it.folder.path().join("missing");
    let ran = watch(&node, (text(&missing), &it.log_key), &memory, &[]);
    assert!(ran.bad(2).contains("there is no such directory"));
}
